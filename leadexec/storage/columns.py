"""Column types that hold the same values exactly, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, BigInteger, Dialect, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

PLACES: Final = 4
MOST: Final = 2**63 - 1
_EXACT: Final = Context(prec=60, traps=[Inexact, InvalidOperation])
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def scale_money(value: Decimal | int) -> int:
    """Return ``value`` in units of 1/10000, exactly (``OR10``).

    Raises:
        TypeError: A float, or anything else that is no exact number.
        ValueError: More than four places, not finite, or beyond 64 bits.
    """
    if type(value) not in (Decimal, int):
        message = f"Money is a Decimal, not {type(value).__qualname__}"
        raise TypeError(message)
    try:
        scaled = int(_EXACT.to_integral_exact(_EXACT.scaleb(Decimal(value), PLACES)))
    except (Inexact, InvalidOperation, ValueError, OverflowError):
        message = f"{value} is no amount of money with at most {PLACES} places"
        raise ValueError(message) from None
    if abs(scaled) > MOST:
        message = f"{value} is more money than can be stored"
        raise ValueError(message)
    return scaled


def unscale_money(units: int) -> Decimal:
    """Return the amount that ``units`` of 1/10000 are: two places, or four where it needs them."""
    if units % 100:
        return Decimal(units).scaleb(-PLACES)
    return Decimal(units // 100).scaleb(-2)


class MoneyColumn(TypeDecorator[Decimal]):
    """``Decimal`` ↔ BIGINT of 1/10000: exact, and sums in the database stay exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Refuse what cannot be stored exactly."""
        return None if value is None else scale_money(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read the units back; PostgreSQL gives sums of BIGINT as ``Decimal``."""
        return None if value is None else unscale_money(int(value))


def to_microseconds(value: datetime) -> int:
    """Return the microseconds from 1970-01-01 UTC to ``value``, which must be aware.

    Raises:
        ValueError: If ``value`` has no time zone.
    """
    if value.tzinfo is None:
        message = f"{value!r} has no time zone"
        raise ValueError(message)
    return (value - _EPOCH) // _MICROSECOND


def from_microseconds(units: int) -> datetime:
    """Return the instant ``units`` microseconds after 1970-01-01, in UTC."""
    return _EPOCH + timedelta(microseconds=units)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware ``datetime`` ↔ BIGINT of microseconds since 1970-01-01 UTC, read back in UTC.

    An integer sorts, indexes and subtracts alike on both databases, and is read several times
    faster than text.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a time without a zone."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        return None if value is None else from_microseconds(int(value))


def storable(text: str) -> str:
    """Return ``text``, what PostgreSQL cannot hold (NUL, lone surrogates) replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if not text.isascii():
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


class OutsideText(TypeDecorator[str]):
    """Text that senders, buyers and plugins have written, whatever bytes it was made of.

    A row must not fail because of it: what cannot be stored is replaced, what is longer than the
    column is cut.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        """Hold at most ``length`` characters; None: any number."""
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Be a VARCHAR where there is a length, else a TEXT."""
        return Text() if self.length is None else String(self.length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make ``value`` fit."""
        return None if value is None else storable(value[: self.length])


def _refuse(value: Any) -> Any:
    message = f"{type(value).__qualname__} cannot be stored as JSON"
    raise TypeError(message)


_encoder: Final = msgspec.json.Encoder(enc_hook=_refuse)
_decoder: Final = msgspec.json.Decoder()


def to_json(value: Any) -> str:
    """Return ``value`` as JSON text: Decimals as text, times as ISO 8601, Structs as objects.

    What PostgreSQL cannot hold in a text is replaced, as ``storable`` does.

    Raises:
        TypeError: What JSON cannot hold; so a ``Secret`` is never written in the clear.
    """
    if not value and type(value) in _EMPTY:
        return _EMPTY[type(value)]
    try:
        text = _encoder.encode(value).decode()
    except UnicodeEncodeError:
        text = _NUL
    if _NUL in text:
        plain = _storable(msgspec.to_builtins(value, enc_hook=_refuse))
        return _encoder.encode(plain).decode()
    return text


_NUL: Final = "\\u0000"
_EMPTY: Final[dict[type[Any], str]] = {list: "[]", dict: "{}", tuple: "[]"}


def _storable(plain: Any) -> Any:
    if isinstance(plain, str):
        return storable(plain)
    if isinstance(plain, dict):
        return {_storable(key): _storable(item) for key, item in plain.items()}
    return [_storable(item) for item in plain] if isinstance(plain, list | tuple) else plain


def from_json(text: str | bytes) -> Any:
    """Return what ``text`` says, as plain dicts, lists and scalars."""
    return _decoder.decode(text)


JsonColumn: Final[TypeEngine[Any]] = JSON(none_as_null=True).with_variant(
    JSONB(none_as_null=True), "postgresql"
)
"""A JSON column: JSONB on PostgreSQL, text on SQLite; None is NULL."""
