"""What the Account API does with entities: each act one transaction, checked and audited."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from leadexec.errors import ConfigurationError, ConflictError, NotFoundError
from leadexec.http.idempotency import Call, made_once
from leadexec.http.parts import HttpParts
from leadexec.model.access import Role
from leadexec.model.entity import Entity, EntitySpec, enc_hook
from leadexec.model.validation import ReadingContext, merge_patch, read_entity
from leadexec.security.callers import Caller
from leadexec.security.sealing import SettingsSealer
from leadexec.security.secrets import mask_secrets
from leadexec.storage.audit import AuditEntry, audit_entries
from leadexec.storage.entities import create_entity, delete_entity, entity_by_id, update_entity
from leadexec.storage.entity_lists import Page, list_entities


class EntityDesk:
    """Creates, reads, changes and deletes entities of all kinds for a caller."""

    def __init__(self, parts: HttpParts) -> None:
        """Serve the application made of ``parts``."""
        self._parts = parts
        self._sealer = SettingsSealer(parts.cipher)
        self._plugin_names = tuple(plugin.name for plugin in parts.plugins.loaded())

    async def page(self, spec: EntitySpec, **query: Any) -> Page[Entity]:
        """Return a page of entities; the arguments are those of ``list_entities``.

        Raises:
            ConfigurationError: What the list cannot be filtered, sorted or continued by.
        """

        def question(connection: Connection) -> Page[Entity]:
            tables, cipher = self._parts.tables, self._parts.cipher
            return list_entities(connection, tables, spec.struct, cipher, **query)

        return await self._parts.store.read(question)

    async def read(self, spec: EntitySpec, entity_id: int) -> Entity:
        """Return one entity.

        Raises:
            NotFoundError: ``unknown_<entity>``.
        """
        return await self._parts.store.read(lambda c: self._find(c, spec, entity_id))

    async def history(
        self, spec: EntitySpec, entity_id: int, *, before: int | None, limit: int
    ) -> list[AuditEntry]:
        """Return who changed the entity, newest first; also of one that was deleted."""

        def question(connection: Connection) -> list[AuditEntry]:
            return audit_entries(
                connection, entity=spec.name, entity_id=entity_id, before=before, limit=limit
            )

        return await self._parts.store.read(question)

    async def create(
        self, spec: EntitySpec, raw: Mapping[str, Any], caller: Caller, call: Call
    ) -> tuple[Entity, bool]:
        """Store a new entity; return it, and whether the same ``call`` had made it before.

        Raises:
            ConfigurationError: Every fault of it.
            ConflictError: ``already_exists``, ``idempotency_mismatch``.
        """
        tables, cipher = self._parts.tables, self._parts.cipher

        def act(connection: Connection) -> tuple[Entity, bool]:
            def make() -> Entity:
                made = read_entity(spec, raw, context=self._context(connection))
                refuse_to_outgrow(caller, made)
                return create_entity(connection, tables, made, **self._doer(caller))

            def revive(row: dict[str, Any]) -> Entity:
                found: Entity = tables.of(spec.struct).entity_of(row, cipher)
                return found

            return made_once(connection, spec, call, make, revive)

        made, repeated = await self._parts.store.change(act)
        if not repeated:
            await self._changed(spec)
        return made, repeated

    async def replace(
        self,
        spec: EntitySpec,
        entity_id: int,
        raw: Mapping[str, Any],
        caller: Caller,
        *,
        revision: int | None,
        merge: bool,
    ) -> Entity:
        """Change an entity to what ``raw`` says.

        Args:
            spec: What kind of entity.
            entity_id: Which one.
            raw: The body; its ``revision``, if there, must be the stored one, too.
            caller: Who does it.
            revision: What the caller believes to be stored; None: whatever is.
            merge: Whether ``raw`` says only what changes (RFC 7396).

        Raises:
            ConflictError: ``stale_revision``.
            ConfigurationError: Every fault of the result.
        """

        def act(connection: Connection) -> Entity:
            existing = self._find(connection, spec, entity_id)
            self._refuse_stale(spec, existing, revision, raw.get("revision"))
            wanted = merge_patch(show_entity(existing), raw) if merge else raw
            context = self._context(connection)
            made = read_entity(spec, wanted, existing=existing, context=context)
            refuse_to_outgrow(caller, made)
            return update_entity(connection, self._parts.tables, made, **self._doer(caller))

        stored = await self._parts.store.change(act)
        await self._changed(spec)
        return stored

    async def delete(
        self, spec: EntitySpec, entity_id: int, caller: Caller, *, revision: int | None
    ) -> None:
        """Delete an entity that nothing uses.

        Raises:
            ConflictError: ``still_used``, ``stale_revision``.
        """
        by, now = caller.label, self._parts.services.clock.now()

        def act(connection: Connection) -> None:
            delete_entity(
                connection,
                self._parts.tables,
                spec.struct,
                entity_id,
                by=by,
                now=now,
                revision=revision,
            )

        await self._parts.store.change(act)
        await self._changed(spec)

    def _find(self, connection: Connection, spec: EntitySpec, entity_id: int) -> Entity:
        parts = self._parts
        return entity_by_id(connection, parts.tables, spec.struct, entity_id, parts.cipher)

    def _context(self, connection: Connection) -> ReadingContext:
        parts = self._parts

        def stored(name: str, entity_id: int) -> Entity | None:
            spec = parts.registry.named(name)
            try:
                return self._find(connection, spec, entity_id) if spec else None
            except NotFoundError:
                return None

        return ReadingContext(
            registry=parts.registry,
            components=parts.plugins,
            services=parts.services,
            sealer=self._sealer,
            record=parts.faults.record,
            stored=stored,
            plugin_names=self._plugin_names,
        )

    def _doer(self, caller: Caller) -> dict[str, Any]:
        now = self._parts.services.clock.now()
        return {"by": caller.label, "now": now, "cipher": self._parts.cipher}

    async def _changed(self, spec: EntitySpec) -> None:
        if spec.struct is Role:
            await self._parts.credentials.reload()
        if spec.catalogued:
            await self._parts.refresh()

    @staticmethod
    def _refuse_stale(spec: EntitySpec, existing: Entity, header: int | None, body: Any) -> None:
        if body is not None and (not isinstance(body, int) or isinstance(body, bool)):
            raise ConfigurationError.single("wrong_type", "revision", "Expected `int`.")
        if any(known is not None and known != existing.revision for known in (header, body)):
            raise ConflictError(
                "stale_revision",
                f"The {spec.title.lower()} was changed meanwhile: it is at revision "
                f"{existing.revision}.",
                "Read it again and repeat the change.",
            )


def refuse_to_outgrow(caller: Caller, made: Entity) -> None:
    """Let nobody give a role more than the own one allows.

    Raises:
        DeniedError: ``permission_missing``.
    """
    if isinstance(made, Role):
        for permission in made.permissions:
            caller.demand(permission)


def show_entity(entity: Entity) -> dict[str, Any]:
    """Return an entity as plain data for whoever may read it: money as text, secrets masked."""
    plain: dict[str, Any] = mask_secrets(msgspec.to_builtins(entity, enc_hook=enc_hook))
    return plain
