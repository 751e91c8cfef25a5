"""Accounts kept in the order of strategies whose order never depends on the lead."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from leadexec.catalog.compiled import CompiledAccount, CompiledAutomation
from leadexec.model.entity import enc_hook


class StaticOrders:
    """The orders of one lead type's accounts, one per strategy and settings in use.

    An order is made when it is first asked for; afterwards a changed account only moves its own
    entry.
    """

    def __init__(self) -> None:
        """Start without any order."""
        self._orders: dict[
            str, tuple[CompiledAutomation, list[tuple[tuple[object, ...], int]]]
        ] = {}

    def of(
        self, automation: CompiledAutomation, accounts: Iterable[CompiledAccount]
    ) -> Sequence[int] | None:
        """Return account ids in the strategy's fixed order, or None when it has none.

        Args:
            automation: The strategy with its settings.
            accounts: All active accounts of the lead type, read only when the order is new.
        """
        if automation.strategy.needs:
            return None
        name = f"{automation.key}:{_settings(automation)}"
        if name not in self._orders:
            entries = []
            for account in accounts:
                key = automation.strategy.static_key(account.candidate)
                if key is None:
                    return None
                entries.append((key, account.entity.id))
            self._orders[name] = (automation, sorted(entries))
        return _Ids(self._orders[name][1])

    def add(self, account: CompiledAccount) -> None:
        """Enter an account into every order."""
        for automation, entries in self._orders.values():
            key = automation.strategy.static_key(account.candidate)
            if key is not None:
                insort(entries, (key, account.entity.id))

    def discard(self, account: CompiledAccount) -> None:
        """Take an account out of every order."""
        for automation, entries in self._orders.values():
            key = automation.strategy.static_key(account.candidate)
            if key is None:
                continue
            entry = (key, account.entity.id)
            at = bisect_left(entries, entry)
            if at < len(entries) and entries[at] == entry:
                del entries[at]


class _Ids(Sequence[int]):
    """The ids of an order's entries, read as they are walked."""

    def __init__(self, entries: list[tuple[tuple[object, ...], int]]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> int:  # type: ignore[override]  # walked, never sliced
        return self._entries[index][1]

    def __iter__(self) -> Iterator[int]:
        return (account_id for _, account_id in self._entries)


def _settings(automation: CompiledAutomation) -> str:
    return msgspec.json.encode(
        automation.strategy.settings, order="sorted", enc_hook=enc_hook
    ).decode()
