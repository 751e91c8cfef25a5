"""The conformance kit of delivery methods."""
# ruff: noqa: S101  kits are made of asserts

import copy
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from decimal import Decimal
from typing import Any, ClassVar, Protocol, TypeAlias

import anyio
import msgspec
import pytest

from leadexec.contracts.delivery import (
    Accepted,
    DeliveryMethod,
    DeliverySetup,
    Failed,
    Outcome,
    Outgoing,
    Prepared,
    Rejected,
)
from leadexec.contracts.services import Services
from leadexec.errors import LeadexecError
from leadexec.model.secret import Secret
from leadexec.testing.builders import a_lead_type_info, an_outgoing
from leadexec.testing.contract import ComponentContract, decoded
from leadexec.testing.fakes import FakeAttempt, fake_services
from leadexec.testing.http_receiver import (
    Act,
    Misbehaviour,
    http_answer,
    http_receiver,
    loopback_client,
)

Method: TypeAlias = DeliveryMethod[Any]

AWKWARD: Sequence[str] = (
    *("", " ", "O'Brien & Söhne <x>", 'say "hi"', "back\\slash", "two\nlines\r\n", "\x00\x07"),
    *("{{FirstName}}", "../..", "a=b&c=d", "100%", "日本", "😀", "</lead>", "]]>"),
)
"""Values that break whatever was put together by hand."""
GARBAGE: Sequence[bytes] = (
    b"",
    b"\x00\xff\xfe" * 100,
    b"{",
    b'{"status": ',
    b"<response><status>",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"[" * 100_000,
    b"<a>" * 30_000,
    b"<html><body><h1>It works!</h1></body></html>",
    b'{"status": "up", "uptime": 12345}',
)
"""Bodies of a 200 that no buyer means as an accept."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PATIENCE = 20.0
"""Seconds after which a test that hangs is given up."""


class ReceivingEnd(Protocol):
    """Where a method under test delivers to."""

    url: str

    @property
    def received(self) -> Sequence[bytes]:
        """Everything that arrived, byte for byte, one item per delivery."""
        ...


class DeliveryMethodContract(ComponentContract):
    """The standard tests of a ``DeliveryMethod``, against a receiving end on the loopback.

    Give ``component``, ``settings_for``, and what an accepting and a rejecting receiver answers;
    put every secret setting the method has into ``settings_for``. A method that does not speak
    HTTP overrides ``receiving`` as well. One that sends nothing says so in ``nothing_sent``.
    """

    component: ClassVar[type[Method]]
    accepting: ClassVar[bytes] = b""
    """The HTTP answer that clearly accepts (see ``http_answer``)."""
    rejecting: ClassVar[bytes] = b""
    """The HTTP answer that declines."""
    garbage: ClassVar[Sequence[bytes]] = GARBAGE
    """Bodies of a 200 that must not count as accepted."""
    nothing_sent: ClassVar[str] = ""
    """Why the method sends nothing; the tests of sending are then left out."""
    no_idempotency_key: ClassVar[str] = ""
    """Why the method cannot send the idempotency key; that test is then left out."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Run on asyncio, as the kernel does."""
        return "asyncio"

    def settings_for(self, url: str) -> Mapping[str, Any]:
        """Return posted settings that deliver to ``url``, with every secret the method has."""
        return next(iter(self.examples))

    def receiving(self, act: Act) -> AbstractAsyncContextManager[ReceivingEnd]:
        """Return a receiving end that does ``act`` for everything it receives."""
        return http_receiver(act)

    def make(self, settings: Mapping[str, Any], services: Services | None = None) -> Method:
        """Return the method with the posted ``settings``, as the kernel makes it."""
        setup = DeliverySetup(
            method_id=1,
            lead_type=a_lead_type_info(),
            production=True,
            services=services or fake_services(),
        )
        return self.component(decoded(self.component.Settings, settings), setup)

    @asynccontextmanager
    async def delivering(self, url: str) -> AsyncIterator[Method]:
        """Make a method that delivers to ``url`` by a real client."""
        async with loopback_client() as client:
            yield self.make(self.settings_for(url), fake_services(http=client))

    async def outcome_of(self, act: Act, attempt: FakeAttempt | None = None) -> Outcome:
        """Deliver a lead to a receiving end that does ``act``; check what holds of any outcome."""
        if self.nothing_sent:
            pytest.skip(self.nothing_sent)
        attempt = attempt or FakeAttempt()
        async with self.receiving(act) as end, self.delivering(end.url) as method:
            prepared = method.prepare(an_outgoing())
            with anyio.fail_after(_PATIENCE):
                outcome = await method.deliver(prepared, attempt)
            _check(outcome, attempt, method)
            return outcome

    def methods(self) -> list[Method]:
        """Return a method per example, and the one that delivers."""
        url = "http://127.0.0.1:9"
        return [*map(self.make, self.examples), self.make(self.settings_for(url))]

    def test_the_timeout_of_a_try_is_stated(self) -> None:
        """The kernel cancels a try after it."""
        assert all(0 < method.timeout <= 300 for method in self.methods())

    def test_prepare_is_repeatable_and_changes_nothing(self) -> None:
        """It is the preview, too, and runs again before each try."""
        for method in self.methods():
            outgoing = an_outgoing()
            before = copy.deepcopy(outgoing)
            first, second = method.prepare(outgoing), method.prepare(outgoing)
            assert outgoing == before
            assert first == second
            assert isinstance(first, Prepared)
            assert first.request

    def test_prepare_shows_no_secret(self) -> None:
        """Requests are stored and shown to people who must not learn them."""
        for method in self.methods():
            shown = method.prepare(an_outgoing()).request
            assert [1 for secret in secrets_in(method.settings) if secret in shown] == []

    def test_prepare_copes_with_whatever_a_lead_holds(self) -> None:
        """A strange value is sent or refused as an error of ours, never a crash."""
        for method in self.methods():
            for value in AWKWARD:
                with suppress(LeadexecError):
                    method.prepare(_with(an_outgoing(), value))

    @pytest.mark.anyio
    async def test_an_accepting_receiver_is_heard(self) -> None:
        """The plain case."""
        assert isinstance(await self.outcome_of(self.accepting), Accepted)

    @pytest.mark.anyio
    async def test_a_declining_receiver_is_heard(self) -> None:
        """So that the lead can be offered to somebody else."""
        assert isinstance(await self.outcome_of(self.rejecting), Rejected)

    @pytest.mark.anyio
    async def test_garbage_is_not_taken_for_an_accept(self) -> None:
        """No clear accept means not accepted."""
        for body in self.garbage:
            outcome = await self.outcome_of(http_answer(body))
            assert isinstance(outcome, Rejected | Failed), body[:50]

    @pytest.mark.anyio
    async def test_an_answer_without_end_is_cut(self) -> None:
        """What is read and what is recorded have bounds."""
        attempt = FakeAttempt(seconds=10)
        outcome = await self.outcome_of(Misbehaviour.ENDLESS, attempt)
        assert isinstance(outcome, Rejected | Failed)
        assert all(len(exchange.response) <= 1_048_576 for exchange in attempt.exchanges)

    @pytest.mark.anyio
    async def test_a_receiver_that_hangs_up_is_a_failure(self) -> None:
        """Nobody knows whether it took the lead: the same key is sent again."""
        assert isinstance(await self.outcome_of(Misbehaviour.HANGS_UP), Failed)

    @pytest.mark.anyio
    async def test_a_silent_receiver_is_given_up_within_the_time_of_the_try(self) -> None:
        """By itself, before the kernel cancels it."""
        outcome = await self.outcome_of(Misbehaviour.SILENT, FakeAttempt(seconds=0.2))
        assert isinstance(outcome, Failed)
        assert outcome.retry

    @pytest.mark.anyio
    async def test_a_cancelled_try_ends(self) -> None:
        """Swallowing a cancellation would keep a worker."""
        if self.nothing_sent:
            pytest.skip(self.nothing_sent)
        async with (
            self.receiving(Misbehaviour.SILENT) as end,
            self.delivering(end.url) as method,
        ):
            prepared = method.prepare(an_outgoing())
            with anyio.fail_after(_PATIENCE), anyio.move_on_after(0.1) as scope:
                await method.deliver(prepared, FakeAttempt())
            assert scope.cancelled_caught

    @pytest.mark.anyio
    async def test_nobody_listening_is_a_failure_worth_a_retry(self) -> None:
        """The receiver may be back in a minute."""
        if self.nothing_sent:
            pytest.skip(self.nothing_sent)
        async with self.receiving(self.accepting) as end:
            url = end.url
        async with self.delivering(url) as method:
            attempt = FakeAttempt()
            outcome = await method.deliver(method.prepare(an_outgoing()), attempt)
        _check(outcome, attempt, method)
        assert isinstance(outcome, Failed)
        assert outcome.retry

    @pytest.mark.anyio
    async def test_every_try_sends_the_same_idempotency_key(self) -> None:
        """A repeated delivery must be recognisable to the receiver."""
        if self.nothing_sent or self.no_idempotency_key:
            pytest.skip(self.nothing_sent or self.no_idempotency_key)
        async with self.receiving(self.accepting) as end, self.delivering(end.url) as method:
            for number in (1, 2):
                attempt = FakeAttempt(idempotency_key="key-of-this-delivery", number=number)
                await method.deliver(method.prepare(an_outgoing()), attempt)
            assert len(end.received) >= 2
            assert sum(b"key-of-this-delivery" in raw for raw in end.received) >= 2


