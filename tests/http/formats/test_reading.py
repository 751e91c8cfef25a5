"""One lead, posted in every form, is one and the same lead."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.contracts.post import PostedLead
from leadexec.http.formats.errors import CODES, FormatError
from leadexec.http.formats.media import PostForm, post_form
from leadexec.http.formats.post_shape import RESERVED
from leadexec.http.formats.reading import PostParts, decode_post, wanted_format
from leadexec.http.posted_json import PostFaultsError, read_post

FORM = "application/x-www-form-urlencoded"
JSON_CODES = {
    "malformed_json",
    "duplicate_key",
    "number_out_of_range",
}

# Clients do not agree on how to write a backslash in the name of a part.
characters = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="[]\\\ufffe\uffff"
)
names = st.text(characters, min_size=1, max_size=8) | st.sampled_from(["test", "AID", "fields"])
texts = st.text(characters | st.sampled_from("\t\n[]"), max_size=12)
leads = st.dictionaries(names, texts | st.lists(texts, min_size=2, max_size=3), max_size=5)


class Book:
    """One campaign, 12, of source 3 for lead type 7."""

    campaigns: Mapping[int, str] = {12: "Web"}

    def campaigns_of(self, source_id: int, lead_type_id: int) -> list[int]:
        """Return the campaign of source 3 for lead type 7."""
        return [12] if (source_id, lead_type_id) == (3, 7) else []


BOOK = Book()


def parts(body: str | bytes = b"", content_type: str = "", query: str = "") -> PostParts:
    data = body.encode() if isinstance(body, str) else body
    return PostParts(method="POST", content_type=content_type, query=query.encode(), body=data)


def lead_of(posted: PostParts) -> PostedLead:
    return read_post(decode_post(posted, 10), BOOK, 10).leads[0]


def pairs_of(fields: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in fields.items():
        written = f"fields[{name}]" if name.lower() in RESERVED else name
        pairs += [(written, one) for one in (value if isinstance(value, list) else [value])]
    return pairs


def in_every_form(fields: dict[str, Any]) -> list[PostParts]:
    pairs = [("campaign", "12"), *pairs_of(fields)]
    form = urlencode(pairs)
    multipart = httpx.Request(
        "POST", "http://x", files=[(name, (None, text.encode())) for name, text in pairs]
    )
    elements = "".join(
        f"<field name={quoteattr(name)}>{escape(text)}</field>"
        for name, value in fields.items()
        for text in (value if isinstance(value, list) else [value])
    )
    return [
        parts(json.dumps({"campaign": 12, "fields": fields}), "application/json"),
        parts(json.dumps({"fields": fields}), "application/json", "campaign=12&format=xml"),
        parts(form, FORM),
        parts(form.partition("&")[2], FORM, "AID=12&format=json"),
        parts("", "", f"{form}&format=xml"),
        parts("", FORM, form),
        PostParts(method="GET", query=form.encode(), body=b"{}", content_type="text/plain"),
        parts(multipart.read(), multipart.headers["content-type"]),
        parts(f"<lead><campaign>12</campaign>{elements}</lead>", "text/xml; charset=utf-8"),
        parts(f"<x campaign='12'><fields>{elements}</fields></x>", "application/xml"),
        parts(f"<lead><fields>{elements}</fields></lead>", "application/soap+xml", "campaign=12"),
    ]


@given(leads)
def test_a_lead_is_the_same_in_whichever_form_it_is_posted(fields: dict[str, Any]) -> None:
    read = [lead_of(posted) for posted in in_every_form(fields)]

    assert read == [PostedLead(campaign_id=12, fields=fields)] * len(read)


content_types = st.sampled_from(
    [
        "",
        "application/json",
        FORM,
        f"{FORM}; charset=windows-1252",
        "multipart/form-data; boundary=X",
        "text/xml; charset=utf-7",
        "application/xml",
        "image/png",
    ]
) | st.text(max_size=20)
bodies = st.binary(max_size=40) | st.sampled_from(
    [
        b'{"campaign": 12, "fields": {}}',
        b'[{"fields": 1}, 2]',
        b"<leads><lead/></leads>",
        b"campaign=12&a=1",
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--X--',
    ]
)
queries = st.binary(max_size=20) | st.sampled_from([b"campaign=12", b"AID=1&test=x", b"format=a"])


@given(content_types, bodies, queries)
def test_any_request_is_read_or_refused_with_a_code(
    content_type: str, body: bytes, query: bytes
) -> None:
    posted = PostParts(method="POST", content_type=content_type, query=query, body=body)
    code = ""
    try:
        read_post(decode_post(posted, 10), BOOK, 10)
    except FormatError as error:
        code = error.code
    except PostFaultsError:
        code = ""

    assert code in {"", *CODES, *JSON_CODES}
    assert isinstance(wanted_format(query), str)


@pytest.mark.parametrize(
    ("method", "content_type", "has_body", "form"),
    [
        ("POST", "application/json", True, PostForm.JSON),
        ("POST", "Application/JSON; charset=utf-8", True, PostForm.JSON),
        ("POST", "application/vnd.api+json", True, PostForm.JSON),
        ("POST", "application/json", False, PostForm.JSON),
        ("POST", FORM, True, PostForm.FORM),
        ("POST", FORM, False, PostForm.FORM),
        ("POST", "multipart/form-data; boundary=x", True, PostForm.MULTIPART),
        ("POST", "text/xml", True, PostForm.XML),
        ("POST", "application/xml", True, PostForm.XML),
        ("POST", "", False, PostForm.QUERY),
        ("GET", "application/json", True, PostForm.QUERY),
        ("POST", "", True, None),
        ("POST", "text/plain", True, None),
        ("POST", "multipart/mixed", True, None),
    ],
)
def test_the_content_type_says_the_form(
    method: str, content_type: str, has_body: bool, form: PostForm | None
) -> None:
    assert post_form(method, content_type, has_body=has_body) is form


@pytest.mark.parametrize(
    ("posted", "code"),
    [
        (parts("x", "image/png"), "wrong_content_type"),
        (parts("x", ""), "wrong_content_type"),
        (parts("x", f"{FORM}; {'x' * 500}"), "wrong_content_type"),
        (parts("", "application/json"), "malformed_json"),
        (parts("", "text/xml"), "malformed_xml"),
        (parts("", "multipart/form-data; boundary=x"), "malformed_multipart"),
        (parts('{"a": 1, "a": 2}', "application/json"), "duplicate_key"),
        (parts("a=%zz", FORM), "malformed_form"),
        (parts("a=1", f"{FORM}; charset=utf-7"), "unsupported_charset"),
        (parts("a=1", FORM, "b=%zz"), "malformed_form"),
        (parts("campaign=1", FORM, "campaign=1"), "duplicate_parameter"),
        (parts('{"campaign": 1}', "application/json", "campaign=1"), "duplicate_parameter"),
    ],
)
def test_what_cannot_be_read_has_a_code(posted: PostParts, code: str) -> None:
    with pytest.raises(FormatError) as refused:
        decode_post(posted, 10)

    assert refused.value.code == code


def test_a_fault_in_json_is_told_with_its_byte() -> None:
    with pytest.raises(FormatError) as refused:
        decode_post(parts('{"a": 1,}', "application/json"), 10)

    assert refused.value.path == "byte 8"


def test_a_form_in_windows_1252_is_read_where_its_content_type_says_so() -> None:
    body = f"campaign=12&name={quote('José €', encoding='cp1252')}".encode()

    assert lead_of(parts(body, f'{FORM}; charset="ISO-8859-1"')).fields == {"name": "José €"}


def test_an_empty_post_lacks_its_campaign() -> None:
    with pytest.raises(PostFaultsError) as refused:
        read_post(decode_post(parts(), 10), BOOK, 10)

    assert [fault.path for fault in refused.value.faults] == ["campaign"]


def test_format_is_the_query_string_s_and_a_field_in_a_body() -> None:
    posted = parts("campaign=12&format=A4", FORM, "Format=xml")

    assert lead_of(posted).fields == {"format": "A4"}
    assert wanted_format(posted.query) == "xml"


@pytest.mark.parametrize("query", [b"", b"a=1", b"a=format", b"format=xml&a=%zz", b"format=\xff"])
def test_a_query_string_that_asks_for_nothing_or_is_broken_wants_no_format(query: bytes) -> None:
    assert wanted_format(query) == ""
