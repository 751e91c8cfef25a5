import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_enrich_address.lookup import UspsForm
from leadexec_enrich_address.street import Line, delivery_line
from leadexec_enrich_address.tables import DIRECTIONS, NUMBERED_UNITS, PLAIN_UNITS, SUFFIXES

from leadexec import AddressFacts, AddressQuestion, NoSettings
from leadexec.testing import LookupContract, fake_services


class TestUspsFormConformance(LookupContract):
    component = UspsForm
    questions = (
        AddressQuestion(address="123 North Main Street Apt 4", city="Phoenix", state="Arizona"),
        AddressQuestion(address="P.O. Box 12", zip="850031234", country="USA"),
        AddressQuestion(address="12 Calle Sol", city="San Juan", state="PR", country="PR"),
    )


def form(text: str) -> str:
    """Return a line in standard form with its unit after a bar; ``-`` when it is left alone."""
    line = delivery_line(text)
    if line is None:
        return "-"
    return f"{line.street} | {line.unit}" if line.unit else line.street


@pytest.mark.parametrize(
    ("posted", "standard"),
    [
        ("123 North Main Street", "123 N MAIN ST"),
        ("  123   n. main   st.  ", "123 N MAIN ST"),
        ("1600 Pennsylvania Ave. N.W.", "1600 PENNSYLVANIA AVE NW"),
        ("800 South West 8th Street", "800 SW 8TH ST"),
        ("12 5th Avenue North", "12 5TH AVE N"),
        ("12 Central Park West", "12 CENTRAL PARK W"),
        ("100 Martin Luther King Jr. Blvd.", "100 MARTIN LUTHER KING JR BLVD"),
        ("123-45 67th Ave", "123-45 67TH AVE"),
        ("123 1/2 Oak Lane", "123 1/2 OAK LN"),
        ("N6W23001 Bluemound Road", "N6W23001 BLUEMOUND RD"),
        ("39.2 Mile Road", "39.2 MILE RD"),
        ("12 O\u2019Brien Rd", "12 OBRIEN RD"),
        ("12 Ca\u00f1on Street", "12 CANON ST"),
        ("5 Broadway", "5 BROADWAY"),
        ("12 Calle 4", "12 CALLE 4"),
        ("1000 Highway 20 West", "1000 HIGHWAY 20 W"),
        ("12345 State Highway 7", "12345 STATE HIGHWAY 7"),
    ],
)
def test_directions_and_suffixes_are_abbreviated(posted: str, standard: str) -> None:
    assert form(posted) == standard


@pytest.mark.parametrize(
    ("posted", "standard"),
    [
        ("45 North Avenue", "45 NORTH AVE"),
        ("100 E Street", "100 E ST"),
        ("100 South E Street", "100 S E ST"),
        ("100 North East Avenue", "100 N EAST AVE"),
        ("101 Avenue Road", "101 AVENUE RD"),
        ("45 Court Street", "45 COURT ST"),
        ("789 Main Avenue Drive", "789 MAIN AVENUE DR"),
        ("12 Bay West Drive", "12 BAY WEST DR"),
        ("12 Key West", "12 KEY WEST"),
        ("12 St. James Place", "12 ST JAMES PL"),
        ("100 Avenue of the Americas", "100 AVENUE OF THE AMERICAS"),
        ("500 West Virginia Avenue", "500 WEST VIRGINIA AVE"),
        ("12 North", "12 NORTH"),
        ("12 Park", "12 PARK"),
    ],
)
def test_what_is_the_name_of_the_street_stays(posted: str, standard: str) -> None:
    assert form(posted) == standard


