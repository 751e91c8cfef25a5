import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

LEAD_TYPE: dict[str, Any] = {
    "name": "Mortgage",
    "fields": [
        {"name": "State", "description": "State", "type": "text"},
        {"name": "Amount", "description": "Amount", "type": "number"},
    ],
}


async def created(account: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await account.client.post(f"/account/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def faults(answer: Any) -> set[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {(fault["path"], fault["code"]) for fault in answer.json()["errors"]}


async def a_campaign(account: Any, **changes: Any) -> dict[str, Any]:
    lead_type = await created(account, "lead-types", LEAD_TYPE)
    source = await created(account, "lead-sources", {"name": "House"})
    body = {"name": "Search", "lead_source": source["id"], "lead_type": lead_type["id"], **changes}
    return await created(account, "campaigns", body)


async def test_an_entity_is_created_read_replaced_patched_and_deleted(account: Any) -> None:
    made = await account.client.post("/account/v1/clients", json={"company": "Acme"})
    path = made.headers["location"]
    assert made.status_code == 201
    assert path == "/account/v1/clients/1"
    assert made.headers["etag"] == '"1"'

    read = await account.client.get(path)
    assert read.json() == made.json()
    assert read.json()["status"] == "new"

    replaced = await account.client.put(path, json={"company": "Acme 2", "status": "active"})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')

    patched = await account.client.patch(path, json={"priority": 3})
    assert (patched.json()["priority"], patched.json()["status"]) == (3, "active")

    gone = await account.client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await account.client.get(path)).json()["code"] == "unknown_client"


async def test_what_was_read_can_be_sent_back_as_it_is(account: Any) -> None:
    campaign = await a_campaign(
        account,
        price="1.25",
        criteria={"kind": "field", "field": "State", "operator": "is", "values": ["CA"]},
        validators=[{"validator": "sample", "settings": {"days": 3, "token": "hush"}}],
    )
    path = f"/account/v1/campaigns/{campaign['id']}"

    answer = await account.client.put(path, json=(await account.client.get(path)).json())

    assert answer.json() == campaign


async def test_a_replacement_sets_what_it_leaves_out_to_the_default(account: Any) -> None:
    made = await created(account, "clients", {"company": "Acme", "city": "Reno"})

    answer = await account.client.put(f"/account/v1/clients/{made['id']}", json={"company": "Acme"})

    assert answer.json()["city"] == ""


async def test_a_merge_patch_removes_what_is_null_and_merges_objects(account: Any) -> None:
    campaign = await a_campaign(account, limits={"daily": 5, "weekly": 9})

    answer = await account.client.patch(
        f"/account/v1/campaigns/{campaign['id']}",
        json={"limits": {"daily": None, "monthly": 20}},
        headers={"content-type": "application/merge-patch+json"},
    )

    assert answer.json()["limits"] == {
        "hourly": None,
        "daily": None,
        "weekly": 9,
        "monthly": 20,
    }


async def test_money_is_exact_whether_sent_as_text_or_as_number(account: Any) -> None:
    campaign = await a_campaign(account)
    path = f"/account/v1/campaigns/{campaign['id']}"
    headers = {"content-type": "application/json"}

    answer = await account.client.patch(path, content=b'{"price": 0.1}', headers=headers)
    assert answer.json()["price"] == "0.10"

    answer = await account.client.patch(path, content=b'{"price": "12.3456"}', headers=headers)
    assert answer.json()["price"] == "12.3456"

    for wrong in (b"-1", b"0.00001", b'"NaN"', b"1e20", b"true"):
        body = b'{"price": %s}' % wrong
        answer = await account.client.patch(path, content=body, headers=headers)
        assert answer.status_code == 422, wrong


async def test_all_faults_are_listed_at_once_with_their_places(account: Any) -> None:
    source = await created(account, "lead-sources", {"name": "House"})
    lead_type = await created(account, "lead-types", LEAD_TYPE)

    answer = await account.client.post(
        "/account/v1/campaigns",
        json={
            "names": "Search",
            "lead_source": source["id"] + 7,
            "lead_type": lead_type["id"],
            "channel": "telepathy",
            "time_zone": "Mars/Olympus",
            "maximum_delivery_count": 0,
            "limits": {"daily": "many"},
            "criteria": {
                "kind": "all",
                "items": [
                    {"kind": "field", "field": "Nope", "operator": "is", "values": ["x"]},
                    {"kind": "field", "field": "Amount", "operator": "is", "values": ["x"]},
                ],
            },
            "validators": [
                {"validator": "sample", "settings": {"days": 0, "wrong": 1}},
                {"validator": "absent"},
                {"validator": "sample", "settings": {"days": 1, "fields": ["Nope"]}},
            ],
        },
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_configuration"
    paths = {path for path, _ in faults(answer)}
    assert {
        ("names", "unknown_field"),
        ("name", "missing"),
        ("lead_source", "unknown_reference"),
        ("channel", "not_one_of"),
        ("time_zone", "unknown_time_zone"),
        ("maximum_delivery_count", "out_of_range"),
        ("limits.daily", "wrong_type"),
        ("validators[0].settings.days", "out_of_range"),
        ("validators[0].settings.wrong", "unknown_field"),
        ("validators[1].validator", "unknown_component"),
        ("validators[2].settings.fields", "unknown_lead_field"),
    } <= faults(answer)
    assert "criteria.items[0].field" in paths
    assert any(path.startswith("criteria.items[1]") for path in paths)
    near = next(f for f in answer.json()["errors"] if f["path"] == "names")
    assert "'name'" in near["message"]


async def test_secrets_in_settings_are_stored_encrypted_and_shown_as_a_mask(account: Any) -> None:
    use = {"validator": "sample", "settings": {"days": 3, "token": "hush"}}
    campaign = await a_campaign(account, validators=[use])
    path = f"/account/v1/campaigns/{campaign['id']}"

    assert campaign["validators"][0]["settings"] == {"days": 3, "token": "***"}
    history = await account.client.get(f"{path}/history")
    assert "hush" not in history.text

    masked = {"validator": "sample", "settings": {"days": 4, "token": "***"}}
    await account.client.patch(path, json={"validators": [masked]})
    # The check is made of the kept secret again, so it must still be the old one.
    from leadexec.model.source import Campaign
    from leadexec.security.secrets import is_encrypted
    from leadexec.storage.entities import entity_by_id

    parts = account.parts
    stored = await parts.store.read(
        lambda c: entity_by_id(c, parts.tables, Campaign, campaign["id"], parts.cipher)
    )
    settings = stored.validators[0].settings
    assert settings["days"] == 4
    assert is_encrypted(settings["token"])
    assert parts.cipher.decrypt(settings["token"]) == "hush"


async def test_a_mask_without_a_stored_secret_is_refused(account: Any) -> None:
    lead_type = await created(account, "lead-types", LEAD_TYPE)
    source = await created(account, "lead-sources", {"name": "House"})
    use = {"validator": "sample", "settings": {"days": 3, "token": "***"}}
    body = {"name": "S", "lead_source": source["id"], "lead_type": lead_type["id"]}

    answer = await account.client.post("/account/v1/campaigns", json={**body, "validators": [use]})

    assert ("validators[0].settings.token", "secret_missing") in faults(answer)


async def test_a_plugins_entity_has_the_same_routes_and_keeps_its_secret(account: Any) -> None:
    made = await created(account, "sample-lists", {"name": "Blocked", "key": "hush"})
    assert made["key"] == "***"

    path = f"/account/v1/sample-lists/{made['id']}"
    changed = await account.client.patch(path, json={"name": "Blocked 2"})

    assert changed.json()["key"] == "***"


async def test_a_stale_change_is_refused_with_409(account: Any) -> None:
    made = await created(account, "clients", {"company": "Acme"})
    path = f"/account/v1/clients/{made['id']}"
    await account.client.patch(path, json={"city": "Reno"}, headers={"if-match": '"1"'})

    by_header = await account.client.patch(path, json={"city": "Elko"}, headers={"if-match": '"1"'})
    by_body = await account.client.put(path, json={"company": "Acme", "revision": 1})
    deleted = await account.client.delete(path, headers={"if-match": '"1"'})

    for answer in (by_header, by_body, deleted):
        assert (answer.status_code, answer.json()["code"]) == (409, "stale_revision")


async def test_what_is_still_used_cannot_be_deleted(account: Any) -> None:
    campaign = await a_campaign(account)

    answer = await account.client.delete(f"/account/v1/lead-types/{campaign['lead_type']}")

    assert (answer.status_code, answer.json()["code"]) == (409, "still_used")


async def test_a_taken_name_is_refused_with_409(account: Any) -> None:
    await created(account, "clients", {"company": "Acme"})

    answer = await account.client.post("/account/v1/clients", json={"company": "Acme"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


async def test_a_list_is_filtered_searched_sorted_and_paged(account: Any) -> None:
    for company, status in (("Zeta", "active"), ("Beta", "new"), ("Alpha", "active")):
        await created(account, "clients", {"company": company, "status": status})

    first = await account.client.get("/account/v1/clients?status=active&sort=company&limit=1")
    assert [item["company"] for item in first.json()["items"]] == ["Alpha"]

    following = first.headers["link"].partition(">")[0].removeprefix("<")
    second = await account.client.get(following)
    assert [item["company"] for item in second.json()["items"]] == ["Zeta"]
    assert second.json()["next"] is None

    found = await account.client.get("/account/v1/clients?search=bet")
    assert [item["company"] for item in found.json()["items"]] == ["Beta"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "nope=1",
        "sort=nope",
        "after=zzz",
        "limit=1&limit=2",
        "status=zzz",
        "priority=99999999999999999999",
        "priority=x",
        "id=-99999999999999999999",
        "created=2026-01-05T15:00:00",
        "search=%00",
        "company=a%00b",
        "after=WyJpZCIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTksMV0",
    ],
)
async def test_a_query_that_is_not_understood_is_refused(account: Any, query: str) -> None:
    answer = await account.client.get(f"/account/v1/clients?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("price", ["1e30", "NaN", "0.00001"])
async def test_a_filter_by_an_amount_that_is_none_is_refused(account: Any, price: str) -> None:
    answer = await account.client.get(f"/account/v1/campaigns?price={price}")

    assert answer.status_code == 422


async def test_the_history_tells_who_changed_what(account: Any) -> None:
    made = await created(account, "clients", {"company": "Acme"})
    path = f"/account/v1/clients/{made['id']}"
    await account.client.patch(path, json={"city": "Reno"})
    await account.client.delete(path)

    answer = await account.client.get(f"{path}/history?limit=2")
    rest = await account.client.get(f"{path}/history?before={answer.json()['next']}")

    assert [entry["act"] for entry in answer.json()["items"]] == ["deleted", "updated"]
    assert [entry["act"] for entry in rest.json()["items"]] == ["created"]
    assert answer.json()["items"][1]["new"]["city"] == "Reno"
    assert answer.json()["items"][0]["by"] == "credential:1"


async def test_the_settings_exist_once_and_need_no_creation(account: Any) -> None:
    path = "/account/v1/account-settings"
    before = await account.client.get(path)
    assert (before.json()["currency"], before.json()["revision"]) == ("USD", 0)

    changed = await account.client.patch(
        path, json={"company": "Ours", "default_automation": {"strategy": "price"}}
    )

    assert changed.status_code == 200, changed.text
    assert (await account.client.get(path)).json()["company"] == "Ours"
    assert (await account.client.post(path, json={})).status_code == 405


async def test_the_same_key_and_body_make_one_entity_and_give_the_same_answer(
    account: Any,
) -> None:
    call = {"json": {"company": "Acme"}, "headers": {"idempotency-key": "abc"}}
    first = await account.client.post("/account/v1/clients", **call)
    await account.client.patch("/account/v1/clients/1", json={"city": "Reno"})

    again = await account.client.post("/account/v1/clients", **call)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await account.client.get("/account/v1/clients")).json()["items"]) == 1


async def test_the_same_key_with_another_body_is_refused(account: Any) -> None:
    headers = {"idempotency-key": "abc"}
    await account.client.post("/account/v1/clients", json={"company": "Acme"}, headers=headers)

    answer = await account.client.post(
        "/account/v1/clients", json={"company": "Other"}, headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


async def test_a_refused_call_does_not_use_up_its_key(account: Any) -> None:
    headers = {"idempotency-key": "abc"}
    refused = await account.client.post("/account/v1/clients", json={}, headers=headers)
    assert refused.status_code == 422

    answer = await account.client.post(
        "/account/v1/clients", json={"company": "Acme"}, headers=headers
    )

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"fields": LEAD_TYPE["fields"][:1]}, ("fields", "field_removed")),
        (
            {"fields": [{**LEAD_TYPE["fields"][0], "type": "number"}, LEAD_TYPE["fields"][1]]},
            ("fields[0].type", "kind_changed"),
        ),
        (
            {"fields": [*LEAD_TYPE["fields"], {**LEAD_TYPE["fields"][0], "name": "STATE"}]},
            ("fields[2].name", "name_taken"),
        ),
        (
            {"display_groups": [{"name": "G", "fields": ["Nope"]}]},
            ("display_groups[0].fields[0]", "unknown_lead_field"),
        ),
        (
            {"fields": [LEAD_TYPE["fields"][0], {**LEAD_TYPE["fields"][1], "default": "x"}]},
            ("fields[1].default", "not_a_number"),
        ),
        (
            {
                "fields": [
                    {**LEAD_TYPE["fields"][0], "settings": {"pattern": "("}},
                    LEAD_TYPE["fields"][1],
                ]
            },
            ("fields[0].settings.pattern", "refused_pattern"),
        ),
    ],
)
async def test_a_lead_type_keeps_what_leads_rely_on(
    account: Any, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    made = await created(account, "lead-types", LEAD_TYPE)

    answer = await account.client.patch(f"/account/v1/lead-types/{made['id']}", json=change)

    assert faults(answer) == {fault}


async def test_a_lead_type_can_gain_and_retire_fields(account: Any) -> None:
    made = await created(account, "lead-types", LEAD_TYPE)
    state, amount = made["fields"]
    more = {"name": "Zip", "description": "Zip", "type": "text"}

    answer = await account.client.patch(
        f"/account/v1/lead-types/{made['id']}",
        json={"fields": [{**state, "retired": True}, amount, more]},
    )

    assert answer.status_code == 200, answer.text
    assert [f["retired"] for f in answer.json()["fields"]] == [True, False, False]


async def test_a_field_that_is_fixed_cannot_be_changed(account: Any) -> None:
    campaign = await a_campaign(account)

    answer = await account.client.patch(
        f"/account/v1/campaigns/{campaign['id']}", json={"channel": "phone"}
    )

    assert faults(answer) == {("channel", "fixed_field")}


async def test_a_delivery_account_needs_a_method_of_its_own_client_and_lead_type(
    account: Any,
) -> None:
    lead_type = await created(account, "lead-types", LEAD_TYPE)
    one = await created(account, "clients", {"company": "One"})
    other = await created(account, "clients", {"company": "Other"})
    method = await created(
        account,
        "delivery-methods",
        {
            "name": "Hook",
            "client": other["id"],
            "lead_type": lead_type["id"],
            "type": "hook",
            "settings": {"url": "https://buyer.test", "password": "hush", "timeout": 2.5},
        },
    )
    assert method["settings"] == {
        "url": "https://buyer.test",
        "password": "***",
        "timeout": 2.5,
    }

    answer = await account.client.post(
        "/account/v1/delivery-accounts",
        json={
            "name": "A",
            "client": one["id"],
            "lead_type": lead_type["id"],
            "delivery_method": method["id"],
        },
    )

    assert faults(answer) == {("delivery_method", "other_client")}


async def test_what_a_plugin_raises_while_it_checks_is_a_fault_with_its_name(account: Any) -> None:
    lead_type = await created(account, "lead-types", LEAD_TYPE)
    client = await created(account, "clients", {"company": "One"})
    body = {"name": "H", "client": client["id"], "lead_type": lead_type["id"], "type": "hook"}

    answer = await account.client.post(
        "/account/v1/delivery-methods", json={**body, "settings": {"url": "boom"}}
    )

    assert faults(answer) == {("settings", "plugin_raised")}
    assert account.parts.faults.counts == {"sample": 1}
    assert "should not raise" not in answer.text


@pytest.mark.parametrize(
    ("windows", "fault"),
    [
        (
            [{"day": "monday", "start": "10:00", "end": "09:00"}],
            ("schedule[0].end", "window_empty"),
        ),
        (
            [
                {"day": "monday", "start": "08:00", "end": "12:00"},
                {"day": "monday", "start": "11:59", "end": "13:00"},
            ],
            ("schedule[1].start", "window_overlaps"),
        ),
        ([{"day": "monday", "start": "8:00"}], ("schedule[0].start", "wrong_form")),
    ],
)
async def test_a_schedule_makes_sense(
    account: Any, windows: list[dict[str, str]], fault: tuple[str, str]
) -> None:
    lead_type = await created(account, "lead-types", LEAD_TYPE)
    client = await created(account, "clients", {"company": "One"})
    body = {"name": "H", "client": client["id"], "lead_type": lead_type["id"], "type": "hook"}

    answer = await account.client.post(
        "/account/v1/delivery-methods",
        json={**body, "settings": {"url": "https://buyer.test"}, "schedule": windows},
    )

    assert faults(answer) == {fault}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"company": "A", "company": "B"}', "application/json", 400, "duplicate_key"),
        (b'{"company": "A\\u0000"}', "application/json", 400, "nul_in_text"),
        (b'{"company": ', "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 400, "not_an_object"),
        (b"", "application/json", 400, "malformed_json"),
        (b"company=A", "application/x-www-form-urlencoded", 415, "wrong_content_type"),
        (b"{}", "", 415, "wrong_content_type"),
        (b'{"company": "' + b"x" * 2_100_000 + b'"}', "application/json", 413, "body_too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    account: Any, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await account.client.post(
        "/account/v1/clients", content=body, headers={"content-type": content_type}
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_system_sets_ids_and_times(account: Any) -> None:
    answer = await account.client.post("/account/v1/clients", json={"company": "A", "id": 7})

    assert faults(answer) == {("id", "read_only_field")}


async def test_an_id_beyond_all_ids_is_not_found(account: Any) -> None:
    answer = await account.client.get("/account/v1/clients/99999999999999999999999")

    assert answer.status_code in (400, 404)


async def test_two_calls_at_once_with_one_key_make_one_entity(account: Any) -> None:
    call = {"json": {"company": "Acme"}, "headers": {"idempotency-key": "abc"}}

    answers = await asyncio.gather(
        *(account.client.post("/account/v1/clients", **call) for _ in range(5))
    )

    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4


async def test_of_two_changes_at_once_one_is_stale(account: Any) -> None:
    made = await created(account, "clients", {"company": "Acme"})
    path = f"/account/v1/clients/{made['id']}"

    answers = await asyncio.gather(
        *(
            account.client.patch(path, json={"city": city, "revision": 1})
            for city in ("Reno", "Elko", "Ely")
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_computed_fields_know_the_others_and_never_wait_for_each_other(account: Any) -> None:
    def computed(name: str, reads: str) -> dict[str, Any]:
        described = {"name": name, "description": name, "type": "computed"}
        return {**described, "settings": {"reads": reads}}

    amount = {"name": "Amount", "description": "Amount", "type": "number"}
    fine = {"name": "Fine", "fields": [amount, computed("A", "B"), computed("B", "Amount")]}
    circle = {"name": "Circle", "fields": [amount, computed("A", "B"), computed("B", "A")]}
    unknown = {"name": "Unknown", "fields": [amount, computed("A", "Nope")]}

    answers = [
        await account.client.post("/account/v1/lead-types", json=body)
        for body in (fine, circle, unknown)
    ]

    assert answers[0].status_code == 201, answers[0].text
    assert faults(answers[1]) == {
        ("fields[1].settings", "computed_in_a_circle"),
        ("fields[2].settings", "computed_in_a_circle"),
    }
    assert faults(answers[2]) == {("fields[1].settings.reads", "unknown_field")}
