"""Operands as users write them, read into typed values once, when a tree is compiled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leadexec.criteria.values import BLANKS, FieldKind, Typed, normal_text, typed_value

OPERAND_LENGTH = 1_000
"""The longest operand, in characters."""
DAYS_LIMIT = 36_500
"""The longest look back or ahead, in days."""

_TRUTHS = {
    "true": True, "yes": True, "y": True, "1": True, "on": True,
    "false": False, "no": False, "n": False, "0": False, "off": False,
}  # fmt: skip
_ISO_DATE_LENGTH = 10


class OperandError(ValueError):
    """An operand does not parse; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """A date operand: from ``start`` to before ``end``; an instant lasts one microsecond."""

    start: datetime
    end: datetime


def read_operand(kind: FieldKind, text: str) -> Typed:
    """Return the typed value of an operand for a field of ``kind``; a :class:`Span` for a date.

    Raises:
        OperandError: It is empty, too long, or not of that kind.
    """
    if len(text) > OPERAND_LENGTH:
        raise OperandError(f"A value has {OPERAND_LENGTH} characters at most.")
    if not text.strip(BLANKS):
        raise OperandError("The value is empty; use “is empty” to ask for an empty field.")
    match kind:
        case FieldKind.NUMBER:
            return _number(text)
        case FieldKind.BOOLEAN:
            return _truth(text)
        case FieldKind.DATETIME:
            return read_span(text)
        case _:
            return normal_text(text)


def read_texts(texts: Sequence[str]) -> list[Typed] | None:
    """Return the typed values of text operands at one go; None when any of them is faulty."""
    typed = [normal_text(text) for text in texts]
    return typed if all(typed) and max(map(len, texts), default=0) <= OPERAND_LENGTH else None


def read_days(text: str) -> int:
    """Return a number of whole days, 0 to 36 500."""
    stripped = text.strip(BLANKS)
    if not (stripped.isascii() and stripped.isdigit() and int(stripped[:9]) <= DAYS_LIMIT):
        raise OperandError(f"“{text[:40]}” is not a number of whole days up to {DAYS_LIMIT}.")
    return int(stripped)


def read_span(text: str) -> Span:
    """Return the span of a date (its UTC day) or of an instant (UTC unless it has an offset)."""
    stripped = text.strip(BLANKS)
    try:
        moment = datetime.fromisoformat(stripped)
        whole_day = len(stripped) <= _ISO_DATE_LENGTH
        start = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return Span(start, start + (timedelta(days=1) if whole_day else timedelta.resolution))
    except (ValueError, OverflowError):
        message = f"“{text[:40]}” is not a date like 2026-01-31 or 2026-01-31T09:00:00Z."
        raise OperandError(message) from None


def merge_spans(spans: list[Span]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the starts and the ends of the spans, sorted, overlapping ones joined."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for span in sorted(spans, key=lambda each: each.start):
        if ends and span.start <= ends[-1]:
            ends[-1] = max(ends[-1], span.end)
        else:
            starts.append(span.start)
            ends.append(span.end)
    return tuple(starts), tuple(ends)


def _number(text: str) -> Typed:
    number = typed_value(FieldKind.NUMBER, text.strip(BLANKS).removeprefix("+"))
    if number is None:
        raise OperandError(f"“{text[:40]}” is not a plain decimal number like 1250 or -0.5.")
    return number


def _truth(text: str) -> bool:
    truth = _TRUTHS.get(normal_text(text))
    if truth is None:
        raise OperandError(f"“{text[:40]}” is neither true nor false.")
    return truth
