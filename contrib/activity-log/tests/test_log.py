from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from leadexec_activity_log.activity import Activity, Kind
from leadexec_activity_log.plugin import ActivityLogPlugin, ActivityLogSettings

from leadexec import DeliveryEvent, EntityEvent, LeadEvent
from leadexec.testing import FakeStorage, fake_services

pytestmark = pytest.mark.anyio

AT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
LEAD = LeadEvent(lead_uid="L-1", campaign_id=7, at=AT, code="duplicate", message="Known already.")
DELIVERY = DeliveryEvent(
    lead_uid="L-1",
    delivery_uid="D-1",
    account_id=3,
    client_id=5,
    at=AT,
    price=Decimal(9),
    code="declined",
    message="Not wanted.",
)
CHANGE = EntityEvent(entity="client", entity_id=5, act="updated", by="ann", at=AT, revision=12)
EVENTS: dict[Kind, Any] = {
    Kind.LEAD_ACCEPTED: LEAD,
    Kind.LEAD_REJECTED: LEAD,
    Kind.LEAD_HELD: LEAD,
    Kind.LEAD_UNSOLD: LEAD,
    Kind.LEAD_ERASED: LEAD,
    Kind.DELIVERY_ACCEPTED: DELIVERY,
    Kind.DELIVERY_FAILED: DELIVERY,
    Kind.ENTITY_CHANGED: CHANGE,
}


class Log:
    """The plugin over a database of its own."""

    def __init__(self, **settings: Any) -> None:
        self.storage = FakeStorage(Activity)
        chosen = msgspec.convert(settings, ActivityLogSettings)
        self.plugin = ActivityLogPlugin(chosen, fake_services(storage=self.storage))

    async def tell(self, kind: Kind, event: Any) -> None:
        await getattr(self.plugin, kind)(event)

    async def activities(self) -> list[Activity]:
        return await self.storage.read(self.storage.entities(Activity).all)


@pytest.mark.parametrize("kind", Kind)
async def test_every_event_is_one_activity(kind: Kind) -> None:
    log = Log()
    await log.tell(kind, EVENTS[kind])
    (activity,) = await log.activities()
    assert (activity.event, activity.at) == (kind, AT)


async def test_what_happened_to_a_lead_names_its_campaign_and_the_reason() -> None:
    log = Log()
    await log.tell(Kind.LEAD_REJECTED, LEAD)
    (activity,) = await log.activities()
    assert (activity.subject, activity.lead, activity.campaign) == ("lead L-1", "L-1", 7)
    assert (activity.code, activity.message) == ("duplicate", "Known already.")
    assert activity.client is None


async def test_what_happened_to_a_delivery_names_its_lead_and_client() -> None:
    log = Log()
    await log.tell(Kind.DELIVERY_FAILED, DELIVERY)
    (activity,) = await log.activities()
    assert (activity.subject, activity.lead, activity.client) == ("delivery D-1", "L-1", 5)
    assert (activity.code, activity.message) == ("declined", "Not wanted.")
    assert activity.campaign is None


async def test_a_changed_entity_names_the_act_and_who_did_it() -> None:
    log = Log()
    await log.tell(Kind.ENTITY_CHANGED, CHANGE)
    (activity,) = await log.activities()
    assert (activity.subject, activity.client) == ("client 5", 5)
    assert (activity.code, activity.message) == ("updated", "By ann.")


@pytest.mark.parametrize("kind", Kind)
async def test_an_observer_that_runs_again_writes_nothing_more(kind: Kind) -> None:
    log = Log()
    await log.tell(kind, EVENTS[kind])
    await log.tell(kind, EVENTS[kind])
    assert len(await log.activities()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda event: msgspec.structs.replace(event, at=event.at + timedelta(microseconds=1)),
        lambda event: msgspec.structs.replace(event, code="other"),
        lambda event: msgspec.structs.replace(event, lead_uid="L-2"),
    ],
)
async def test_another_event_is_another_activity(change: Callable[[LeadEvent], LeadEvent]) -> None:
    log = Log()
    await log.tell(Kind.LEAD_HELD, LEAD)
    await log.tell(Kind.LEAD_HELD, change(LEAD))
    assert len(await log.activities()) == 2


async def test_two_observers_told_the_same_write_one_activity_each() -> None:
    log = Log()
    await log.tell(Kind.LEAD_HELD, LEAD)
    await log.tell(Kind.LEAD_UNSOLD, LEAD)
    assert [a.event for a in await log.activities()] == [Kind.LEAD_HELD, Kind.LEAD_UNSOLD]


async def test_of_an_erased_lead_no_sentence_stays() -> None:
    log = Log()
    await log.tell(Kind.LEAD_HELD, LEAD)
    await log.tell(Kind.DELIVERY_FAILED, DELIVERY)

    await log.tell(Kind.LEAD_ERASED, msgspec.structs.replace(LEAD, message=""))

    assert [activity.message for activity in await log.activities()] == ["", "", ""]
    assert [activity.code for activity in await log.activities()][:2] == [LEAD.code, DELIVERY.code]


async def test_events_that_the_operator_did_not_name_are_not_written() -> None:
    log = Log(events=["delivery_failed"])
    for kind, event in EVENTS.items():
        await log.tell(kind, event)
    assert [activity.event for activity in await log.activities()] == [Kind.DELIVERY_FAILED]


async def test_an_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="lead_lost"):
        Log(events=["lead_lost"])
