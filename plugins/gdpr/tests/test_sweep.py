"""What retention policies come to, and sweeping by them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadexec_gdpr.plugin import GdprPlugin
from leadexec_gdpr.policies import RetentionPolicy, terms_of
from leadexec_gdpr.record import Why
from leadexec_gdpr.settings import GdprSettings

from leadexec import ConfigurationError
from leadexec.testing import FakeClock, KeptLead, KeptPost

pytestmark = pytest.mark.anyio
AnOffice = Callable[..., Awaitable[Any]]
NOW = FakeClock().now()


def old(uid: str, days: float, campaign: int = 1, status: str = "unsold") -> KeptLead:
    received = NOW - timedelta(days=days)
    return KeptLead(uid=uid, received_at=received, campaign_id=campaign, status=status)


async def test_leads_go_when_their_days_are_over_and_not_before(an_office: AnOffice) -> None:
    office = await an_office(
        old("over", 30.1), old("at", 30), old("within", 29.9), policies=[{"retention_days": 30}]
    )
    swept = await office.desk.sweep(by="x")
    assert (swept.leads, swept.waiting, swept.complete) == (1, 0, True)
    assert office.left() == ["at", "within"]
    office.clock.advance(timedelta(hours=12))
    await office.desk.sweep(by="x")
    assert office.left() == []


async def test_rejected_leads_have_days_of_their_own(an_office: AnOffice) -> None:
    kept = [old("sold", 50), old("rejected", 50, status="rejected")]
    office = await an_office(*kept, policies=[{"rejected_retention_days": 10}])
    await office.desk.sweep(by="x")
    assert office.left() == ["sold"]
    office = await an_office(old("r", 50, status="rejected"), policies=[{"retention_days": 10}])
    await office.desk.sweep(by="x")
    assert office.left() == ["r"]


async def test_a_campaigns_own_policy_holds_alone(an_office: AnOffice) -> None:
    office = await an_office(
        old("one", 50, campaign=1),
        old("two", 50, campaign=2),
        old("three", 50, campaign=3, status="rejected"),
        campaigns=(1, 2, 3),
        policies=[
            {"retention_days": 40, "rejected_retention_days": 40},
            {"campaign": 2, "retention_days": 60},
            {"campaign": 3, "retention_days": 1},
        ],
    )
    await office.desk.sweep(by="x")
    assert office.left() == ["two", "three"]


async def test_without_policies_nothing_is_ever_erased(an_office: AnOffice) -> None:
    office = await an_office(
        old("a", 10_000), KeptPost(uid="p", received_at=old("", 999).received_at)
    )
    swept = await office.desk.sweep(by="x")
    assert (swept.leads, swept.posts) == (0, 0)
    assert office.left() == ["a"]


async def test_posts_without_a_lead_obey_the_accounts_rejected_days(an_office: AnOffice) -> None:
    posts = [KeptPost(uid=f"{d:02}", received_at=NOW - timedelta(days=d)) for d in (5, 15, 25)]
    office = await an_office(
        *posts, policies=[{"rejected_retention_days": 10}, {"campaign": 1, "retention_days": 1}]
    )
    assert (await office.desk.sweep(by="x")).posts == 2
    assert [post.uid for post in office.erasure.posts.values() if not post.emptied] == ["05"]


async def test_two_policies_for_the_account_stop_the_sweep(an_office: AnOffice) -> None:
    office = await an_office(
        old("a", 100), policies=[{"retention_days": 30}, {"retention_days": 60}]
    )
    with pytest.raises(ConfigurationError) as caught:
        await office.desk.sweep(by="x")
    assert [fault.code for fault in caught.value.faults] == ["two_defaults"]
    assert (office.left(), await office.record()) == (["a"], [])


async def test_a_sweep_that_broke_off_is_gone_on_with_by_the_next(an_office: AnOffice) -> None:
    kept = [old(f"{number:04}", 50) for number in range(500)]
    office = await an_office(*kept, policies=[{"retention_days": 30}])
    office.erasure.breaks_after = 1
    with pytest.raises(RuntimeError):
        await office.desk.sweep(by="x")
    assert len(office.left()) == 300
    office.erasure.breaks_after = None
    assert (await office.desk.sweep(by="x")).leads == 300
    assert (await office.desk.sweep(by="x")).leads == 0
    third, second, first = await office.record()
    assert (first.leads, first.ended) == (200, None)
    assert (second.leads, second.why) == (300, Why.RETENTION)
    assert third.leads == 0


async def test_one_sweep_does_no_more_than_it_may(an_office: AnOffice) -> None:
    kept = [old(f"{number:04}", 50) for number in range(900)]
    posts = [KeptPost(uid=f"p{n:04}", received_at=NOW - timedelta(days=50)) for n in range(900)]
    policy = {"retention_days": 30, "rejected_retention_days": 30}
    office = await an_office(*kept, *posts, policies=[policy], most_per_sweep=400)
    swept = await office.desk.sweep(by="x")
    assert (swept.leads, len(office.left()), swept.complete) == (400, 500, False)
    assert sum(post.emptied for post in office.erasure.posts.values()) == 400
    await office.desk.sweep(by="x")
    swept = await office.desk.sweep(by="x")
    assert (swept.leads, office.left(), swept.complete) == (100, [], True)


async def test_leads_on_their_way_wait_for_the_next_sweep(an_office: AnOffice) -> None:
    kept = [old(f"{number:04}", 50) for number in range(300)]
    kept[7].on_its_way = True
    office = await an_office(*kept, policies=[{"retention_days": 30}])
    swept = await office.desk.sweep(by="x")
    assert (swept.leads, swept.waiting, office.left()) == (299, 1, ["0007"])


async def test_a_dry_run_counts_and_leaves_no_trace(an_office: AnOffice) -> None:
    office = await an_office(
        old("a", 50),
        KeptPost(uid="p", received_at=NOW - timedelta(days=50)),
        policies=[{"retention_days": 30, "rejected_retention_days": 30}],
    )
    swept = await office.desk.sweep(by="x", dry_run=True)
    assert (swept.dry_run, swept.leads, swept.posts) == (True, 1, 1)
    assert (office.left(), office.erasure.asked, await office.record()) == (["a"], [], [])


async def test_the_job_sweeps_from_what_is_stored_of_it(an_office: AnOffice) -> None:
    office = await an_office(old("a", 50), policies=[{"retention_days": 30}])
    plugin = GdprPlugin(GdprSettings(), office.services)
    (handler,) = plugin.register_jobs()
    assert handler.kind == "gdpr.sweep"
    for _ in range(2):
        await handler.run(msgspec.json.decode(b"{}", type=handler.payload), office.services)
    assert office.left() == []
    assert [record.by for record in await office.record()] == ["schedule", "schedule"]


def test_days_are_whole_and_at_least_one() -> None:
    for bad in (0, -1, 36_501, 1.5, "30"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"retention_days": bad}, RetentionPolicy)
    assert msgspec.convert({}, RetentionPolicy).retention_days is None


_days = st.none() | st.integers(1, 36_500)


@given(st.dictionaries(st.none() | st.integers(1, 6), st.tuples(_days, _days)))
def test_a_term_is_that_of_the_campaign_or_of_the_account(
    given_policies: dict[int | None, tuple[int | None, int | None]],
) -> None:
    policies = [
        RetentionPolicy(campaign=campaign, retention_days=a, rejected_retention_days=b)
        for campaign, (a, b) in given_policies.items()
    ]
    campaigns = range(1, 9)
    terms = {term.campaign_id: term for term in terms_of(policies, list(campaigns), NOW).leads}
    default = given_policies.get(None, (None, None))
    for campaign in campaigns:
        wanted = given_policies.get(campaign, default)
        term = terms.get(campaign)
        found = (term.received_before, term.rejected_before) if term else (None, None)
        assert found == tuple(None if d is None else NOW - timedelta(days=d) for d in wanted)
