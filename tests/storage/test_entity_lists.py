"""Lists of entities page by page, without gaps and without repetition."""

import base64
import json
from itertools import product
from typing import Any

import pytest

from leadexec import ConfigurationError, Secret
from leadexec.model.client import Client, ClientStatus
from leadexec.storage.entity_lists import count_entities, list_entities

pytestmark = pytest.mark.anyio


async def some_depots(world: Any) -> None:
    client = await world.create(Client(company="Acme"))
    for number in range(12):
        parent = 1 + number // 4 if number > 5 else None
        depot = world.Depot(name=f"Depot {number % 5}", client=client.id, parent=parent)
        depot = depot if number < 5 else world.Depot(name=f"D{number}", client=1, parent=parent)
        await world.create(depot)


async def page(world: Any, struct: Any, **arguments: Any) -> Any:
    return await world.read(
        lambda c: list_entities(c, world.tables, struct, world.cipher, **arguments)
    )


async def all_pages(world: Any, struct: Any, **arguments: Any) -> list[Any]:
    found = await page(world, struct, **arguments)
    items = list(found.items)
    while found.next:
        found = await page(world, struct, cursor=found.next, **arguments)
        items.extend(found.items)
    return items


@pytest.mark.parametrize(
    "sort", ["id", "-id", "name", "-name", "parent", "-parent", "fee", "opened"]
)
@pytest.mark.parametrize("limit", [1, 5])
async def test_pages_join_to_the_whole_list_in_its_order(world: Any, sort: str, limit: int) -> None:
    await some_depots(world)

    items = await all_pages(world, world.Depot, sort=sort, limit=limit)

    whole = await page(world, world.Depot, sort=sort, limit=100)
    assert items == list(whole.items)
    assert sorted(item.id for item in items) == list(range(1, 13))
    assert whole.next == ""


async def test_a_list_is_sorted_and_empty_values_come_last(world: Any) -> None:
    await some_depots(world)

    parents = [d.parent for d in await all_pages(world, world.Depot, sort="parent", limit=5)]
    ids = [d.id for d in await all_pages(world, world.Depot, sort="-id", limit=5)]

    assert parents == [2, 2, 3, 3, 3, 3] + [None] * 6
    assert ids == list(range(12, 0, -1))


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": "active"}, ["Beta"]),
        ({"status": ["active", "new"]}, ["Acme", "Beta"]),
        ({"priority": "3"}, ["Gamma"]),
        ({"priority": 3, "status": "active"}, []),
        ({"status": []}, []),
    ],
)
async def test_filters_take_a_value_or_several(
    world: Any, filters: dict[str, Any], names: list[str]
) -> None:
    await world.create(Client(company="Acme"))
    await world.create(Client(company="Beta", status=ClientStatus.ACTIVE))
    await world.create(Client(company="Gamma", status=ClientStatus.DEAD, priority=3))

    found = await page(world, Client, filters=filters)
    count = await world.read(lambda c: count_entities(c, world.tables, Client, filters=filters))

    assert [client.company for client in found.items] == names
    assert count == len(names)


async def test_a_search_finds_text_in_any_case_and_takes_wildcards_literally(world: Any) -> None:
    await world.create(Client(company="Acme 100%", city="Köln"))
    await world.create(Client(company="Beta", notes="was acme once"))
    await world.create(Client(company="Gamma"))

    async def found(text: str) -> list[str]:
        return [client.company for client in (await page(world, Client, search=text)).items]

    assert await found("ACME") == ["Acme 100%", "Beta"]
    assert await found("100%") == ["Acme 100%"]
    assert await found("_") == []


async def test_none_filters_what_is_empty(world: Any) -> None:
    await some_depots(world)

    found = await page(world, world.Depot, filters={"parent": None})

    assert [depot.id for depot in found.items] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"filters": {"colour": "red"}}, "unknown_filter"),
        ({"filters": {"settings": "{}"}}, "unknown_filter"),
        ({"filters": {"secret": "s"}}, "unknown_filter"),
        ({"filters": {"parent": "one"}}, "invalid_filter"),
        ({"sort": "settings"}, "unknown_sort"),
        ({"sort": "-secret"}, "unknown_sort"),
        ({"cursor": "%%%"}, "invalid_cursor"),
        ({"cursor": "WyJuYW1lIiwgMSwgMV0"}, "invalid_cursor"),
    ],
)
async def test_what_a_list_cannot_do_is_refused(
    world: Any, arguments: dict[str, Any], code: str
) -> None:
    await world.create(Client(company="Acme"))
    await world.create(world.Depot(name="North", client=1, secret=Secret("s")))

    with pytest.raises(ConfigurationError) as refused:
        await page(world, world.Depot, **arguments)

    assert [fault.code for fault in refused.value.faults] == [code]


NASTY = (
    2**63,
    -(2**63) - 1,
    10**40,
    "9223372036854775808",
    float("nan"),
    float("inf"),
    1e300,
    "NaN",
    "-Infinity",
    "1e30",
    "0.00001",
    "a\0b",
    "\ud800",
    "2026-01-05T15:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    True,
    "",
)


async def faults_of(world: Any, **arguments: Any) -> set[str]:
    """Return what a list asked for by ``arguments`` is refused for; empty: it is given."""
    try:
        await page(world, world.Depot, **arguments)
    except ConfigurationError as refused:
        return {fault.code for fault in refused.faults}
    return set()


async def test_a_filter_by_any_value_lists_or_is_refused(world: Any) -> None:
    await some_depots(world)
    told: dict[str, set[str]] = {}
    for name in ("id", "name", "client", "parent", "fee", "balance", "ratio", "opened"):
        told[name] = set()
        for value in NASTY:
            told[name] |= await faults_of(world, filters={name: value})
            told[name] |= await faults_of(world, filters={name: [value, value]})

    assert told == {name: {"invalid_filter"} for name in told}


async def test_a_forged_cursor_continues_somewhere_or_is_refused(world: Any) -> None:
    await some_depots(world)
    told = set()
    for sort in ("id", "name", "parent", "-fee", "opened"):
        for value, last in product((*NASTY, None, [1], {"a": 1}), (1, 2**63, -(10**30), "1")):
            text = json.dumps([sort.removeprefix("-"), value, last])
            cursor = base64.urlsafe_b64encode(text.encode()).decode()
            told |= await faults_of(world, sort=sort, cursor=cursor)

    assert told == {"invalid_cursor"}


async def test_a_cursor_that_nests_without_end_is_refused(world: Any) -> None:
    cursor = base64.urlsafe_b64encode(b'["id",' + b"[" * 20_000).decode()

    with pytest.raises(ConfigurationError):
        await page(world, world.Depot, cursor=cursor)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"id": 2**63}, "64 bits"),
        ({"opened": "2026-01-05T15:00:00"}, "needs an offset"),
        ({"fee": "NaN"}, "NaN is no amount of money"),
        ({"name": "a\0b"}, "such characters"),
    ],
)
async def test_a_refused_filter_says_what_is_wrong_with_its_value(
    world: Any, filters: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        await page(world, world.Depot, filters=filters)


@pytest.mark.parametrize("text", ["\0", "\ud800"])
async def test_a_search_for_what_no_text_holds_is_refused(world: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match="such characters"):
        await page(world, Client, search=text)
