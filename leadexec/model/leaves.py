"""Reading one plain value: text, number, money, date, choice, secret."""

import math
import re
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec

from leadexec.errors import ConfigurationError
from leadexec.model.entity import Amount, dec_hook

LARGEST_INT: Final = 2**63 - 1
"""What an integer column holds."""
_MONEY: Final = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")


def read_leaf(
    type_: Any, metas: tuple[msgspec.Meta, ...], raw: Any, amount: Amount | None = None
) -> Any:
    """Return ``raw`` as a value of ``type_`` within the constraints of ``metas``.

    Args:
        type_: Anything msgspec converts to, ``Secret`` included.
        metas: Constraints, as in ``Annotated``.
        raw: Decoded JSON; numbers may be int, float or ``Decimal``.
        amount: Set for money: at most four places, not negative unless ``signed`` (``OR10``).

    Raises:
        ConfigurationError: One fault without a path.
    """
    if isinstance(raw, str):
        _check_text(raw)
    if type_ is Decimal:
        return _read_money(raw, amount) if amount else _read_decimal(raw)
    if type_ is float:
        raw = _as_float(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) > LARGEST_INT:
        raise _refuse("out_of_range", "The number is too large.")
    if isinstance(raw, str) and raw.endswith("\n") and any(meta.pattern for meta in metas):
        # A pattern's $ also matches before a last line feed, which nobody means by it.
        raise _refuse("wrong_form", "The text ends with a line feed.")
    target = type_
    for meta in metas:
        target = Annotated[target, meta]
    try:
        return msgspec.convert(raw, target, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        raise _translate(str(error)) from None


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _refuse("bad_text", "The text holds the character NUL.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refuse("bad_text", "The text holds half a character (a lone surrogate).")


def _read_money(raw: Any, amount: Amount) -> Decimal:
    text = _number_text(raw)
    if text is None or not _MONEY.fullmatch(text):
        raise _refuse("not_money", "Expected an amount with at most four decimal places.")
    value = Decimal(text)
    if value < 0 and not amount.signed:
        raise _refuse("negative", "The amount must not be negative.")
    return value + 0 if value else Decimal(0)


def _read_decimal(raw: Any) -> Decimal:
    text = _number_text(raw)
    if text is None or not _PLAIN.fullmatch(text):
        raise _refuse("not_a_number", "Expected a number with at most 40 digits.")
    return Decimal(text)


def _number_text(raw: Any) -> str | None:
    """Return the digits of a number without a detour over binary fractions; None if it is none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, Decimal):
        if not raw.is_finite() or abs(raw.adjusted()) > 40:
            return None
        text = format(raw, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(raw, int):
        return str(raw) if abs(raw) <= LARGEST_INT else None
    if isinstance(raw, float):
        return _number_text(Decimal(repr(raw)))
    return raw.strip() if isinstance(raw, str) and len(raw) < 100 else None


def _as_float(raw: Any) -> Any:
    if isinstance(raw, Decimal):
        raw = float(raw)
    if isinstance(raw, float) and not math.isfinite(raw):
        raise _refuse("out_of_range", "The number is too large.")
    return raw


def _translate(words: str) -> ConfigurationError:
    """Return msgspec's complaint with a code; a path below the leaf is kept."""
    what, _, path = words.partition(" - at `$")
    path = path.rstrip("`").removeprefix(".")
    if ", got `" in what or what == "Expected `str`":
        code = "wrong_type"
    elif what.startswith(("Invalid enum value", "Invalid value")):
        code = "not_one_of"
    elif "length" in what:
        code = "wrong_length"
    elif "matching regex" in what:
        code = "wrong_form"
    elif what.startswith("Expected"):
        code = "out_of_range"
    else:
        code = "invalid_value"
    return ConfigurationError.single(code, path, f"{what}.")


def _refuse(code: str, message: str) -> ConfigurationError:
    return ConfigurationError.single(code, "", message)
