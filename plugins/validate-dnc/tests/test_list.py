from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadexec_validate_dnc import importing
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.hits import Hit, count
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.listing import Listed, Sort, Wanted

from leadexec import ConfigurationError, NotFoundError, Storage
from leadexec.testing import FakeClock, FakeStorage, fake_services

pytestmark = pytest.mark.anyio


class Desk(ListDesk):
    """A desk on ``storage`` with a clock and some short words for a test."""

    def __init__(self, storage: Storage) -> None:
        self.clock = FakeClock()
        self.services = fake_services(storage=storage, clock=self.clock)
        super().__init__(self.services, KnownNumbers(self.services))

    async def load_text(self, text: str, **options: str) -> importing.ImportReport:
        async def blocks() -> AsyncIterator[bytes]:
            for line in text.splitlines(keepends=True):
                yield line.encode()

        return await self.load(blocks(), **options)

    async def hit(self, text: str, lead: str, at: datetime | None = None) -> None:
        entry = await self.entry(text)
        hit = Hit(lead_uid=lead, entries=(entry.id,), at=at or self.clock.now())
        await count(hit, self.services)

    async def numbers(self, **wanted: Any) -> list[str]:
        """Return the numbers of all pages."""
        found: list[str] = []
        page = Listed(items=(), next="")
        while page.next is not None:
            page = await self.page(Wanted(**wanted, after=page.next))
            found += [item.number for item in page.items]
        return found


def times_hit(page: Listed) -> dict[str, int]:
    return {item.number: item.times_hit for item in page.items}


async def test_a_number_is_added_with_its_date_and_note(storage: Storage) -> None:
    desk = Desk(storage)
    entry, is_new = await desk.add("+1 (212) 555-0123", "asked by telephone")
    assert (entry.number, entry.note, is_new) == ("2125550123", "asked by telephone", True)
    assert (entry.added, entry.times_hit, entry.last_hit) == (desk.clock.now(), 0, None)
    assert await desk.entry("12125550123") == entry


async def test_a_number_that_is_added_again_stays_as_it_is(storage: Storage) -> None:
    desk = Desk(storage)
    first, _ = await desk.add("2125550123", "first")
    desk.clock.advance(60)
    assert await desk.add("212-555-0123", "second") == (first, False)
    assert await desk.count() == 1


