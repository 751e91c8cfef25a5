"""Writing settings as TOML, each with where it comes from."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

_BARE: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def toml_lines(
    table: Mapping[str, Any], origins: Mapping[str, str], path: str = ""
) -> Iterator[str]:
    """Yield the lines of ``table``: first what is no table, then each table under its heading.

    Args:
        table: Plain data, as ``msgspec.to_builtins`` makes it. TOML has no None: a setting without
            a value becomes a remark.
        origins: Dotted path → where the setting comes from; what is not named is a default.
        path: The dotted path of ``table``.
    """
    nested = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    for name, value in table.items():
        if name not in nested:
            origin = origins.get(f"{path}{name}", "default")
            yield _line(name, value, origin)
    for name, value in nested.items():
        heading = ".".join(_key(part) for part in f"{path}{name}".split("."))
        plain = [item for item in value.values() if not isinstance(item, Mapping)]
        if plain or not value:
            yield ""
            yield f"[{heading}]"
        yield from toml_lines(value, origins, f"{path}{name}.")


def _line(name: str, value: Any, origin: str) -> str:
    if value is None:
        return f"# {_key(name)} is not set  # {origin}"
    return f"{_key(name)} = {toml_value(value)}  # {origin}"


def toml_value(value: Any) -> str:
    """Return ``value`` as TOML writes it on one line."""
    if isinstance(value, Mapping):
        inner = (f"{_key(str(k))} = {toml_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(inner)} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    # Scalars, and texts with their escapes, are written alike in JSON and TOML, but for one sign.
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name and _BARE.issuperset(name) else toml_value(name)
