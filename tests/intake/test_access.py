"""Who may post: addresses (``LS2``), campaign passwords and tokens (``LS4``)."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from leadexec.errors import ConfigurationError
from leadexec.http.parts import HttpSettings
from leadexec.model.access import Scope
from leadexec.model.secret import Secret
from leadexec.model.source import LeadSource
from tests.intake.writing import FORMS, Written, data_api, send, shown_posts, told, written
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio
FIELDS = {"State": "CA"}
PROXY = "10.0.0.1"
STRANGER = "203.0.113.66"


async def post_from(
    world: World, ip: str | None, campaign: Any, headers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """Post a lead from an address; return the answer's status and code."""
    body = json.dumps({"campaign": campaign.id, "fields": FIELDS}).encode()
    given = [("content-type", "application/json"), *headers]
    scope = {
        "type": "http",
        "method": "POST",
        "path": RECEIVER,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given],
        "client": None if ip is None else (ip, 4711),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Any) -> None:
        sent.append(message)

    await world.app.asgi(scope, receive, keep)
    return sent[0]["status"], json.loads(sent[1]["body"])["code"]


async def guarded(world: World, *, allow: Any = (), deny: Any = ()) -> Any:
    """Return a campaign of a source with these rules."""
    source = await world.kernel.create(
        LeadSource(name=f"{allow} {deny}", allow=tuple(allow), deny=tuple(deny))
    )
    return await world.campaign(lead_source=source.id)


OK, DENIED, NOT_ALLOWED = (201, "accepted"), (403, "ip_denied"), (403, "ip_not_allowed")


@pytest.mark.parametrize(
    ("rules", "outcomes"),
    [
        (
            {"allow": ["203.0.113.7"]},
            {"203.0.113.7": OK, "::ffff:203.0.113.7": OK, "203.0.113.8": NOT_ALLOWED},
        ),
        (
            {"allow": ["203.0.113.1-203.0.113.9"]},
            {"203.0.113.1": OK, "203.0.113.9": OK, "203.0.113.10": NOT_ALLOWED},
        ),
        (
            {"allow": ["203.0.113.0/29", "2001:db8::/32"]},
            {
                "203.0.113.7": OK,
                "203.0.113.8": NOT_ALLOWED,
                "2001:db8:ffff::1": OK,
                "2001:db9::": NOT_ALLOWED,
                "::ffff:203.0.113.8": NOT_ALLOWED,
            },
        ),
        ({"allow": ["::/0"]}, {"2001:db8::1": OK, "203.0.113.7": NOT_ALLOWED}),
        (
            {"deny": ["::ffff:203.0.113.7", "2001:db8::-2001:db8::f"]},
            {
                "203.0.113.7": DENIED,
                "::FFFF:203.0.113.7": DENIED,
                "203.0.113.8": OK,
                "2001:db8::f": DENIED,
                "2001:0DB8:0:0::000A": DENIED,
                "2001:db8::10": OK,
            },
        ),
        (
            {"allow": ["203.0.113.0/24"], "deny": ["203.0.113.7"]},
            {"203.0.113.7": DENIED, "203.0.113.8": OK, "198.51.100.1": NOT_ALLOWED},
        ),
    ],
    ids=lambda value: ",".join(str(item) for item in value.values())[:40],
)
async def test_a_sources_rules_say_which_addresses_may_post(
    sqlite_world: World, rules: dict[str, list[str]], outcomes: dict[str, tuple[int, str]]
) -> None:
    campaign = await guarded(sqlite_world, **rules)
    free = await sqlite_world.campaign()

    for ip, expected in outcomes.items():
        assert (ip, await post_from(sqlite_world, ip, campaign)) == (ip, expected)
        assert await post_from(sqlite_world, ip, free) == OK


async def test_a_sender_whose_address_is_not_known_is_let_in_only_without_rules(
    sqlite_world: World,
) -> None:
    free = await sqlite_world.campaign()
    allowing = await guarded(sqlite_world, allow=["::/0", "0.0.0.0/0"])
    denying = await guarded(sqlite_world, deny=["203.0.113.7"])

    found = [await post_from(sqlite_world, None, c) for c in (free, allowing, denying)]

    assert found == [OK, NOT_ALLOWED, DENIED]


