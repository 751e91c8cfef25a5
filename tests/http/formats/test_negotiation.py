import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.http.formats.errors import FormatError
from leadexec.http.formats.media import PostForm
from leadexec.http.formats.negotiation import AnswerForm, answer_form

JSON, XML, FORM = AnswerForm.JSON, AnswerForm.XML, AnswerForm.FORM


@pytest.mark.parametrize("posted", [*PostForm, None])
def test_without_a_wish_xml_is_answered_with_xml_and_everything_else_with_json(
    posted: PostForm | None,
) -> None:
    expected = XML if posted is PostForm.XML else JSON

    assert answer_form(posted) is expected
    assert answer_form(posted, accept="*/*") is expected


@pytest.mark.parametrize(
    ("accept", "for_form", "for_xml"),
    [
        ("application/json", JSON, JSON),
        ("application/xml", XML, XML),
        ("text/xml", XML, XML),
        ("Application/XML; charset=utf-8", XML, XML),
        ("application/x-www-form-urlencoded", FORM, FORM),
        ("application/problem+xml", XML, XML),
        ("application/problem+json", JSON, JSON),
        ("text/*", XML, XML),
        ("application/*", JSON, XML),
        ("application/json;q=0.5, application/xml", XML, XML),
        ("application/json;q=0.5, application/xml ; q=0.4", JSON, JSON),
        ("application/json, application/xml", JSON, XML),
        ("application/xml, */*", XML, XML),
        ("application/json, text/plain, */*", JSON, JSON),
        ("application/json;q=0, */*", XML, XML),
        ("application/json;q=0, application/xml;q=0.0, */*", FORM, FORM),
        ("application/xml;q=0.000, */*;q=0.1", JSON, JSON),
        ("text/xml;q=0.2, application/xml;q=0.8, application/json;q=0.5", XML, XML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", XML, XML),
        ("application/json;q=2, application/xml;q=0.1", XML, XML),
        ("application/json;q=nan", JSON, XML),
        ("image/png", JSON, XML),
        ("application/json;q=0", JSON, XML),
        ("", JSON, XML),
        (",;q=,/,", JSON, XML),
    ],
)
def test_the_accept_header_is_weighed(
    accept: str, for_form: AnswerForm, for_xml: AnswerForm
) -> None:
    assert answer_form(PostForm.FORM, accept=accept) is for_form
    assert answer_form(PostForm.XML, accept=accept) is for_xml


@pytest.mark.parametrize("wanted", ["xml", "XML", " xml "])
def test_the_parameter_goes_before_the_header(wanted: str) -> None:
    assert answer_form(PostForm.JSON, wanted, "application/json") is XML


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FormatError) as refused:
        answer_form(PostForm.JSON, "yaml")

    assert (refused.value.code, refused.value.path) == ("unknown_format", "format")


@given(st.text(max_size=40) | st.text("application/jsonxml*;,q=0.1 ", max_size=60))
def test_any_header_is_answered(accept: str) -> None:
    assert answer_form(PostForm.FORM, accept=accept) in AnswerForm


def test_a_header_without_end_is_read_only_so_far() -> None:
    assert answer_form(PostForm.FORM, accept="a/b," * 1_000 + "application/xml") is JSON
