"""The entity of the log, and writing to it once per event."""

import enum
from datetime import datetime
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, insert, literal, select, update

from leadexec import (
    DeliveryEvent,
    Entity,
    EntityEvent,
    Fixed,
    LeadEvent,
    Services,
    entity,
)


class Kind(enum.StrEnum):
    """What can happen, as the observer hooks are called."""

    LEAD_ACCEPTED = "lead_accepted"
    LEAD_REJECTED = "lead_rejected"
    LEAD_HELD = "lead_held"
    LEAD_UNSOLD = "lead_unsold"
    LEAD_ERASED = "lead_erased"
    DELIVERY_ACCEPTED = "delivery_accepted"
    DELIVERY_FAILED = "delivery_failed"
    ENTITY_CHANGED = "entity_changed"


# Not catalogued: no lead's way depends on the log, so a new row is no new configuration.
@entity(
    name="activity", plural="activities", title="Activity", unique=(("key",),), catalogued=False
)
class Activity(Entity, kw_only=True, frozen=True):
    """Something that happened.

    Campaign and client are plain ids, no references: the log does not keep anybody from deleting
    a campaign, and goes on naming it afterwards.
    """

    key: Annotated[str, Fixed(), Meta(title="Key", description="Names the event; occurs once")]
    at: Annotated[datetime, Fixed(), Meta(title="When")]
    event: Annotated[Kind, Fixed(), Meta(title="Event")]
    subject: Annotated[
        str,
        Fixed(),
        Meta(title="Subject", description="What it happened to", examples=["lead 0193f2a0-…"]),
    ]
    lead: Annotated[str, Fixed(), Meta(title="Lead", description="Its uid, where known")] = ""
    campaign: Annotated[
        int | None, Fixed(), Meta(title="Campaign", description="Its id, where known")
    ] = None
    client: Annotated[
        int | None, Fixed(), Meta(title="Client", description="Its id, where known")
    ] = None
    code: Annotated[str, Fixed(), Meta(title="Code", description="Why, for machines")] = ""
    message: Annotated[str, Fixed(), Meta(title="Message", description="Why, as a sentence")] = ""


def of_lead(kind: Kind, event: LeadEvent) -> Activity:
    """Return what is written about something that happened to a lead."""
    return Activity(
        key=_key(kind, event),
        at=event.at,
        event=kind,
        subject=f"lead {event.lead_uid}",
        lead=event.lead_uid,
        campaign=event.campaign_id,
        code=event.code,
        message=event.message,
    )


def of_delivery(kind: Kind, event: DeliveryEvent) -> Activity:
    """Return what is written about something that happened to a delivery."""
    return Activity(
        key=_key(kind, event),
        at=event.at,
        event=kind,
        subject=f"delivery {event.delivery_uid}",
        lead=event.lead_uid,
        client=event.client_id,
        code=event.code,
        message=event.message,
    )


def of_entity(kind: Kind, event: EntityEvent) -> Activity:
    """Return what is written about a change of the configuration."""
    return Activity(
        key=_key(kind, event),
        at=event.at,
        event=kind,
        subject=f"{event.entity} {event.entity_id}",
        campaign=event.entity_id if event.entity == "campaign" else None,
        client=event.entity_id if event.entity == "client" else None,
        code=event.act,
        message=f"By {event.by}.",
    )


async def record(services: Services, activity: Activity) -> None:
    """Write ``activity`` unless its event is in the log already.

    It goes past the audit and ``entity_changed``: nobody edits the log, and a row about each row
    would have no end. Where two processes write the same event at once, one breaks the rule that
    keys occur once; its job runs again and finds the event written.
    """
    table = services.storage.table(Activity)
    now = services.clock.now()
    row = msgspec.structs.asdict(activity) | {"created": now, "updated": now, "revision": 1}
    del row["id"]  # the database numbers them

    def write(connection: Connection) -> None:
        known = select(literal(1)).where(table.c.key == activity.key)
        if connection.execute(known).first() is None:
            connection.execute(insert(table), row)

    await services.storage.change(write)


async def erase(services: Services, lead_uid: str) -> None:
    """Take out the sentences about a lead, which may say something of its person (``LS11``)."""
    table = services.storage.table(Activity)
    await services.storage.change(
        lambda connection: connection.execute(
            update(table).where(table.c.lead == lead_uid).values(message="")
        )
    )


def _key(kind: Kind, event: msgspec.Struct) -> str:
    """Return a digest of everything an observer is told: the same event again has the same."""
    told = kind.encode() + b"|" + msgspec.json.encode(event)
    return blake2b(told, digest_size=16).hexdigest()