async def test_a_post_from_a_denied_address_is_refused_kept_and_shown(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await guarded(world, deny=["127.0.0.0/8"])
        for form in FORMS:
            answer = await send(world, written(form, {"AID": campaign.id}, FIELDS))

            said = told(answer)
            assert (form, answer.status_code, said["code"]) == (form, 403, "ip_denied")
            assert "127.0.0.1" in said["detail"]
        assert await world.rows("leads") == []
        shown = await shown_posts(world, code="ip_denied")
        assert [post["status"] for post in shown] == [403] * len(FORMS)
        assert {post["remote_ip"] for post in shown} == {"127.0.0.1"}
        read = await data_api(world)
        kept = [(await read(f"requests/{post['uid']}"))["body_base64"] for post in shown]
        posted = [written(form, {"AID": campaign.id}, FIELDS).body for form in FORMS]
        assert [base64.b64decode(body) for body in kept] == posted


async def test_a_token_does_not_open_a_denied_address_and_every_lead_of_a_list_is_looked_at(
    sqlite_world: World,
) -> None:
    free, denied = await sqlite_world.campaign(), await guarded(sqlite_world, deny=["127.0.0.1"])
    headers = {"authorization": f"Bearer {await sqlite_world.token()}"}
    leads = [{"campaign": campaign.id, "fields": FIELDS} for campaign in (free, denied)]

    one = await sqlite_world.post(denied, headers=headers)
    several = await sqlite_world.client.post(RECEIVER, json=leads, headers=headers)

    assert [(a.status_code, a.json()["code"]) for a in (one, several)] == [DENIED] * 2
    assert await sqlite_world.rows("leads") == []


async def test_rules_are_read_from_the_api_and_hold_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        path = f"/account/v1/lead-sources/{campaign.lead_source}"
        headers = {"authorization": f"Bearer {await world.token(Scope.ACCOUNT_API)}"}
        found = []
        changes: list[dict[str, list[str]]] = [
            {"deny": ["127.0.0.1"]},
            {"deny": []},
            {"allow": ["203.0.113.7"]},
        ]
        for rules in changes:
            changed = await world.client.patch(path, json=rules, headers=headers)
            assert changed.status_code == 200, changed.text
            found.append((await world.post(campaign)).json()["code"])

        assert found == ["ip_denied", "accepted", "ip_not_allowed"]


async def test_rules_that_make_no_sense_are_refused_when_they_are_saved(
    sqlite_world: World,
) -> None:
    headers = {"authorization": f"Bearer {await sqlite_world.token(Scope.ACCOUNT_API)}"}
    bad = ["203.0.113.300", "9.9.9.9-1.1.1.1", "10.0.0.0/33", "fe80::1%eth0", "10.0.0.1/8", ""]
    body = {"name": "vendor", "allow": bad, "deny": ["203.0.113.7", "nobody"]}

    answer = await sqlite_world.client.post("/account/v1/lead-sources", json=body, headers=headers)

    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("allow[0]", "bad_address"),
        ("allow[1]", "bad_range"),
        ("allow[2]", "bad_network"),
        ("allow[3]", "bad_address"),
        ("allow[4]", "bad_network"),
        ("allow[5]", "bad_address"),
        ("deny[1]", "bad_address"),
    ]


async def test_rules_that_cannot_be_used_hold_the_leads_and_every_one_is_named(
    sqlite_world: World,
) -> None:
    """They cannot be saved; but they may stand in a database that somebody wrote to."""
    bad = [f"nobody-{number}" for number in range(7)]
    campaign = await guarded(sqlite_world, allow=bad, deny=["203.0.113.7", "worse"])

    answer = await sqlite_world.post(campaign)

    said = answer.json()
    assert (answer.status_code, said["code"]) == (202, "campaign_not_usable")
    message = said["reasons"][0]["message"]
    paths = [*(f"allow[{index}]" for index in range(7)), "deny[1]"]
    assert [path for path in paths if path in message] == paths


