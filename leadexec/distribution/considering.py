"""Who may have a lead: matching criteria, then rules, each exclusion with its reason."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pyroaring import BitMap

from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledAccount, CompiledAutomation, CompiledCampaign
from leadexec.contracts.automation import Candidate
from leadexec.contracts.eligibility import Consideration, Excluded, Limit
from leadexec.contracts.lead import Lead
from leadexec.delivery.breaker import Breaker
from leadexec.delivery.retries import tries_again
from leadexec.distribution.reserve import Offer
from leadexec.plugins import FaultLog

FIRST = 8
"""How many candidates are looked for at first where the strategy's order is fixed."""
LOOKED_AT = 128
"""How far along that order they are looked for before all that match are found at once."""
ANOTHER_ACCOUNT = Excluded(
    code="client_already_offered",
    text="Another delivery account of the same client was offered the lead.",
)

OUTSIDE_SET = Excluded(
    code="outside_account_set",
    text="A check routed the lead to a set of delivery accounts that this one is not in.",
)


class Considered:
    """The candidates for one lead, found as far as they are needed.

    Where the strategy's order never depends on the lead, accounts are walked in that order and the
    walk ends as soon as the lead is sold; else all that match are found and sorted.
    """

    def __init__(
        self,
        catalog: Catalog,
        campaign: CompiledCampaign,
        lead: Lead,
        now: datetime,
        circuits: Breaker,
    ) -> None:
        """Consider the accounts of ``catalog`` for ``lead`` at ``now``."""
        self.excluded: dict[int, Excluded] = {}
        """Accounts whose criteria match, but which are out, and why."""
        self._catalog = catalog
        self._campaign = campaign
        self._lead = lead
        self._now = now
        self._consideration = Consideration(lead=lead, now=now)
        self._checked: dict[int, bool] = {}
        self._circuits = circuits
        self._left_alone: set[int] = set()
        """Accounts that nothing but the open circuits of their methods kept out."""

    def any_pings(self) -> bool:
        """Return whether buyers of the lead's type are asked for bids: no order is fixed then."""
        return bool(self._catalog.pinging.get(self._lead.lead_type_id))

    def in_static_order(self, faults: FaultLog) -> Iterator[Candidate] | None:
        """Return matching candidates in the strategy's fixed order, found as they are taken."""
        automation = self._campaign.automation
        order = automation and self._catalog.static_order(self._lead.lead_type_id, automation)
        return None if not automation or not order else self._walk(order, automation, faults)

    def _walk(
        self, order: Sequence[int], automation: CompiledAutomation, faults: FaultLog
    ) -> Iterator[Candidate]:
        index = self._catalog.indexes[self._lead.lead_type_id]
        fields = self._lead.fields
        first = index.first(fields, self._now, islice(order, LOOKED_AT), FIRST)
        yield from self._candidates(first)
        rest = index.match(fields, self._now)
        rest -= BitMap(first)
        # The whole rest at once: the order may change while this walk waits for buyers.
        yield from self._candidates(self._arranged(rest, order, automation, faults))

    def _arranged(
        self, ids: BitMap, order: Sequence[int], automation: CompiledAutomation, faults: FaultLog
    ) -> list[int]:
        """Return ``ids`` in the order: sorted where they are few, else found by walking it."""
        if len(ids) * 32 < len(order):  # about what a key costs in steps of the walk
            key_of = automation.strategy.static_key
            try:
                keyed = sorted((key_of(c), c.account_id) for c in self._candidates(ids))
                return [account_id for _, account_id in keyed]
            except Exception as error:  # noqa: BLE001  a plugin is isolated; the order stands without it
                faults.record(automation.plugin, "static_key", error)
        return [i for i in order if i in ids]

    def all(self) -> list[Candidate]:
        """Return every matching candidate, by account id."""
        index = self._catalog.indexes.get(self._lead.lead_type_id)
        if index is None:
            return []
        return list(self._candidates(index.match(self._lead.fields, self._now)))

    def _candidates(self, ids: Iterable[int]) -> Iterator[Candidate]:
        accounts = self._catalog.accounts
        for account_id in ids:
            account = accounts.get(account_id)
            if account is not None:
                yield account.candidate

    def admits(self, account_id: int, faults: FaultLog) -> bool:
        """Return whether every eligibility rule admits the account; else note why not."""
        known = self._checked.get(account_id)
        if known is None:
            known = self._checked[account_id] = self._check(account_id, faults)
        return known

    def _check(self, account_id: int, faults: FaultLog) -> bool:
        account = self._catalog.accounts.get(account_id)
        why: Excluded | None
        if account is None:
            why = Excluded(code="account_gone", text="The delivery account was closed meanwhile.")
        else:
            why = check_rules(account, self._consideration, faults)
        if why is None and account is not None:
            why = self._circuits.exclusion(account.method.entity)
            if why is not None:
                self._left_alone.add(account_id)
        if why is not None:
            self.excluded[account_id] = why
        return why is None

    def admit_left_alone(self) -> list[Candidate]:
        """Admit the accounts that only open circuits kept out, where their methods try again.

        A lead that nobody else takes is reserved for them and waits until they can be reached.
        """
        admitted = []
        for account_id in sorted(self._left_alone):
            account = self._catalog.accounts.get(account_id)
            if account is not None and tries_again(account.method.entity.retry):
                self.excluded.pop(account_id, None)
                self._checked[account_id] = True
                admitted.append(account.candidate)
        self._left_alone.clear()
        return admitted

    def offer(self, candidate: Candidate, faults: FaultLog) -> Offer | None:
        """Return ``candidate`` with what a sale to it takes up, or None if a rule is against it."""
        account = self._catalog.accounts.get(candidate.account_id)
        if account is None or not self.admits(candidate.account_id, faults):
            return None
        limits = limits_of(account, self._now, faults)
        if isinstance(limits, Excluded):
            self.excluded[candidate.account_id] = limits
            return None
        return Offer(candidate=candidate, method_id=account.method.entity.id, limits=limits)

    def offers(self, candidates: Iterable[Candidate], most: int, faults: FaultLog) -> list[Offer]:
        """Return the next ``most`` candidates that may have the lead."""
        found = (self.offer(candidate, faults) for candidate in candidates)
        return list(islice((offer for offer in found if offer is not None), most))


