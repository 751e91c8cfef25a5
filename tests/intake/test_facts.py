"""What checks find out about a lead is stored and shown with it, and may route it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leadexec import Pass, Plugin, Stage
from leadexec.model.source import ValidatorUse
from tests.intake.writing import data_api
from tests.system.plugins import a_plugin, a_validator
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio
TEST = ValidatorUse(validator="test")


def checking(act: Callable[[Any], Any], key: str = "test", **options: Any) -> Any:
    """Return a validator that does ``act`` with the lead and passes, unless it returns more."""

    async def check(lead: Any) -> Any:
        return act(lead) or Pass()

    return a_validator(key, check=check, **options)


def a_finder(act: Callable[[Any], Any]) -> type[Plugin[Any]]:
    return a_plugin(validators=[checking(act)])


def find_out(lead: Any) -> Any:
    lead.facts["finder"] = {
        "country": "US",
        "when": datetime(2026, 1, 5, tzinfo=UTC),
        "share": Decimal("0.30"),
        "hits": [1, None, {"odd": "a\0b \ud800"}],
    }
    lead.facts.setdefault("other", {})["seen"] = True
    lead.grade, lead.score = "B", 42
    return Pass(only_accounts=(7, 9))


FOUND = {
    "finder": {
        "country": "US",
        "when": "2026-01-05T00:00:00Z",
        "share": "0.30",
        "hits": [1, None, {"odd": "a\ufffdb \ufffd\ufffd\ufffd"}],
    },
    "other": {"seen": True},
}


async def test_facts_grade_score_and_route_are_stored_and_shown(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, ("finder", a_finder(find_out))) as world:
        campaign = await world.campaign(validators=(TEST,))

        answer = await world.post(campaign)

        assert answer.status_code == 201, answer.text
        read = await data_api(world)
        lead = await read(f"leads/{answer.json()['lead']}")
        assert (lead["grade"], lead["score"], lead["only_accounts"]) == ("B", 42, [7, 9])
        assert lead["facts"] == FOUND
        (listed,) = (await read("leads"))["items"]
        assert (listed["grade"], listed["score"]) == ("B", 42)


async def test_a_lead_that_nothing_was_found_out_about_says_so(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()

    read = await data_api(sqlite_world)
    lead = await read(f"leads/{await sqlite_world.sell(campaign)}")

    assert (lead["facts"], lead["grade"], lead["score"]) == ({}, "", None)
    assert lead["only_accounts"] is None


async def test_rejected_and_held_leads_have_their_facts_too(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, ("finder", a_finder(find_out))) as world:
        duplicate = ValidatorUse(validator="duplicate")
        campaign = await world.campaign(validators=(TEST, duplicate))
        waiting = await world.campaign(validators=(TEST,), quality_control=True)

        answers = [await world.post(c, Phone="2135550100") for c in (campaign, campaign, waiting)]

        statuses = [answer.json()["status"] for answer in answers]
        assert statuses == ["accepted", "rejected", "held"]
        for answer in answers:
            lead = await world.lead(answer.json()["lead"])
            assert (lead["facts"], lead["grade"], lead["score"]) == (FOUND, "B", 42)


async def test_what_was_found_out_survives_a_second_decision(
    database_url: str, tmp_path: Path
) -> None:
    broken = asyncio.Event()
    broken.set()

    def sometimes(lead: Any) -> Any:
        lead.facts["later"] = {"broken": broken.is_set()}
        if broken.is_set():
            message = "broken"
            raise RuntimeError(message)

    finder = a_plugin(
        validators=[checking(find_out), checking(sometimes, "later", at=Stage.GRADING)]
    )
    async with a_world(database_url, tmp_path, ("finder", finder)) as world:
        campaign = await world.campaign(validators=(TEST, ValidatorUse(validator="later")))
        uid = (await world.post(campaign)).json()["lead"]
        before = await world.lead(uid)
        broken.clear()

        await world.kernel.look_again()
        await world.settled()

        after = await world.lead(uid)
        assert (before["status"], before["code"]) == ("held", "check_could_not_run")
        assert before["facts"].items() >= FOUND.items()
        assert after["status"] == "unsold"
        assert after["facts"] == {**FOUND, "later": {"broken": False}}
        assert (after["grade"], after["score"], after["only_accounts"]) == ("B", 42, [7, 9])


def endless(lead: Any) -> None:
    lead.facts["finder"] = lead.facts


@pytest.mark.parametrize(
    "act",
    [
        lambda lead: lead.facts.update(finder=object()),
        lambda lead: lead.facts.update(finder={"a": {1, object()}}),
        lambda lead: lead.facts.update({("a", "b"): 1}),
        lambda lead: lead.facts.update({7: 1}),
        lambda lead: lead.facts.update(finder="x" * 70_000),
        lambda lead: setattr(lead, "facts", None),
        lambda lead: setattr(lead, "facts", []),
        lambda lead: setattr(lead, "facts", "text"),
        lambda lead: setattr(lead, "grade", None),
        lambda lead: setattr(lead, "grade", 7),
        lambda lead: setattr(lead, "score", "many"),
        lambda lead: setattr(lead, "score", 2**40),
        lambda lead: setattr(lead, "score", 1.5),
        lambda lead: setattr(lead, "fields", None),
        endless,
        lambda lead: Pass(only_accounts=("7",)),  # type: ignore[arg-type]
        lambda lead: Pass(only_accounts=(True,)),
        lambda lead: Pass(only_accounts=7),  # type: ignore[arg-type]
    ],
    ids=[
        *("object", "set", "tuple", "number", "long", "none", "list", "text"),
        *("no grade", "odd grade", "odd score", "big score", "half score", "no fields", "endless"),
        *("text account", "true account", "one account"),
    ],
)
async def test_what_cannot_be_stored_holds_the_lead_and_nobody_else(
    database_url: str, tmp_path: Path, act: Callable[[Any], Any]
) -> None:
    async with a_world(database_url, tmp_path, ("faulty", a_finder(act))) as world:
        bad = await world.campaign(validators=(TEST,))
        good = await world.campaign()

        answers = await asyncio.gather(*(world.post(campaign) for campaign in (bad, good, bad)))

        codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
        held = (202, "check_could_not_run")
        assert codes == [held, (201, "accepted"), held]
        lead = await world.lead(answers[0].json()["lead"])
        assert (lead["facts"], lead["grade"], lead["score"]) == ({}, "", None)
        assert lead["fields"]["State"] == "CA"
        assert world.kernel.faults.counts.keys() == {"faulty"}


async def test_a_check_that_fails_takes_nothing_away_that_others_found_out(
    database_url: str, tmp_path: Path
) -> None:
    def spoil(lead: Any) -> None:
        lead.facts["finder"]["country"] = object()
        lead.grade = "F"
        lead.fields["State"] = "TX"

    finder = a_plugin(validators=[checking(find_out), checking(spoil, "spoil", at=Stage.GRADING)])
    async with a_world(database_url, tmp_path, ("finder", finder)) as world:
        campaign = await world.campaign(validators=(TEST, ValidatorUse(validator="spoil")))

        told = (await world.post(campaign)).json()

        assert (told["status"], told["code"]) == ("held", "check_could_not_run")
        lead = await world.lead(told["lead"])
        assert (lead["facts"], lead["grade"], lead["fields"]["State"]) == (FOUND, "B", "CA")


# --- routing to a set of delivery accounts (GR2)


class Route:
    """Accounts that checks name, told after they are made."""

    def __init__(self) -> None:
        self.only: dict[str, tuple[int, ...] | None] = {}

    def check(self, key: str) -> Any:
        return checking(lambda lead: Pass(only_accounts=self.only.get(key)), key)


async def test_a_lead_goes_to_the_accounts_that_a_check_names_and_to_nobody_else(
    database_url: str, tmp_path: Path
) -> None:
    route = Route()
    plugin = a_plugin(validators=[route.check("test")])
    async with a_world(database_url, tmp_path, ("router", plugin)) as world:
        campaign = await world.campaign(validators=(TEST,), maximum_delivery_count=3)
        await world.buyer(campaign, "dear", price=9)
        named = await world.buyer(campaign, "named", price=5)
        await world.buyer(campaign, "cheap", price=1)
        route.only["test"] = (named.id, 4711)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == ["named"]
        explained = (await (await data_api(world))(f"leads/{uid}/explain"))["accounts"]
        codes = {one["account_name"]: (one["outcome"], one["code"]) for one in explained}
        outside = ("excluded", "outside_account_set")
        assert codes == {"dear": outside, "named": ("accepted", "accepted"), "cheap": outside}


@pytest.mark.parametrize(
    ("one", "two", "sold"),
    [
        ("ab", "bc", ["b"]),
        ("abc", None, ["a", "b", "c"]),
        (None, None, ["a", "b", "c"]),
        ("a", "c", []),
        ("", "abc", []),
    ],
)
async def test_of_several_checks_only_those_accounts_count_that_all_name(
    sqlite_url: str, tmp_path: Path, one: str | None, two: str | None, sold: list[str]
) -> None:
    route = Route()
    plugin = a_plugin(validators=[route.check("one"), route.check("two")])
    async with a_world(sqlite_url, tmp_path, ("router", plugin)) as world:
        uses = (ValidatorUse(validator="one"), ValidatorUse(validator="two"))
        campaign = await world.campaign(validators=uses, maximum_delivery_count=3)
        ids = {
            name: (await world.buyer(campaign, name, price=price)).id
            for name, price in (("a", 9), ("b", 5), ("c", 1))
        }
        for key, named in (("one", one), ("two", two)):
            route.only[key] = None if named is None else tuple(ids[name] for name in named)

        uid = await world.sell(campaign)

        assert await world.sold_to(uid) == sold
        left_out = {name for name, code in (await world.why(uid)).items() if "outside" in code}
        assert left_out == {"a", "b", "c"} - set(sold)
