"""The table of an entity, made from its declaration (architecture §3).

Scalars and references become typed columns, references with an index and a foreign key; whatever
is nested becomes one JSON column; a ``Secret`` becomes encrypted text. A field with a default has
it in the table too, so that a column can be added to rows that are already there.
"""

import datetime as dt
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, get_args, get_origin

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.types import TypeEngine

from leadexec.contracts.events import EntityEvent
from leadexec.errors import ConfigurationError
from leadexec.model.entity import (
    Amount,
    Entity,
    EntitySpec,
    FieldSpec,
    Fixed,
    Ref,
    fields_of,
    spec_of,
)
from leadexec.model.registry import KERNEL_ENTITIES, EntityRegistry
from leadexec.model.secret import Secret
from leadexec.security.secrets import Cipher, decrypting_hook, encrypt_secrets
from leadexec.storage.columns import (
    JsonColumn,
    MoneyColumn,
    UtcDateTime,
    scale_money,
    to_json,
    unscale_money,
)
from leadexec.storage.metadata import ENTITY, NAMING, kernel_metadata


class EntityTable:
    """One entity's table, and how its rows are written and read."""

    def __init__(self, spec: EntitySpec, table: Table) -> None:
        """Tie ``spec`` to ``table``."""
        self.spec = spec
        self.table = table
        self.fields: dict[str, FieldSpec] = {f.name: f for f in fields_of(spec.struct)}
        self.names: tuple[str, ...] = tuple(self.fields)
        self.fixed = tuple(name for name, f in self.fields.items() if f.mark(Fixed))
        self.references: dict[str, str] = {
            name: mark.entity for name, f in self.fields.items() if (mark := f.mark(Ref))
        }
        self.listed: dict[str, str] = {
            name: mark.entity for name, f in self.fields.items() if (mark := _listed_ref(f.type))
        }
        """Column of a list of ids → the entity whose ids they are."""
        self.secrets = tuple(name for name, f in self.fields.items() if f.type is Secret)
        self._times = [n for n, f in self.fields.items() if f.type in (dt.datetime, dt.date)]
        self._amounts = [n for n, f in self.fields.items() if f.mark(Amount)]

    def row_of(self, entity: Entity, cipher: Cipher) -> dict[str, Any]:
        """Return the columns' values for ``entity``, its secrets encrypted.

        Raises:
            ConfigurationError: ``secret_form``.
            ValueError: An amount that cannot be stored exactly.
        """
        row: dict[str, Any] = encrypt_secrets(entity, cipher)
        for name in self._times:
            row[name] = getattr(entity, name)
        for name in self._amounts:
            amount = getattr(entity, name)
            row[name] = None if amount is None else unscale_money(scale_money(amount))
        return {name: row[name] for name in self.names}

    def entity_of(self, row: Sequence[Any] | Mapping[str, Any], cipher: Cipher) -> Any:
        """Return the entity of a row: columns in the table's order, or by name.

        Raises:
            ConfigurationError: ``stored_entity_invalid``, naming the row; ``secret_unreadable``.
        """
        named = row if isinstance(row, Mapping) else dict(zip(self.names, row, strict=True))
        try:
            return msgspec.convert(named, self.spec.struct, dec_hook=decrypting_hook(cipher))
        except msgspec.ValidationError as error:
            where = f"{self.spec.name} {named.get('id')}"
            raise ConfigurationError.single(
                "stored_entity_invalid", where, f"What is stored is not valid any more: {error}."
            ) from error


class EntityTables:
    """The tables of all entities of one app."""

    def __init__(self, registry: EntityRegistry) -> None:
        """Make the tables of what ``registry`` holds; the kernel's are always the same."""
        self.metadata = MetaData(naming_convention=NAMING)
        """The tables of the plugins' entities."""
        self.observers: list[Callable[[Connection, EntityEvent], None]] = []
        """Told of every change of an entity, inside its transaction."""
        self._by_name: dict[str, EntityTable] = {}
        self._by_struct: dict[type[Entity], EntityTable] = {}
        for spec in registry:
            if spec.owner:
                made = EntityTable(spec, _make_table(spec, self.metadata, registry))
            else:
                made = KERNEL_TABLES[spec.struct]
            self._by_name[spec.name] = made
            self._by_struct[spec.struct] = made

    def __iter__(self) -> Iterator[EntityTable]:
        """Iterate over all, in order of registration."""
        return iter(self._by_name.values())

    def of(self, struct: type[Entity]) -> EntityTable:
        """Return the table of that Struct.

        Raises:
            KeyError: If it is not among this app's entities.
        """
        return self._by_struct[struct]

    def named(self, name: str) -> EntityTable:
        """Return the table of the entity with that singular name.

        Raises:
            KeyError: If there is none.
        """
        return self._by_name[name]

    def references_to(self, name: str) -> Iterator[Column[Any]]:
        """Return every column, of whatever table, that holds ids of the entity ``name``."""
        target = self._by_name[name].table
        for metadata in (kernel_metadata, self.metadata):
            for table in metadata.sorted_tables:
                for column in table.columns:
                    keys = {key.column.table for key in column.foreign_keys}
                    if target in keys or column.info.get(ENTITY) == name:
                        yield column

    def lists_of(self, name: str) -> Iterator[Column[Any]]:
        """Return every JSON column that holds a list of ids of the entity ``name``."""
        for table in self:
            for column, entity in table.listed.items():
                if entity == name:
                    yield table.table.c[column]

    def title_of(self, table: Table) -> str:
        """Return what people call the rows of ``table``."""
        found = next((e.spec.title.lower() for e in self if e.table is table), None)
        return found or table.name.rpartition("__")[2].replace("_", " ")