@pytest.mark.parametrize(
    ("posted", "standard"),
    [
        ("123 Main St Apartment 4", "123 MAIN ST | APT 4"),
        ("123 Main St, Apt. #4b", "123 MAIN ST | APT 4B"),
        ("123 Main St #4b", "123 MAIN ST | # 4B"),
        ("123 Main St, 4B", "123 MAIN ST | # 4B"),
        ("123 Main St - Unit 5", "123 MAIN ST | UNIT 5"),
        ("123 Main St\nSuite 5-C", "123 MAIN ST | STE 5-C"),
        ("350 Fifth Avenue, 34th Floor", "350 FIFTH AVE | FL 34"),
        ("5 Broadway Floor 2", "5 BROADWAY | FL 2"),
        ("123 Main St Bldg 2 Apt 3", "123 MAIN ST | BLDG 2 APT 3"),
        ("12 Oak St Rear", "12 OAK ST | REAR"),
        ("12 Oak St (basement)", "12 OAK ST | BSMT"),
        ("4 Privet Drive Penthouse 3", "4 PRIVET DR | PH 3"),
        ("1234 County Road 12 NE Unit B", "1234 COUNTY ROAD 12 NE | UNIT B"),
    ],
)
def test_the_unit_stands_apart(posted: str, standard: str) -> None:
    assert form(posted) == standard


@pytest.mark.parametrize(
    ("posted", "standard"),
    [
        ("3 Upper Road", "3 UPPER RD"),
        ("9 Front Street", "9 FRONT ST"),
        ("12 Lake Front", "12 LAKE FRONT"),
        ("1 Space Park Drive", "1 SPACE PARK DR"),
        ("45 Rear Admiral Way", "45 REAR ADMIRAL WAY"),
        ("12 Key Street", "12 KEY ST"),
        ("12 Old Key 5", "12 OLD KEY 5"),
        ("123 Main St Apt", "123 MAIN ST APT"),
        ("123 Main St FL 33101", "123 MAIN ST FL 33101"),
    ],
)
def test_a_street_that_is_called_like_a_unit_is_none(posted: str, standard: str) -> None:
    assert form(posted) == standard


@pytest.mark.parametrize(
    ("posted", "standard"),
    [
        ("P.O. Box 123", "PO BOX 123"),
        ("Post Office Box #123", "PO BOX 123"),
        ("POB 12-A3", "PO BOX 12-A3"),
        ("box 7", "PO BOX 7"),
        ("Drawer L", "PO BOX L"),
        ("R.R. #03, Box 18", "RR 3 BOX 18"),
        ("Rural Route 2 Box 98D", "RR 2 BOX 98D"),
        ("RFD 4 Box 87", "RR 4 BOX 87"),
        ("Highway Contract 1 Box 22", "HC 1 BOX 22"),
        ("Star Route 68 Box 23", "HC 68 BOX 23"),
        ("psc 802 box 74", "PSC 802 BOX 74"),
        ("Unit 2050 Box 4190", "UNIT 2050 BOX 4190"),
        ("general delivery", "GENERAL DELIVERY"),
    ],
)
def test_lines_without_a_street_have_forms_of_their_own(posted: str, standard: str) -> None:
    assert form(posted) == standard


@pytest.mark.parametrize(
    "posted",
    [
        *("", " ", "12", "hello", "One Main Street", "1st Street", "Corner of Main St and Elm"),
        *("12 Main Street, Phoenix, AZ 85003", "c/o John Smith, 12 Oak Street", "#4"),
        *("Apt 4, 12 Main Street", "12 Main St PO Box 4", "Box Elder", "12 Main @ Elm"),
        *("12 \u041b\u0435\u043d\u0438\u043d\u0430", "\uff11\uff12 Main St", "12\u00b2 Main St"),
        *("12 Main\0", "12 Main\x07St", "12 Main _ St", "1 " + "Main " * 60, "12 Stra\u00df\u00f8"),
    ],
)
def test_a_line_that_is_not_understood_as_a_whole_is_left_alone(posted: str) -> None:
    assert form(posted) == "-"


NAMES = st.lists(st.sampled_from(["Oak", "Old", "Maria", "5th", "St", "Park", "7"]), max_size=3)
END = st.sampled_from(["", *SUFFIXES])
WAY = st.sampled_from(["", *DIRECTIONS])
UNIT = st.sampled_from(["", "# 4", *PLAIN_UNITS, *(f"{unit} 4B" for unit in NUMBERED_UNITS)])
STREETS = st.tuples(st.just("12"), WAY, WAY, NAMES.map(" ".join), END, WAY, UNIT, UNIT).map(
    lambda parts: " ".join(filter(None, parts))
)


