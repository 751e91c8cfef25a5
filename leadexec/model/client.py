"""Clients: who receives leads (``CL1``)."""

import enum
from typing import Annotated

from msgspec import Meta

from leadexec.model.entity import Entity, TimeZone, entity

Priority = Annotated[int, Meta(title="Delivery priority", ge=0, description="0 comes first")]


class ClientStatus(enum.StrEnum):
    """Where a client stands; only an active one receives leads (``CL1``)."""

    NEW = "new"
    PENDING = "pending"
    WORKING = "working"
    WAITING = "waiting"
    DEAD = "dead"
    INACTIVE = "inactive"
    ACTIVE = "active"
    LATE = "late"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@entity(name="client", plural="clients", title="Client", unique=(("company",),))
class Client(Entity, kw_only=True, frozen=True):
    """A buyer, branch or dealer that receives leads (``CL1``)."""

    company: Annotated[str, Meta(title="Company", min_length=1, max_length=200)]
    status: ClientStatus = ClientStatus.NEW
    priority: Priority = 0
    time_zone: Annotated[
        str, TimeZone(), Meta(description="IANA name; windows are reckoned in it")
    ] = "UTC"
    first_name: Annotated[str, Meta(max_length=100)] = ""
    last_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=30)] = ""
    alternate_phone: Annotated[str, Meta(max_length=30)] = ""
    mobile: Annotated[str, Meta(max_length=30)] = ""
    fax: Annotated[str, Meta(max_length=30)] = ""
    international_phone: Annotated[str, Meta(max_length=30)] = ""
    country: Annotated[str, Meta(max_length=2)] = "US"
    address: Annotated[str, Meta(max_length=200)] = ""
    address_2: Annotated[str, Meta(max_length=200)] = ""
    city: Annotated[str, Meta(max_length=100)] = ""
    state: Annotated[str, Meta(max_length=50)] = ""
    zip: Annotated[str, Meta(max_length=20)] = ""
    website: Annotated[str, Meta(max_length=200)] = ""
    comments: Annotated[str, Meta(max_length=4000)] = ""
    notes: Annotated[str, Meta(max_length=4000)] = ""
    custom: Annotated[dict[str, str], Meta(title="Custom client fields")] = {}