async def test_a_removed_number_is_gone_with_its_hits(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.add("2125550123")
    await desk.hit("2125550123", "lead 1")
    await desk.remove("(212) 555-0123")
    with pytest.raises(NotFoundError):
        await desk.entry("2125550123")
    entry, _ = await desk.add("2125550123")
    assert entry.times_hit == 0


async def test_what_is_not_listed_cannot_be_removed(storage: Storage) -> None:
    with pytest.raises(NotFoundError) as caught:
        await Desk(storage).remove("2125550123")
    assert caught.value.code == "not_listed"


async def test_what_is_no_number_is_refused(storage: Storage) -> None:
    desk = Desk(storage)
    for act in (desk.add, desk.remove, desk.entry):
        with pytest.raises(ConfigurationError):
            await act("555-0123")
    assert await desk.count() == 0


async def test_an_import_reports_what_was_new_twice_and_wrong(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.add("2125550101")
    report = await desk.load_text("2125550101\n2125550102\n555\n212.555.0102\n2125550103\n")
    assert (report.rows, report.added, report.duplicates, report.invalid) == (5, 2, 2, 1)
    assert [(fault.row, fault.code) for fault in report.errors] == [(3, "wrong_length")]
    assert await desk.numbers() == ["2125550101", "2125550102", "2125550103"]


async def test_an_import_keeps_the_note_with_what_is_new(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.add("2125550101", "by hand")
    table = "name,phone\nAda,2125550101\nLin,2125550102\n"
    await desk.load_text(table, column="phone", note="state registry")
    page = await desk.page(Wanted())
    assert [item.note for item in page.items] == ["by hand", "state registry"]


async def test_running_an_import_again_adds_nothing(storage: Storage) -> None:
    desk = Desk(storage)
    text = "".join(f"212555{line:04}\n" for line in range(2_000, 2_300))
    first, again = await desk.load_text(text), await desk.load_text(text)
    assert (first.added, first.duplicates) == (300, 0)
    assert (again.added, again.duplicates) == (0, 300)


async def test_an_import_that_breaks_off_keeps_what_was_written(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BLOCK", 11)
    monkeypatch.setattr(importing, "GATHERED", 10)
    monkeypatch.setattr(importing, "BATCH", 4)
    desk = Desk(storage)
    lines = [f"212555{line:04}\n".encode() for line in range(2_000, 2_100)]

    async def broken() -> AsyncIterator[bytes]:
        for line in lines[:55]:
            yield line
        raise ConnectionResetError

    async def whole() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    with pytest.raises(ConnectionResetError):
        await desk.load(broken())
    assert 40 <= await desk.count() <= 55
    report = await desk.load(whole())
    assert report.added + report.duplicates == 100
    assert await desk.count() == 100


async def test_imported_numbers_are_found_at_once(storage: Storage) -> None:
    desk = Desk(storage)
    known = desk._known
    assert await known.entries([12125550101]) == {}
    await desk.load_text("2125550101\n+4512345678\n")
    assert set(await known.entries([12125550101, 4512345678, 1])) == {12125550101, 4512345678}


async def test_a_column_that_is_not_there_adds_nothing(storage: Storage) -> None:
    desk = Desk(storage)
    with pytest.raises(ConfigurationError):
        await desk.load_text("phone\n2125550101\n", column="fax")
    assert await desk.count() == 0


async def test_the_list_comes_in_pages_by_number(storage: Storage) -> None:
    desk = Desk(storage)
    numbers = [f"21255501{line:02}" for line in range(25)]
    await desk.load_text("\n".join(reversed(numbers)))
    first = await desk.page(Wanted(limit=10))
    assert [item.number for item in first.items] == numbers[:10]
    assert await desk.numbers(limit=7) == numbers
    assert await desk.numbers(limit=5, sort=Sort.NEWEST) == numbers[::-1]


async def test_numbers_are_found_by_what_they_begin_with(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.load_text("2125550101\n2135550101\n+2125550101\n+442071234567\n+4420712345\n")
    assert await desk.numbers(search="212") == ["2125550101"]
    assert await desk.numbers(search="+44 20") == ["+4420712345", "+442071234567"]
    assert await desk.numbers(search="(213) 555-0101") == ["2135550101"]
    assert await desk.numbers(search="+2125550101") == ["+2125550101"]
    assert await desk.numbers(search="999") == []


async def test_numbers_are_filtered_by_the_date_they_were_added(storage: Storage) -> None:
    desk = Desk(storage)
    days = [desk.clock.now() + timedelta(days=day) for day in range(5)]
    for day in range(5):
        await desk.load_text(f"21255501{day:02}\n21255502{day:02}\n")
        desk.clock.advance(timedelta(days=1))
    await desk.remove("2125550202")
    found = await desk.numbers(added_from=days[1], added_until=days[3], limit=2)
    assert sorted(found) == ["2125550101", "2125550102", "2125550201"]
    assert await desk.numbers(added_from=desk.clock.now()) == []
    assert len(await desk.numbers(added_until=days[1])) == 2
    assert len(await desk.numbers(added_from=days[0])) == 9


async def test_numbers_that_were_hit_are_listed_latest_first(storage: Storage) -> None:
    desk = Desk(storage)
    numbers = [f"21255501{line:02}" for line in range(6)]
    await desk.load_text("\n".join(numbers))
    times = []
    for place, number in enumerate(numbers[1:5]):
        times.append(desk.clock.now())
        for lead in range(place + 1):
            await desk.hit(number, f"lead {place} {lead}")
        desk.clock.advance(3600)
    assert await desk.numbers(hit=True, limit=3) == numbers[4:0:-1]
    assert await desk.numbers(hit=False) == [numbers[0], numbers[5]]
    assert await desk.numbers(last_hit_from=times[1], last_hit_until=times[3]) == numbers[3:1:-1]
    page = await desk.page(Wanted(sort=Sort.LAST_HIT))
    assert times_hit(page) == dict(zip(numbers[4:0:-1], (4, 3, 2, 1), strict=True))


async def test_pages_by_last_hit_tell_numbers_of_the_same_instant_apart(storage: Storage) -> None:
    desk = Desk(storage)
    numbers = [f"21255501{line:02}" for line in range(5)]
    await desk.load_text("\n".join(numbers))
    for number in numbers:
        await desk.hit(number, "lead")
    assert sorted(await desk.numbers(hit=True, limit=2)) == numbers


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"search": "abc"}, "invalid_search"),
        ({"after": "x"}, "invalid_cursor"),
        ({"after": "1.2"}, "invalid_cursor"),
        ({"after": "1", "hit": True}, "invalid_cursor"),
        ({"after": "9" * 18}, "invalid_cursor"),
        ({"hit": True, "sort": Sort.NUMBER}, "invalid_sort"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(wanted: Any, code: str) -> None:
    desk = Desk(FakeStorage(DncNumber, DncHit))
    with pytest.raises(ConfigurationError) as caught:
        await desk.page(Wanted(**wanted))
    assert [fault.code for fault in caught.value.faults] == [code]


async def test_a_hit_is_counted_once_for_each_lead(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.add("2125550123")
    early = desk.clock.now()
    desk.clock.advance(60)
    await desk.hit("2125550123", "lead 1")
    await desk.hit("2125550123", "lead 2", at=early)
    await desk.hit("2125550123", "lead 1")
    entry = await desk.entry("2125550123")
    assert (entry.times_hit, entry.last_hit) == (2, desk.clock.now())


async def test_a_lead_hits_all_its_numbers_that_are_still_listed(storage: Storage) -> None:
    desk = Desk(storage)
    first, _ = await desk.add("2125550101")
    second, _ = await desk.add("2125550102")
    third, _ = await desk.add("2125550103")
    await desk.remove("2125550102")
    entries = (third.id, second.id, first.id, first.id)
    await count(Hit(lead_uid="lead", entries=entries, at=desk.clock.now()), desk.services)
    page = await desk.page(Wanted())
    assert times_hit(page) == {"2125550101": 1, "2125550103": 1}


async def test_many_leads_at_once_are_all_counted(storage: Storage) -> None:
    desk = Desk(storage)
    await desk.add("2125550123")
    async with anyio.create_task_group() as group:
        for lead in range(12):
            group.start_soon(desk.hit, "2125550123", f"lead {lead}")
    assert (await desk.entry("2125550123")).times_hit == 12


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 5)), max_size=20))
async def test_list_and_memory_agree_after_any_changes(acts: list[tuple[str, int]]) -> None:
    desk = Desk(FakeStorage(DncNumber, DncHit))
    listed: set[int] = set()
    numbers = [12125550100 + place for place in range(6)]
    for act, place in acts:
        if act == "+":
            await desk.add(str(numbers[place]))
            listed.add(numbers[place])
        elif numbers[place] in listed:
            await desk.remove(str(numbers[place]))
            listed.remove(numbers[place])
        assert set(await desk._known.entries(numbers)) == listed
        assert await desk.count() == len(listed)
