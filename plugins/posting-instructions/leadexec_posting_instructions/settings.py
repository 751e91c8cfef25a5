"""What the operator says about the documents."""

from typing import Annotated

from msgspec import Meta, Struct

from leadexec import Secret


class PostingInstructionsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where senders reach us, and whether documents can be read without a token."""

    public_url: Annotated[
        str,
        Meta(
            title="Public address",
            description="Scheme and host at which senders reach us, as the documents name it; "
            "empty: the address by which a document is asked for.",
            pattern=r"^(https?://[^\s/?#@]+)?$(?!\n)",
            examples=["https://leads.example.com"],
        ),
    ] = ""
    link_key: Annotated[
        Secret | None,
        Meta(
            title="Key of public links",
            description="At least 16 characters; with it, every document has an unguessable link "
            "that needs no token. Another key makes all links out of date. None: no public links.",
        ),
    ] = None
