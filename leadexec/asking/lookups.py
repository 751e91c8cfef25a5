"""Asking providers of facts; implements ``leadexec.Lookups``."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import structlog

from leadexec.asking.cancelling import ends_the_work
from leadexec.asking.within import within
from leadexec.contracts.lookup import Answer, Facts, Lookup, Question
from leadexec.contracts.services import Clock
from leadexec.errors import ConfigurationError, Fault
from leadexec.plugins import FaultLog

log = structlog.get_logger(__name__)
KEPT: Final = 50_000
"""Answers remembered at most, over all providers."""
PATIENCE: Final = 30.0
"""Seconds after which a provider that nobody waits for any more is given up."""
AT_ONCE: Final = 256
"""Questions in the air at most; more are answered "unknown" rather than piled up."""


class _Provider(NamedTuple):
    key: str
    plugin: str
    lookup: Lookup[Any, Any, Any]


class LookupDesk:
    """Finds the provider for a question, asks it once for equal questions, keeps the answer."""

    def __init__(self, clock: Clock, faults: FaultLog) -> None:
        """Begin without providers: ``choose`` brings them."""
        self._clock = clock
        self._faults = faults
        self._providers: dict[type[Question], _Provider] = {}
        self._kept: OrderedDict[Question, tuple[float, Facts | None]] = OrderedDict()
        self._asked: dict[Question, asyncio.Task[Facts | None]] = {}

    def choose(
        self,
        made: Mapping[str, Lookup[Any, Any, Any]],
        plugin_of: Mapping[str, str],
        wanted: Mapping[str, str],
        *,
        safe_mode: bool = False,
    ) -> None:
        """Say who answers what.

        Args:
            made: Key → provider, all there are.
            plugin_of: Key → the plugin it came from.
            wanted: Kind of question (``phone`` …) → the provider's key, as ``[lookups]`` says;
                a kind without one is answered by the first offline provider, by key.
            safe_mode: Go on without a provider that is not there: nobody answers that kind then.

        Raises:
            ConfigurationError: ``unknown_lookup``, for each that is not there or does not answer
                that kind of question.
        """
        faults = [f for kind, key in wanted.items() if (f := _fault(kind, key, made.get(key)))]
        if faults and not safe_mode:
            raise ConfigurationError(faults)
        for fault in faults:
            log.warning("a lookup is left out", path=fault.path, why=fault.message)
        for key in sorted(made):
            lookup = made[key]
            named = wanted.get(kind_of(lookup.asks))
            if named == key or (named is None and lookup.offline):
                provider = _Provider(key, plugin_of.get(key, ""), lookup)
                self._providers.setdefault(lookup.asks, provider)

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        """Return what is known within ``seconds``; never raises."""
        provider = self._providers.get(type(question))
        if provider is None:
            kind = kind_of(type(question))
            return Answer(
                facts=None, provider="", problem=f"no provider answers '{kind}' questions"
            )
        try:
            kept = self._kept.get(question)
        except TypeError as error:  # what is asked about is a list, say
            return Answer(facts=None, provider=provider.key, problem=f"it cannot be asked: {error}")
        if kept is not None and self._clock.monotonic() < kept[0]:
            self._kept.move_to_end(question)
            return Answer(facts=kept[1], provider=provider.key, kept=True)
        if provider.lookup.quick:
            return await self._at_once(provider, question, seconds)
        task = self._asked.get(question)
        if task is None and len(self._asked) >= AT_ONCE:
            problem = f"{AT_ONCE} questions wait for an answer already"
            return Answer(facts=None, provider=provider.key, problem=problem)
        return await _answer(provider.key, task or self._begin(provider, question), seconds)

    async def aclose(self) -> None:
        """Give up every question in the air."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, provider: _Provider, question: Question) -> "asyncio.Task[Facts | None]":
        task = asyncio.create_task(self._look_up(provider, question, PATIENCE), name="lookup")
        self._asked[question] = task
        task.add_done_callback(lambda done: self._end(question, done))
        return task

    def _end(self, question: Question, task: "asyncio.Task[Facts | None]") -> None:
        self._asked.pop(question, None)
        if not task.cancelled():
            task.exception()  # whoever still waited has it; else nobody needs it

    async def _at_once(
        self, provider: _Provider, question: Question, seconds: float
    ) -> Answer[Any]:
        """Ask somebody who waits for nobody: without a task and a timer."""
        try:
            facts = await self._look_up(provider, question, seconds)
        except _CouldNotAskError as error:
            return Answer(facts=None, provider=provider.key, problem=str(error))
        return Answer(facts=facts, provider=provider.key)

    async def _look_up(
        self, provider: _Provider, question: Question, seconds: float
    ) -> Facts | None:
        where = f"look_up of '{provider.key}'"
        try:
            facts = await within(provider.lookup.look_up(question), seconds)
            if facts is not None and not isinstance(facts, Facts):
                message = f"{facts!r:.200} is no Facts"
                raise TypeError(message)
        except (Exception, asyncio.CancelledError) as error:
            if ends_the_work(error):
                raise
            fault = self._faults.record(provider.plugin, where, error)
            raise _CouldNotAskError(fault.error) from error
        until = self._clock.monotonic() + provider.lookup.keep_seconds
        self._kept[question] = (until, facts)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return facts


class _CouldNotAskError(Exception):
    """The provider raised, or took longer than anybody waits."""


async def _answer(key: str, task: "asyncio.Task[Facts | None]", seconds: float) -> Answer[Any]:
    try:
        async with asyncio.timeout(seconds):
            facts = await asyncio.shield(task)
    except TimeoutError:
        return Answer(facts=None, provider=key, problem=f"no answer within {seconds:g} s")
    except _CouldNotAskError as error:
        return Answer(facts=None, provider=key, problem=str(error))
    return Answer(facts=facts, provider=key)


def kind_of(asks: type[Question]) -> str:
    """Return the name of a kind of question: ``phone``, ``email``, ``address`` and so on."""
    return str(asks.__struct_config__.tag)


def _fault(kind: str, key: str, lookup: Lookup[Any, Any, Any] | None) -> Fault | None:
    path = f"lookups.{kind}"
    if lookup is None:
        text = f"No loaded plugin has the lookup '{key}'; see 'leadexec plugins'."
        return Fault(code="unknown_lookup", path=path, message=text)
    if kind_of(lookup.asks) != kind:
        text = f"The lookup '{key}' answers '{kind_of(lookup.asks)}' questions."
        return Fault(code="unknown_lookup", path=path, message=text)
    return None
