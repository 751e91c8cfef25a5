"""What the operator says about all forms."""

from typing import Annotated

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Secret

SHORTEST_KEY = 16
"""Characters of a signing key."""


class LeadFormsSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where visitors reach us, and with what forms are signed."""

    public_url: Annotated[
        str,
        Meta(
            title="Public address",
            description="Scheme and host at which visitors reach us, as embed codes name it; "
            "empty: the address by which a code is asked for.",
            pattern=r"^(https?://[^\s/?#@]+)?$(?!\n)",
            examples=["https://leads.example.com"],
        ),
    ] = ""
    signing_key: Annotated[
        Secret | None,
        Meta(
            title="Signing key",
            description="At least 16 characters; signs when a form was shown. None: a key that the "
            "plugin makes once and keeps encrypted in the database.",
        ),
    ] = None


def check(settings: LeadFormsSettings) -> None:
    """Refuse a signing key that could be guessed.

    Raises:
        ConfigurationError: ``key_too_short``.
    """
    key = settings.signing_key
    if key is not None and len(key.reveal()) < SHORTEST_KEY:
        raise ConfigurationError.single(
            "key_too_short",
            "plugins.lead-forms.signing_key",
            f"The signing key needs at least {SHORTEST_KEY} random characters.",
        )
