"""Groups of clients and of campaigns (``LS23``, ``LS24``)."""

import enum
from typing import Annotated

from msgspec import Meta

from leadexec.model.entity import Entity, Ref, entity


class SendPreference(enum.StrEnum):
    """How many of an exclusive group's clients get one lead (``LS23``)."""

    ONE_ITEM = "one_item"
    MULTIPLE_ITEMS = "multiple_items"


@entity(
    name="exclusive_group",
    plural="exclusive_groups",
    title="Exclusive group",
    unique=(("name",),),
)
class ExclusiveGroup(Entity, kw_only=True, frozen=True):
    """Clients that a campaign delivers to, and nobody else (``LS5``, ``LS23``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    clients: Annotated[
        tuple[Annotated[int, Ref("client")], ...], Meta(title="Clients", max_length=10_000)
    ] = ()
    send_preference: Annotated[SendPreference, Meta(title="Send preference")] = (
        SendPreference.ONE_ITEM
    )


@entity(
    name="campaign_group",
    plural="campaign_groups",
    title="Campaign group",
    unique=(("name",),),
)
class CampaignGroup(Entity, kw_only=True, frozen=True):
    """Campaigns under one brand (``LS12``, ``LS24``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    description: Annotated[str, Meta(title="Description", max_length=2000)] = ""
