"""Finding, exporting and erasing one person."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from leadexec_gdpr.desk import MOST
from leadexec_gdpr.record import Why

from leadexec import ConflictError, Person
from leadexec.testing import KeptLead, KeptPost

pytestmark = pytest.mark.anyio
AnOffice = Callable[..., Awaitable[Any]]
ADA = "ada@example.test"
HERS = (
    KeptLead(uid="a", email=ADA),
    KeptLead(uid="b", email="ben@example.test", phone="2125550123"),
    KeptLead(uid="c", phone="2125550123"),
    KeptPost(uid="p", email=ADA),
)


def hers() -> Iterator[KeptLead | KeptPost]:
    return (msgspec.structs.replace(one) for one in HERS)


async def test_what_agrees_with_any_of_the_contacts_is_erased(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    told = await office.desk.erase(Person(email=ADA, phone="2125550123"), by="credential:7")
    assert (told.leads, told.posts, told.waiting) == (("a", "b", "c"), 4, ())
    assert office.left() == []
    assert office.erasure.posts["p"].emptied
    (asked,) = office.erasure.asked
    assert (asked.by, asked.why) == ("credential:7", "The person asked for it.")


async def test_only_the_person_who_was_named_is_erased(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    await office.desk.erase(Person(email=ADA), by="x")
    assert office.left() == ["b", "c"]


async def test_leads_can_be_named_by_their_uids(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    told = await office.desk.erase(Person(leads=("b", "nobody")), by="x")
    assert (told.leads, office.left()) == (("b",), ["a", "c"])
    assert not office.erasure.posts["p"].emptied
    again = await office.desk.erase(Person(leads=("b",)), by="x")
    assert (again.leads, again.erased_before) == ((), ("b",))


async def test_a_dry_run_says_what_would_go_and_leaves_no_trace(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    told = await office.desk.erase(Person(email=ADA), by="x", dry_run=True)
    assert (told.dry_run, told.leads, told.posts) == (True, ("a",), 1)
    assert (office.erasure.asked, await office.record()) == ([], [])
    assert office.left() == ["a", "b", "c"]


async def test_a_lead_on_its_way_is_told_and_can_be_asked_for_again(an_office: AnOffice) -> None:
    office = await an_office(KeptLead(uid="a", email=ADA, on_its_way=True))
    told = await office.desk.erase(Person(email=ADA), by="x")
    assert (told.leads, told.waiting) == ((), ("a",))
    office.erasure.leads["a"].on_its_way = False
    assert (await office.desk.erase(Person(email=ADA), by="x")).leads == ("a",)


async def test_somebody_with_more_leads_than_one_look_finds_is_erased_wholly(
    an_office: AnOffice,
) -> None:
    kept = [KeptLead(uid=f"{number:05}", email=ADA) for number in range(2 * MOST + 5)]
    kept[3].on_its_way = True
    office = await an_office(*kept)
    told = await office.desk.erase(Person(email=ADA), by="x")
    assert (len(told.leads), told.waiting) == (2 * MOST + 4, ("00003",))
    assert office.left() == ["00003"]
    assert len(office.erasure.asked) == 3
    (record,) = await office.record()
    assert (record.leads, record.waiting) == (2 * MOST + 4, 1)


async def test_leads_that_all_wait_end_the_search(an_office: AnOffice) -> None:
    kept = [KeptLead(uid=f"{n:05}", email=ADA, on_its_way=True) for n in range(MOST + 1)]
    office = await an_office(*kept)
    told = await office.desk.erase(Person(email=ADA), by="x")
    assert (told.leads, len(told.waiting)) == ((), MOST)


async def test_the_fields_that_stay_are_those_of_the_settings(an_office: AnOffice) -> None:
    office = await an_office(*hers(), kept_fields=("State",))
    await office.desk.erase(Person(email=ADA), by="x")
    assert office.erasure.asked[0].keep == {"State"}


async def test_the_record_says_who_when_why_and_how_many_and_nothing_else(
    an_office: AnOffice,
) -> None:
    office = await an_office(*hers())
    began = office.clock.now()
    await office.desk.erase(Person(email=ADA), by="credential:7")
    office.clock.advance(timedelta(days=1))
    await office.desk.erase(Person(phone="2125550123"), by="credential:8")
    second, first = await office.record()
    assert (first.by, first.started, first.ended, first.why) == (
        "credential:7",
        began,
        began,
        Why.REQUEST,
    )
    assert (first.leads, first.posts, first.waiting) == (1, 2, 0)
    assert (second.by, second.leads) == ("credential:8", 2)
    told = msgspec.json.encode([first, second]).decode()
    assert "ada" not in told
    assert "212555" not in told


async def test_an_erasure_that_broke_off_is_told_by_its_record(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    office.erasure.breaks_after = 0
    with pytest.raises(RuntimeError):
        await office.desk.erase(Person(email=ADA), by="x")
    (record,) = await office.record()
    assert (record.ended, record.leads) == (None, 0)


async def test_everything_about_a_person_is_exported(an_office: AnOffice) -> None:
    office = await an_office(*hers())
    export = await office.desk.export(Person(email=ADA))
    assert [lead.uid for lead in export.leads] == ["a"]
    assert [post.uid for post in export.posts] == ["p"]
    assert office.left() == ["a", "b", "c"]


async def test_an_export_of_too_much_is_refused_rather_than_cut(an_office: AnOffice) -> None:
    office = await an_office(*(KeptLead(uid=f"{n}", email=ADA) for n in range(MOST + 1)))
    with pytest.raises(ConflictError) as caught:
        await office.desk.export(Person(email=ADA))
    assert caught.value.code == "too_much"
