"""The parts of a JSON body that holds a list of leads, each byte for byte as it came."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

_GONE: Final = msgspec.Raw(b'{"erased":true}')
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode: Final = msgspec.json.Encoder().encode


def parts_of(body: bytes, count: int) -> Sequence[bytes] | None:
    """Return the parts of the ``count`` leads in ``body``, in order.

    None: it is no JSON, or holds no list of just so many: the leads cannot be told apart.
    """
    found = _find(body, count)
    return None if found is None else [bytes(part) for part in found[1]]


def without(body: bytes, count: int, gone: Collection[int]) -> bytes | None:
    """Return ``body`` without the parts at the places ``gone``; None as ``parts_of``."""
    found = _find(body, count)
    if found is None:
        return None
    name, parts, members = found
    left = _encode([_GONE if place in gone else part for place, part in enumerate(parts)])
    return _encode(members | {name: msgspec.Raw(left)}) if name is not None else left


def _find(
    body: bytes, count: int
) -> tuple[str | None, list[msgspec.Raw], dict[str, msgspec.Raw]] | None:
    try:
        if body.lstrip()[:1] == b"[":
            parts = _items.decode(body)
            return (None, parts, {}) if len(parts) == count else None
        members = _members.decode(body)
        lists = {
            name: parts
            for name, raw in members.items()
            if bytes(raw).lstrip()[:1] == b"[" and len(parts := _items.decode(raw)) == count
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(lists) != 1:
        return None
    ((name, parts),) = lists.items()
    return name, parts, members
