"""How a webhook can prove who we are."""

import enum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from leadexec import Secret


class _Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What all parts of the settings have in common."""


class NoAuth(_Settings, kw_only=True, frozen=True, tag_field="type", tag="none"):
    """The buyer asks for no authentication, or takes a key in the body or a header."""


class BasicAuth(_Settings, kw_only=True, frozen=True, tag_field="type", tag="basic"):
    """A user name and password in the Authorization header (RFC 7617)."""

    username: Annotated[str, Meta(title="User name", description="As the buyer gave it.")]
    password: Annotated[Secret, Meta(title="Password", description="As the buyer gave it.")]


class DigestAuth(_Settings, kw_only=True, frozen=True, tag_field="type", tag="digest"):
    """A user name and password that answer the server's challenge (RFC 7616)."""

    username: Annotated[str, Meta(title="User name", description="As the buyer gave it.")]
    password: Annotated[Secret, Meta(title="Password", description="As the buyer gave it.")]


class BearerAuth(_Settings, kw_only=True, frozen=True, tag_field="type", tag="bearer"):
    """A fixed token in the Authorization header."""

    token: Annotated[Secret, Meta(title="Token", description="As the buyer gave it.")]
    prefix: Annotated[
        str,
        Meta(
            title="Prefix",
            description="The word before the token; empty for the bare token.",
            max_length=50,
            examples=["Bearer", "Token"],
        ),
    ] = "Bearer"


class ClientAuth(enum.StrEnum):
    """Where the token request carries the client's id and secret."""

    HEADER = "header"
    BODY = "body"


_TokenUrl: TypeAlias = Annotated[
    str, Meta(title="Token URL", description="Where tokens are asked for.", max_length=2000)
]
_TestingTokenUrl: TypeAlias = Annotated[
    str,
    Meta(
        title="Testing token URL",
        description="The same for the environment Testing; empty for the production one.",
        max_length=2000,
    ),
]
_Scope: TypeAlias = Annotated[
    str, Meta(title="Scope", description="What the token is asked for; may be empty.")
]
_Where: TypeAlias = Annotated[
    ClientAuth,
    Meta(
        title="Client authentication",
        description="Client id and secret as a Basic header or in the request's body.",
    ),
]


class ClientCredentials(
    _Settings, kw_only=True, frozen=True, tag_field="type", tag="oauth2_client_credentials"
):
    """An OAuth 2.0 token for the client itself (RFC 6749, section 4.4)."""

    token_url: _TokenUrl
    testing_token_url: _TestingTokenUrl = ""
    client_id: Annotated[str, Meta(title="Client id", description="As the buyer gave it.")]
    client_secret: Annotated[
        Secret, Meta(title="Client secret", description="As the buyer gave it.")
    ]
    scope: _Scope = ""
    client_auth: _Where = ClientAuth.HEADER


class PasswordGrant(_Settings, kw_only=True, frozen=True, tag_field="type", tag="oauth2_password"):
    """An OAuth 2.0 token for a user name and password (RFC 6749, section 4.3)."""

    token_url: _TokenUrl
    testing_token_url: _TestingTokenUrl = ""
    username: Annotated[str, Meta(title="User name", description="As the buyer gave it.")]
    password: Annotated[Secret, Meta(title="Password", description="As the buyer gave it.")]
    client_id: Annotated[
        str, Meta(title="Client id", description="Where the buyer gave one; may be empty.")
    ] = ""
    client_secret: Annotated[
        Secret | None, Meta(title="Client secret", description="Where the buyer gave one.")
    ] = None
    scope: _Scope = ""
    client_auth: _Where = ClientAuth.HEADER


Auth: TypeAlias = NoAuth | BasicAuth | DigestAuth | BearerAuth | ClientCredentials | PasswordGrant
