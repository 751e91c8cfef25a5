"""One declaration of an entity: a Struct from which table, API, schema and audit are made."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec

from leadexec.model.secret import Secret

E = TypeVar("E", bound="Entity")


@dataclass(frozen=True)
class Ref:
    """Marks an id as that of another entity: ``Annotated[int, Ref("client")]``."""

    entity: str
    """The entity's name, as in its ``@entity`` declaration."""


@dataclass(frozen=True)
class Fixed:
    """Marks a field that never changes after creation."""


@dataclass(frozen=True)
class Amount:
    """Marks a ``Decimal`` of money: at most four places, not negative unless ``signed``."""

    signed: bool = False


@dataclass(frozen=True)
class TimeZone:
    """Marks a text that must be the IANA name of a time zone."""


@dataclass(frozen=True)
class IpRule:
    """Marks a text that must be an IP address, a range or a network (``LS2``)."""


@dataclass(frozen=True)
class ComponentKey:
    """Marks a key that must name a registered component of a contract."""

    contract: str
    """``field_type``, ``validator``, ``automation``, ``delivery``, ``script``."""


Money = Annotated[Decimal, Amount(), msgspec.Meta(extra_json_schema={"format": "money"})]
"""An exact amount in the account's currency; stored as an integer of 1/10000 (``OR10``)."""


class Entity(msgspec.Struct, kw_only=True, frozen=True):
    """What every configuration entity has; subclasses are declared with ``@entity``."""

    id: int = 0
    """0 until it is stored."""
    created: datetime | None = None
    updated: datetime | None = None
    revision: int = 0
    """Counts the changes; a stale update is refused with 409."""


SYSTEM_FIELDS: Final = ("id", "created", "updated", "revision")


@dataclass(frozen=True)
class EntitySpec:
    """What ``@entity`` says about a Struct."""

    name: str
    """Singular, snake case: what ``Ref`` names."""
    plural: str
    """Snake case: the table, and with dashes the API path."""
    title: str
    struct: type[Entity]
    unique: tuple[tuple[str, ...], ...] = ()
    """Groups of columns whose values together occur once."""
    singleton: bool = False
    """There is exactly one row, id 1."""
    catalogued: bool = True
    """Whether a change makes a new configuration revision and reaches the catalog."""
    hidden: bool = False
    """Not offered by the generic API; its own routes handle it."""
    owner: str = ""
    """The plugin it belongs to; empty for the kernel."""


def entity(
    *,
    name: str,
    plural: str,
    title: str,
    unique: tuple[tuple[str, ...], ...] = (),
    singleton: bool = False,
    catalogued: bool = True,
    hidden: bool = False,
) -> Callable[[type[E]], type[E]]:
    """Declare a Struct as an entity; the arguments are those of ``EntitySpec``."""

    def declare(struct: type[E]) -> type[E]:
        _SPECS[struct] = EntitySpec(
            name=name,
            plural=plural,
            title=title,
            struct=struct,
            unique=unique,
            singleton=singleton,
            catalogued=catalogued,
            hidden=hidden,
        )
        return struct

    return declare


_SPECS: dict[type[Entity], EntitySpec] = {}
"""Declarations only: which of them an app uses is decided by its own registry."""


def spec_of(struct: type[Entity]) -> EntitySpec:
    """Return the declaration of ``struct``.

    Raises:
        TypeError: If it was not declared with ``@entity``.
    """
    try:
        return _SPECS[struct]
    except KeyError:
        message = f"{struct.__qualname__} is not declared with @entity"
        raise TypeError(message) from None


@dataclass(frozen=True)
class FieldSpec:
    """One field of an entity, with what its annotations say."""

    name: str
    type: Any
    """The field's type as ``msgspec.inspect`` has it, metadata removed, without ``None``."""
    optional: bool
    """Whether None is a value."""
    required: bool
    default: Any
    marks: tuple[Any, ...]
    """``Ref``, ``Fixed``, ``Amount`` … in order of writing."""

    def mark(self, kind: type[Any]) -> Any | None:
        """Return the field's mark of that class, or None."""
        return next((m for m in self.marks if isinstance(m, kind)), None)


@functools.cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """Return the fields of ``struct`` in order, system fields first for entities."""
    from leadexec.model.annotations import read_fields  # noqa: PLC0415  it needs FieldSpec

    return read_fields(struct)


def dec_hook(type_: type[Any], value: Any) -> Any:
    """Decode our own types from what an API caller sends."""
    if type_ is Secret:
        if not isinstance(value, str):
            message = "Expected `str`"
            raise TypeError(message)
        return Secret(value)
    message = f"{type_.__qualname__} cannot be read from JSON"
    raise NotImplementedError(message)


def enc_hook(value: Any) -> Any:
    """Encode our own types for whoever reads an API: secrets are masked."""
    if isinstance(value, Secret):
        return str(value)
    message = f"{type(value).__qualname__} cannot be written as JSON"
    raise NotImplementedError(message)
