"""The record of erasures: who asked, when, and how much it was. Nobody's data is in it."""

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection, insert, select, update

from leadexec import Entity, Fixed, Services, entity


class Why(enum.StrEnum):
    """What an erasure was for."""

    REQUEST = "request"
    RETENTION = "retention"


# Hidden: it is written here and read by a route; nobody creates, changes or deletes it.
@entity(
    name="erasure_record", plural="erasure_records", title="Erasure", catalogued=False, hidden=True
)
class ErasureRecord(Entity, kw_only=True, frozen=True):
    """One erasure. It is begun before the first lead goes, and counts on as they go."""

    started: Annotated[datetime, Fixed(), Meta(title="Started")]
    ended: Annotated[
        datetime | None, Meta(title="Ended", description="None: it runs, or it broke off")
    ] = None
    by: Annotated[str, Fixed(), Meta(title="By", description="Who asked", max_length=200)]
    why: Annotated[Why, Fixed(), Meta(title="Why")]
    leads: Annotated[int, Meta(title="Leads", description="That were erased", ge=0)] = 0
    posts: Annotated[int, Meta(title="Posts", description="That were emptied", ge=0)] = 0
    waiting: Annotated[
        int, Meta(title="Waiting", description="Leads that were on their way; ask again", ge=0)
    ] = 0


class Counted(Struct, kw_only=True, frozen=True):
    """How much was erased."""

    leads: int = 0
    posts: int = 0
    waiting: int = 0

    def plus(self, *, leads: int = 0, posts: int = 0, waiting: int = 0) -> "Counted":
        """Return the sum."""
        return Counted(
            leads=self.leads + leads, posts=self.posts + posts, waiting=self.waiting + waiting
        )


class Recorder:
    """Writes the record of one erasure."""

    def __init__(self, services: Services, record_id: int) -> None:
        """Go on with the record ``record_id``."""
        self._services = services
        self._id = record_id

    @classmethod
    async def begin(cls, services: Services, by: str, why: Why) -> "Recorder":
        """Begin a record."""
        now = services.clock.now()
        table = services.storage.table(ErasureRecord)
        row = {"started": now, "by": by[:200], "why": why.value, "leads": 0, "posts": 0}
        row |= {"waiting": 0, "created": now, "updated": now, "revision": 1}

        def write(connection: Connection) -> int:
            made = connection.execute(insert(table).returning(table.c.id), row)
            return int(made.scalar_one())

        return cls(services, await services.storage.change(write))

    async def write(self, counted: Counted, *, ended: bool = False) -> None:
        """Write how much was erased so far, and whether that is all."""
        now = self._services.clock.now()
        table = self._services.storage.table(ErasureRecord)
        values = msgspec.structs.asdict(counted)
        values |= {"updated": now, "ended": now if ended else None}
        statement = update(table).where(table.c.id == self._id).values(values)
        await self._services.storage.change(lambda connection: connection.execute(statement))


class ShownErasure(Struct, kw_only=True, frozen=True):
    """An erasure, as it is shown."""

    id: int
    started: datetime
    ended: datetime | None
    by: str
    why: Why
    leads: int
    posts: int
    waiting: int


async def latest(services: Services, *, before: int | None, most: int) -> Sequence[ShownErasure]:
    """Return erasures, newest first, from the one before (older than) the id ``before``."""
    table = services.storage.table(ErasureRecord)
    query = select(*(table.c[name] for name in ShownErasure.__struct_fields__))
    if before is not None:
        query = query.where(table.c.id < before)
    query = query.order_by(table.c.id.desc()).limit(most)

    def read(connection: Connection) -> list[ShownErasure]:
        rows = connection.execute(query).mappings()
        return [ShownErasure(**{**row, "why": Why(row["why"])}) for row in rows]

    return await services.storage.read(read)
