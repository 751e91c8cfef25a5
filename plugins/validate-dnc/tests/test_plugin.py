from typing import Any

import msgspec
import pytest
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.hits import hit_of
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.plugin import ValidateDncPlugin
from leadexec_validate_dnc.settings import DncSettings, OnHit
from leadexec_validate_dnc.validator import DoNotContact

from leadexec import Hold, LeadEvent, NoSettings, Reject, SystemField, ValidatorSetup
from leadexec.testing import FakeStorage, a_field_info, a_lead, a_lead_type_info, fake_services

PHONE = "2125550123"
TYPE = a_lead_type_info(
    a_field_info("Phone", description="Phone (entry 9).", system=SystemField.PRIMARY_PHONE)
)


class House:
    """The plugin over a database of its own, with one number on the list."""

    def __init__(self, on_hit: OnHit = OnHit.REJECT) -> None:
        self.services = fake_services(storage=FakeStorage(DncNumber, DncHit))
        self.plugin = ValidateDncPlugin(NoSettings(), self.services)
        self.desk = ListDesk(self.services, KnownNumbers(self.services))
        (check,) = self.plugin.register_validators()
        setup = ValidatorSetup(campaign_id=1, lead_type=TYPE, services=self.services)
        self.check = check(DncSettings(on_hit=on_hit), setup)

    async def verdict(self, uid: str) -> Any:
        return await self.check.check(a_lead(uid=uid, fields={"Phone": PHONE}))

    async def times_hit(self) -> int:
        return (await self.desk.entry(PHONE)).times_hit


def held(verdict: Hold, uid: str) -> LeadEvent:
    at = a_lead().received_at
    told = {"code": verdict.code, "message": verdict.message}
    return LeadEvent(lead_uid=uid, campaign_id=1, at=at, **told)


@pytest.mark.anyio
async def test_the_job_of_a_rejected_lead_counts_its_hit_once() -> None:
    house = House()
    await house.desk.add(PHONE)
    (handler,) = house.plugin.register_jobs()
    for uid in ("one", "two", "one"):
        verdict = await house.verdict(uid)
        assert isinstance(verdict, Reject)
        (job,) = verdict.jobs
        assert job.kind == handler.kind
        assert PHONE not in str(job.payload)
        stored = msgspec.json.decode(msgspec.json.encode(job.payload), type=handler.payload)
        await handler.run(stored, house.services)
    assert await house.times_hit() == 2


@pytest.mark.anyio
async def test_the_hit_of_a_held_lead_is_counted_once_when_it_is_heard_of() -> None:
    house = House(OnHit.HOLD)
    await house.desk.add(PHONE)
    for uid in ("one", "two", "one"):
        verdict = await house.verdict(uid)
        assert isinstance(verdict, Hold)
        await house.plugin.lead_held(held(verdict, uid))
    entry = await house.desk.entry(PHONE)
    assert (entry.times_hit, entry.last_hit) == (2, a_lead().received_at)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("profanity", "Comments are rude (entry 1)."),
        ("do_not_contact", "Somebody else's list."),
        ("do_not_contact", "Phone (entry 1). Held."),
        ("do_not_contact", ""),
    ],
)
def test_a_lead_that_another_check_holds_is_no_hit(code: str, message: str) -> None:
    assert hit_of(held(Hold(code=code, message=message), "one")) is None


def test_the_plugin_contributes_the_check_under_its_own_name() -> None:
    (check,) = House().plugin.register_validators()
    assert issubclass(check, DoNotContact)
    assert (check.key, check.__name__) == ("dnc", "DoNotContact")
    assert (check.__doc__, check.__module__) == (DoNotContact.__doc__, DoNotContact.__module__)


def test_two_apps_in_a_process_have_lists_of_their_own() -> None:
    (one,), (other,) = (House().plugin.register_validators() for _ in range(2))
    assert one.known is not other.known  # type: ignore[attr-defined]
