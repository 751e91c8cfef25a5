"""Exclusive groups and campaign groups through the Account API (``LS23``, ``LS24``)."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio
EXCLUSIVE = "/account/v1/exclusive-groups"
BRANDS = "/account/v1/campaign-groups"


async def created(account: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await account.client.post(f"/account/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def clients(account: Any, *names: str) -> list[int]:
    return [(await created(account, "clients", {"company": name}))["id"] for name in names]


async def a_campaign(account: Any, **changes: Any) -> dict[str, Any]:
    lead_type = await created(account, "lead-types", {"name": "Mortgage"})
    source = await created(account, "lead-sources", {"name": "House"})
    body = {"name": "Search", "lead_source": source["id"], "lead_type": lead_type["id"]}
    return await created(account, "campaigns", body | changes)


def faults(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(fault["path"], fault["code"]) for fault in answer.json()["errors"]}


async def test_an_exclusive_group_is_created_read_changed_and_deleted(account: Any) -> None:
    acme, bolt, core = await clients(account, "Acme", "Bolt", "Core")

    made = await account.client.post(EXCLUSIVE, json={"name": "West", "clients": [bolt, acme]})
    path = made.headers["location"]
    assert (made.status_code, path) == (201, f"{EXCLUSIVE}/1")
    assert (made.json()["clients"], made.json()["send_preference"]) == ([bolt, acme], "one_item")
    assert (await account.client.get(path)).json() == made.json()

    changed = await account.client.patch(
        path, json={"clients": [core], "send_preference": "multiple_items"}
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["clients"]) == ("West", [core])
    assert changed.json()["send_preference"] == "multiple_items"

    replaced = await account.client.put(path, json={"name": "East"})
    assert replaced.json()["clients"] == []
    (listed,) = (await account.client.get(f"{EXCLUSIVE}?name=East")).json()["items"]
    assert listed == replaced.json()

    assert (await account.client.delete(path)).status_code == 204
    assert (await account.client.get(path)).json()["code"] == "unknown_exclusive_group"
    history = (await account.client.get(f"{path}/history")).json()["items"]
    assert [entry["act"] for entry in history] == ["deleted", "updated", "updated", "created"]


async def test_a_campaign_group_is_created_read_changed_and_deleted(account: Any) -> None:
    made = await account.client.post(BRANDS, json={"name": "Brand", "description": "Ours"})
    path = made.headers["location"]
    assert (made.status_code, made.json()["description"]) == (201, "Ours")

    changed = await account.client.patch(path, json={"name": "Brand 2"})
    assert (changed.json()["name"], changed.json()["description"]) == ("Brand 2", "Ours")
    assert (await account.client.get(path)).json() == changed.json()
    (listed,) = (await account.client.get(f"{BRANDS}?search=brand")).json()["items"]
    assert listed == changed.json()

    assert (await account.client.delete(path)).status_code == 204
    assert (await account.client.get(path)).json()["code"] == "unknown_campaign_group"


async def test_clients_that_there_are_not_are_refused_with_their_places(account: Any) -> None:
    (acme,) = await clients(account, "Acme")
    body = {"name": "West", "clients": [4711, acme, 4712]}
    unknown = {("clients[0]", "unknown_reference"), ("clients[2]", "unknown_reference")}

    assert faults(await account.client.post(EXCLUSIVE, json=body)) == unknown

    group = await created(account, "exclusive-groups", {"name": "West", "clients": [acme]})
    path = f"{EXCLUSIVE}/{group['id']}"
    assert faults(await account.client.put(path, json=body)) == unknown
    assert faults(await account.client.patch(path, json={"clients": [acme, 4711]})) == {
        ("clients[1]", "unknown_reference")
    }
    assert (await account.client.get(path)).json()["clients"] == [acme]


SENSELESS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({}, ("name", "missing")),
    ({"name": ""}, ("name", "wrong_length")),
    ({"name": "x" * 201}, ("name", "wrong_length")),
    ({"name": "W", "clients": 1}, ("clients", "wrong_type")),
    ({"name": "W", "clients": ["1"]}, ("clients[0]", "wrong_type")),
    ({"name": "W", "clients": [1.5]}, ("clients[0]", "wrong_type")),
    ({"name": "W", "clients": [True]}, ("clients[0]", "wrong_type")),
    ({"name": "W", "clients": [None]}, ("clients[0]", "wrong_type")),
    ({"name": "W", "clients": [0]}, ("clients[0]", "unknown_reference")),
    ({"name": "W", "clients": [-1]}, ("clients[0]", "unknown_reference")),
    ({"name": "W", "clients": [2**62]}, ("clients[0]", "unknown_reference")),
    ({"name": "W", "clients": [2**63]}, ("clients[0]", "out_of_range")),
    ({"name": "W", "clients": [1] * 10_001}, ("clients", "too_long")),
    ({"name": "W", "send_preference": "all"}, ("send_preference", "not_one_of")),
    ({"name": "W", "client": [1]}, ("client", "unknown_field")),
]


async def test_a_group_that_makes_no_sense_is_refused(account: Any) -> None:
    for body, fault in SENSELESS:
        answer = await account.client.post(EXCLUSIVE, json=body)

        assert fault in faults(answer), body


@pytest.mark.parametrize(("path", "field"), [(EXCLUSIVE, "name"), (BRANDS, "name")])
async def test_a_groups_name_is_taken_once(account: Any, path: str, field: str) -> None:
    await account.client.post(path, json={field: "West"})

    answer = await account.client.post(path, json={field: "West"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


# --- campaigns in groups, and their share


async def test_a_campaign_names_groups_that_there_are(account: Any) -> None:
    group = await created(account, "exclusive-groups", {"name": "West"})
    brand = await created(account, "campaign-groups", {"name": "Brand"})
    campaign = await a_campaign(account, delivers_to=group["id"], campaign_group=brand["id"])
    path = f"/account/v1/campaigns/{campaign['id']}"

    wrong = await account.client.patch(path, json={"delivers_to": 77, "campaign_group": 78})
    kept = [
        await account.client.delete(f"{EXCLUSIVE}/{group['id']}"),
        await account.client.delete(f"{BRANDS}/{brand['id']}"),
    ]
    free = await account.client.patch(path, json={"delivers_to": None, "campaign_group": None})
    gone = await account.client.delete(f"{EXCLUSIVE}/{group['id']}")

    assert (campaign["delivers_to"], campaign["campaign_group"]) == (group["id"], brand["id"])
    assert faults(wrong) == {
        ("delivers_to", "unknown_reference"),
        ("campaign_group", "unknown_reference"),
    }
    assert [(a.status_code, a.json()["code"]) for a in kept] == [(409, "still_used")] * 2
    assert (free.json()["delivers_to"], free.json()["campaign_group"]) == (None, None)
    assert gone.status_code == 204


async def test_a_source_may_be_paid_a_share_of_up_to_all(account: Any) -> None:
    campaign = await a_campaign(account)
    path = f"/account/v1/campaigns/{campaign['id']}"
    shares = {"0": "0.00", "12.5": "12.50", "33.3333": "33.3333", "100": "100.00"}

    for share, shown in shares.items():
        answer = await account.client.patch(path, json={"revenue_share": share})
        assert answer.json()["revenue_share"] == shown
    for wrong in ("100.0001", "1000", 101, "-0.01", "NaN", "1e3", "33.33333", "all", True):
        answer = await account.client.patch(path, json={"revenue_share": wrong})
        assert {where for where, _ in faults(answer)} == {"revenue_share"}, wrong
    assert (await account.client.get(path)).json()["revenue_share"] == "100.00"
    answer = await account.client.patch(path, json={"revenue_share": "100.01"})
    assert faults(answer) == {("revenue_share", "out_of_range")}
