"""The kit of lookups catches what it is there to catch."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from leadexec import (
    Facts,
    Lookup,
    NoSettings,
    PhoneFacts,
    PhoneQuestion,
    PlaceFacts,
    PlaceQuestion,
    Question,
)
from leadexec.testing import ComponentContract, LookupContract

PlaceLookup = Lookup[NoSettings, PlaceQuestion, Facts]
PLACES: Mapping[str, PlaceFacts] = {"85254": PlaceFacts(city="Scottsdale", state="AZ")}


class Good(PlaceLookup):
    """Knows one postal code."""

    key = "good"
    title = "Good"
    asks = PlaceQuestion
    offline = True

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return PLACES.get(question.postal_code)


class InAThread(Good):
    """Looks into a file, where that disturbs nobody."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        await asyncio.to_thread(Path(__file__).read_bytes)
        await asyncio.sleep(0)
        return await super().look_up(question)


class Fragile(Good):
    """Takes a known postal code for granted."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return PLACES[question.postal_code]


class Gullible(Good):
    """Looks at the first five characters only."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return PLACES.get(question.postal_code[:5])


class Foreign(Good):
    """Answers with facts about phones."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return PhoneFacts(mobile=True) if question.postal_code in PLACES else None


class Speechless(Good):
    """Answers with facts that say nothing."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return await super().look_up(question) or PlaceFacts()


class Moody(Good):
    """Counts how often it was asked."""

    asked = 0

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        self.asked += 1
        known = question.postal_code in PLACES
        return PlaceFacts(city=f"City {self.asked}") if known else None


class Ignorant(Good):
    """Knows nothing."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        return None


class FarFromHome(Good):
    """Falls over a country it has not heard of."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        if question.postal_code in PLACES:
            {"US": True}[question.country]
        return await super().look_up(question)


class Sleeps(Good):
    """Stops the whole loop."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        time.sleep(0)  # noqa: ASYNC251
        return await super().look_up(question)


class Reads(Good):
    """Opens a file in the loop's thread."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        Path(__file__).read_bytes()  # noqa: ASYNC240
        return await super().look_up(question)


class Resolves(Good):
    """Resolves a name in the loop's thread, and hides that it failed."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        try:
            socket.getaddrinfo("localhost", 9)
        except Exception:  # noqa: BLE001
            return None
        return await super().look_up(question)


class Connects(Good):
    """Connects in a thread of its own, and says it is offline."""

    async def look_up(self, question: PlaceQuestion) -> Facts | None:
        await asyncio.to_thread(_knock)
        return await super().look_up(question)


def _knock() -> None:
    with socket.socket() as outward:
        outward.settimeout(1)
        try:
            outward.connect(("127.0.0.1", 9))
        except OSError:
            return


class Eternal(Good):
    """Keeps answers less than no time."""

    keep_seconds = -1.0


class NoQuestion(Good):
    """Answers to nothing in particular."""

    asks = Question  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _found_is_enough() -> Iterator[None]:
    """Let hypothesis stop at the first failure: nobody reads these examples."""
    usual = hypothesis.settings.get_current_profile_name()
    quick = hypothesis.settings(phases=[hypothesis.Phase.generate], database=None)
    hypothesis.settings.register_profile("found-is-enough", quick)
    hypothesis.settings.load_profile("found-is-enough")
    yield
    hypothesis.settings.load_profile(usual)


def kit_of(lookup: type[Lookup[Any, Any, Any]]) -> type[LookupContract]:
    class Kit(LookupContract):
        component = lookup
        questions = (PlaceQuestion(postal_code="85254"),)

    return Kit


def failures(kit: type[ComponentContract]) -> set[str]:
    """Run all standard tests of ``kit``; return the names of those that fail."""
    names = (name for name in dir(kit) if name.startswith("test_"))
    return {name for name in names if fails(getattr(kit(), name))}


def fails(test: Callable[[], None]) -> bool:
    try:
        test()
    except Exception:  # noqa: BLE001  whatever fails, fails
        return True
    return False


@pytest.mark.parametrize("lookup", [Good, InAThread])
def test_a_good_lookup_conforms(lookup: type[PlaceLookup]) -> None:
    assert failures(kit_of(lookup)) == set()


@pytest.mark.parametrize(
    ("lookup", "caught_by"),
    [
        (Fragile, "test_a_strange_question_is_answered_with_none"),
        (Gullible, "test_a_strange_question_is_answered_with_none"),
        (Foreign, "test_an_answer_is_facts_of_its_kind_or_none"),
        (Speechless, "test_an_answer_is_facts_of_its_kind_or_none"),
        (Moody, "test_equal_questions_get_equal_answers"),
        (Ignorant, "test_the_questions_it_knows_are_answered"),
        (FarFromHome, "test_strange_details_do_no_harm"),
        (Sleeps, "test_it_does_not_block_the_event_loop"),
        (Reads, "test_it_does_not_block_the_event_loop"),
        (Resolves, "test_it_does_not_block_the_event_loop"),
        (Connects, "test_an_offline_lookup_asks_nobody_outside"),
        (Eternal, "test_it_says_how_long_an_answer_stays_good"),
        (NoQuestion, "test_it_answers_one_kind_of_question"),
    ],
)
def test_a_bad_lookup_is_caught(lookup: type[PlaceLookup], caught_by: str) -> None:
    assert fails(getattr(kit_of(lookup)(), caught_by))


@pytest.mark.parametrize("lookup", [Sleeps, Reads, Connects])
def test_one_that_blocks_is_caught_by_nothing_else(lookup: type[PlaceLookup]) -> None:
    offline, loop = "an_offline_lookup_asks_nobody_outside", "it_does_not_block_the_event_loop"

    assert failures(kit_of(lookup)) == {f"test_{offline if lookup is Connects else loop}"}


def test_what_is_guarded_is_as_before_afterwards() -> None:
    before = (time.sleep, open, socket.getaddrinfo, socket.socket.connect)

    assert not fails(kit_of(Good)().test_it_does_not_block_the_event_loop)

    assert (time.sleep, open, socket.getaddrinfo, socket.socket.connect) == before
    assert "connect" not in vars(socket.socket)


def test_a_kit_without_known_questions_fails() -> None:
    class Kit(LookupContract):
        component = Good

    assert fails(Kit().test_the_questions_it_knows_are_answered)


def test_an_online_lookup_may_ask_outside() -> None:
    class Online(Connects):
        """Says that it connects."""

        offline = False

    assert not fails(kit_of(Online)().test_an_offline_lookup_asks_nobody_outside)


def test_a_question_of_another_kind_is_caught() -> None:
    class Kit(LookupContract):
        component = Good
        questions = (PhoneQuestion(number="2125550123"),)

    assert fails(Kit().test_the_questions_it_knows_are_answered)
