"""JSON read strictly: what two readers could take for different things is refused.

Used for every JSON body, the receivers' included, so it must cost next to nothing. msgspec
decodes; duplicate keys, which it silently merges, show up as a difference between the number of
keys in the text (bounded from above by counting bytes) and in the result. Only when the two
differ, which takes a duplicate or a text that looks like a key, is the body read a second time.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final

import msgspec

from leadexec.errors import LeadexecError

DEPTH_LIMIT: Final = 32
"""Objects and lists nest this deep at most."""
NUMBER_LIMIT: Final = 100
"""A number has this many digits and characters at most, its exponent written out."""

_POSITION: Final = re.compile(r" \(byte (\d+)\)$")


class JsonError(LeadexecError):
    """A body is not the JSON we take; ``position`` is the byte at which that shows, if known."""

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        """Build the error; codes are those of ``decode_json``."""
        super().__init__(code, message)
        self.position = position


def decode_json(body: bytes) -> Any:
    """Return what ``body`` says: dicts, lists, text, ints, ``Decimal``, booleans and None.

    Numbers are kept exactly: those with a fraction or an exponent become ``Decimal``.

    Raises:
        JsonError: ``malformed_json`` (NaN and Infinity are no JSON), ``invalid_utf8``,
            ``duplicate_key``, ``nul_in_text``, ``too_deep``, ``number_out_of_range``.
    """
    try:
        decoded = _DECODER.decode(body)
    except UnicodeDecodeError:
        raise JsonError("invalid_utf8", "The body is not UTF-8.", _bad_byte(body)) from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.ValidationError:
        raise _out_of_range() from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error)) from None
    if type(decoded) is dict or type(decoded) is list:
        _check_keys(body, decoded)
    if b"\\" in body and b"\\u0000" in body and _holds_nul(decoded):
        raise JsonError(
            "nul_in_text", "Texts must not hold the character NUL.", body.find(b"\\u0000")
        )
    return decoded


def _check_keys(body: bytes, decoded: Any) -> None:
    """Refuse duplicate keys and what nests too deep, at the price of a few counts of bytes."""
    nested = body.count(b"{") + body.count(b"[")
    if nested > DEPTH_LIMIT and _depth(decoded) > DEPTH_LIMIT:
        raise _too_deep()
    # Blanks go first, as a key may stand apart from its colon. Every key is counted then, and
    # perhaps a text such as ":-)".
    if _count_keys(decoded) != body.translate(None, _BLANKS).count(b'":'):
        _find_duplicate(body)


def _count_keys(value: Any) -> int:
    """Return the number of keys in all objects of ``value``."""
    keys, left = 0, [value]
    for container in left:  # which grows meanwhile
        items: Any = container
        if type(container) is dict:
            keys += len(container)
            items = container.values()
        left.extend([item for item in items if type(item) in _CONTAINERS])
    return keys


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if type(item) is dict else item)
        level = [item for item in below if type(item) in _CONTAINERS]
    return depth


def _holds_nul(value: Any) -> bool:
    if type(value) is str:
        return "\0" in value
    if type(value) is dict:
        return any("\0" in key or _holds_nul(item) for key, item in value.items())
    return type(value) is list and any(_holds_nul(item) for item in value)


def _find_duplicate(body: bytes) -> None:
    """Read the body again, looking at each object's pairs; numbers are not converted."""
    json.loads(body.decode(), object_pairs_hook=_refuse_duplicate, parse_int=str, parse_float=str)


def _refuse_duplicate(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                break
            seen.add(key)
        raise JsonError("duplicate_key", f"The key {key[:100]!r} occurs twice in one object.")
    return built


def _exact(text: str) -> Decimal:
    """Return a number as written, unless writing it out would take more than a line."""
    exponent = text.lower().partition("e")[2]
    if len(text) > NUMBER_LIMIT or len(exponent) > 4:
        raise _OutOfRange
    number = Decimal(text)
    if abs(number.adjusted()) > NUMBER_LIMIT:
        raise _OutOfRange
    return number


class _OutOfRange(ValueError):
    """Tells ``decode_json`` through msgspec, which reports it as a ``ValidationError``."""


_BLANKS: Final = b" \t\n\r"
_CONTAINERS: Final = frozenset({dict, list})
_DECODER: Final = msgspec.json.Decoder(float_hook=_exact)


def _bad_byte(body: bytes) -> int | None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _malformed(words: str) -> JsonError:
    found = _POSITION.search(words)
    position = int(found[1]) if found else None
    what = _POSITION.sub("", words).removeprefix("JSON is malformed: ")
    where = f" at byte {position}" if found else ""
    return JsonError("malformed_json", f"The body is not JSON: {what}{where}.", position)


def _too_deep() -> JsonError:
    return JsonError("too_deep", f"Objects and lists nest {DEPTH_LIMIT} deep at most.")


def _out_of_range() -> JsonError:
    return JsonError("number_out_of_range", f"A number has {NUMBER_LIMIT} digits at most.")
