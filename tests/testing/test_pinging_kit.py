"""The kit of methods that ask for bids catches what it is there to catch."""

import asyncio
import hashlib
import inspect
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any

import anyio
import msgspec
import pytest
from msgspec import Meta, Struct

from leadexec import (
    Accepted,
    Attempt,
    Bid,
    Exchange,
    Failed,
    NoBid,
    Outcome,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Prepared,
    Rejected,
    Secret,
    UnavailableError,
)
from leadexec.testing import PingingDeliveryMethodContract
from leadexec.testing.http_receiver import http_answer

CAUGHT = (msgspec.DecodeError, RecursionError, UnicodeError)


class Where(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(title="URL", description="Where leads are posted.")]
    key: Annotated[Secret, Meta(title="Key", description="What the buyer gave.")] = Secret("k-4711")


class Body(Prepared, kw_only=True):
    """What is sent."""

    content: bytes


class Good(PingingDeliveryMethod[Where]):
    """Asks in JSON with the state, posts everything."""

    key = "good"
    title = "Good"
    pinged: Collection[str] = ("State",)

    def asked(self, outgoing: Outgoing) -> Mapping[str, str]:
        return {name: outgoing.fields.get(name, "") for name in self.pinged}

    def prepare(self, outgoing: Outgoing) -> Prepared:
        return self.body(outgoing.fields)

    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        return self.body(self.asked(outgoing))

    def body(self, fields: Mapping[str, str]) -> Body:
        content = msgspec.json.encode(fields)
        return Body(request=content.decode("utf-8", "replace"), content=content)

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        answer = await self.sent(prepared, attempt)
        if isinstance(answer, Failed):
            return answer
        if answer.get("ok") is True:
            return Accepted()
        return Rejected(code="declined", reason="It said so.")

    async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
        answer = await self.sent(prepared, attempt)
        return answer if isinstance(answer, Failed) else self.heard(answer)

    def heard(self, answer: Mapping[str, Any]) -> PingOutcome:
        price = self.price_of(answer)
        if answer.get("ok") is not True or price is None or price <= 0:
            return NoBid(code="unclear", reason="No clear bid.")
        return Bid(price=price, reference=str(answer.get("id", "")))

    def price_of(self, answer: Mapping[str, Any]) -> Decimal | None:
        bid = answer.get("bid")
        return Decimal(str(bid)) if isinstance(bid, int | float) else None

    async def sent(self, prepared: Prepared, attempt: Attempt) -> Mapping[str, Any] | Failed:
        assert isinstance(prepared, Body)
        status, body = 0, b""
        try:
            status, body = await self.fetched(prepared, attempt)
        except UnavailableError as error:
            return Failed(code=error.code, reason=error.message)
        finally:
            self.note(prepared, body, attempt)
        if status != 200:
            return Failed(code="not_200", reason=f"HTTP {status}")
        return self.decoded(body)

    async def fetched(self, prepared: Body, attempt: Attempt) -> tuple[int, bytes]:
        left = attempt.remaining()
        if left <= 0:
            raise UnavailableError("timeout", "The time is up.")
        headers = {
            "Idempotency-Key": attempt.idempotency_key,
            "X-Key": self.settings.key.reveal(),
        }
        answer = await self.setup.services.http.fetch(
            "POST",
            self.settings.url,
            content=prepared.content,
            headers=headers,
            timeout=left,
            limit=10_000,
        )
        return answer.status, answer.body

    def note(self, prepared: Body, body: bytes, attempt: Attempt) -> None:
        response = body.decode("utf-8", "replace")
        attempt.record(Exchange(request=prepared.request, response=response))

    def decoded(self, body: bytes) -> Mapping[str, Any]:
        try:
            found = msgspec.json.decode(body)
        except CAUGHT:
            return {}
        return found if isinstance(found, dict) else {}


class Tells(Good):
    """Names the lead."""

    pinged = ("State", "LastName")


class Hashes(Good):
    """Sends the hash of the email unasked."""

    def asked(self, outgoing: Outgoing) -> Mapping[str, str]:
        email = outgoing.fields.get("Email", "").lower()
        return {"mail": hashlib.sha256(email.encode()).hexdigest()}


class SendsTheAddress(Good):
    """Sends where the lead was posted from."""

    def asked(self, outgoing: Outgoing) -> Mapping[str, str]:
        return {"ip": outgoing.lead.remote_ip}


class TellsInSecret(Good):
    """Names the lead in what is sent, not in what is shown."""

    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        content = msgspec.json.encode(outgoing.fields)
        return Body(request="ping", content=content)


class BidsNothing(Good):
    """Takes a bid of 0 for one."""

    def heard(self, answer: Mapping[str, Any]) -> PingOutcome:
        price = self.price_of(answer)
        return super().heard(answer) if price is None else Bid(price=price)


class Credulous(Good):
    """Takes any price for a bid."""

    def heard(self, answer: Mapping[str, Any]) -> PingOutcome:
        price = self.price_of(answer)
        return Bid(price=price) if price else NoBid(code="unclear", reason="No price.")


class Fragile(Good):
    """Takes JSON for granted."""

    def decoded(self, body: bytes) -> Mapping[str, Any]:
        found: Mapping[str, Any] = msgspec.json.decode(body)
        return found


