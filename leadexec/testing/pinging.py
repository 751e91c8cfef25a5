"""The conformance kit of delivery methods that ask their buyers for bids."""
# ruff: noqa: S101  kits are made of asserts

import base64
import copy
import hashlib
import html
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, quote_plus

import anyio
import msgspec
import pytest

from leadexec.contracts.delivery import (
    Bid,
    DeliverySetup,
    Failed,
    NoBid,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Prepared,
)
from leadexec.contracts.lead import LeadTypeInfo, SystemField
from leadexec.contracts.services import Services
from leadexec.errors import LeadexecError
from leadexec.testing.builders import a_field_info, a_lead, a_lead_type_info, a_sale, an_outgoing
from leadexec.testing.contract import decoded
from leadexec.testing.delivery_method import (
    AWKWARD,
    GARBAGE,
    DeliveryMethodContract,
    secrets_in,
)
from leadexec.testing.fakes import FakeAttempt, fake_services
from leadexec.testing.http_receiver import Act, Misbehaviour, http_answer

Pinging: TypeAlias = PingingDeliveryMethod[Any]

NO_BIDS: Sequence[bytes] = (
    *GARBAGE,
    b'{"Accepted":"false","Price":"12.50"}',
    b'{"success": false, "bid": 12.5, "price": "12.50", "status": "declined"}',
    b'{"bid": 0, "price": 0, "reason": "Out of area"}',
    b'{"bid": null, "price": null}',
    b'{"bid": -5, "price": "-5.00"}',
    b'{"bid": "12,50", "price": "call us"}',
    b"{'accepted': true, 'bid': 12.5, }",
    b"<response><status>Unmatched</status><price>0</price></response>",
    b"NO Outside of our coverage",
)
"""Bodies of a 200 by which no buyer means a bid."""
PERSONAL: Mapping[str, tuple[SystemField, str]] = {
    "FirstName": (SystemField.FIRST_NAME, "Zebulonia"),
    "LastName": (SystemField.LAST_NAME, "Quackenbush"),
    "FullName": (SystemField.FULL_NAME, "Zebulonia Xavier Quackenbush"),
    "Email": (SystemField.EMAIL, "Zebby.Q@Example.Test"),
    "Phone": (SystemField.PRIMARY_PHONE, "2125550187"),
    "Phone2": (SystemField.ALTERNATE_PHONE, "(917) 555-0142"),
    "Address": (SystemField.ADDRESS, "4711 Wobbly Elm Street"),
    "Address2": (SystemField.ADDRESS_2, "Flat 88b"),
    "Ip": (SystemField.IP_ADDRESS, "198.51.100.231"),
    "Born": (SystemField.DATE_OF_BIRTH, "1961-04-09"),
    "Comments": (SystemField.COMMENTS, "ring the green bell"),
    "Certificate": (SystemField.CONSENT_TOKEN, "cert-0815-4242"),
}
"""Personal lead fields of the kit: name → meaning and value. A lead's ``remote_ip`` is one more."""
_REMOTE_IP = "192.0.2.143"
_PLAIN: Mapping[str, tuple[SystemField, str]] = {
    "City": (SystemField.CITY, "Scottsdale"),
    "State": (SystemField.STATE, "AZ"),
    "Zip": (SystemField.ZIP, "85254"),
    "Country": (SystemField.COUNTRY, "US"),
}
_FIELDS: Mapping[str, tuple[SystemField, str]] = {**PERSONAL, **_PLAIN}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PATIENCE = 20.0
"""Seconds after which a test that hangs is given up."""
_RECORDED = 1_048_576
_REFUSING = (301, 302, 400, 401, 403, 404, 410, 422, 429, 500, 503)


