"""Accounts kept in the order of strategies whose order never depends on the lead."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from leadexec.catalog.compiled import CompiledAccount, CompiledAutomation
from leadexec.model.entity import enc_hook
from leadexec.plugins import FaultLog

Entry: TypeAlias = tuple[tuple[Any, ...], int]
Entries: TypeAlias = list[Entry]
"""(key, account id), ascending."""


class StaticOrders:
    """The orders of one lead type's accounts, one per strategy and settings in use.

    An order is made when it is first asked for; afterwards a changed account only moves its own
    entry. A strategy that has no key for an account, or raises, has no fixed order.
    """

    def __init__(self, faults: FaultLog) -> None:
        """Start without any order; record what strategies raise in ``faults``."""
        self._faults = faults
        self._orders: dict[str, _Order] = {}

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
            order = _Order(automation, [])
            if not all(self._change(order, account, list.append) for account in accounts):
                return None
            try:
                order.entries.sort()
            except TypeError as error:  # keys that cannot be compared
                self._faults.record(automation.plugin, "static_key", error)
                return None
            self._orders[name] = order
        return _Ids(self._orders[name].entries)

    def add(self, account: CompiledAccount) -> None:
        """Enter an account into every order."""
        self._change_all(account, insort)

    def discard(self, account: CompiledAccount) -> None:
        """Take an account out of every order."""
        self._change_all(account, _remove)

    def _change_all(self, account: CompiledAccount, act: Callable[[Entries, Entry], None]) -> None:
        for name, order in list(self._orders.items()):
            if not self._change(order, account, act):
                del self._orders[name]

    def _change(
        self, order: "_Order", account: CompiledAccount, act: Callable[[Entries, Entry], None]
    ) -> bool:
        """Change the account's entry; return whether the strategy has one for it."""
        automation = order.automation
        try:
            key = automation.strategy.static_key(account.candidate)
            if key is not None:
                act(order.entries, (key, account.entity.id))
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its leads are sorted one by one
            self._faults.record(automation.plugin, "static_key", error)
            return False
        return key is not None


@dataclass(slots=True)
class _Order:
    automation: CompiledAutomation
    entries: Entries


def _remove(entries: Entries, entry: Entry) -> None:
    at = bisect_left(entries, entry)
    if at < len(entries) and entries[at] == entry:
        del entries[at]


class _Ids(Sequence[int]):
    """The ids of an order's entries, read as they are walked."""

    def __init__(self, entries: Entries) -> None:
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
