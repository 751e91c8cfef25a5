"""The kernel's table definitions gather in one ``MetaData``, with names alike on every database."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import MetaData

NAMING: Final[Mapping[str, str]] = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a migration can change it (and an error can be read)."""

ENTITY: Final = "entity"
"""Key in ``Column.info``: the entity whose id a column holds without a foreign key. The column has
an index, as whoever deletes such an entity looks there whether it is still used."""

kernel_metadata: Final = MetaData(naming_convention=NAMING)
"""All tables of the kernel: entities, audit, and those of a lead's way."""
