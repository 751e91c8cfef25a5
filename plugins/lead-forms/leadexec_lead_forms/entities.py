"""Lead forms as they are configured (``LS19``)."""

import enum
from typing import Annotated, Final

from msgspec import Meta, Struct

from leadexec import Entity, Ref, Secret, entity

ORIGIN: Final = r"^https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?$(?!\n)"
"""Nothing in it could end a directive of a Content-Security-Policy."""


class Audience(enum.StrEnum):
    """Who fills in a form."""

    VISITORS = "visitors"
    """Anybody, at the form's own address or in the customer's page."""
    AGENTS = "agents"
    """People of ours who key in leads from the phone; they need an access token."""


class FormField(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One field of a form."""

    field: Annotated[
        str,
        Meta(
            title="Field",
            description="The lead field, as it is posted.",
            pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$(?!\n)",
            examples=["FirstName"],
        ),
    ]
    label: Annotated[
        str,
        Meta(title="Label", description="The field's description if empty.", max_length=500),
    ] = ""
    placeholder: Annotated[
        str,
        Meta(
            title="Placeholder",
            description="Shown in the empty field; it is gone while one types, so put what "
            "matters into the help.",
            max_length=200,
        ),
    ] = ""
    help: Annotated[
        str, Meta(title="Help", description="Shown below the label.", max_length=500)
    ] = ""
    hidden_value: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(
            title="Hidden value",
            description="Every lead gets it; the field is not in the page, so nobody can change "
            "it. None: the field is filled in by whoever uses the form.",
        ),
    ] = None


# Not catalogued: no lead's way depends on a form, so a changed one is no new configuration.
@entity(
    name="lead_form",
    plural="lead_forms",
    title="Lead form",
    unique=(("slug",),),
    catalogued=False,
)
class LeadForm(Entity, kw_only=True, frozen=True):
    """A form that brings leads to one campaign (``LS19``)."""

    campaign: Annotated[int, Ref("campaign"), Meta(title="Campaign")]
    name: Annotated[
        str, Meta(title="Name", description="For the operator", min_length=1, max_length=200)
    ]
    title: Annotated[
        str, Meta(title="Title", description="The page's heading", min_length=1, max_length=200)
    ]
    intro: Annotated[
        str, Meta(title="Introduction", description="Text above the fields", max_length=4000)
    ] = ""
    audience: Annotated[Audience, Meta(title="For", description="Visitors or agents")] = (
        Audience.VISITORS
    )
    fields: Annotated[
        tuple[FormField, ...],
        Meta(
            title="Fields",
            description="In order. None: all that can be filled in. A form for agents shows all "
            "others after these.",
            max_length=500,
        ),
    ] = ()
    button: Annotated[str, Meta(title="Button", min_length=1, max_length=100)] = "Send"
    thank_you: Annotated[
        str,
        Meta(title="Thank-you text", description="Shown when it is sent", max_length=4000),
    ] = "Thank you. Your request has been sent."
    redirect_url: Annotated[
        str,
        Meta(
            title="Redirect URL",
            description="Where visitors go instead of the thank-you text; a buyer's own redirect "
            "goes before it.",
            pattern=r"^(https?://[^\s]{1,2000})?$(?!\n)",
        ),
    ] = ""
    spam_trap: Annotated[
        bool,
        Meta(
            title="Spam trap",
            description="What is sent too quickly, or with a field filled in that people do not "
            "see, is kept but brings no lead.",
        ),
    ] = True
    minimum_seconds: Annotated[
        int, Meta(title="Quickest", description="In seconds; sooner is too quick", ge=0, le=300)
    ] = 3
    maximum_hours: Annotated[
        int,
        Meta(
            title="Open for",
            description="Hours after which a page is shown anew before it is taken",
            ge=1,
            le=720,
        ),
    ] = 24
    origins: Annotated[
        tuple[Annotated[str, Meta(pattern=ORIGIN)], ...],
        Meta(
            title="Embedding origins",
            description="Sites whose pages may hold the form; none: no other site",
            max_length=100,
            examples=[["https://www.example.com", "https://*.example.org"]],
        ),
    ] = ()
    enabled: Annotated[bool, Meta(title="Enabled")] = True
    slug: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$(?!\n)")] | None,
        Meta(
            title="Slug",
            description="The last part of the form's address, 8 to 64 letters, digits, - and _; "
            "none: one that cannot be guessed is made",
        ),
    ] = None


@entity(
    name="lead_form_key",
    plural="lead_form_keys",
    title="Key of lead forms",
    singleton=True,
    catalogued=False,
    hidden=True,
)
class LeadFormKey(Entity, kw_only=True, frozen=True):
    """The key that signs forms where the settings have none; made when it is first needed."""

    key: Annotated[Secret | None, Meta(title="Key")] = None
