"""What the operator says about these receivers."""

from typing import Annotated

from msgspec import Meta, Struct


class ReceiverSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Settings of LeadExec's own receivers, in ``[plugins.receiver-leadexec]``."""

    redirect_fallback: Annotated[
        str,
        Meta(
            title="Redirect without a buyer's URL",
            description="Where AutoRedirect sends a visitor whose lead no buyer has a page for; "
            "empty: it is answered with the PostResponse",
            pattern=r"^(?:https?://[\x21-\x7e]{1,2000})?$",
            examples=["https://www.example.com/thanks"],
        ),
    ] = ""
    body_limit: Annotated[
        int,
        Meta(
            title="Largest post",
            description="In bytes; more is answered with ResponseType 9 and kept cut",
            ge=1024,
            le=104_857_600,
        ),
    ] = 1_048_576
    list_limit: Annotated[
        int,
        Meta(title="Leads per post", description="Of a JSON post with a list", ge=1, le=10_000),
    ] = 1_000
