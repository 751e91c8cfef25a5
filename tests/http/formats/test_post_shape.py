from typing import Any

import pytest

from leadexec.http.formats.errors import FormatError
from leadexec.http.formats.form import read_form
from leadexec.http.formats.post_shape import add_parameters, post_of_element, post_of_pairs
from leadexec.http.formats.xml import read_xml


def of_form(text: str) -> Any:
    return post_of_pairs(read_form(text.encode()))


def of_xml(text: str) -> Any:
    return post_of_element(read_xml(text.encode(), 100))


@pytest.mark.parametrize("name", ["campaign", "Campaign", "AID", "aid"])
def test_a_form_names_its_campaign_and_all_else_is_the_lead(name: str) -> None:
    assert of_form(f"{name}=+12+&FirstName=Ann&city=") == {
        "campaign": "12",
        "fields": {"FirstName": "Ann", "city": ""},
    }


def test_reserved_names_stand_beside_the_fields() -> None:
    posted = of_form("AID=12&VID=3&lid=4&password=x&idempotency_key=k1&test=yes&city=Austin")

    assert posted == {
        "campaign": "12",
        "vid": "3",
        "lid": "4",
        "password": "x",
        "idempotency_key": "k1",
        "test": True,
        "fields": {"city": "Austin"},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("true", True), ("1", True), ("Yes", True), ("ON", True), (" true ", True)),
        *(("false", False), ("0", False), ("no", False), ("off", False), ("", False)),
        *(("maybe", "maybe"), ("2", "2")),
    ],
)
def test_test_is_read_as_people_write_it(text: str, expected: object) -> None:
    assert of_form(f"test={text}")["test"] == expected
    assert of_xml(f"<lead><test>{text}</test></lead>")["test"] == expected


def test_a_field_called_like_a_reserved_name_is_written_in_brackets() -> None:
    posted = of_form("campaign=12&fields[test]=A&Fields[password]=B&fields[city]=Austin")

    assert posted["fields"] == {"test": "A", "password": "B", "city": "Austin"}
    assert posted["campaign"] == "12"


def test_a_name_that_comes_again_is_a_list_in_order() -> None:
    posted = of_form("a=1&b=2&a=3&fields[a]=4&c[]=5&fields[d][]=6&[]=7&fields[]=8&fields[x][y]=9")

    assert posted["fields"] == {
        "a": ["1", "3", "4"],
        "b": "2",
        "c": ["5"],
        "d": ["6"],
        "[]": "7",
        "fields": ["8"],
        "fields[x][y]": "9",
    }


@pytest.mark.parametrize("text", ["campaign=1&campaign=1", "campaign=1&AID=2", "test=1&TEST=1"])
def test_a_reserved_name_that_comes_again_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as refused:
        of_form(text)

    assert refused.value.code == "duplicate_parameter"


def test_xml_with_flat_children_is_read_as_a_form_is() -> None:
    posted = of_xml(
        """<Anything campaign="12" State="TX">
             <VID>3</VID><FirstName>Ann</FirstName><interest>a</interest><interest>b</interest>
             <empty/><field name="test">A</field><field name="2nd phone">5</field>
             <field>plain</field><phone type="home">5</phone>
           </Anything>"""
    )

    assert posted == {
        "campaign": "12",
        "vid": "3",
        "fields": {
            "State": "TX",
            "FirstName": "Ann",
            "interest": ["a", "b"],
            "empty": "",
            "test": "A",
            "2nd phone": "5",
            "field": "plain",
            "phone": "5",
        },
    }


def test_xml_may_mirror_our_json() -> None:
    posted = of_xml(
        """<lead><campaign> 12 </campaign><test>true</test><note>x</note>
             <fields zip="78701"><test>A</test><address><city>Austin</city></address></fields>
           </lead>"""
    )

    assert posted == {
        "campaign": "12",
        "test": True,
        "note": "x",
        "fields": {"zip": "78701", "test": "A", "address": {"city": "Austin"}},
    }


def test_fields_with_text_is_a_field_and_without_anything_the_place_of_fields() -> None:
    assert of_xml("<lead><fields>corn</fields></lead>") == {"fields": {"fields": "corn"}}
    assert of_xml("<lead><campaign>1</campaign><fields/></lead>") == {"campaign": "1", "fields": {}}


def test_a_list_holds_leads_of_either_shape() -> None:
    posted = of_xml(
        "<Leads><lead campaign='1'><a>x</a></lead><Lead><fields><a>y</a></fields></Lead></Leads>"
    )

    assert posted == [{"campaign": "1", "fields": {"a": "x"}}, {"fields": {"a": "y"}}]
    assert of_xml("<leads/>") == []


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("<leads><lead/><client/></leads>", "unexpected_element", "[1]"),
        ("<lead><fields/><fields/></lead>", "duplicate_parameter", "fields"),
        ("<lead campaign='1'><AID>1</AID></lead>", "duplicate_parameter", "campaign"),
    ],
)
def test_what_could_mean_two_things_is_refused(text: str, code: str, path: str) -> None:
    with pytest.raises(FormatError) as refused:
        of_xml(text)

    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_reserved_name_with_children_is_left_to_be_refused_as_a_wrong_type() -> None:
    assert of_xml("<lead><campaign><id>1</id></campaign></lead>")["campaign"] == {"id": "1"}


def test_parameters_hold_for_every_lead_of_a_body() -> None:
    decoded: list[Any] = [{"fields": {}}, {"fields": {}}, "no lead"]

    add_parameters(decoded, [("AID", "12"), ("utm_source", "x"), ("test", "1")])

    assert decoded == [*[{"fields": {}, "campaign": "12", "test": True}] * 2, "no lead"]


def test_a_parameter_that_the_body_gives_too_is_refused() -> None:
    with pytest.raises(FormatError) as refused:
        add_parameters({"campaign": 12, "fields": {}}, [("campaign", "12")])

    assert refused.value.code == "duplicate_parameter"
