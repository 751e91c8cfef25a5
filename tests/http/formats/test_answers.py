import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.contracts.post import DeliveryAnswer, LeadAnswer, Reason
from leadexec.errors import Fault
from leadexec.http.formats.answers import PROBLEM_NAMESPACE, write_answers, write_problem
from leadexec.http.formats.form import read_form
from leadexec.http.formats.negotiation import AnswerForm
from leadexec.http.formats.xml import Element, read_xml
from leadexec.http.problems import problem

JSON, XML, FORM = AnswerForm.JSON, AnswerForm.XML, AnswerForm.FORM

texts = st.text(max_size=12) | st.text("a<>&\"'\r\n\t]=+%\0\x01\x1f\ufffe\uffff€𝄞", max_size=8)
prices = st.decimals(0, 1000, places=2)
reasons = st.builds(Reason, code=texts, message=texts, field=texts)
deliveries = st.builds(
    DeliveryAnswer,
    client=st.integers(1, 99),
    delivery_account=st.integers(1, 99),
    status=texts,
    price=prices,
    redirect_url=st.none() | texts,
)
answers = st.builds(
    LeadAnswer,
    lead=texts,
    status=st.sampled_from(["accepted", "held", "rejected"]),
    code=texts,
    reasons=st.lists(reasons, max_size=2),
    price=prices,
    redirect_url=st.none() | texts,
    deliveries=st.none() | st.lists(deliveries, max_size=2),
)


def an_answer(**changes: Any) -> LeadAnswer:
    values = {"lead": "u1", "status": "accepted", "code": "accepted", "reasons": []}
    return LeadAnswer(**{**values, "price": Decimal("1.50"), **changes})


def sayable(text: str) -> str:
    """Return ``text`` as XML can say it: what it cannot is U+FFFD."""
    return "".join(
        c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "�" for c in text
    )


def element(name: str, value: Any, items: Mapping[str, str]) -> Element:
    """Return the element that ``value`` from JSON should be."""
    if isinstance(value, dict):
        children = [element(k, v, items) for k, v in value.items() if v is not None]
    elif isinstance(value, list):
        children = [element(items.get(name, "i"), item, items) for item in value]
    else:
        return Element(name, {}, sayable(str(value)))
    return Element(name, {}, "", children or ())


def flat(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for k, v in value.items() for pair in flat(f"{name}[{k}]" if name else k, v)]
    if isinstance(value, list):
        return [pair for i, v in enumerate(value) for pair in flat(f"{name}[{i}]", v)]
    return [] if value is None else [(name, str(value))]


ITEMS = {"answers": "answer", "reasons": "reason", "deliveries": "delivery"}


@given(st.lists(answers, min_size=1, max_size=3), st.booleans())
def test_the_three_forms_say_the_same(given_answers: list[LeadAnswer], single: bool) -> None:
    written = {form: write_answers(form, given_answers, single=single) for form in AnswerForm}

    said = json.loads(written[JSON].body)
    expected = ("answer", said) if single else ("answers", said["leads"])
    assert read_xml(written[XML].body, 10) == element(*expected, ITEMS)
    pairs = flat("", said)
    if "\0" not in "".join(value for _, value in pairs):  # which no form that is posted may hold
        assert read_form(written[FORM].body) == pairs


@given(texts, texts, st.lists(st.builds(Fault, code=texts, path=texts, message=texts), max_size=3))
def test_a_problem_is_the_same_in_all_three(code: str, detail: str, faults: list[Fault]) -> None:
    found = problem(422, code, detail, errors=faults, instance="u1")

    said = json.loads(write_problem(JSON, found).body)
    read = read_xml(write_problem(XML, found).body, 10)
    assert read == element("problem", said, {})
    pairs = flat("", said)
    if "\0" not in "".join(value for _, value in pairs):
        assert read_form(write_problem(FORM, found).body) == pairs


def test_an_answer_is_written_in_each_form() -> None:
    answer = an_answer(
        status="rejected",
        code="invalid",
        price=Decimal("0.00"),
        reasons=[Reason(code="bad_email", message="a & b", field="email")],
    )

    written = [write_answers(form, [answer], single=True) for form in (JSON, XML, FORM)]

    assert [one.content_type for one in written] == [
        "application/json",
        "application/xml",
        "application/x-www-form-urlencoded",
    ]
    assert written[0].body == msgspec.json.encode(answer)
    assert written[1].body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<answer><lead>u1</lead><status>rejected</status><code>invalid</code>"
        "<reasons><reason><code>bad_email</code><message>a &amp; b</message>"
        "<field>email</field></reason></reasons><price>0.00</price></answer>\n"
    )
    assert written[2].body.decode() == (
        "lead=u1&status=rejected&code=invalid&reasons%5B0%5D%5Bcode%5D=bad_email"
        "&reasons%5B0%5D%5Bmessage%5D=a+%26+b&reasons%5B0%5D%5Bfield%5D=email&price=0.00"
    )


def test_a_list_of_answers_is_written_in_each_form() -> None:
    both = [an_answer(), an_answer(lead="u2", deliveries=[])]

    json_, xml, form = (write_answers(f, both, single=False).body for f in (JSON, XML, FORM))

    assert [one["lead"] for one in json.loads(json_)["leads"]] == ["u1", "u2"]
    assert b"<answers><answer><lead>u1</lead>" in xml
    assert b"<deliveries></deliveries></answer></answers>" in xml
    assert b"leads%5B1%5D%5Blead%5D=u2" in form


def test_a_problem_in_xml_is_that_of_the_standard() -> None:
    found = problem(
        422, "invalid_post", "No.", errors=[Fault(code="missing", path="campaign", message="x")]
    )

    written = write_problem(XML, found)

    root = ET.fromstring(written.body)
    space = f"{{{PROBLEM_NAMESPACE}}}"
    assert root.tag == f"{space}problem"
    assert root.findtext(f"{space}status") == "422"
    assert root.findtext(f"{space}errors/{space}i/{space}code") == "missing"
    assert written.content_type == "application/problem+xml"
    assert write_problem(JSON, found).content_type == "application/problem+json"


@pytest.mark.parametrize("form", [XML, FORM])
def test_even_half_characters_are_written(form: AnswerForm) -> None:
    body = write_answers(form, [an_answer(code="a\ud800b")], single=True).body

    assert body.decode()
