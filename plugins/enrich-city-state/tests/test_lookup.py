import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_enrich_city_state.lookup import ZipCodes

from leadexec import NoSettings, PlaceFacts, PlaceQuestion
from leadexec.testing import LookupContract, fake_services


class TestZipCodesConformance(LookupContract):
    component = ZipCodes
    questions = (
        PlaceQuestion(postal_code="85254"),
        PlaceQuestion(postal_code="85254-1234"),
        PlaceQuestion(postal_code="00901", country="PR"),
        PlaceQuestion(postal_code="M5V 3L9", country="CA"),
    )


LOOKUP = ZipCodes(NoSettings(), fake_services())


async def place(code: str, country: str = "US") -> PlaceFacts | None:
    return await LOOKUP.look_up(PlaceQuestion(postal_code=code, country=country))


@pytest.mark.anyio
async def test_a_zip_code_has_its_city_state_county_middle_and_time_zone() -> None:
    assert await place("85254") == PlaceFacts(
        city="Scottsdale",
        state="AZ",
        county="Maricopa County",
        latitude=Decimal("33.6165"),
        longitude=Decimal("-111.9554"),
        time_zone="America/Phoenix",
    )


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["85254-1234", "852541234", " 85254 ", "85254 1234"])
async def test_the_other_four_digits_make_no_difference(code: str) -> None:
    assert await place(code) == await place("85254")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "code",
    [
        *("123456", "8525", "1234567890", "85254-12", "85254-", "85254x", "x85254", "00000"),
        *(
            "\uff18\uff15\uff12\uff15\uff14",
            "\u0663\u0664\u0665\u0666\u0667",
            "²²²²²",
            "85254\n1",
            "85254\0",
            "+85254",
            "8.5254",
        ),
    ],
)
async def test_what_is_no_zip_code_has_no_place(code: str) -> None:
    assert await place(code) is None


@pytest.mark.anyio
async def test_a_military_post_office_has_no_county_and_no_place_on_the_map() -> None:
    assert await place("09001") == PlaceFacts(city="APO", state="AE")


@pytest.mark.anyio
async def test_a_territory_is_asked_by_its_own_code_or_as_part_of_the_us() -> None:
    found = await place("96910", "GU")
    assert found is not None
    assert (found.city, found.state) == ("Hagatna", "GU")
    assert await place("96910", "US") == found


@pytest.mark.anyio
async def test_a_zip_code_of_elsewhere_is_not_in_the_territory() -> None:
    assert await place("85254", "PR") is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("code", "province"),
    [
        ("A1C 5M2", "NL"),
        ("B3J 1A1", "NS"),
        ("C1A 4P3", "PE"),
        ("E3B 5H1", "NB"),
        ("G1R 4S9", "QC"),
        ("h2y1c6", "QC"),
        ("J8X-3X4", "QC"),
        ("K2P 1L4", "ON"),
        ("L5B 3C1", "ON"),
        ("M5V 3L9", "ON"),
        ("N6A 4L9", "ON"),
        ("P3E 5P9", "ON"),
        ("R3C 4T3", "MB"),
        ("S4P 3Y2", "SK"),
        ("T2P 2M5", "AB"),
        ("V6C 1A1", "BC"),
        ("X0A 0H0", "NU"),
        ("X0C 0G0", "NU"),
        ("X1A 2N2", "NT"),
        ("Y1A 1A1", "YT"),
    ],
)
async def test_a_canadian_postal_code_has_its_province(code: str, province: str) -> None:
    assert await place(code, "CA") == PlaceFacts(state=province)


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["K1A 0B1", "H0H 0H0", "D1A 1A1", "M5V", "M5V 3L", "85254", ""])
async def test_what_decides_no_province_has_none(code: str) -> None:
    assert await place(code, "CA") is None


@pytest.mark.anyio
@pytest.mark.parametrize("country", ["usa", "United States", "U.S.A.", " us "])
async def test_the_country_may_be_written_in_several_ways(country: str) -> None:
    assert await place("85254", country) is not None


@pytest.mark.anyio
@pytest.mark.parametrize(
    "country", ["", "DE", "MX", "Atlantis", "CA", "x" * 10_000, "\uff35\uff33"]
)
async def test_of_other_countries_nothing_is_known(country: str) -> None:
    assert await place("85254", country) is None


@given(code=st.text(alphabet="0123456789- ABCKMX\0\u0663\uff18", max_size=12))
def test_only_what_has_the_shape_of_a_postal_code_has_a_place(code: str) -> None:
    found = asyncio.run(place(code))
    if found is not None:
        assert code.isascii()
        assert sum(c.isdigit() for c in code) in (5, 9)
