"""Running a campaign's distribution scripts, isolated, at their five points (``DI10``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from leadexec.catalog.compiled import CompiledScript
from leadexec.contracts.automation import Candidate
from leadexec.contracts.delivery import Outcome, Sale
from leadexec.contracts.lead import Lead
from leadexec.contracts.script import DistributionScript, Selection, Stop
from leadexec.model.source import OnScriptError
from leadexec.plugins import FaultLog


@dataclass(slots=True, frozen=True)
class ScriptFailed:
    """A script raised, and its campaign says that the lead is to be held then."""

    key: str
    error: str


Halt = Stop | ScriptFailed


class ScriptRunner:
    """The scripts of one campaign, for one lead."""

    def __init__(self, scripts: Sequence[CompiledScript], lead: Lead, faults: FaultLog) -> None:
        """Run ``scripts`` in their order over ``lead``."""
        self._scripts = scripts
        self._lead = lead
        self._faults = faults

    def before_select(self) -> Halt | None:
        """Run the first point; anything but None ends the distribution."""
        return self._ask("before_select", lambda s: s.before_select(self._lead))

    def after_select(self, candidates: Sequence[Candidate]) -> Sequence[Candidate] | Halt:
        """Run the second point over the candidates."""
        return self._pass("after_select", candidates)

    def after_sort(self, candidates: Sequence[Candidate]) -> Sequence[Candidate] | Halt:
        """Run the third point over the sorted candidates."""
        return self._pass("after_sort", candidates)

    def before_delivery(self, sale: Sale) -> Halt | None:
        """Run the fourth point."""
        return self._ask("before_delivery", lambda s: s.before_delivery(self._lead, sale))

    def after_delivery(self, sale: Sale, outcome: Outcome) -> Halt | None:
        """Run the fifth point."""
        return self._ask("after_delivery", lambda s: s.after_delivery(self._lead, sale, outcome))

    def uses(self, point: str) -> bool:
        """Return whether any script has something to do at ``point``."""
        plain = getattr(DistributionScript, point)
        return any(getattr(type(used.script), point) is not plain for used in self._scripts)

    def _ask(
        self, point: str, call: Callable[[DistributionScript[Any]], Stop | None]
    ) -> Halt | None:
        for used in self._scripts:
            try:
                answer = call(used.script)
            except Exception as error:  # noqa: BLE001  a plugin is isolated; the campaign says what follows
                failed = self._fail(used, point, error)
                if failed:
                    return failed
                continue
            if answer is not None:
                return answer
        return None

    def _pass(self, point: str, candidates: Sequence[Candidate]) -> Sequence[Candidate] | Halt:
        for used in self._scripts:
            try:
                selection: Selection = getattr(used.script, point)(self._lead, candidates)
                if not isinstance(selection, Stop):
                    selection = only_given(selection, candidates)
            except Exception as error:  # noqa: BLE001  a plugin is isolated; the campaign says what follows
                failed = self._fail(used, point, error)
                if failed:
                    return failed
                continue
            if isinstance(selection, Stop):
                return selection
            candidates = selection
        return candidates

    def _fail(self, used: CompiledScript, point: str, error: Exception) -> ScriptFailed | None:
        fault = self._faults.record(used.plugin, f"script '{used.key}' at {point}", error)
        if used.on_error is OnScriptError.IGNORE:
            return None
        return ScriptFailed(key=used.key, error=fault.error)


def only_given(selection: Sequence[Candidate], given: Sequence[Candidate]) -> list[Candidate]:
    """Return ``selection``.

    Raises:
        ValueError: It holds an account that was not given, or one twice.
    """
    accounts = {candidate.account_id for candidate in given}
    chosen = list(selection)
    ids = [candidate.account_id for candidate in chosen]
    if len(set(ids)) != len(ids) or not accounts.issuperset(ids):
        message = "it may only drop and reorder the candidates it was given"
        raise ValueError(message)
    return chosen
