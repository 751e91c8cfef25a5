"""Persons are found and exported, and leads past their term."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec import (
    ConfigurationError,
)
from leadexec.contracts.erasure import Person, Term
from leadexec.distribution.erasing.matching import digits_of, wanted_of
from leadexec.testing import FakeClock
from tests.distribution.erasing_house import (
    EMAIL,
    OTHER,
    PERSON,
    PHONE,
    House,
    a_house,
    a_sale,
)
from tests.system.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with a_house(database_url, tmp_path) as house:
        yield house


@pytest.mark.parametrize(
    "person",
    [
        {"email": EMAIL},
        {"email": f"  {EMAIL.upper()} "},
        {"phone": PHONE},
        {"phone": "+1 (213) 555-0001"},
        {"phone": "1-213-555-0001"},
        {"email": "nobody@x.test", "phone": "213.555.0001"},
    ],
)
async def test_a_person_is_found_however_it_is_spelt(house: House, person: Any) -> None:
    campaign = await house.campaign()
    uid = await house.sold(campaign, **PERSON)
    await house.sold(campaign, **OTHER)
    found = await house.erasure.find_person(Person(**person))
    assert [lead.uid for lead in found.leads] == [uid]
    assert found.leads[0].agrees == (("Phone",) if "phone" in person else ("Email",))
    assert (found.posts, found.complete) == ((), True)


async def test_a_person_is_found_in_any_field_of_any_lead_type(house: House) -> None:
    first, second = await house.campaign(), await house.campaign()
    uids = [
        await house.sold(first, **OTHER, Purpose=EMAIL.upper()),
        await house.sold(second, **PERSON),
        await house.sold(second, Email="x@y.test", Comments="+1 213 555 0001"),
    ]
    found = await house.erasure.find_person(Person(email=EMAIL, phone=PHONE))
    assert [lead.uid for lead in found.leads] == uids
    assert [lead.agrees for lead in found.leads] == [
        ("Purpose",),
        ("Email", "Phone"),
        ("Comments",),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Comments", f"My husband is {EMAIL}"),
        ("Email", f"not{EMAIL}"),
        ("Email", f"{EMAIL}.au"),
        ("Email", "wilhelmina_quuxley.test"),
        ("Purpose", f"{PHONE}5"),
        ("Purpose", f"A{PHONE}"),
    ],
)
async def test_whoever_only_looks_alike_is_not_found(house: House, field: str, value: str) -> None:
    campaign = await house.campaign()
    await house.sold(campaign, **{**OTHER, field: value})
    found = await house.erasure.find_person(Person(email=EMAIL, phone=PHONE))
    assert found.leads == ()


async def test_what_means_something_to_a_database_is_taken_as_it_stands(house: House) -> None:
    campaign = await house.campaign()
    odd = await house.sold(campaign, **{**OTHER, "Email": "a_b%c'\"\\/é@x.test"})
    await house.sold(campaign, **{**OTHER, "Email": "azbzzc@x.test"})
    for email in ("a_b%c'\"\\/é@x.test", "A_B%C'\"\\/é@X.TEST"):
        found = await house.erasure.find_person(Person(email=email))
        assert [lead.uid for lead in found.leads] == [odd]
    assert (await house.erasure.find_person(Person(email="a%@x.test"))).leads == ()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps({"campaign": 99, "fields": PERSON}), "application/json"),
        ('{"campaign": 99, "fields": {"Email": "wilhelmina\\u0040quuxley.test"}}', "text/odd"),
        ("campaign=99&Email=wilhelmina%40Quuxley.test", "application/x-www-form-urlencoded"),
        ("<lead><e>Wilhelmina@Quuxley.test</e></lead>", "text/xml"),
        ("x=213-555-0001 98052", "text/plain"),
    ],
)
async def test_a_refused_post_is_found_in_any_form(house: House, content: str, kind: str) -> None:
    await house.world.client.post(
        "/receiver/leads", content=content, headers={"content-type": kind}
    )
    await house.world.client.post("/receiver/leads", content="wilhelmina@quuxley.test.au 12135550")
    found = await house.erasure.find_person(Person(email=EMAIL, phone=PHONE))
    assert len(found.posts) == 1
    await house.erasure.erase_posts([post.uid for post in found.posts])
    assert (await house.erasure.find_person(Person(email=EMAIL, phone=PHONE))).posts == ()


async def test_leads_are_found_by_their_uids_also_when_they_are_erased(house: House) -> None:
    campaign = await house.campaign()
    uid = await house.sold(campaign, **PERSON)
    await house.erase(uid)
    (lead,) = (await house.erasure.find_person(Person(leads=(uid, "nobody")))).leads
    assert (lead.uid, lead.agrees, lead.erased) == (uid, ("uid",), True)


async def test_more_than_was_asked_for_is_said_to_be_there(house: House) -> None:
    campaign = await house.campaign(validators=())
    uids = [await house.sold(campaign, **PERSON) for _ in range(3)]
    found = await house.erasure.find_person(Person(email=EMAIL), most=2)
    assert ([lead.uid for lead in found.leads], found.complete) == (uids[:2], False)
    assert (await house.erasure.find_person(Person(email=EMAIL), most=3)).complete


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ({}, "nobody_named"),
        ({"email": " "}, "nobody_named"),
        ({"email": "wilhelmina"}, "not_an_email"),
        ({"email": "@"}, "not_an_email"),
        ({"phone": "12"}, "not_a_phone_number"),
        ({"phone": "2135550001 x12"}, "not_a_phone_number"),
        ({"phone": "1" * 16}, "not_a_phone_number"),
    ],
)
async def test_nobody_is_looked_for_by_half_a_name(
    sqlite_world: World, person: Any, code: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await House(sqlite_world).erasure.find_person(Person(**person))
    assert [fault.code for fault in caught.value.faults] == [code]


# --- exporting


async def test_an_export_says_everything_about_the_person_and_nothing_else(house: House) -> None:
    campaign, uid = await a_sale(house)
    acts = house.world.kernel.services.leads
    await acts.append_fields(uid, {"Purpose": "roof"}, "Somebody")
    await house.world.client.post("/receiver/leads", json={"campaign": 99, "fields": PERSON})
    found = await house.erasure.find_person(Person(email=EMAIL))

    export = await house.erasure.export_person([uid, "nobody"], [post.uid for post in found.posts])

    (lead,) = export.leads
    assert (lead.campaign, lead.fields["Email"]) == (campaign.name, EMAIL)
    assert lead.facts == {"probe": {"saw": EMAIL}}
    assert json.loads(lead.post or "")["fields"]["Email"] == EMAIL
    assert [(d.recipient, d.accepted) for d in lead.deliveries] == [
        ("picky", False),
        ("one", True),
        ("two", True),
    ]
    assert [(change.by, change.new) for change in lead.changes] == [
        ("Somebody", {"Purpose": "roof"})
    ]
    (post,) = export.posts
    assert EMAIL in post.body
    await house.erase(uid)
    assert (await house.erasure.export_person([uid])).leads == ()


async def test_an_export_of_one_lead_of_a_list_shows_no_other(house: House) -> None:
    campaign = await house.campaign()
    uids = await house.posted(campaign, PERSON, OTHER)
    (lead,) = (await house.erasure.export_person(uids[:1])).leads
    assert json.loads(lead.post or "")["fields"] == PERSON
    assert "other" not in json.dumps(lead.fields) + (lead.post or "")


# --- retention


async def test_rejected_leads_have_a_term_of_their_own(
    database_url: str, tmp_path: Path, anyio_backend: str
) -> None:
    clock = FakeClock()
    async with a_house(database_url, tmp_path, clock=clock) as house:
        campaign, elsewhere = await house.campaign(), await house.campaign()
        sold = await house.sold(campaign, **PERSON)
        rejected = await house.sold(campaign, **PERSON)
        await house.sold(elsewhere, **PERSON)
        clock.advance(timedelta(days=1))
        border = clock.now()
        await house.sold(campaign, **OTHER)

        async def due(**terms: Any) -> tuple[str, ...]:
            return (await house.erasure.due(Term(campaign_id=campaign.id, **terms))).leads

        assert await due(received_before=border) == (sold,)
        assert await due(rejected_before=border) == (rejected,)
        assert await due(received_before=border, rejected_before=border) == (sold, rejected)
        assert await due() == ()
        assert await due(received_before=border - timedelta(days=1)) == ()
        await house.erase(sold, rejected)
        assert await due(received_before=border, rejected_before=border) == ()


async def test_what_is_due_comes_a_page_at_a_time(house: House) -> None:
    campaign = await house.campaign(validators=())
    uids = [await house.sold(campaign, **PERSON) for _ in range(5)]
    term = Term(
        campaign_id=campaign.id,
        received_before=house.world.kernel.services.clock.now() + timedelta(seconds=1),
    )
    pages, after = [], None
    for _ in range(3):
        page = await house.erasure.due(term, after=after, most=2)
        pages.append(page.leads)
        after = page.next
    assert pages == [tuple(uids[:2]), tuple(uids[2:4]), tuple(uids[4:])]
    assert after is None


async def test_stray_posts_are_due_by_their_own_time(house: House) -> None:
    campaign = await house.campaign()
    await house.sold(campaign, **OTHER)
    for _ in range(3):
        await house.world.client.post("/receiver/leads", json={"campaign": 99})
    now = house.world.kernel.services.clock.now()
    assert (await house.erasure.due_posts(now - timedelta(minutes=9))).posts == ()
    page = await house.erasure.due_posts(now + timedelta(seconds=1), most=2)
    rest = await house.erasure.due_posts(now + timedelta(seconds=1), after=page.next, most=2)
    assert (len(page.posts), len(rest.posts), rest.next) == (2, 1, None)
    assert await house.erasure.erase_posts([*page.posts, *rest.posts]) == 3
    assert (await house.erasure.due_posts(now + timedelta(seconds=1))).posts == ()


# --- laws


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True), st.sampled_from([" ", "-", ".", ""]))
def test_a_phone_number_agrees_with_itself_however_it_is_written(number: str, gap: str) -> None:
    wanted = wanted_of(Person(phone=number), {})
    spelt = gap.join((f"({number[:3]})", number[3:6], number[6:]))
    for text in (number, spelt, f"+1{gap}{spelt}", f"1{number}"):
        assert wanted.agrees(text)
        assert wanted.agrees({"drivers": [{"phone": text}]})
    assert not wanted.agrees(f"{number}0")
    assert digits_of(spelt) == number