def _listed_ref(type_: Any) -> Ref | None:
    """Return the reference that a tuple's items are, if they are references."""
    if get_origin(type_) is not tuple:
        return None
    items = get_args(type_)[0]
    return next((m for m in getattr(items, "__metadata__", ()) if isinstance(m, Ref)), None)


def table_name(spec: EntitySpec) -> str:
    """Return the name of the table: a plugin's begins with the plugin's name."""
    return f"{spec.owner.replace('-', '_')}__{spec.plural}" if spec.owner else spec.plural


def _make_table(spec: EntitySpec, metadata: MetaData, registry: EntityRegistry | None) -> Table:
    items: list[Any] = []
    name = table_name(spec)
    defaults = {f.name: f for f in msgspec.structs.fields(spec.struct)}
    for field in fields_of(spec.struct):
        items.append(_column(field, defaults[field.name], registry))
        if field.mark(Ref):
            items.append(Index(f"ix_{name}_{field.name}", field.name))
    items.extend(UniqueConstraint(*columns) for columns in spec.unique)
    if spec.singleton:
        items.append(CheckConstraint("id = 1", name="single_row"))
    counted = not spec.singleton  # ids of deleted rows are not used again: senders post them
    return Table(name, metadata, *items, comment=spec.title, sqlite_autoincrement=counted)


def _column(
    field: FieldSpec, info: msgspec.structs.FieldInfo, registry: EntityRegistry | None
) -> Column[Any]:
    if field.name == "id":
        return Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    if field.name in ("created", "updated"):
        return Column(field.name, UtcDateTime, nullable=False)
    mark = field.mark(Ref)
    keys = [_foreign_key(mark.entity, registry)] if mark else []
    type_ = _type_of(field)
    default = None if field.name == "revision" else _server_default(info, type_)
    return Column(field.name, type_, *keys, nullable=field.optional, server_default=default)


def _foreign_key(name: str, registry: EntityRegistry | None) -> ForeignKey:
    spec = registry.named(name) if registry else None
    if spec is not None and spec.owner:
        return ForeignKey(f"{table_name(spec)}.id", ondelete="RESTRICT")
    plural = next(s.plural for s in map(spec_of, KERNEL_ENTITIES) if s.name == name)
    if registry is None:
        return ForeignKey(f"{plural}.id", ondelete="RESTRICT")
    return ForeignKey(kernel_metadata.tables[plural].c.id, ondelete="RESTRICT")


_SCALARS: Final[Mapping[Any, TypeEngine[Any]]] = {
    bool: Boolean(),
    int: BigInteger(),
    float: Float(),
    str: Text(),
    Decimal: Text(),
    Secret: Text(),
    dt.datetime: UtcDateTime(),
    dt.date: Date(),
}


def _type_of(field: FieldSpec) -> TypeEngine[Any]:
    if field.mark(Amount):
        return MoneyColumn()
    if isinstance(field.type, type) and issubclass(field.type, enum.Enum):
        whole = all(isinstance(member.value, int) for member in field.type)
        return Integer() if whole else Text()
    try:
        return _SCALARS.get(field.type, JsonColumn)
    except TypeError:  # an unhashable annotation is nothing scalar
        return JsonColumn


def _server_default(info: msgspec.structs.FieldInfo, type_: TypeEngine[Any]) -> Any:
    """Return the field's default, as SQL or as text, for rows older than the column."""
    value = info.default
    if info.default_factory is not msgspec.NODEFAULT:
        value = info.default_factory()
    if value is msgspec.NODEFAULT or value is None or isinstance(value, Secret):
        return None
    if type_ is JsonColumn:
        return to_json(value)
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(type_, MoneyColumn):
        return sql(str(scale_money(value)))
    if isinstance(value, bool):
        return sql("true" if value else "false")
    if isinstance(value, int | float):
        return sql(str(value))
    return str(value) if isinstance(value, str | Decimal) else None


def _kernel_tables() -> dict[type[Entity], EntityTable]:
    specs = [spec_of(struct) for struct in KERNEL_ENTITIES]
    return {s.struct: EntityTable(s, _make_table(s, kernel_metadata, None)) for s in specs}


KERNEL_TABLES: Final[Mapping[type[Entity], EntityTable]] = _kernel_tables()
"""The kernel's entities have the same tables in every app."""
