import codecs
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.http.formats.errors import CODES, FormatError
from leadexec.http.formats.xml import Element, read_xml

letters = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
)
texts = st.text(letters | st.sampled_from("\t\n<>&'\""), max_size=12)
names = st.sampled_from(["lead", "fields", "a", "b", "Straße", "first-name", "x.y"])
attributes = st.dictionaries(names, st.text(letters | st.sampled_from("<>&'\""), max_size=8))


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> Element:
    children = draw(st.lists(elements(depth=depth - 1), max_size=3)) if depth else []
    return Element(draw(names), draw(attributes), "" if children else draw(texts), children or ())


def written(element: Element) -> ET.Element:
    made = ET.Element(element.name, element.attributes)
    made.text = element.text or None
    made.extend(written(child) for child in element.children)
    return made


def code_of(body: bytes, charset: str = "") -> str:
    """Return the code that ``body`` is refused with; empty when it is read."""
    try:
        read_xml(body, 10, charset)
    except FormatError as error:
        return error.code
    return ""


def text_of(body: bytes, charset: str = "") -> str:
    return read_xml(body, 10, charset).text


@given(elements(), st.sampled_from(["utf-8", "utf-16"]), st.booleans())
def test_what_is_written_as_xml_is_read_back(
    element: Element, encoding: str, with_blanks: bool
) -> None:
    tree = written(element)
    if with_blanks:
        ET.indent(tree)

    assert read_xml(ET.tostring(tree, encoding), 10) == element


PIECES = [
    "<a>",
    "</a>",
    "<a/>",
    "<leads>",
    "<lead>",
    "</lead>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml",
    "?>",
    "&amp;",
    "&#0;",
    "&x;",
    "<!DOCTYPE",
    "<!ENTITY",
    "[",
    "]>",
    "%p;",
    "a='1'",
    'encoding="utf-7"',
    ":",
    "xmlns='u'",
    "<x:a",
    ">",
    "x",
]
soups = st.lists(st.sampled_from([*PIECES, " ", "\ufeff", "\0"]), max_size=14).map("".join)