def secrets_in(value: Any) -> Iterator[str]:
    """Yield every secret in a settings Struct, in plain text."""
    match value:
        case Secret():
            yield value.reveal()
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from secrets_in(getattr(value, name))
        case Mapping():
            for item in value.values():
                yield from secrets_in(item)
        case list() | tuple():
            for item in value:
                yield from secrets_in(item)


def _with(outgoing: Outgoing, value: str) -> Outgoing:
    return msgspec.structs.replace(
        outgoing,
        fields=dict.fromkeys(outgoing.fields, value),
        tags={**outgoing.tags, **dict.fromkeys(outgoing.fields, value)},
    )


def _check(outcome: Outcome, attempt: FakeAttempt, method: Method) -> None:
    """Check what holds of any outcome: it is one, it says why, and what was sent is on record."""
    match outcome:
        case Accepted(price=price):
            assert price is None or Decimal(price) >= 0
        case Rejected(code=code, reason=reason) | Failed(code=code, reason=reason):
            assert _CODE.fullmatch(code)
            assert reason
    assert attempt.exchanges, "deliver recorded no exchange"
    for exchange in attempt.exchanges:
        assert exchange.request
        shown = exchange.request + exchange.response
        assert [1 for secret in secrets_in(method.settings) if secret in shown] == []
