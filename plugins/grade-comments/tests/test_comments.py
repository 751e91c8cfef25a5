import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_grade_comments.check import CommentsPresent, CommentsSettings
from leadexec_grade_comments.plugin import GradeCommentsPlugin

from leadexec import FieldKind, GradingContext, NoSettings, Score, SystemField
from leadexec.testing import (
    GradingCheckContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(a_field_info("Remarks", system=SystemField.COMMENTS))


class TestCommentsConformance(GradingCheckContract):
    component = CommentsPresent
    examples = ({}, {"minimum_length": 1, "placeholders": []}, {"minimum_length": 1000})
    bad_settings = (
        {"minimum_length": 0},
        {"minimum_length": 1001},
        {"placeholders": [""]},
        {"placeholders": "none"},
    )


async def graded(comments: Any, **settings: Any) -> Score:
    check = CommentsPresent(msgspec.convert(settings, CommentsSettings), fake_services())
    fields: Mapping[str, Any] = {} if comments is None else {"Remarks": comments}
    return await check.grade(a_lead(fields=dict(fields)), GradingContext(lead_type=TYPE))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "comments", ["Please call me after five.", "yes", "请打电话给我", "Añá", "A 2 C", 2026]
)
async def test_comments_that_say_something_pass(comments: Any) -> None:
    assert (await graded(comments)).passed


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("comments", "because"),
    [
        (None, "There are no comments."),
        ("", "There are no comments."),
        (" \n\t ", "There are no comments."),
        (True, "There are no comments."),
        ([], "There are no comments."),
        ("...", "The comments are nothing but punctuation."),
        ("-_-/ !?", "The comments are nothing but punctuation."),
        ("N / A", "The comments are a placeholder."),
        ("None.", "The comments are a placeholder."),
        ("ＮＯＮＥ", "The comments are a placeholder."),  # noqa: RUF001  full-width letters
        ("xxx xxx", "The comments are one character over and over."),
        ("11111111", "The comments are one character over and over."),
        ("ok", "The comments are too short: 2 letters and digits, at least 3 needed."),
        ("a . . . .", "The comments are too short: 1 letter or digit, at least 3 needed."),
    ],
)
async def test_what_says_nothing_does_not_pass(comments: Any, because: str) -> None:
    assert await graded(comments) == Score(passed=False, detail=because)


@pytest.mark.anyio
async def test_the_operator_says_how_long_comments_must_be() -> None:
    assert (await graded("ab", minimum_length=2)).passed
    assert not (await graded("Call me.", minimum_length=10)).passed
    assert (await graded("A", minimum_length=1)).passed


@pytest.mark.anyio
async def test_the_operator_says_what_stands_for_no_comment() -> None:
    assert (await graded("none", placeholders=["keine"])).passed
    assert not (await graded(" KEINE! ", placeholders=["keine"])).passed


@pytest.mark.anyio
async def test_a_placeholder_of_punctuation_refuses_nothing_else() -> None:
    assert (await graded("Call me.", placeholders=["--"])).passed


@pytest.mark.anyio
async def test_a_list_of_texts_is_read_as_one() -> None:
    assert (await graded(["Call", "me"])).passed
    assert not (await graded([{"text": "Call me"}])).passed


@pytest.mark.anyio
async def test_a_lead_type_without_comments_does_not_pass_and_says_so() -> None:
    check = CommentsPresent(CommentsSettings(), fake_services())
    plain = a_lead_type_info(a_field_info("Comments", kind=FieldKind.TEXT), id=9)
    lead = a_lead(fields={"Comments": "Please call me."})
    score = await check.grade(lead, GradingContext(lead_type=plain))
    assert score == Score(passed=False, detail="No field of lead type 9 means Comments.")


@given(st.text(alphabet="  .,;:!?-_/\\\"'()[]{}<>*#+=~^|@&%$\n\t…–—«»"))
def test_without_a_letter_or_digit_nothing_passes(text: str) -> None:
    assert not asyncio.run(graded(text, minimum_length=1)).passed


def test_the_plugin_contributes_the_check() -> None:
    plugin = GradeCommentsPlugin(NoSettings(), fake_services())
    assert list(plugin.register_grading_checks()) == [CommentsPresent]
