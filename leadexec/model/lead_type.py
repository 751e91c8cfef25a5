"""Lead types: the schema of a lead in one vertical (``LT1``–``LT9``)."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from leadexec.contracts.lead import SystemField
from leadexec.model.entity import ComponentKey, Entity, entity

FieldName = Annotated[
    str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$(?!\n)", examples=["FirstName"])
]


class LeadField(Struct, kw_only=True, frozen=True):
    """One field of a lead type (``LT3``)."""

    name: Annotated[FieldName, Meta(title="Field name", description="How it is posted")]
    description: Annotated[str, Meta(title="Description", min_length=1, max_length=200)]
    type: Annotated[str, ComponentKey("field_type"), Meta(title="Type", examples=["text"])]
    settings: Annotated[
        dict[str, Any], Meta(title="Type settings", description="As the field type declares them")
    ] = {}
    default: Annotated[
        str, Meta(title="Default value", description="Used when the field is absent or blank")
    ] = ""
    invalid_characters: Annotated[
        str,
        Meta(title="Invalid characters", max_length=200, description="None may occur (LT6)"),
    ] = ""
    error_message: Annotated[
        str,
        Meta(
            title="Error message",
            max_length=500,
            description="Said to the source instead of ours when the value is refused (LT6)",
        ),
    ] = ""
    system: Annotated[SystemField, Meta(title="System field")] = SystemField.CUSTOM
    required: bool = False
    duplicate_check: Annotated[bool, Meta(title="Use for duplicate checks")] = False
    pivot: Annotated[bool, Meta(title="Allow pivot reporting")] = False
    integrations: Annotated[bool, Meta(title="Include in integrations")] = True
    retired: Annotated[
        bool, Meta(title="Retired", description="Kept for stored leads, no longer read (LT10)")
    ] = False
    screens: Annotated[tuple[str, ...], Meta(title="Shown on these screens")] = ()


class ReturnReason(Struct, kw_only=True, frozen=True):
    """Why a client may return a lead (``LT7``)."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    enabled: bool = True


class Category(Struct, kw_only=True, frozen=True):
    """A category of leads, such as Organic, Paid, SEO (``LT8``)."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


class DisplayGroup(Struct, kw_only=True, frozen=True):
    """Fields shown together on the lead screen and the client portal (``LT9``)."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    read_only: bool = False
    fields: tuple[str, ...] = ()


@entity(name="lead_type", plural="lead_types", title="Lead type", unique=(("name",),))
class LeadType(Entity, kw_only=True, frozen=True):
    """The schema of a lead in one vertical (``LT1``)."""

    name: Annotated[str, Meta(title="Description", min_length=1, max_length=200)]
    industry: Annotated[str, Meta(title="Industry", max_length=200)] = ""
    fields: Annotated[tuple[LeadField, ...], Meta(title="Fields", max_length=500)] = ()
    return_reasons: tuple[ReturnReason, ...] = ()
    categories: tuple[Category, ...] = ()
    display_groups: tuple[DisplayGroup, ...] = ()