class PingingDeliveryMethodContract(DeliveryMethodContract):
    """The standard tests of a ``PingingDeliveryMethod``: of its posts, and of its pings.

    ``settings_for`` returns settings that ping and post to the same address. Give, besides what
    ``DeliveryMethodContract`` asks for, what a bidding and a declining receiver answer to a ping,
    and in ``named_in`` the personal fields (of ``PERSONAL``) that settings name for the ping.
    """

    component: ClassVar[type[Pinging]]
    bidding: ClassVar[bytes] = b""
    """The HTTP answer that clearly bids (see ``http_answer``)."""
    declining: ClassVar[bytes] = b""
    """The HTTP answer that does not bid."""
    no_bids: ClassVar[Sequence[bytes]] = NO_BIDS
    """Bodies of a 200 that must not count as a bid."""

    def named_in(self, settings: Mapping[str, Any]) -> Collection[str]:
        """Return the fields of ``PERSONAL`` that ``settings`` name for the ping, even hashed."""
        return ()

    def lead_type(self) -> LeadTypeInfo:
        """Return the lead type that methods are made for, with every personal field there is."""
        usual = a_lead_type_info().fields
        more = {name: a_field_info(name, system=system) for name, (system, _) in _FIELDS.items()}
        return a_lead_type_info(*{**usual, **more}.values())

    def outgoing(self) -> Outgoing:
        """Return a lead of that type on its way to be pinged, with a value in every field."""
        values = {name: value for name, (_, value) in _FIELDS.items()}
        lead = a_lead(fields=a_lead().fields | values, remote_ip=_REMOTE_IP)
        return an_outgoing(lead=lead, sale=a_sale(delivery_uid=""))

    def make(self, settings: Mapping[str, Any], services: Services | None = None) -> Pinging:
        """Return the method with the posted ``settings``, made for the kit's lead type."""
        setup = DeliverySetup(
            method_id=1,
            lead_type=self.lead_type(),
            production=True,
            services=services or fake_services(),
        )
        return self.component(decoded(self.component.Settings, settings), setup)

    def all_settings(self) -> list[Mapping[str, Any]]:
        """Return the settings of every example, and those that ping."""
        return [*self.examples, self.settings_for("http://127.0.0.1:9")]

    async def outcomes_of(
        self, acts: Sequence[Act], attempt: FakeAttempt | None = None
    ) -> list[PingOutcome]:
        """Ping a receiving end that does ``acts`` in turn; check what holds of any outcome."""
        outcomes = []
        for act in acts:
            own = attempt or FakeAttempt()
            async with self.receiving(act) as end, self.delivering(end.url) as method:
                outcome = await _pinged(method, self.outgoing(), own)
            _check(outcome, own, method)
            outcomes.append(outcome)
        return outcomes

    async def bid_on(self, act: Act, attempt: FakeAttempt | None = None) -> PingOutcome:
        """Ping a receiving end that does ``act``; check what holds of any outcome."""
        (outcome,) = await self.outcomes_of([act], attempt)
        return outcome

    def test_it_says_whether_it_pings_and_for_how_long(self) -> None:
        """The kernel asks only methods that ping, and cancels a ping after its time."""
        for settings in self.all_settings():
            method = self.make(settings)
            assert isinstance(method, PingingDeliveryMethod)
            assert isinstance(method.pings, bool)
            assert 0 < method.ping_timeout <= 60

    def test_prepare_ping_is_repeatable_and_changes_nothing(self) -> None:
        """It is the preview, too, and runs again when a bid has run out."""
        for settings in self.all_settings():
            method, outgoing = self.make(settings), self.outgoing()
            before = copy.deepcopy(outgoing)
            first, second = method.prepare_ping(outgoing), method.prepare_ping(outgoing)
            assert outgoing == before
            assert first == second
            assert isinstance(first, Prepared)
            assert first.request

    def test_prepare_ping_shows_no_secret(self) -> None:
        """Requests are stored and shown to people who must not learn them."""
        for settings in self.all_settings():
            method = self.make(settings)
            shown = method.prepare_ping(self.outgoing()).request
            assert [1 for secret in secrets_in(method.settings) if secret in shown] == []

    def test_prepare_ping_copes_with_whatever_a_lead_holds(self) -> None:
        """A strange or missing value is sent or refused as an error of ours, never a crash."""
        for settings in self.all_settings():
            method, outgoing = self.make(settings), self.outgoing()
            for odd in (*(dict.fromkeys(outgoing.fields, value) for value in AWKWARD), {}):
                with suppress(LeadexecError):
                    method.prepare_ping(_with(outgoing, odd))

    def test_a_prepared_ping_holds_nobody(self) -> None:
        """Whatever the settings: a person is pinged about by name only where they say so."""
        for settings in self.all_settings():
            shown = self.make(settings).prepare_ping(self.outgoing()).request
            assert _persons_in(shown.encode(), self.named_in(settings)) == set()

    @pytest.mark.anyio
    async def test_a_ping_sends_no_personal_value_that_its_settings_do_not_name(self) -> None:
        """A buyer that does not get the lead must not get the person, hashed or plain."""
        attempt = FakeAttempt()
        async with self.receiving(self.bidding) as end, self.delivering(end.url) as method:
            await _pinged(method, self.outgoing(), attempt)
            sent = b"\n".join(end.received)
        named = self.named_in(self.settings_for(end.url))
        assert sent
        assert _persons_in(sent, named) == set()
        for exchange in attempt.exchanges:
            assert _persons_in(exchange.request.encode(), named) == set()

    @pytest.mark.anyio
    async def test_a_bid_is_heard(self) -> None:
        """The plain case."""
        assert isinstance(await self.bid_on(self.bidding), Bid)

    @pytest.mark.anyio
    async def test_a_refusal_to_bid_is_heard(self) -> None:
        """So that the lead is not offered to this buyer."""
        assert isinstance(await self.bid_on(self.declining), NoBid)

    @pytest.mark.anyio
    async def test_garbage_is_not_taken_for_a_bid(self) -> None:
        """What holds no clear bid is none; nothing raises."""
        outcomes = await self.outcomes_of([http_answer(body) for body in self.no_bids])
        bids = [b for b, o in zip(self.no_bids, outcomes, strict=True) if isinstance(o, Bid)]
        assert bids == []

    @pytest.mark.anyio
    async def test_a_bid_that_breaks_off_anywhere_does_not_raise(self) -> None:
        """Whatever is heard of it is sound, if it is a bid at all."""
        body = _body(self.bidding)
        cuts = sorted({len(body) * part // 12 for part in range(12)})
        await self.outcomes_of([http_answer(body[:cut]) for cut in cuts])

    @pytest.mark.anyio
    async def test_a_status_that_refuses_makes_no_bid_of_a_bidding_body(self) -> None:
        """A page of errors may say anything."""
        body = _body(self.bidding)
        outcomes = await self.outcomes_of([http_answer(body, status=s) for s in _REFUSING])
        bids = [s for s, o in zip(_REFUSING, outcomes, strict=True) if isinstance(o, Bid)]
        assert bids == []

    @pytest.mark.anyio
    async def test_an_answer_to_a_ping_without_end_is_cut(self) -> None:
        """What is read and what is recorded have bounds."""
        attempt = FakeAttempt(seconds=10)
        assert not isinstance(await self.bid_on(Misbehaviour.ENDLESS, attempt), Bid)
        assert all(len(exchange.response) <= _RECORDED for exchange in attempt.exchanges)

    @pytest.mark.anyio
    async def test_a_buyer_that_hangs_up_has_not_bid(self) -> None:
        """There is no answer, and so no bid."""
        assert not isinstance(await self.bid_on(Misbehaviour.HANGS_UP), Bid)

    @pytest.mark.anyio
    async def test_a_silent_buyer_is_given_up_within_the_time_of_the_ping(self) -> None:
        """By itself, before the kernel cancels it: all buyers share one deadline."""
        outcome = await self.bid_on(Misbehaviour.SILENT, FakeAttempt(seconds=0.2))
        assert not isinstance(outcome, Bid)

    @pytest.mark.anyio
    async def test_when_the_time_is_up_nobody_is_asked(self) -> None:
        """The lead goes on without this buyer."""
        attempt = FakeAttempt(seconds=0)
        async with self.receiving(self.bidding) as end, self.delivering(end.url) as method:
            outcome = await _pinged(method, self.outgoing(), attempt)
            assert not isinstance(outcome, Bid)
            assert list(end.received) == []

    @pytest.mark.anyio
    async def test_a_cancelled_ping_ends(self) -> None:
        """Swallowing a cancellation would keep the lead waiting."""
        async with (
            self.receiving(Misbehaviour.SILENT) as end,
            self.delivering(end.url) as method,
        ):
            prepared = _pinging(method).prepare_ping(self.outgoing())
            with anyio.fail_after(_PATIENCE), anyio.move_on_after(0.1) as scope:
                await _pinging(method).ping(prepared, FakeAttempt())
            assert scope.cancelled_caught

    @pytest.mark.anyio
    async def test_a_buyer_that_does_not_listen_has_not_bid(self) -> None:
        """And what was tried is on record."""
        async with self.receiving(self.bidding) as end:
            url = end.url
        attempt = FakeAttempt()
        async with self.delivering(url) as method:
            outcome = await _pinged(method, self.outgoing(), attempt)
        _check(outcome, attempt, method)
        assert not isinstance(outcome, Bid)


def _pinging(method: Any) -> Pinging:
    assert isinstance(method, PingingDeliveryMethod)
    return method


async def _pinged(method: Any, outgoing: Outgoing, attempt: FakeAttempt) -> PingOutcome:
    pinging = _pinging(method)
    prepared = pinging.prepare_ping(outgoing)
    with anyio.fail_after(_PATIENCE):
        return await pinging.ping(prepared, attempt)


def _with(outgoing: Outgoing, fields: Mapping[str, str]) -> Outgoing:
    """Return ``outgoing`` as if the lead had these texts; without any, none of its fields."""
    tags = {name: text for name, text in outgoing.tags.items() if name not in outgoing.fields}
    return msgspec.structs.replace(outgoing, fields=dict(fields), tags=tags | dict(fields))


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def _persons_in(sent: bytes, named: Collection[str]) -> set[str]:
    """Return the personal fields that ``sent`` gives away, other than those in ``named``."""
    text = sent.decode("utf-8", "replace").lower()
    values = {name: value for name, (_, value) in PERSONAL.items()} | {"remote_ip": _REMOTE_IP}
    if {"FullName"} & set(named):  # who is told the full name is told its parts
        values = {n: v for n, v in values.items() if n not in ("FirstName", "LastName")}
    return {
        name
        for name, value in values.items()
        if name not in named and any(form in text for form in _forms(value))
    }


def _forms(value: str) -> Iterator[str]:
    """Yield what ``value`` may look like on the wire, in lower case: escaped, encoded, hashed."""
    digits = re.sub(r"\D", "", value)
    plain = [value, value.lower(), value.upper(), *([digits] if len(digits) >= 7 else [])]
    for form in dict.fromkeys(plain):
        raw = form.encode()
        written = (
            form,
            json.dumps(form)[1:-1],
            quote(form, safe=""),
            quote_plus(form),
            html.escape(form),
            base64.b64encode(raw).decode().rstrip("="),
            raw.hex(),
            *(hashlib.new(kind, raw).hexdigest() for kind in ("md5", "sha1", "sha256")),
        )
        yield from (one.lower() for one in written)


def _check(outcome: PingOutcome, attempt: FakeAttempt, method: Any) -> None:
    """Check what holds of any outcome: it is one, it says why, and what was sent is on record."""
    match outcome:
        case Bid(price=price, reference=reference, expires_in=expires):
            assert isinstance(price, Decimal)
            assert price.is_finite()
            assert price > 0, "a bid is more than nothing"
            assert isinstance(reference, str)
            assert expires is None or (math.isfinite(expires) and expires > 0)
        case NoBid(code=code, reason=reason) | Failed(code=code, reason=reason):
            assert _CODE.fullmatch(code)
            assert reason
        case _:
            pytest.fail(f"ping returned {outcome!r:.200}")
    assert attempt.exchanges, "ping recorded no exchange"
    for exchange in attempt.exchanges:
        assert exchange.request
        shown = exchange.request + exchange.response
        assert [1 for secret in secrets_in(method.settings) if secret in shown] == []
