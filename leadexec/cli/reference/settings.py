"""The reference page of the settings: the file's, every plugin's, every component's."""

import enum
from collections.abc import Iterator, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from leadexec.cli.offline import offline_plugins
from leadexec.model.entity import FieldSpec, fields_of
from leadexec.plugins import Plugin, Plugins
from leadexec.settings import FILE, PREFIX, Settings

_HEAD = """# Settings

This page is made from the settings' declarations (`leadexec docs settings`); edit those, not this.
"""


def settings_page(plugins: Plugins | None = None) -> str:
    """Return the page for ``plugins`` (default: those that are installed).

    Raises:
        ConfigurationError: A plugin cannot be loaded; the page would lack its settings.
    """
    loaded = plugins or offline_plugins(strict=True)
    sections = [*_file_sections(), *_plugin_sections(loaded), *_component_sections(loaded)]
    return "\n".join([_HEAD, *sections]).rstrip() + "\n"


def table_of(struct: type[msgspec.Struct]) -> str:
    """Return a table of the settings in ``struct``, nested ones as ``outer.inner``."""
    return _table(fields_of(struct), struct)


def _file_sections() -> Iterator[str]:
    yield (
        "## Of the system\n\n"
        f"In the settings file, `{FILE}` or the one that `{PREFIX}CONFIG` names; "
        f"a variable of the environment such as `{PREFIX}HTTP__PORT` goes before the file.\n"
    )
    fields = [field for field in fields_of(Settings) if field.name != "plugin_settings"]
    plain = [field for field in fields if not _is_struct(field.type)]
    yield _table(plain)
    for field in fields:
        if _is_struct(field.type):
            yield f"### `[{field.name}]`\n\n{_summary(field.type)}\n\n{table_of(field.type)}"


def _plugin_sections(plugins: Plugins) -> Iterator[str]:
    yield "## Of plugins\n\nIn the settings file, under `[plugins.<name>]`.\n"
    for plugin in plugins.loaded():
        if plugin.Settings.__struct_fields__:
            yield f"### {plugin.name}\n\n{_summary(type(plugin))}\n\n{table_of(plugin.Settings)}"


def _component_sections(plugins: Plugins) -> Iterator[str]:
    yield "## Of components\n\nWhere an operator chooses the component: per field, campaign …\n"
    for contract in sorted(plugins.registries):
        for key, component, owner in plugins.registry(contract).items():
            settings = getattr(component, "Settings", None)
            if settings is not None:
                has = table_of(settings) if settings.__struct_fields__ else "No settings.\n"
                if contract == "eligibility" and settings.__struct_fields__:
                    has = f"In the settings file, under `[plugins.{owner}.rules.{key}]`.\n\n{has}"
                origin = f"from the plugin `{owner}`" if owner else "from the kernel"
                yield f"### {contract} `{key}`, {origin}\n\n{_summary(component)}\n\n{has}"


def _summary(documented: type[Plugin[Any]] | type[Any]) -> str:
    return (documented.__doc__ or "").strip().partition("\n")[0].replace("``", "`")


def _table(fields: Sequence[FieldSpec], struct: type[msgspec.Struct] | None = None) -> str:
    rows = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*rows, *_rows(fields, struct, "")]) + "\n"


def _rows(
    fields: Sequence[FieldSpec], struct: type[msgspec.Struct] | None, prefix: str
) -> Iterator[str]:
    for field in fields:
        name = f"{prefix}{field.name}"
        cells = (f"`{name}`", _type(field.type), _default(field), _meaning(field))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        for nested in _structs(field.type):
            if nested is not struct:  # a Struct may hold its own kind: shown once
                inner = f"{name}{'' if nested is field.type else '[]'}."
                yield from _rows(fields_of(nested), nested, inner)


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _structs(type_: Any) -> Iterator[type[msgspec.Struct]]:
    if _is_struct(type_):
        yield type_
    elif get_origin(type_) not in (Union, UnionType):
        for argument in get_args(type_):
            yield from _structs(argument)


def _type(type_: Any) -> str:
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return " or ".join(f"`{member.value}`" for member in type_)
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(one) for one in arguments if one is not NoneType)
    if arguments:
        inner = ", ".join(_type(one) for one in arguments if one is not Ellipsis)
        return f"{getattr(origin, '__name__', origin)} of {inner}"
    return str(getattr(type_, "__name__", type_))


def _default(field: FieldSpec) -> str:
    if field.required:
        return "required"
    if field.default is msgspec.NODEFAULT or field.default is None:
        return ""
    if isinstance(field.default, msgspec.Struct):
        return "as below"
    return f"`{msgspec.json.encode(field.default, enc_hook=str).decode()}`"


def _meaning(field: FieldSpec) -> str:
    metas: Sequence[msgspec.Meta] = [m for m in field.marks if isinstance(m, msgspec.Meta)]
    titles = [meta.title for meta in metas if meta.title]
    texts = [meta.description.rstrip(".") + "." for meta in metas if meta.description]
    examples = [example for meta in metas for example in meta.examples or ()]
    shown = ", ".join(f"`{msgspec.json.encode(e, enc_hook=str).decode()}`" for e in examples)
    example = f" Example: {shown}." if shown else ""
    return f"**{''.join(titles[:1]) or field.name}.** {' '.join(texts)}{example}".strip()