# --- behind proxies


@pytest.mark.parametrize(
    ("header", "came", "sender"),
    [
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "198.51.100.1"}), "198.51.100.1"),
        ("x-forwarded-for", (PROXY, {}), PROXY),
        # What the sender wrote itself stands before what the proxies added.
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "203.0.113.7, 198.51.100.1"}), ""),
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "198.51.100.1, 10.0.0.9"}), ""),
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "198.51.100.1:4711"}), ""),
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "::ffff:198.51.100.1"}), ""),
        ("x-forwarded-for", (f"::ffff:{PROXY}", {"x-forwarded-for": "198.51.100.1"}), ""),
        ("x-forwarded-for", (PROXY, {"x-forwarded-for": "unknown"}), PROXY),
        ("x-forwarded-for", (PROXY, {"forwarded": "for=198.51.100.1"}), PROXY),
        ("x-forwarded-for", (STRANGER, {"x-forwarded-for": "198.51.100.1"}), STRANGER),
        ("x-forwarded-for", (STRANGER, {"x-forwarded-for": f"198.51.100.1, {PROXY}"}), STRANGER),
        ("forwarded", (PROXY, {"forwarded": 'for="[2001:db8::1]:80";proto=https'}), "2001:db8::1"),
        ("forwarded", (PROXY, {"forwarded": "for=203.0.113.7, for=198.51.100.1"}), ""),
        ("forwarded", (PROXY, {"x-forwarded-for": "198.51.100.1"}), PROXY),
        ("forwarded", (STRANGER, {"forwarded": "for=198.51.100.1"}), STRANGER),
    ],
)
async def test_the_senders_address_is_what_trusted_proxies_say(
    sqlite_url: str, tmp_path: Path, header: Any, came: tuple[str, dict[str, str]], sender: str
) -> None:
    peer, told_by = came
    headers = list(told_by.items())
    settings = HttpSettings(trusted_proxies=("10.0.0.0/8",), proxy_header=header)
    async with a_world(sqlite_url, tmp_path, http=settings) as world:
        sender = sender or "198.51.100.1"
        only_sender = await guarded(world, allow=[sender])
        not_sender = await guarded(world, deny=[sender])

        found = [await post_from(world, peer, c, headers) for c in (only_sender, not_sender)]

        assert found == [OK, DENIED]
        assert {row["remote_ip"] for row in await world.rows("requests")} == {sender}
        assert {row["remote_ip"] for row in await world.rows("leads")} == {sender}


async def test_a_header_that_comes_in_several_lines_is_one(sqlite_url: str, tmp_path: Path) -> None:
    settings = HttpSettings(trusted_proxies=("10.0.0.1", "10.0.0.2-10.0.0.9"))
    lines = [
        ("x-forwarded-for", "203.0.113.7, 203.0.113.8"),
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-for", "10.0.0.5"),
    ]
    async with a_world(sqlite_url, tmp_path, http=settings) as world:
        campaign = await guarded(world, allow=["198.51.100.1"])

        assert await post_from(world, PROXY, campaign, lines) == OK


async def test_proxies_that_make_no_sense_stop_the_start(sqlite_url: str, tmp_path: Path) -> None:
    settings = HttpSettings(trusted_proxies=("10.0.0.0/8", "nobody", "10.0.0.1/8"))

    with pytest.raises(ConfigurationError) as raised:
        async with a_world(sqlite_url, tmp_path, http=settings):
            pass

    paths = [fault.path for fault in raised.value.faults]
    assert paths == ["http.trusted_proxies[1]", "http.trusted_proxies[2]"]


async def test_without_trusted_proxies_no_header_is_believed(sqlite_world: World) -> None:
    campaign = await guarded(sqlite_world, allow=["198.51.100.1"])
    forged = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")]

    assert await post_from(sqlite_world, STRANGER, campaign, forged) == NOT_ALLOWED
    (kept,) = await sqlite_world.rows("requests")
    assert kept["remote_ip"] == STRANGER


# --- passwords and tokens


