"""Leads in every form a sender may post: stored alike, answered in kind, kept word for word."""

from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from leadexec.model.source import LeadSource
from leadexec.settings import IntakeSettings
from tests.intake.writing import (
    FORMS,
    TYPES,
    Written,
    parts_of,
    send,
    shown_posts,
    told,
    written,
    xml_lead,
)
from tests.system.world import RECEIVER, World, a_world

pytestmark = pytest.mark.anyio
FIELDS = {"FirstName": "Zoë & <Ada> = 100%+1", "state": "ca", "Phone": "(213) 555-0100"}
STORED = {"FirstName": "Zoë & <Ada> = 100%+1", "State": "CA"}
SAME = ("campaign_id", "source_id", "lead_type_id", "status", "code", "reasons", "price")


@pytest.mark.parametrize("is_test", [False, True])
async def test_a_lead_is_stored_alike_in_whichever_form_it_comes(
    database_url: str, tmp_path: Path, is_test: bool
) -> None:
    async with a_world(database_url, tmp_path, run_jobs=False) as world:
        campaign = await world.campaign()
        beside = {"AID": campaign.id, "test": is_test}
        posts = {form: written(form, beside, FIELDS) for form in FORMS}

        answers = {form: await send(world, post) for form, post in posts.items()}

        assert {form: answer.status_code for form, answer in answers.items()} == dict.fromkeys(
            FORMS, 201
        )
        leads = {form: await world.lead(told(a)["lead"]) for form, a in answers.items()}
        first = leads["json"]
        assert first["fields"].items() >= STORED.items()
        assert first["is_test"] is is_test
        for form, lead in leads.items():
            assert (form, lead["fields"]) == (form, first["fields"])
            assert [lead[name] for name in SAME] == [first[name] for name in SAME]
            assert lead["is_test"] is is_test
            (kept,) = await world.rows("requests", uid=lead["request_uid"])
            post = posts[form]
            path = f"{RECEIVER}?{post.query}" if post.query else RECEIVER
            assert (kept["method"], kept["path"]) == (post.method, path)
            assert (kept["content_type"], kept["body"]) == (post.content_type, post.body)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({}, None),
        ({"accept": "application/json"}, "application/json"),
        ({"accept": "text/html, application/xml;q=0.9, */*;q=0.1"}, "application/xml"),
        ({"accept": "application/x-www-form-urlencoded"}, TYPES["form"]),
        ({"accept": "image/png"}, None),
        ({"accept": "application/json", "format": "xml"}, "application/xml"),
        ({"format": "FORM"}, TYPES["form"]),
    ],
)
async def test_the_answer_has_the_form_that_is_asked_for_else_that_of_the_post(
    sqlite_world: World, form: str, wish: dict[str, str], kind: str | None
) -> None:
    campaign = await sqlite_world.campaign()
    wish = dict(wish)
    wanted = wish.pop("format", "")
    usual = "application/xml" if form == "xml" else "application/json"

    for fields, status, code in (
        ({"State": "CA"}, 201, "accepted"),
        ({"State": "Nowhere", "Amount": "a lot"}, 422, "not_a_state"),
    ):
        post = written(form, {"AID": campaign.id}, fields)
        if wanted:
            query = "&".join(filter(None, (post.query, f"format={wanted}")))
            post = post._replace(query=query)
        answer = await send(sqlite_world, post, **wish)

        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == (kind or usual)
        said = told(answer)
        assert said["code"] == code
        lead = await sqlite_world.lead(said["lead"])
        assert said["price"] == str(lead["price"])
        if status == 422:
            assert [said[f"reasons[{i}][field]"] for i in (0, 1)] == ["State", "Amount"]
            assert said["reasons[1][message]"] == lead["reasons"][1]["message"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wanted", ["json", "xml", "form"])
async def test_a_refusal_has_the_form_of_the_answer_too(
    sqlite_world: World, form: str, wanted: str
) -> None:
    post = written(form, {"AID": 4711}, {"State": "CA"})
    post = post._replace(query="&".join(filter(None, (post.query, f"format={wanted}"))))

    answer = await send(sqlite_world, post)

    kinds = {"json": "application/problem+json", "xml": "application/problem+xml"}
    assert answer.headers["content-type"] == kinds.get(wanted, TYPES["form"])
    said = told(answer)
    assert (answer.status_code, said["status"], said["code"]) == (422, "422", "invalid_post")
    assert (said["errors[0][path]"], said["errors[0][code]"]) == ("campaign", "unknown_campaign")


async def test_an_answer_in_a_form_that_there_is_not_is_refused(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()

    for form in FORMS:
        post = written(form, {"AID": campaign.id}, {"State": "CA"})
        post = post._replace(query="&".join(filter(None, (post.query, "format=yaml"))))
        answer = await send(sqlite_world, post)

        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_format")
    assert await sqlite_world.rows("leads") == []


async def test_a_list_in_xml_is_answered_lead_by_lead(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        one, other = await world.campaign(), await world.campaign()
        leads = [
            xml_lead({"campaign": campaign.id}, {"State": state})
            for campaign, state in ((one, "CA"), (other, "Nowhere"), (other, "TX"))
        ]
        post = Written("POST", "", "text/xml", f"<leads>{''.join(leads)}</leads>".encode())

        answer = await send(world, post)

        assert answer.status_code == 200, answer.text
        said = told(answer)
        statuses = [said[f"[{index}][status]"] for index in range(3)]
        assert statuses == ["accepted", "rejected", "accepted"]
        stored = await world.rows("leads")
        assert [row["uid"] for row in stored] == [said[f"[{index}][lead]"] for index in range(3)]
        assert [row["campaign_id"] for row in stored] == [one.id, other.id, other.id]
        assert len({row["request_uid"] for row in stored}) == 1


async def test_source_and_lead_type_name_the_campaign_where_there_is_one(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        source = await world.kernel.create(LeadSource(name="vendor"))
        lead_type = await world.lead_type()
        campaign = await world.campaign(lead_type, lead_source=source.id)
        beside = {"VID": source.id, "LID": lead_type.id}

        for form in FORMS:
            answer = await send(world, written(form, beside, {"State": "CA"}))

            assert (form, answer.status_code) == (form, 201), answer.text
        assert {row["campaign_id"] for row in await world.rows("leads")} == {campaign.id}
        await world.campaign(lead_type, lead_source=source.id)
        for form in FORMS:
            two = await send(world, written(form, beside, {"State": "CA"}))
            none = await send(world, written(form, beside | {"LID": 99}, {"State": "CA"}))
            half = await send(world, written(form, {"VID": source.id}, {"State": "CA"}))

            found = [(a.status_code, told(a)["errors[0][code]"]) for a in (two, none, half)]
            unknown = (422, "unknown_campaign")
            assert (form, found) == (form, [unknown, unknown, (422, "missing")])


async def test_one_key_in_two_query_strings_makes_no_lead_vanish(
    database_url: str, tmp_path: Path
) -> None:
    """A GET has no body: its query string is what the key goes with (``RC2``)."""
    async with a_world(database_url, tmp_path, run_jobs=False) as world:
        campaign = await world.campaign()
        first, other = (
            written("query", {"AID": campaign.id}, {"State": state}) for state in ("CA", "TX")
        )

        answers = [await send(world, post, idempotency_key="k") for post in (first, first, other)]

        assert [answer.status_code for answer in answers] == [201, 201, 422]
        assert answers[0].content == answers[1].content
        assert answers[2].json()["code"] == "idempotency_mismatch"
        assert len(await world.rows("leads")) == 1


# --- what is no post

DOCTYPE = '<?xml version="1.0"?><!DOCTYPE lead [{}]><lead><campaign>1</campaign>{}</lead>'
BAD: dict[str, tuple[str, str, bytes, int, str]] = {
    # name: (content type, query, body, status, code)
    "an empty form": (TYPES["form"], "", b"", 422, "invalid_post"),
    "half an escape": (TYPES["form"], "", b"AID=1&State=C%A", 400, "malformed_form"),
    "JSON as a form": (TYPES["form"], "", b'{"campaign": 1}', 400, "malformed_form"),
    "NUL in a form": (TYPES["form"], "", b"AID=1&State=C%00A", 400, "nul_in_text"),
    "no UTF-8 in a form": (TYPES["form"], "", b"AID=1&State=%ff", 400, "invalid_utf8"),
    "a campaign twice": (TYPES["form"], "AID=1", b"campaign=1", 400, "duplicate_parameter"),
    "a word as a campaign": (TYPES["form"], "", b"AID=mine&State=CA", 422, "invalid_post"),
    "a value without a name": (TYPES["form"], "", b"AID=1&=CA", 400, "malformed_form"),
    "an odd charset": (f"{TYPES['form']}; charset=utf-7", "", b"AID=1", 415, "unsupported_charset"),
    "no boundary": ("multipart/form-data", "", b"--x--", 400, "malformed_multipart"),
    "an open part": (
        TYPES["multipart"],
        "",
        parts_of([("AID", "1")])[:-20],
        400,
        "malformed_multipart",
    ),
    "a file": (
        TYPES["multipart"],
        "",
        parts_of([("AID", "1"), ('photo"; filename="a.png', "PNG")]),
        400,
        "file_not_taken",
    ),
    "no XML": (TYPES["xml"], "", b"AID=1&State=CA", 400, "malformed_xml"),
    "an empty XML body": (TYPES["xml"], "", b"", 400, "malformed_xml"),
    "an open element": (TYPES["xml"], "", b"<lead><campaign>1</campaign>", 400, "malformed_xml"),
    "text between elements": (TYPES["xml"], "", b"<lead>1<State>CA</State></lead>", 400, ""),
    "no leads in XML": (TYPES["xml"], "", b"<leads/>", 422, "invalid_post"),
    "XML in UTF-32": (TYPES["xml"], "", "<a/>".encode("utf-32"), 415, "unsupported_charset"),
    "a laughing bomb": (
        TYPES["xml"],
        "",
        DOCTYPE.format(
            '<!ENTITY a "ha">'
            + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi")),
            "<State>&i;</State>",
        ).encode(),
        400,
        "doctype_refused",
    ),
    "a quadratic bomb": (
        TYPES["xml"],
        "",
        DOCTYPE.format(f'<!ENTITY a "{"x" * 9_000}">', f"<State>{'&a;' * 9_000}</State>").encode(),
        400,
        "doctype_refused",
    ),
    "a file of ours": (
        TYPES["xml"],
        "",
        DOCTYPE.format('<!ENTITY a SYSTEM "file:///etc/passwd">', "<State>&a;</State>").encode(),
        400,
        "doctype_refused",
    ),
    "a document type elsewhere": (
        TYPES["xml"],
        "",
        b'<!DOCTYPE lead SYSTEM "http://127.0.0.1:1/lead.dtd"><lead/>',
        400,
        "doctype_refused",
    ),
    "deep XML": (TYPES["xml"], "", b"<a>" * 10_000 + b"</a>" * 10_000, 400, "too_deep"),
    "10 000 form fields": (
        TYPES["form"],
        "",
        urlencode([("AID", "1"), *((f"f{i}", "x") for i in range(10_000))]).encode(),
        400,
        "too_many_fields",
    ),
    "10 000 parameters": (TYPES["form"], "&".join(["a=b"] * 10_000), b"", 400, "too_many_fields"),
    "10 000 parts": (
        TYPES["multipart"],
        "",
        parts_of([("AID", "1")] + [("f", "x")] * 10_000),
        400,
        "too_many_fields",
    ),
    "10 000 elements": (
        TYPES["xml"],
        "",
        xml_lead({"campaign": 1}, {f"f{i}": "x" for i in range(10_000)}).encode(),
        400,
        "too_many_fields",
    ),
    "10 000 attributes": (
        TYPES["xml"],
        "",
        b"<lead %s/>" % b" ".join(b'a%d="x"' % i for i in range(10_000)),
        400,
        "too_many_fields",
    ),
}


async def test_bad_input_of_every_form_is_refused_with_its_code_kept_and_shown(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        await world.campaign()
        for name, (kind, query, body, status, code) in BAD.items():
            answer = await send(world, Written("POST", query, kind, body), accept=TYPES["json"])

            said = answer.json()
            assert (name, answer.status_code, said["code"]) == (name, status, code or said["code"])
            assert said["detail"]
            (kept,) = await world.rows("requests", uid=said["instance"].removeprefix("urn:uuid:"))
            assert (name, kept["body"] == body) == (name, True)
            assert (kept["status"], kept["code"]) == (status, said["code"])
        assert await world.rows("leads") == []
        shown = await shown_posts(world)
        assert [post["content_type"] for post in shown] == [kind for kind, *_ in BAD.values()]
        assert [post["status"] for post in shown] == [status for *_, status, _ in BAD.values()]
        assert all(post["code"] and post["detail"] for post in shown)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "query"])
async def test_a_body_over_the_limit_is_answered_with_413_in_kind(
    database_url: str, tmp_path: Path, form: str
) -> None:
    limits = IntakeSettings(body_limit=5_000)
    async with a_world(database_url, tmp_path, intake=limits) as world:
        campaign = await world.campaign()
        post = written(form, {"AID": campaign.id}, {"State": "CA", "FirstName": "A" * 6_000})

        answer = await send(world, post)

        assert (answer.status_code, told(answer)["code"]) == (413, "body_too_large")
        assert ("xml" in answer.headers["content-type"]) == (form == "xml")
        (kept,) = await world.rows("requests")
        assert kept["body"] == post.body[:5_000]


async def test_a_long_query_string_is_kept_whole(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        fields = {"State": "CA", "FirstName": "é" * 5_000}

        answer = await send(world, written("query", {"AID": campaign.id}, fields))

        lead = await world.lead(answer.json()["lead"])
        assert lead["fields"]["FirstName"] == fields["FirstName"]
        (kept,) = await world.rows("requests")
        assert len(kept["path"]) > 30_000


async def test_a_broken_query_string_is_refused_and_kept(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        found: list[Any] = []
        for query in ("AID=1&State=%", "AID=1&AID=2", "AID=1&State=%00"):
            answer = await send(world, Written("GET", query, "", b""))
            found.append((answer.status_code, answer.json()["code"]))

        assert found == [
            (400, "malformed_form"),
            (400, "duplicate_parameter"),
            (400, "nul_in_text"),
        ]
        shown = await shown_posts(world)
        assert [post["path"] for post in shown] == [
            f"{RECEIVER}?AID=1&State=%",
            f"{RECEIVER}?AID=1&AID=2",
            f"{RECEIVER}?AID=1&State=%00",
        ]