@given(st.binary(max_size=60) | soups.map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_code(body: bytes) -> None:
    assert {code_of(body, charset) for charset in ("", "latin-1", "utf-7")} <= {"", *CODES}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS = [
    f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l11;</a>',
    f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]><a>{"&x;" * 50_000}</a>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><a/>',
    "<!DOCTYPE a [<!ENTITY % a \"<!ENTITY b 'x'>\"> %a;]><a>&b;</a>",
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    '<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:1/a.dtd"><a/>',
    "<!DOCTYPE a [<!ATTLIST a b CDATA 'from the type'>]><a/>",
    "<!DOCTYPE a><a/>",
    "<!doctype html><html/>",
]
PROLOGS = [
    "",
    "\n ",
    '<?xml version="1.0"?>',
    '<?xml version="1.0" encoding="utf-8"?>\n<!-- <a> --><?p <b> ?>\t',
    "\ufeff",
    "\ufeff\ufeff",
]


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("prolog", PROLOGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_type_is_refused_whatever_it_declares(
    bomb: str, prolog: str, encoding: str
) -> None:
    assert code_of((prolog + bomb).encode(encoding)) == "doctype_refused"


def test_what_only_looks_like_a_document_type_is_text() -> None:
    assert text_of(b"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE html>]]></a>") == "<!DOCTYPE html>"
    assert text_of(b"<a>&lt;!DOCTYPE a&gt;</a>") == "<!DOCTYPE a>"


@pytest.mark.parametrize(
    "body",
    [
        b"<a><!DOCTYPE b></a>",
        b"<a/><!DOCTYPE b>",
        b"<![CDATA[<!DOCTYPE b>]]><a/>",
        b"<!-- <!DOCTYPE b>",
        b"<a>&b;</a>",
        b"<a>&nbsp;</a>",
        b"<a>%b;</a><b/>",
    ],
)
def test_what_an_entity_would_need_is_malformed_elsewhere(body: bytes) -> None:
    assert code_of(body) == "malformed_xml"


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-7", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_no_encoding_hides_a_document_type(bomb: str, encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'
    refusals = {
        "doctype_refused",
        "unsupported_charset",
        "invalid_utf8",
        "nul_in_text",
        "malformed_xml",
        "undecodable_text",
    }
    for body in (declared.encode(encoding), declared.encode()):
        assert code_of(body) in refusals
        assert code_of(body, encoding) in refusals


def test_utf_7_markup_is_text() -> None:
    assert text_of(b"<a>+ADw-b/+AD4-</a>") == "+ADw-b/+AD4-"
    assert code_of(b'<?xml version="1.0" encoding="UTF-7"?><a/>') == "unsupported_charset"


def test_the_charset_is_the_byte_order_mark_s_then_the_request_s_then_the_declaration_s() -> None:
    declared = b'<?xml version="1.0" encoding="ISO-8859-1"?><a>Jos\xe9</a>'

    assert text_of(declared) == "José"
    assert code_of(declared, "utf-8") == "invalid_utf8"
    assert text_of(b"<a>Jos\xe9</a>", "windows-1252") == "José"
    assert text_of(codecs.BOM_UTF8 + "<a>José</a>".encode(), "windows-1252") == "José"
    assert text_of("<a>José</a>".encode("utf-16"), "windows-1252") == "José"
    assert code_of(b"<a>Jos\xe9</a>") == "invalid_utf8"
    assert code_of("<a/>".encode("utf-32")) == "unsupported_charset"
    assert code_of("<a/>".encode("utf-16")[:-1]) == "undecodable_text"


def test_a_declaration_of_utf_16_over_utf_8_is_passed_over() -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><a>José</a>'

    assert text_of(body.encode()) == "José"


def test_cdata_comments_and_references_are_one_text() -> None:
    assert text_of(b"<a>x<!-- c -->&amp;<![CDATA[<b>&amp;]]><?p?>&#233;</a>") == "x&<b>&amp;é"


def test_prefixes_are_cut_and_attributes_of_xml_itself_left_out() -> None:
    read = read_xml(
        b'<x:lead xmlns:x="urn:x" xmlns="urn:y" xml:lang="en" campaign="1">'
        b'<x:a x:b="2" xsi:nil="true"/></x:lead>',
        10,
    )

    assert read == Element("lead", {"campaign": "1"}, "", [Element("a", {})])


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "malformed_xml", "line 1, column 1"),
        (b"<a>\n  <b></a>", "malformed_xml", "line 2, column 8"),
        (b"<a", "malformed_xml", "line 1, column 1"),
        (b"<a/><b/>", "malformed_xml", "line 1, column 5"),
        (b"<a x='1' x='2'/>", "malformed_xml", "line 1, column 10"),
        (b"\n<?xml version='1.0'?><a/>", "malformed_xml", "line 2, column 1"),
        (b'{"campaign": 1}', "malformed_xml", "line 1, column 1"),
        (b"<a>\x01</a>", "malformed_xml", "line 1, column 4"),
        (b"<a>&#0;</a>", "malformed_xml", "line 1, column 4"),
        (b"<a>&#xD800;</a>", "malformed_xml", "line 1, column 4"),
        (b"<a>x\x00y</a>", "nul_in_text", ""),
        (b"<a>\xed\xa0\x80</a>", "invalid_utf8", ""),
        (b"<a><b>x<c/></b></a>", "mixed_content", "a.b"),
        (b"<a><b><c/>x</b></a>", "mixed_content", "a.b"),
        (b"<a><b><c/>x<c/></b></a>", "mixed_content", "a.b"),
        (b"<a>" * 33 + b"</a>" * 33, "too_deep", ".".join("a" * 32)),
    ],
)
def test_what_is_refused_is_told_with_its_place(body: bytes, code: str, path: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_xml(body, 10)

    assert (refused.value.code, refused.value.path) == (code, path)


def test_thirty_two_levels_are_read() -> None:
    assert read_xml(b"<a>" * 32 + b"</a>" * 32, 10)


def test_nesting_without_end_is_refused_before_its_end_is_reached() -> None:
    assert code_of(b"<a>" * 300_000) == "too_deep"


def test_a_flood_is_refused_before_its_end_is_reached() -> None:
    assert code_of(b"<lead>" + b"<a/>" * 10_000 + b"broken <") == "too_many_fields"
    flood = b" ".join(b'a%d=""' % number for number in range(10_000))
    assert code_of(b"<lead " + flood + b"/> broken <") == "too_many_fields"
    assert code_of(b"<leads>" + b"<lead/>" * 10_000 + b"broken <") == "too_many_leads"


def test_a_thousand_elements_are_read_per_lead() -> None:
    lead = b"<lead>" + b"<a/>" * 999 + b"</lead>"

    assert len(read_xml(lead, 10).children) == 999
    assert len(read_xml(b"<leads>" + lead * 10 + b"</leads>", 10).children) == 10
    assert code_of(lead.replace(b"</lead>", b"<a/></lead>")) == "too_many_fields"
    assert code_of(b"<leads>" + lead * 11 + b"</leads>") == "too_many_leads"


def test_a_mebibyte_of_one_text_is_read() -> None:
    assert len(text_of(b"<a>" + b"x" * (1 << 20) + b"</a>")) == 1 << 20
