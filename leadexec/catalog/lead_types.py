"""Compiling lead types: their fields' types, and names as senders post them."""

from collections.abc import Mapping, Sequence

from leadexec.catalog.compiled import CompiledField, CompiledLeadType
from leadexec.catalog.components import ComponentMaker
from leadexec.contracts.field_type import FieldSetup
from leadexec.contracts.lead import LeadFieldInfo, LeadTypeInfo, SystemField
from leadexec.contracts.validator import Hold
from leadexec.contracts.values import FieldKind
from leadexec.errors import ConfigurationError
from leadexec.model.lead_type import LeadField, LeadType


def compile_lead_type(
    entity: LeadType, maker: ComponentMaker, delimiter: str = ""
) -> CompiledLeadType:
    """Compile ``entity``; fields whose type is not there make its leads held, not lost.

    ``delimiter`` is a campaign's custom value delimiter (``LS16``).
    """
    problems: list[str] = []
    schema = _kinds(entity, maker)
    fields = [
        _compile_field(field, maker, schema, delimiter, problems)
        for field in entity.fields
        if not field.retired
    ]
    retired = {f.name: _kind(f, maker) for f in entity.fields if f.retired}
    infos = {
        compiled.name: LeadFieldInfo(
            name=compiled.name,
            description=compiled.description,
            kind=compiled.kind,
            system=source.system,
            duplicate_check=source.duplicate_check,
        )
        for compiled, source in zip(
            fields, (f for f in entity.fields if not f.retired), strict=True
        )
    }
    info = LeadTypeInfo(id=entity.id, name=entity.name, fields=infos)
    return CompiledLeadType(
        entity=entity,
        info=info,
        test_flag=info.named(SystemField.TEST_FLAG) or "",
        schema=retired | {f.name: f.kind for f in fields},
        fields=fields,
        by_posted_name={f.name.lower(): f for f in fields} | {f.name: f for f in fields},
        plain=[f for f in fields if f.type is None or not f.type.computed],
        computed=_in_order(fields),
        problem=Hold(code="field_type_missing", message="; ".join(problems)) if problems else None,
    )


def _kinds(entity: LeadType, maker: ComponentMaker) -> dict[str, FieldKind]:
    """Return the kind of every live field, for types that compute."""
    return {f.name: _kind(f, maker) for f in entity.fields if not f.retired}


def _kind(field: LeadField, maker: ComponentMaker) -> FieldKind:
    """Return the kind of a field's type; text where its plugin is not there."""
    component = maker.plugins.registry("field_type").get(field.type)
    return component.kind if component is not None else FieldKind.TEXT


def _in_order(fields: Sequence[CompiledField]) -> list[CompiledField]:
    """Return the computed fields so that each comes after those it reads; a circle stays as is."""
    waiting = {f.name: f for f in fields if f.type is not None and f.type.computed}
    ordered: list[CompiledField] = []
    while waiting:
        free = [f for f in waiting.values() if f.type and not f.type.reads() & waiting.keys()]
        for field in free or list(waiting.values()):
            ordered.append(waiting.pop(field.name))
    return ordered


def _compile_field(
    field: LeadField,
    maker: ComponentMaker,
    schema: Mapping[str, FieldKind],
    delimiter: str,
    problems: list[str],
) -> CompiledField:
    setup = FieldSetup(
        name=field.name, description=field.description, delimiter=delimiter, schema=schema
    )
    try:
        made, plugin = maker.make("field_type", field.type, field.settings, setup)
    except ConfigurationError as error:
        problems.append(f"{field.description}: {error.message}")
        made, plugin = None, ""
    return CompiledField(
        name=field.name,
        description=field.description,
        required=field.required,
        default=field.default,
        kind=made.kind if made else FieldKind.TEXT,
        type=made,
        plugin=plugin,
        invalid=frozenset(field.invalid_characters),
        error_message=field.error_message,
    )