async def test_a_campaigns_password_opens_it_in_every_form(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign(password=Secret("hüsh & 1"), require_authentication=True)

        async def codes(**beside: str) -> set[tuple[int, str]]:
            posts = [written(form, {"AID": campaign.id, **beside}, FIELDS) for form in FORMS]
            answers = [await send(world, post) for post in posts]
            return {(answer.status_code, told(answer)["code"]) for answer in answers}

        assert await codes(password="hüsh & 1") == {(201, "accepted")}
        assert await codes(password="hush & 1") == {(401, "wrong_password")}
        assert await codes(password="") == {(401, "token_required")}
        assert await codes() == {(401, "token_required")}
        shown = await shown_posts(world, code="wrong_password")
        assert [post["status"] for post in shown] == [401] * len(FORMS)
        assert len(await world.rows("leads")) == len(FORMS)


async def test_a_password_may_stand_in_the_query_beside_a_body(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(password=Secret("hush"))
    found = []
    for form in FORMS[:-1]:
        post = written(form, {"AID": campaign.id}, FIELDS)
        for word in ("hush", "wrong"):
            answer = await send(sqlite_world, post._replace(query=f"PASSWORD={word}"))
            found.append((form, told(answer)["code"]))

    assert found == [(f, code) for f in FORMS[:-1] for code in ("accepted", "wrong_password")]


async def test_a_password_or_a_token_will_do(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(password=Secret("hush"))
    token = await sqlite_world.token()
    other = await sqlite_world.token(Scope.DATA_API)

    async def code(password: str, authorization: str) -> str:
        post = written("json", {"AID": campaign.id, "password": password}, FIELDS)
        return told(await send(sqlite_world, post, authorization=authorization))["code"]

    assert await code("", f"Bearer {token}") == "accepted"
    assert await code("wrong", f"Bearer {token}") == "accepted"
    assert await code("hush", f"Bearer {token}x") == "token_invalid"
    assert await code("hush", f"Bearer {other}") == "insufficient_scope"


async def test_a_password_is_asked_for_even_where_no_token_is(sqlite_world: World) -> None:
    locked = await sqlite_world.campaign(password=Secret("hush"), require_authentication=False)
    free = await sqlite_world.campaign()
    post = written("json", {"AID": free.id, "password": "any"}, FIELDS)

    assert (await sqlite_world.post(locked)).json()["code"] == "token_required"
    assert (await send(sqlite_world, post)).json()["code"] == "accepted"


async def test_a_list_is_posted_with_a_token_not_with_a_password(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(password=Secret("hush"))
    lead = {"campaign": campaign.id, "password": "hush", "fields": FIELDS}
    body = json.dumps([lead]).encode()

    inside = await send(sqlite_world, Written("POST", "", "application/json", body))
    del lead["password"]
    body = json.dumps([lead]).encode()
    beside = await send(sqlite_world, Written("POST", "password=hush", "application/json", body))
    token = await sqlite_world.token()
    proper = await send(
        sqlite_world,
        Written("POST", "", "application/json", body),
        authorization=f"Bearer {token}",
    )

    for answer in (inside, beside):
        assert answer.status_code == 422
        fault = answer.json()["errors"][0]
        assert (fault["path"], fault["code"]) == ("[0].password", "not_in_a_list")
    assert proper.status_code == 200
    assert proper.json()["leads"][0]["code"] == "accepted"


async def test_a_changed_password_holds_at_once_and_is_shown_to_nobody(
    sqlite_world: World,
) -> None:
    campaign = await sqlite_world.campaign(password=Secret("before"))
    headers = {"authorization": f"Bearer {await sqlite_world.token(Scope.ACCOUNT_API)}"}
    path = f"/account/v1/campaigns/{campaign.id}"

    shown = await sqlite_world.client.get(path, headers=headers)
    changed = await sqlite_world.client.patch(path, json={"password": "after"}, headers=headers)

    assert (shown.json()["password"], changed.json()["password"]) == ("***", "***")
    for word, code in (("before", "wrong_password"), ("after", "accepted")):
        post = written("form", {"AID": campaign.id, "password": word}, FIELDS)
        assert told(await send(sqlite_world, post))["code"] == code