def check_rules(
    account: CompiledAccount, consideration: Consideration, faults: FaultLog
) -> Excluded | None:
    """Return the first rule's objection to ``account``, or None; a rule that raises objects."""
    only = consideration.lead.only_accounts
    if only is not None and account.entity.id not in only:
        return OUTSIDE_SET
    for used in account.rules:
        try:
            why = used.rule.check(consideration)
            if why is not None and not isinstance(why, Excluded):
                message = f"{why!r:.200} is neither None nor Excluded"
                raise TypeError(message)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault excludes (fail closed)
            fault = faults.record(used.plugin, f"rule '{used.key}'", error)
            text = f"The rule '{used.key}' could not run ({fault.error})."
            return Excluded(code="rule_could_not_run", text=text)
        if why is not None:
            return why
    return None


def limits_of(
    account: CompiledAccount, now: datetime, faults: FaultLog
) -> tuple[Limit, ...] | Excluded:
    """Return all limits a sale to ``account`` takes up at ``now``."""
    limits: list[Limit] = []
    for used in account.rules:
        try:
            wanted = used.rule.limits(now)
            if used.plugin:  # the kernel's own are known to be sound
                _demand_sound(wanted)
            limits.extend(wanted)
        except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault excludes (fail closed)
            fault = faults.record(used.plugin, f"limits of rule '{used.key}'", error)
            text = f"The rule '{used.key}' could not run ({fault.error})."
            return Excluded(code="rule_could_not_run", text=text)
    return tuple(limits)


def _demand_sound(limits: Iterable[Any]) -> None:
    """Do nothing if the counters of a plugin's ``limits`` can be kept.

    Raises:
        TypeError: One is no ``Limit`` over whole numbers.
        ValueError: A key or window is too long or cannot be stored, or an amount is negative.
    """
    for limit in limits:
        if not (isinstance(limit, Limit) and type(limit.amount) is type(limit.limit) is int):
            message = f"{limit!r:.200} is no Limit over whole numbers"
            raise TypeError(message)
        if len(limit.key) > 64 or len(limit.window) > 32 or limit.amount < 0:
            message = f"{limit!r:.200} has too long a key or window, or a negative amount"
            raise ValueError(message)
        if "\0" in limit.key + limit.window:
            message = f"{limit!r:.200} holds NUL"
            raise ValueError(message)
