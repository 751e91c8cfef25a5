"""Asking providers of facts: once, for how long, and what comes of trouble."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from leadexec import (
    NoSettings,
    Pass,
    PhoneQuestion,
    Question,
)
from leadexec.asking import lookups as asking
from leadexec.asking.lookups import LookupDesk
from leadexec.model.source import ValidatorUse
from leadexec.plugins import FaultLog
from leadexec.testing import FakeClock
from tests.asking.providers import MOBILE, PHONE, Provider, a_lookup
from tests.system.plugins import a_plugin, a_validator
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
OTHER = PhoneQuestion(number="2135550101")


def a_desk(provider: Provider, clock: FakeClock | None = None, **body: Any) -> LookupDesk:
    """Return a desk that asks ``provider`` about phones."""
    desk = LookupDesk(clock or FakeClock(), FaultLog())
    lookup: Any = a_lookup(look_up=provider.look_up, **body)(NoSettings(), None)  # type: ignore[arg-type]
    desk.choose({"book": lookup}, {"book": "phone-book"}, {})
    return desk


# --- once


async def test_an_answer_is_kept_until_its_time_is_over() -> None:
    clock, provider = FakeClock(), Provider()
    desk = a_desk(provider, clock, keep_seconds=60.0)

    answers = [await desk.ask(PHONE), await desk.ask(PhoneQuestion(number=PHONE.number))]
    clock.advance(59.9)
    answers.append(await desk.ask(PHONE))
    clock.advance(0.1)
    answers.append(await desk.ask(PHONE))

    assert [answer.facts for answer in answers] == [MOBILE] * 4
    assert [answer.kept for answer in answers] == [False, True, True, False]
    assert provider.asked == [PHONE, PHONE]


async def test_that_nothing_is_known_is_an_answer_to_keep() -> None:
    provider = Provider()
    provider.says = None
    desk = a_desk(provider)

    first, again = await desk.ask(PHONE), await desk.ask(PHONE)

    assert [(a.facts, a.problem, a.kept) for a in (first, again)] == [
        (None, "", False),
        (None, "", True),
    ]


async def test_the_oldest_answers_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "KEPT", 2)
    provider = Provider()
    desk = a_desk(provider)
    questions = [PhoneQuestion(number=str(number)) for number in range(3)]
    for question in (questions[0], questions[1], questions[0], questions[2]):
        await desk.ask(question)

    kept = [(await desk.ask(question)).kept for question in (questions[0], questions[2])]

    assert kept == [True, True]
    assert not (await desk.ask(questions[1])).kept


async def test_equal_questions_at_once_are_asked_once() -> None:
    provider = Provider(ready=False)
    desk = a_desk(provider)
    asked = [asyncio.create_task(desk.ask(q, seconds=9)) for q in (PHONE, OTHER) * 10]
    await provider.arrived.wait()
    asked[0].cancel()  # who gives up takes nothing from the others
    provider.ready.set()

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert {a.facts for a in answers[1:] if not isinstance(a, BaseException)} == {MOBILE}
    assert provider.asked == [PHONE, OTHER]


# --- trouble


async def test_who_does_not_wait_any_longer_knows_nothing_and_the_answer_is_kept_for_others() -> (
    None
):
    provider = Provider(ready=False)
    desk = a_desk(provider)

    late = await desk.ask(PHONE, seconds=0.01)
    provider.ready.set()
    joined = await desk.ask(PHONE, seconds=9)

    assert (late.facts, late.problem) == (None, "no answer within 0.01 s")
    assert (joined.facts, provider.asked) == (MOBILE, [PHONE])


@pytest.mark.parametrize(
    "says",
    [
        RuntimeError("no dial tone"),
        asyncio.CancelledError("its own"),
        TimeoutError(),
        "mobile",
        {"mobile": True},
    ],
    ids=repr,
)
async def test_a_provider_that_fails_is_named_and_asked_again_next_time(says: Any) -> None:
    provider = Provider()
    provider.says = says
    desk = a_desk(provider)

    failed = await desk.ask(PHONE)
    provider.says = MOBILE
    again = await desk.ask(PHONE)

    assert (failed.facts, failed.provider) == (None, "book")
    assert failed.problem
    (fault,) = desk._faults.recent
    assert (fault.plugin, fault.where) == ("phone-book", "look_up of 'book'")
    assert again.facts == MOBILE


async def test_a_question_that_makes_no_sense_is_answered_not_raised() -> None:
    desk = a_desk(Provider())
    listed: Any = ["2135550100"]

    answers = [await desk.ask(PhoneQuestion(number=listed)), await desk.ask(Question())]

    assert [answer.facts for answer in answers] == [None, None]
    assert all(answer.problem for answer in answers)


async def test_at_most_256_questions_are_in_the_air() -> None:
    provider = Provider(ready=False)
    desk = a_desk(provider)
    questions = [PhoneQuestion(number=str(number)) for number in range(256)]
    flying = [asyncio.create_task(desk.ask(question, seconds=30)) for question in questions]
    await provider.arrived.wait()

    refused = await desk.ask(PHONE)
    joined = asyncio.create_task(desk.ask(questions[0], seconds=30))
    provider.ready.set()
    answers = await asyncio.gather(joined, *flying)

    assert (refused.facts, "256" in refused.problem) == (None, True)
    assert {answer.facts for answer in answers} == {MOBILE}
    assert (await desk.ask(PHONE)).facts == MOBILE


async def test_a_provider_that_hangs_is_given_up_and_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.01)
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    provider = Provider(ready=False)
    desk = a_desk(provider)

    hung = await desk.ask(PHONE, seconds=30)
    provider.ready.set()

    assert (hung.facts, "TimeoutError" in hung.problem) == (None, True)
    assert (await desk.ask(OTHER)).facts == MOBILE


async def test_at_the_end_nobody_is_waited_for() -> None:
    provider = Provider(ready=False)
    desk = a_desk(provider)
    await desk.ask(PHONE, seconds=0)

    await desk.aclose()

    assert desk._faults.recent == []


# --- on a lead's way


@pytest.mark.parametrize("trouble", ["late", "raises", "none"])
async def test_a_lead_goes_on_with_what_is_known(
    database_url: str, tmp_path: Path, trouble: str
) -> None:
    provider = Provider(ready=trouble != "late")
    if trouble == "raises":
        provider.says = RuntimeError("no dial tone")
    patience = 0.01 if trouble == "late" else 30.0
    world: World

    async def check(lead: Any) -> Pass:
        question = PhoneQuestion(number=lead.fields["Phone"])
        answer = await world.kernel.services.lookups.ask(question, seconds=patience)
        lead.facts["asker"] = {"mobile": getattr(answer.facts, "mobile", None)}
        return Pass(detail=answer.problem)

    plugins = (
        ("asker", a_plugin(validators=[a_validator(check=check)])),
        ("phone-book", a_plugin(lookups=[a_lookup(look_up=provider.look_up)])),
    )
    async with a_world(database_url, tmp_path, *plugins) as world:
        campaign = await world.campaign(validators=(ValidatorUse(validator="test"),))

        answer = (await world.post(campaign)).json()

        assert answer["code"] == "accepted"
        lead = await world.lead(answer["lead"])
        known = True if trouble == "none" else None
        assert lead["facts"] == {"asker": {"mobile": known}}
        problems = {"late": "no answer within", "raises": "no dial tone", "none": ""}
        assert problems[trouble] in lead["log"][-1].get("message", "")
        counts = {"phone-book": 1} if trouble == "raises" else {}
        assert world.kernel.faults.counts == counts
