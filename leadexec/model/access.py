"""Who may do what: API credentials, roles and users (``RC3``, ``AC3``, ``AC4``)."""

import enum
from typing import Annotated

from msgspec import Meta

from leadexec.model.entity import Entity, Fixed, Ref, entity

Permission = Annotated[
    str,
    Meta(
        pattern=r"^(\*|[a-z][a-z0-9_]*\.(\*|[a-z][a-z0-9_]*))$",
        max_length=100,
        examples=["client.write", "leads.read", "client.*", "*"],
    ),
]
"""``<entity>.read``, ``<entity>.write``, ``leads.read``, ``<plugin>.<verb>``; ``*`` is all."""


class Scope(enum.StrEnum):
    """What an API credential opens; fixed when the credential is made (``RC3``)."""

    ACCOUNT_API = "account_api"
    DATA_API = "data_api"
    LEAD_RECEIVER = "lead_receiver"


@entity(name="role", plural="roles", title="Role", unique=(("name",),))
class Role(Entity, kw_only=True, frozen=True):
    """What a user or a credential may do (``AC4``)."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    permissions: Annotated[tuple[Permission, ...], Meta(title="Permissions", max_length=1000)] = ()


@entity(
    name="user",
    plural="users",
    title="User",
    unique=(("email",),),
    catalogued=False,
    hidden=True,
)
class User(Entity, kw_only=True, frozen=True):
    """A person who works here (``AC3``). Its password is stored as an argon2 hash only."""

    email: Annotated[str, Meta(title="Email", max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Annotated[str, Meta(title="Name", max_length=200)] = ""
    password_hash: Annotated[str, Meta(max_length=200)] = ""
    role: Annotated[int, Ref("role")] | None = None
    enabled: bool = True


@entity(
    name="api_credential",
    plural="api_credentials",
    title="API credential",
    unique=(("client_id",),),
    hidden=True,
)
class ApiCredential(Entity, kw_only=True, frozen=True):
    """What a program proves itself with (``RC3``). The secret is stored as an argon2 hash only."""

    name: Annotated[str, Meta(title="Name", min_length=1, max_length=200)]
    client_id: Annotated[str, Fixed(), Meta(title="Client id", max_length=64)]
    secret_hash: Annotated[str, Fixed(), Meta(max_length=200)]
    scopes: Annotated[tuple[Scope, ...], Fixed(), Meta(title="Scopes", min_length=1, max_length=3)]
    role: Annotated[
        int | None,
        Ref("role"),
        Meta(title="Role", description="Narrows what its scopes open; none narrows nothing"),
    ] = None
    enabled: Annotated[bool, Meta(title="Enabled")] = True
