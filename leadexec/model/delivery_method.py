"""Delivery methods as configured: how one client gets leads of one type (``DM``)."""

import enum
from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec.model.entity import ComponentKey, Entity, Fixed, Ref, entity
from leadexec.model.limits import ScheduleWindow


class Environment(enum.StrEnum):
    """Whether a delivery method talks to the buyer's real system."""

    PRODUCTION = "production"
    TESTING = "testing"


class FieldMapping(Struct, kw_only=True, frozen=True):
    """One outgoing value: from a lead field, a system tag, or a fixed text."""

    to: Annotated[str, Meta(title="Outgoing name", min_length=1, max_length=200)]
    source: Annotated[
        str,
        Meta(description="A lead field's name, or a system tag in brackets: [lead_uid]"),
    ] = ""
    static: Annotated[str, Meta(description="The text to send when there is no source")] = ""
    values: Annotated[
        dict[str, str], Meta(description="Our value → the buyer's value; others pass unchanged")
    ] = {}


class RetrySettings(Struct, kw_only=True, frozen=True):
    """Whether and how a failed delivery is tried again."""

    enabled: bool = True
    maximum: Annotated[int, Meta(ge=0, le=20, title="Maximum retries")] = 3
    gap_seconds: Annotated[int, Meta(ge=1, le=86_400, title="Time between retries")] = 60
    exponential: Annotated[
        bool, Meta(description="Double the gap each time, with a random part")
    ] = False


class PortalPermissions(Struct, kw_only=True, frozen=True):
    """What the client's portal users see of these deliveries."""

    call_information: bool = False
    file_attachments: bool = False
    analytic_data: bool = False


@entity(name="delivery_method", plural="delivery_methods", title="Delivery method")
class ConfiguredDeliveryMethod(Entity, kw_only=True, frozen=True):
    """How leads of one type are handed to one client (``DM``)."""

    name: Annotated[str, Meta(title="Description", min_length=1, max_length=200)]
    client: Annotated[int, Ref("client"), Fixed()]
    lead_type: Annotated[int, Ref("lead_type"), Fixed()]
    type: Annotated[str, ComponentKey("delivery"), Fixed(), Meta(examples=["webhook"])]
    settings: dict[str, Any] = {}
    environment: Environment = Environment.PRODUCTION
    enabled: bool = True
    mappings: tuple[FieldMapping, ...] = ()
    import_all: Annotated[
        bool, Meta(description="Send every lead field under its own name, beside the mappings")
    ] = True
    retry: RetrySettings = RetrySettings()
    schedule: Annotated[
        tuple[ScheduleWindow, ...],
        Meta(description="Leads are delivered only inside these windows; none means always"),
    ] = ()
    portal: PortalPermissions = PortalPermissions()
