"""The posts that brought erased leads are emptied, and other leads' parts stay."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadexec.contracts.erasure import Person
from leadexec.distribution.erasing.lists import parts_of, without
from tests.distribution.erasing_house import (
    EMAIL,
    OTHER,
    PERSON,
    House,
    a_house,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    async with a_house(database_url, tmp_path) as house:
        yield house


async def test_of_a_list_only_the_erased_leads_part_goes(house: House) -> None:
    campaign = await house.campaign()
    ada, ben, cid = (
        {"FirstName": name, "Email": f"{name}@x.test", "Phone": f"917555010{number}"}
        for number, name in enumerate(("ada", "ben", "cid"))
    )
    first, second, third = await house.posted(campaign, ada, ben, cid)

    assert (await house.erase(second)).posts == 1
    assert await house.traces(["ben@x.test"]) == []
    (post,) = await house.world.rows("requests")
    left = json.loads(bytes(post["body"]))
    assert [part.get("fields") for part in left] == [ada, None, cid]

    await house.erase(first)
    await house.erase(third)
    (post,) = await house.world.rows("requests")
    assert json.loads(bytes(post["body"]))["leads"] == 3
    assert (post["status"], post["code"]) == (200, "received")
    assert "Emptied" in post["detail"]
    assert await house.traces(["@x.test"]) == []


async def test_of_a_list_that_cannot_be_told_apart_the_whole_post_goes(house: House) -> None:
    campaign = await house.campaign()
    lead = "<lead><AID>{}</AID><Email>{}</Email><Phone>91755502{:02}</Phone></lead>"
    parts = [lead.format(campaign.id, f"{name}@x.test", n) for n, name in enumerate(("ada", "ben"))]
    answer = await house.world.client.post(
        "/receiver/leads",
        content=f"<leads>{''.join(parts)}</leads>",
        headers={"content-type": "text/xml", "accept": "application/json"},
    )
    await house.world.settled()
    ada, ben = (found["lead"] for found in answer.json()["leads"])

    await house.erase(ada)

    assert await house.traces(["ada@x.test"]) == []
    assert (await house.world.lead(ben))["fields"]["Email"] == "ben@x.test"
    assert not any("requests" in place for place in await house.traces(["ben@x.test"]))
    assert (await house.erase(ben)).posts == 0


async def test_what_stood_in_an_address_goes_too(house: House) -> None:
    campaign = await house.campaign()
    query = {"campaign": str(campaign.id), "Email": EMAIL, "FirstName": "Wilhelmina"}
    answer = await house.world.client.get("/receiver/leads", params=query)
    await house.world.settled()
    await house.erase(answer.json()["lead"])
    assert await house.traces() == []
    (post,) = await house.world.rows("requests")
    assert (post["method"], post["path"]) == ("GET", "/receiver/leads")


async def test_repeated_posts_and_idempotency_keys_go_with_the_lead(house: House) -> None:
    campaign = await house.campaign()
    key = {"Idempotency-Key": f"lead-of-{EMAIL}"}
    answers = [await house.world.post(campaign, headers=key, **PERSON) for _ in range(3)]
    await house.world.settled()
    (uid,) = {answer.json()["lead"] for answer in answers}
    assert len(await house.world.rows("requests")) == 3

    assert (await house.erase(uid)).posts == 3
    assert await house.traces() == []


async def test_posts_that_brought_no_lead_are_emptied_by_themselves(house: House) -> None:
    campaign = await house.campaign()
    await house.world.client.post("/receiver/leads", json={"campaign": 99, "fields": PERSON})
    uid = await house.sold(campaign, **OTHER)
    found = await house.erasure.find_person(Person(email=EMAIL))
    assert [post.status for post in found.posts] == [422]
    taken = (await house.world.lead(uid))["request_uid"]

    assert await house.erasure.erase_posts([found.posts[0].uid, taken, "nothing"]) == 1
    assert await house.erasure.erase_posts([found.posts[0].uid]) == 0
    assert await house.traces() == []
    assert (await house.erasure.find_person(Person(email=EMAIL))).posts == ()
    assert await house.traces(["other@body.test"])


# --- laws


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(st.lists(_VALUES, min_size=2, max_size=6), st.sets(st.integers(0, 5)), st.booleans())
def test_cutting_a_list_leaves_the_other_parts_byte_for_byte(
    items: list[Any], gone: set[int], wrapped: bool
) -> None:
    body = json.dumps({"leads": items, "to": "us"} if wrapped else items, indent=1).encode()
    parts = parts_of(body, len(items))
    assert parts is not None
    left = without(body, len(items), gone)
    assert left is not None
    after = parts_of(left, len(items))
    assert after is not None
    for place, (old, new) in enumerate(zip(parts, after, strict=True)):
        assert new == (b'{"erased":true}' if place in gone else old)
    assert not wrapped or json.loads(left)["to"] == "us"


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"[{text}]".encode()))
def test_a_body_that_is_no_list_is_never_cut(body: bytes) -> None:
    found = parts_of(body, 2)
    assert found is None or len(found) == 2
    assert (without(body, 2, {0}) is None) == (found is None)