@given(STREETS)
def test_the_standard_form_is_its_own_standard_form(text: str) -> None:
    once = delivery_line(text)
    if once is not None:
        whole = f"{once.street} {once.unit}".strip()
        assert delivery_line(whole) == once


SHORT = {**SUFFIXES, **DIRECTIONS, **NUMBERED_UNITS, **PLAIN_UNITS}


@given(STREETS)
def test_every_word_is_kept_or_abbreviated(text: str) -> None:
    line = delivery_line(text)
    if line is None:
        assert len(text.split()) == 1
        return
    posted = text.upper().replace("#", "").split()
    kept = f"{line.street} {line.unit}".replace("#", "").split()
    while posted and kept:
        word, now = posted.pop(0), kept.pop(0)
        two = [DIRECTIONS.get(one, "?") for one in (word, *posted[:1])]
        if len(two) == 2 and now == "".join(two):
            posted.pop(0)
            continue
        assert now in (word, SUFFIXES.get(word), DIRECTIONS.get(word), SHORT.get(word)), text
    assert (posted, kept) == ([], [])


@given(st.text(max_size=250) | st.text(alphabet="0123456789 NSEW#-/.,'()BOXAPT\n", max_size=40))
def test_no_line_is_too_strange_to_be_read(text: str) -> None:
    line = delivery_line(text)
    assert line is None or (line.street.isascii() and line.street == line.street.strip().upper())


async def asked(**question: str) -> AddressFacts | None:
    lookup = UspsForm(NoSettings(), fake_services())
    return await lookup.look_up(AddressQuestion(**question))


@pytest.mark.anyio
async def test_a_whole_address_is_brought_into_standard_form() -> None:
    found = await asked(
        address="123 n. Main Street, Apt. #4b",
        city="St. Johns",
        state="new mexico",
        zip="879360110",
    )
    assert found == AddressFacts(
        address="123 N MAIN ST",
        address_2="APT 4B",
        city="ST JOHNS",
        state="NM",
        zip="87936-0110",
    )


@pytest.mark.anyio
async def test_nobody_knows_whether_mail_arrives() -> None:
    found = await asked(address="123 Main St")
    assert found is not None
    assert found.deliverable is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("address", "second", "lines"),
    [
        ("12 Main St", "apartment 4", ("12 MAIN ST", "APT 4")),
        ("12 Main St", "#4", ("12 MAIN ST", "# 4")),
        ("12 Main St", "4B", ("12 MAIN ST", "# 4B")),
        ("12 Main St Apt 4", "Apartment 4", ("12 MAIN ST", "APT 4")),
        ("12 Main St Apt 4", "Building 2", ("12 MAIN ST APT 4", "BLDG 2")),
        ("12 Main St Apt 4", "c/o Smith", ("12 MAIN ST APT 4", None)),
        ("12 Main St", "behind the church", ("12 MAIN ST", None)),
        ("12 Main St", "\u041b\u0435\u043d", ("12 MAIN ST", None)),
        ("12 Main St", "", ("12 MAIN ST", None)),
    ],
)
async def test_the_second_line_keeps_what_is_no_unit(
    address: str, second: str, lines: tuple[str, str | None]
) -> None:
    found = await asked(address=address, address_2=second)
    assert found is not None
    assert (found.address, found.address_2) == lines


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("part", "value"),
    [("state", "Atlantis"), ("zip", "123456"), ("zip", "\uff18" * 5), ("city", "\u041b\u0435")],
)
async def test_a_part_that_is_not_understood_is_not_known(part: str, value: str) -> None:
    found = await asked(**{"address": "12 Main St", part: value})
    assert found == AddressFacts(address="12 MAIN ST")


@pytest.mark.anyio
@pytest.mark.parametrize("country", ["CA", "DE", "", "x" * 1000])
async def test_other_countries_write_their_addresses_in_other_ways(country: str) -> None:
    assert await asked(address="12 Main St", country=country) is None


def test_a_line_without_a_unit_has_an_empty_one() -> None:
    assert delivery_line("12 Main St") == Line(street="12 MAIN ST", unit="")
