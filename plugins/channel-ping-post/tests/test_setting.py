"""The ping setting: what is refused when it is saved, and how the present one is found."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from leadexec_channel_ping_post import PingField, PingSetting, stored_setting
from sqlalchemy import update

from leadexec import CampaignInfo, ConfigurationError, ConflictError, LeadexecError

ROUTE = "/plugins/channel-ping-post/campaigns/12"


@pytest.mark.parametrize(
    "bad",
    [
        {"seconds": 0.1},
        {"seconds": 20.5},
        {"hold_seconds": 4},
        {"hold_seconds": 3601},
        {"deliveries": 0},
        {"deliveries": 101},
        {"fields": [{"name": "First Name"}]},
        {"fields": [{"name": ""}]},
        {"fields": [{"name": "State\n"}]},
        {"fields": [{"name": "State", "requird": True}]},
    ],
)
def test_what_could_not_work_is_refused_when_it_is_saved(bad: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"campaign": 12, **bad}, PingSetting)


def test_every_fault_has_its_path() -> None:
    fields = tuple(PingField(name=name) for name in ("State", "Zip", "STATE", "zip"))
    with pytest.raises(ConfigurationError) as caught:
        PingSetting(campaign=12, fields=fields, profit_percentage=Decimal("100.01"))

    assert [(fault.path, fault.code) for fault in caught.value.faults] == [
        ("fields[2].name", "repeated_field"),
        ("fields[3].name", "repeated_field"),
        ("profit_percentage", "out_of_range"),
    ]


def test_a_campaign_has_one_setting(house: Any) -> None:
    house.setting()
    with pytest.raises(ConflictError):
        house.setting()


def test_every_field_says_what_it_is_for() -> None:
    for field in msgspec.inspect.type_info(PingSetting).fields:  # type: ignore[union-attr]
        if field.name in ("id", "created", "updated", "revision"):
            continue
        schema = getattr(field.type, "extra_json_schema", None)
        assert schema is not None, field.name
        assert {"title", "description"} <= schema.keys(), field.name


def test_a_change_counts_at_once_in_this_process(house: Any) -> None:
    house.ping()
    house.setting(deliveries=2)
    house.ping()
    house.changed()
    house.ping()

    assert [terms.deliveries for _, _, terms in house.quotes.asked] == [1, 1, 2]


def test_a_change_by_another_process_counts_within_five_seconds(house: Any) -> None:
    house.ping()
    house.setting(deliveries=2)
    house.clock.advance(4.9)
    house.ping()
    house.clock.advance(0.2)
    house.ping()

    assert [terms.deliveries for _, _, terms in house.quotes.asked] == [1, 1, 2]


def test_the_database_is_not_asked_for_every_ping(house: Any) -> None:
    house.changed("campaign")
    for _ in range(5):
        house.ping()

    assert house.storage.reads == 1


def test_a_change_during_the_reading_is_not_missed(house: Any) -> None:
    read = house.storage.read
    setting = house.setting()

    async def meddling(question: Callable[..., Any]) -> Any:
        found = await read(question)
        if house.storage.reads == 1:
            entities = house.storage.entities(PingSetting)
            changed = msgspec.structs.replace(setting, deliveries=2)
            await house.storage.change(lambda c: entities.update(c, changed))
            house.plugin._memory.forget()
        return found

    house.storage.read = meddling
    house.ping()

    assert house.asked()[1].deliveries == 2


def spoil(house: Any) -> None:
    table = house.storage.table(PingSetting)
    act = update(table).where(table.c.campaign == 12).values(hold_seconds=0)
    asyncio.run(house.storage.change(lambda connection: connection.execute(act)))


def test_a_faulty_setting_stops_the_pings_of_its_own_campaign_only(
    open_house: Callable[..., Any], info: Callable[..., CampaignInfo]
) -> None:
    house = open_house(info(), info(id=13))
    house.setting()
    house.setting(campaign=13, deliveries=2)
    spoil(house)
    faulty = house.ping().json()
    house.client.post("/ping/leads", json={"campaign": 13, "fields": {}})

    assert (faulty["status"], faulty["code"]) == ("refused", "faulty_ping_setting")
    (kept,) = house.intake.refused
    assert "hold_seconds" in kept.detail
    assert house.asked()[1].deliveries == 2


def test_the_effective_terms_are_shown(house: Any) -> None:
    defaults = house.client.get(ROUTE).json()
    setting = house.setting(fields=(PingField(name="State"),), profit=Decimal("2.5"))
    own = house.client.get(ROUTE).json()

    assert (defaults["ping_setting"], defaults["fields"], defaults["problems"]) == (None, [], [])
    assert (defaults["path"], defaults["seconds"]) == ("/ping/leads", 2.0)
    assert (own["ping_setting"], own["profit"]) == (setting.id, "2.50")
    assert own["fields"] == [{"name": "State", "required": True}]
    assert (own["campaign"], own["campaign_name"]) == (12, "Pings")


def test_what_keeps_pings_from_being_accepted_is_shown(
    open_house: Callable[..., Any], info: Callable[..., CampaignInfo]
) -> None:
    house = open_house(info(channel="web"))
    house.setting(fields=tuple(PingField(name=name) for name in ("STATE", "Gone", "total")))
    problems = house.client.get(ROUTE).json()["problems"]

    assert [(fault["path"], fault["code"]) for fault in problems] == [
        ("campaign", "not_ping_post"),
        ("fields[1].name", "unknown_field"),
        ("fields[2].name", "computed_field"),
    ]


@pytest.mark.parametrize("who", [None, ("data_api", "ping_setting.read"), ("account_api",)])
def test_terms_are_shown_to_who_may_read_settings(
    house: Any, caller: Callable[..., Any], who: tuple[str, ...] | None
) -> None:
    house.caller = caller(*who) if who else None

    assert house.client.get(ROUTE).status_code == 403


def test_the_terms_of_no_campaign_are_not_shown(house: Any) -> None:
    answer = house.client.get("/plugins/channel-ping-post/campaigns/99")

    assert (answer.status_code, answer.json()) == (404, {"code": "unknown_campaign"})


@pytest.mark.anyio
async def test_another_plugin_may_read_a_setting(open_house: Callable[..., Any]) -> None:
    house = await asyncio.to_thread(open_house)
    await asyncio.to_thread(house.setting, deliveries=4)

    assert (await stored_setting(house.storage, 12)).deliveries == 4
    assert await stored_setting(house.storage, 11) == PingSetting(campaign=11)
    await asyncio.to_thread(spoil, house)
    with pytest.raises(LeadexecError, match="Save it again"):
        await stored_setting(house.storage, 12)