class BlindToStatus(Good):
    """Reads a page of errors like an answer."""

    async def fetched(self, prepared: Body, attempt: Attempt) -> tuple[int, bytes]:
        _, body = await super().fetched(prepared, attempt)
        return 200, body


class Forgets(Good):
    """Records nothing."""

    def note(self, prepared: Body, body: bytes, attempt: Attempt) -> None:
        pass


class Leaks(Good):
    """Records the key."""

    def note(self, prepared: Body, body: bytes, attempt: Attempt) -> None:
        attempt.record(Exchange(request=f"X-Key: {self.settings.key.reveal()}"))


class Mutters(Good):
    """Does not say why there is no bid."""

    def heard(self, answer: Mapping[str, Any]) -> PingOutcome:
        outcome = super().heard(answer)
        return outcome if isinstance(outcome, Bid) else NoBid(code="no")


class Late(Good):
    """Asks although the time is up."""

    async def fetched(self, prepared: Body, attempt: Attempt) -> tuple[int, bytes]:
        answer = await self.setup.services.http.fetch(
            "POST", self.settings.url, content=prepared.content, timeout=5, limit=10_000
        )
        return answer.status, answer.body


class Stubborn(Good):
    """Goes on when it is cancelled."""

    async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
        try:
            return await super().ping(prepared, attempt)
        except asyncio.CancelledError:
            return NoBid(code="cancelled", reason="Never mind.")


class Meddles(Good):
    """Changes the lead while it prepares."""

    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        outgoing.lead.fields.pop("FirstName", None)
        return super().prepare_ping(outgoing)


class TakesTheStateForGranted(Good):
    """Fails without a state."""

    def asked(self, outgoing: Outgoing) -> Mapping[str, str]:
        return {"State": outgoing.fields["State"]}


class Patient(Good):
    """Would wait for an hour."""

    ping_timeout = 3600.0


class Kit(PingingDeliveryMethodContract):
    component = Good
    examples = ({"url": "https://buyer.example/"},)
    accepting = http_answer('{"ok": true}')
    rejecting = http_answer('{"ok": false}')
    bidding = http_answer('{"ok": true, "bid": 12.5, "id": "b-1"}')
    declining = http_answer('{"ok": false, "bid": 0, "reason": "full"}')

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {"url": url, "key": "s3cret-key"}


def kit(method: type[Good], base: type[Kit] = Kit) -> Kit:
    made: type[Kit] = type("MadeKit", (base,), {"component": method})
    return made()


def run(tests: Kit, name: str) -> None:
    test: Callable[[], Any] = getattr(tests, name)
    if inspect.iscoroutinefunction(test):
        anyio.run(test)
    else:
        test()


def fails(tests: Kit, name: str) -> bool:
    """Run the standard test ``name``; return whether it fails."""
    try:
        run(tests, name)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001  whatever fails, fails
        return True
    return False


NAMES = [name for name in dir(Kit) if name.startswith("test_")]


@pytest.mark.parametrize("name", NAMES)
def test_a_good_method_conforms(name: str) -> None:
    run(kit(Good), name)


GARBAGE = "test_garbage_is_not_taken_for_a_bid"
NOBODY = "test_a_ping_sends_no_personal_value_that_its_settings_do_not_name"
SHOWN = "test_a_prepared_ping_holds_nobody"


@pytest.mark.parametrize(
    ("method", "caught_by"),
    [
        (Tells, NOBODY),
        (Tells, SHOWN),
        (Hashes, NOBODY),
        (SendsTheAddress, NOBODY),
        (TellsInSecret, NOBODY),
        (BidsNothing, GARBAGE),
        (BidsNothing, "test_a_refusal_to_bid_is_heard"),
        (Credulous, GARBAGE),
        (Fragile, GARBAGE),
        (Fragile, "test_a_bid_that_breaks_off_anywhere_does_not_raise"),
        (BlindToStatus, "test_a_status_that_refuses_makes_no_bid_of_a_bidding_body"),
        (Forgets, "test_a_bid_is_heard"),
        (Leaks, "test_a_bid_is_heard"),
        (Mutters, "test_a_refusal_to_bid_is_heard"),
        (Late, "test_when_the_time_is_up_nobody_is_asked"),
        (Stubborn, "test_a_cancelled_ping_ends"),
        (Meddles, "test_prepare_ping_is_repeatable_and_changes_nothing"),
        (TakesTheStateForGranted, "test_prepare_ping_copes_with_whatever_a_lead_holds"),
        (Patient, "test_it_says_whether_it_pings_and_for_how_long"),
    ],
)
def test_a_bad_method_is_caught(method: type[Good], caught_by: str) -> None:
    assert fails(kit(method), caught_by)


def test_what_the_settings_name_may_be_sent() -> None:
    class Naming(Kit):
        def named_in(self, settings: Mapping[str, Any]) -> Collection[str]:
            return ("LastName", "FullName")

    assert not fails(kit(Tells, Naming), NOBODY)
    assert not fails(kit(Tells, Naming), SHOWN)


def test_naming_one_field_does_not_let_another_out() -> None:
    class Naming(Kit):
        def named_in(self, settings: Mapping[str, Any]) -> Collection[str]:
            return ("Email",)

    assert fails(kit(Tells, Naming), NOBODY)
