"""What the list is asked is answered from an index, however long the list is."""

from typing import Any

import pytest
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.listing import Sort, Wanted
from sqlalchemy import event

from leadexec.testing import FakeClock, FakeStorage, fake_services

pytestmark = pytest.mark.anyio
NOW = FakeClock().now()


class Plans:
    """Runs what is asked, and returns SQLite's plans for it."""

    def __init__(self) -> None:
        self.storage = FakeStorage(DncNumber, DncHit)
        services = fake_services(storage=self.storage)
        self.known = KnownNumbers(services)
        self.desk = ListDesk(services, self.known)
        self._seen: list[tuple[str, Any]] = []
        event.listen(self.storage.engine, "before_cursor_execute", self._see)

    def _see(self, _connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        self._seen.append((text, values))

    def plans(self) -> list[str]:
        """Return the steps of all that was asked."""
        asked, steps = list(self._seen), []
        with self.storage.engine.connect() as connection:
            for text, values in asked:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
                steps += [str(row[3]) for row in plan]
        return steps


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ({}, "SCAN plugin__numbers USING INDEX"),
        ({"after": "12125550123"}, "SEARCH plugin__numbers USING INDEX"),
        ({"search": "212"}, "SEARCH plugin__numbers USING INDEX"),
        ({"search": "+44"}, "SEARCH plugin__numbers USING INDEX"),
        ({"hit": False}, "SCAN plugin__numbers USING INDEX"),
        ({"sort": Sort.NEWEST}, "SCAN plugin__numbers"),
        ({"added_from": NOW, "added_until": NOW}, "SEARCH plugin__numbers"),
        ({"hit": True}, "SCAN plugin__hits USING INDEX"),
        ({"last_hit_from": NOW}, "SEARCH plugin__hits USING INDEX"),
    ],
)
async def test_a_page_needs_no_sorting(wanted: dict[str, Any], first: str) -> None:
    plans = Plans()
    await plans.desk.page(Wanted(**wanted))
    steps = plans.plans()
    assert steps[0].startswith(first)
    assert not [step for step in steps if "B-TREE" in step]


async def test_the_check_reads_by_keys_alone() -> None:
    plans = Plans()
    await plans.desk.add("2125550101")
    del plans._seen[:]
    await plans.known.entries([12125550101])
    steps = [step for step in plans.plans() if "plugin__" in step]
    assert len(steps) == 2
    assert all(step.startswith("SEARCH plugin__numbers USING") for step in steps)
