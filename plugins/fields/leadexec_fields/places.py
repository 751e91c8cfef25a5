"""Postal codes of the United States and Canada, US states and Canadian provinces."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal, TypeVar

from msgspec import Meta, Struct

from leadexec import (
    ConfigurationError,
    FieldKind,
    FieldSetup,
    FieldType,
    InvalidValueError,
    RawValue,
    Value,
)
from leadexec_fields.place_names import MILITARY, PROVINCES, STATES, TERRITORIES
from leadexec_fields.text import clean, scalar_text, words

_LONGEST: Final = 60
S = TypeVar("S", bound=Struct)

_ZIP: Final = re.compile(r"([0-9]{5})(?:[ -]?([0-9]{4}))?")
_CANADIAN: Final = re.compile(
    r"([ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z])[ -]?([0-9][ABCEGHJ-NPRSTV-Z][0-9])",
    re.IGNORECASE | re.ASCII,
)
"""D, F, I, O, Q, U never occur; W and Z not in front (Canada Post)."""


class PostalCodeSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Whose postal codes are taken."""

    countries: Annotated[
        tuple[Literal["US", "CA"], ...],
        Meta(title="Countries", description="Whose postal codes are taken.", min_length=1),
    ] = ("US", "CA")
    plus_four: Annotated[
        bool,
        Meta(
            title="Keep ZIP+4",
            description="Keep the four digits after a ZIP code; otherwise they are cut off.",
        ),
    ] = True


class PostalCodeType(FieldType[PostalCodeSettings]):
    """``85254``, ``85254-1234`` or ``K1A 0B1`` (``LT4`` Postal Code). Existence is not asked."""

    key: ClassVar[str] = "postal_code"
    title: ClassVar[str] = "Postal code"
    kind: ClassVar[FieldKind] = FieldKind.TEXT

    def __init__(self, settings: PostalCodeSettings, setup: FieldSetup) -> None:
        """Refuse a list without countries (``no_country``)."""
        super().__init__(settings, setup)
        if not settings.countries:
            raise ConfigurationError.single(
                "no_country", "countries", "At least one country's postal codes must be taken."
            )
        self._us = "US" in settings.countries
        self._ca = "CA" in settings.countries

    def parse(self, raw: RawValue) -> Value:
        """Return the code, normalised; a JSON number gets back its leading zeros."""
        if type(raw) is str and len(raw) == 5 and raw.isascii() and raw.isdigit() and self._us:
            return self._zip(raw, None)
        text = self._text(raw)
        if self._us and (found := _ZIP.fullmatch(text)):
            return self._zip(*found.groups())
        if self._ca and (found := _CANADIAN.fullmatch(text)):
            return f"{found[1]} {found[2]}".upper()
        raise self._no_code()

    def format(self, value: Value) -> str:
        """Return the code."""
        return str(value)

    def sample(self) -> str:
        """Return a code of the first country that is taken."""
        return "85254" if self.settings.countries[0] == "US" else "K1A 0B1"

    def _zip(self, five: str, four: str | None) -> str:
        if five == "00000":
            raise self._no_code()
        return f"{five}-{four}" if four and self.settings.plus_four else five

    def _text(self, raw: RawValue) -> str:
        if isinstance(raw, bool | float):
            raise self._no_code()
        if isinstance(raw, int):
            if not 500 < raw < 10**9:
                raise self._no_code()
            return f"{raw:05}" if raw < 10**5 else f"{raw:09}"
        return clean(self, scalar_text(self, raw), _LONGEST)

    def _no_code(self) -> InvalidValueError:
        shapes = {"US": "85254 or 85254-1234", "CA": "K1A 0B1"}
        wanted = " or ".join(shapes[country] for country in dict.fromkeys(self.settings.countries))
        return self.refuse("not_a_postal_code", f"must be a postal code such as {wanted}.")


def _key(text: str) -> str:
    """Return a name as it is compared: no accents, no full stops, a blank for commas and dashes."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return words(text.translate(_MARKS))


_MARKS: Final = dict.fromkeys(map(ord, ".'\u2019")) | dict.fromkeys(map(ord, ",-\u2010\u2013"), " ")


class ProvinceSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a province is shown."""

    show_name: Annotated[
        bool, Meta(title="Show the name", description="Show Ontario instead of ON.")
    ] = False


class StateSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which states are taken, and how they are shown."""

    territories: Annotated[
        bool,
        Meta(
            title="Territories",
            description="Take AS, GU, MP, PR, VI and the associated states FM, MH, PW.",
        ),
    ] = True
    military: Annotated[
        bool, Meta(title="Military post", description="Take AA, AE and AP as states.")
    ] = True
    show_name: Annotated[
        bool, Meta(title="Show the name", description="Show California instead of CA.")
    ] = False


class _Regions:
    """Codes and names of the parts of a country."""

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        self.title = {code: known[0] for code, known in names.items()}
        self._codes = {_key(name): code for code, known in names.items() for name in known}
        self._codes |= {code.lower(): code for code in names}
        self.choices = tuple(self.title.items())

    def find(self, text: str) -> str | None:
        return self._codes.get(_key(text))


class RegionType(FieldType[S]):
    """A part of a country, held as its two-letter code."""

    kind: ClassVar[FieldKind] = FieldKind.TEXT
    wanted: ClassVar[str]
    example: ClassVar[str]
    show_name: bool
    regions: _Regions

    def parse(self, raw: RawValue) -> Value:
        """Return the code for a code or a name, in any case."""
        if type(raw) is str and raw in self.regions.title:
            return raw
        if code := self.regions.find(clean(self, scalar_text(self, raw), _LONGEST)):
            return code
        raise self.refuse(f"not_a_{self.title.split()[-1].lower()}", f"must be {self.wanted}.")

    def format(self, value: Value) -> str:
        """Return the code, or the name if the settings say so."""
        code = str(value)
        return self.regions.title.get(code, code) if self.show_name else code

    def sample(self) -> str:
        """Return a code."""
        return self.example

    def choices(self) -> Sequence[tuple[str, str]]:
        """Return every code that is taken, with its name."""
        return self.regions.choices


class StateType(RegionType[StateSettings]):
    """A state of the United States or the District of Columbia (``LT4`` US State)."""

    key: ClassVar[str] = "us_state"
    title: ClassVar[str] = "US state"
    wanted: ClassVar[str] = "a US state, such as CA or California"
    example: ClassVar[str] = "AZ"

    def __init__(self, settings: StateSettings, setup: FieldSetup) -> None:
        """Gather the codes that are taken (USPS Publication 28)."""
        super().__init__(settings, setup)
        names = STATES | (TERRITORIES if settings.territories else {})
        self.regions = _Regions(names | (MILITARY if settings.military else {}))
        self.show_name = settings.show_name


class ProvinceType(RegionType[ProvinceSettings]):
    """A province or territory of Canada; old codes and French names too (``LT4`` Province)."""

    key: ClassVar[str] = "province"
    title: ClassVar[str] = "Province"
    wanted: ClassVar[str] = "a Canadian province, such as ON or Ontario"
    example: ClassVar[str] = "ON"

    def __init__(self, settings: ProvinceSettings, setup: FieldSetup) -> None:
        """Gather the codes (Canada Post)."""
        super().__init__(settings, setup)
        self.regions = _Regions(PROVINCES)
        self.show_name = settings.show_name
