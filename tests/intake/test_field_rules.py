"""Rules of single fields: characters that may not occur, own messages, several values."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leadexec.model.access import Scope
from leadexec.model.lead_type import LeadField
from leadexec.model.source import Campaign
from tests.intake.writing import FORMS, Written, send, told, written
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


def a_field(name: str = "Note", kind: str = "text", **changes: Any) -> LeadField:
    return LeadField(name=name, description=f"The {name.lower()}", type=kind, **changes)


async def a_campaign(world: World, *fields: LeadField, **changes: Any) -> Campaign:
    return await world.campaign(await world.lead_type(*fields), **changes)


async def posted(world: World, campaign: Campaign, value: Any, name: str = "Note") -> Any:
    """Post one field as JSON; return its stored value, or the reasons."""
    body = {"campaign": campaign.id, "fields": {name: value}}
    answer = (await world.client.post("/receiver/leads", json=body)).json()
    if answer["reasons"]:
        return [(reason["field"], reason["code"]) for reason in answer["reasons"]]
    return (await world.lead(answer["lead"]))["fields"].get(name)


async def changed(world: World, path: str, body: dict[str, Any]) -> None:
    """Change configuration as an operator does."""
    headers = {"authorization": f"Bearer {await world.token(Scope.ACCOUNT_API)}"}
    answer = await world.client.patch(f"/account/v1/{path}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


# --- characters that may not occur (LT6)


@pytest.mark.parametrize("form", FORMS)
async def test_a_value_with_a_character_that_may_not_occur_is_refused_in_every_form(
    sqlite_world: World, form: str
) -> None:
    campaign = await a_campaign(sqlite_world, a_field(invalid_characters="<>é;"))

    answer = await send(
        sqlite_world, written(form, {"AID": campaign.id}, {"note": "a <b>é</b> & c"})
    )

    said = told(answer)
    assert (answer.status_code, said["code"]) == (422, "invalid_characters")
    assert (said["reasons[0][field]"], said["reasons[0][message]"]) == (
        "Note",
        "The note must not contain: < > é",
    )
    good = await send(sqlite_world, written(form, {"AID": campaign.id}, {"note": "a & c"}))
    lead = await sqlite_world.lead(told(good)["lead"])
    assert lead["fields"] == {"Note": "a & c"}


REFUSED = [("Note", "invalid_characters")]


@pytest.mark.parametrize(
    ("rule", "kind", "value", "expected"),
    [
        ("<", "text", ["ok", "a<b"], REFUSED),
        ("<", "text", ["ok", "fine"], "ok|fine"),
        (".", "decimal", 5.5, REFUSED),
        (".", "decimal", "5.5", REFUSED),
        ("-", "decimal", -5, REFUSED),
        (".", "decimal", 5, "5"),
        ("<", "sub_fields", {"Name": "a<b"}, REFUSED),
        ("<", "sub_fields", [{"Name": "ok"}, {"Name": "a<b"}], REFUSED),
        ("<", "sub_fields", [{"Name": "ok"}], [{"Name": "ok"}]),
        ("e", "yes_no", True, True),
        ("]\\^-a", "text", "xyz-", REFUSED),
        ("]\\^-a", "text", "xyz^", REFUSED),
        ("]\\^-a", "text", "bcd", "bcd"),
        ("\U0001f4a9", "text", "oh \U0001f4a9", REFUSED),
    ],
)
async def test_the_rule_holds_for_whatever_a_value_is_made_of(
    sqlite_world: World, rule: str, kind: str, value: Any, expected: Any
) -> None:
    inner = {"fields": [{"name": "Name", "description": "Name", "type": "text"}]}
    settings = inner if kind == "sub_fields" else {}
    campaign = await a_campaign(
        sqlite_world,
        a_field(kind=kind, settings=settings, invalid_characters=rule),
        value_delimiter="|",
    )

    assert await posted(sqlite_world, campaign, value) == expected


async def test_a_value_that_was_fine_before_is_looked_at_again_when_the_rule_has_changed(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        lead_type = await world.lead_type(a_field())
        campaign = await world.campaign(lead_type)
        apart = await world.campaign(lead_type, value_delimiter="|")
        found = [[await posted(world, c, "a;b") for c in (campaign, apart)]]
        (field,) = lead_type.fields

        for rule in (";", ""):
            field = msgspec.structs.replace(field, invalid_characters=rule)
            body = {"fields": [msgspec.to_builtins(field)]}
            await changed(world, f"lead-types/{lead_type.id}", body)
            found.append([await posted(world, c, "a;b") for c in (campaign, apart)])

        assert found == [["a;b"] * 2, [REFUSED] * 2, ["a;b"] * 2]


# --- own messages (LT6)


async def test_an_own_message_is_said_for_every_value_that_is_refused_and_for_nothing_else(
    database_url: str, tmp_path: Path
) -> None:
    ours = 'Please, a number like "12".'
    async with a_world(database_url, tmp_path) as world:
        campaign = await a_campaign(
            world,
            a_field("Age", "integer", error_message=ours, invalid_characters="$", required=True),
            a_field("Size", "integer"),
        )

        async def reasons(**fields: Any) -> list[tuple[str, str]]:
            body = {"campaign": campaign.id, "fields": fields}
            answer = (await world.client.post("/receiver/leads", json=body)).json()
            return [(reason["code"], reason["message"]) for reason in answer["reasons"]]

        assert await reasons(Age="many") == [("not_a_number", ours)]
        assert await reasons(Age="$5") == [("invalid_characters", ours)]
        assert await reasons(Age=["1", "2"]) != []
        assert await reasons(Age="") == [("required_field_missing", "The age is required.")]
        ((code, message),) = await reasons(Age="5", Size="many")
        assert (code, message.startswith("The size ")) == ("not_a_number", True)
        assert await reasons(Age="5", Size="") == []


# --- several values (LS16)


def several(form: str, campaign: Campaign, values: Sequence[str], name: str = "Note") -> Written:
    return written(form, {"AID": campaign.id}, {name: list(values)})


@pytest.mark.parametrize("form", FORMS)
async def test_several_values_are_joined_by_the_campaigns_delimiter(
    database_url: str, tmp_path: Path, form: str
) -> None:
    async with a_world(database_url, tmp_path) as world:
        lead_type = await world.lead_type(a_field())
        bars = await world.campaign(lead_type, value_delimiter=" | ")
        commas = await world.campaign(lead_type, value_delimiter=",")
        none = await world.campaign(lead_type)

        answers = [
            await send(world, several(form, c, ["red", "green & blue", "red"]))
            for c in (bars, commas, none)
        ]

        said = [told(answer) for answer in answers]
        assert [one["code"] for one in said] == ["accepted", "accepted", "several_values"]
        stored = [(await world.lead(one["lead"]))["fields"] for one in said]
        assert stored == [
            {"Note": "red | green & blue | red"},
            {"Note": "red,green & blue,red"},
            {},
        ]


@pytest.mark.parametrize("form", ["form", "multipart", "query"])
async def test_names_with_brackets_are_lists_even_of_one_value(
    sqlite_world: World, form: str
) -> None:
    campaign = await a_campaign(sqlite_world, a_field(), value_delimiter=",")

    found = []
    for values in (["red"], ["red", "blue"], ["", "blue"]):
        answer = await send(sqlite_world, several(form, campaign, values, "note[]"))
        found.append((await sqlite_world.lead(told(answer)["lead"]))["fields"])

    assert found == [{"Note": "red"}, {"Note": "red,blue"}, {"Note": ",blue"}]


async def test_choices_are_taken_apart_by_the_campaigns_delimiter(sqlite_world: World) -> None:
    options = [{"value": value} for value in ("red", "green", "blue")]
    field = a_field(kind="dropdown", settings={"options": options, "several": True})
    lead_type = await sqlite_world.lead_type(field)
    bars = await sqlite_world.campaign(lead_type, value_delimiter="|")
    none = await sqlite_world.campaign(lead_type)

    for value in ("red|blue", ["red", "blue"], "red;blue"):
        assert await posted(sqlite_world, bars, value) == "red;blue"
    assert await posted(sqlite_world, none, "red;blue") == "red;blue"
    ((field_name, _),) = await posted(sqlite_world, none, "red|blue")
    assert field_name == "Note"


async def test_a_changed_delimiter_and_a_changed_lead_type_hold_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        lead_type = await world.lead_type(a_field())
        campaign = await world.campaign(lead_type, value_delimiter=",")
        found = [await posted(world, campaign, ["a", "b"])]

        await changed(world, f"campaigns/{campaign.id}", {"value_delimiter": "/"})
        found.append(await posted(world, campaign, ["a", "b"]))
        longer = [a_field(), a_field("Colour", required=True)]
        await changed(world, f"lead-types/{lead_type.id}", {"fields": msgspec.to_builtins(longer)})
        found.append(await posted(world, campaign, ["a", "b"]))
        await changed(world, f"campaigns/{campaign.id}", {"value_delimiter": ""})
        found.append(await posted(world, campaign, ["a", "b"]))

        missing = ("Colour", "required_field_missing")
        assert found == ["a,b", "a/b", [missing], [("Note", "several_values"), missing]]


async def test_what_a_sender_posts_never_meets_the_delimiter_as_a_fault(
    sqlite_world: World,
) -> None:
    """A delimiter among the characters that may not occur keeps values apart for good."""
    campaign = await a_campaign(sqlite_world, a_field(invalid_characters=";"), value_delimiter=";")

    assert await posted(sqlite_world, campaign, ["a", "b"]) == "a;b"
    assert await posted(sqlite_world, campaign, ["a;x", "b"]) == REFUSED


async def test_a_list_of_odd_things_is_refused_and_not_a_fault_of_ours(
    sqlite_world: World,
) -> None:
    campaign = await a_campaign(sqlite_world, a_field(), value_delimiter=",")

    for value in ([["a"], "b"], [{}, "b"], [None, "b"], [1, True], {"a": "b"}, [""] * 5_000):
        body = json.dumps({"campaign": campaign.id, "fields": {"Note": value}}).encode()
        answer = await send(sqlite_world, Written("POST", "", "application/json", body))

        assert answer.status_code in (201, 422), answer.text
    assert sqlite_world.kernel.faults.counts == {}
