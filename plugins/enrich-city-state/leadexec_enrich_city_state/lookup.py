"""The place of a postal code, from data that come with the package."""

from decimal import Decimal
from typing import Any, ClassVar, Final

import zipcodes

from leadexec import Lookup, NoSettings, PlaceFacts, PlaceQuestion, Services
from leadexec_enrich_city_state.postal import (
    CANADA,
    US,
    USPS_COUNTRIES,
    canadian_code,
    country_code,
    zip_code,
)
from leadexec_enrich_city_state.provinces import province_of

_MILITARY: Final = frozenset({"AA", "AE", "AP"})
_NOWHERE: Final = Decimal(0)


class ZipCodes(Lookup[NoSettings, PlaceQuestion, PlaceFacts]):
    """The place of a US ZIP code, or the province of a Canadian postal code (``LS10``).

    For the United States and their territories: city, state, county, the middle of the area and
    its time zone. For Canada the province alone. Nothing is known of other countries.
    """

    key: ClassVar[str] = "zipcodes"
    title: ClassVar[str] = "Postal codes of the US and Canada"
    asks: ClassVar[type[PlaceQuestion]] = PlaceQuestion
    offline: ClassVar[bool] = True
    quick: ClassVar[bool] = True

    def __init__(self, settings: NoSettings, services: Services) -> None:
        """Unpack the data: a fifth of a second that the first lead need not wait for."""
        super().__init__(settings, services)
        _rows("10001")

    async def look_up(self, question: PlaceQuestion) -> PlaceFacts | None:
        """Return the place; None where there is no such postal code, or not there."""
        country = country_code(question.country)
        if country == CANADA:
            province = province_of(canadian_code(question.postal_code))
            return PlaceFacts(state=province) if province else None
        # The library reads the first five characters of anything, and panics on some: only what
        # has the shape of a ZIP code gets there.
        code = zip_code(question.postal_code)
        if not code or country not in USPS_COUNTRIES:
            return None
        facts = next(map(_facts, _rows(code)), None)
        if facts is None or country not in (US, facts.state):
            return None
        return facts


def _rows(code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = zipcodes.matching(code)  # type: ignore[no-untyped-call]
    return found


def _facts(row: dict[str, Any]) -> PlaceFacts:
    state = row["state"]
    military = state in _MILITARY
    latitude, longitude = Decimal(row["lat"]), Decimal(row["long"])
    placed = not military and (latitude, longitude) != (_NOWHERE, _NOWHERE)
    zone = row["timezone"]
    return PlaceFacts(
        # APO, FPO and DPO are abbreviations; the data write them as names.
        city=row["city"].upper() if military else row["city"],
        state=state,
        county=row["county"] or None,
        latitude=latitude if placed else None,
        longitude=longitude if placed else None,
        time_zone=zone if "/" in zone else None,
    )
