"""A plugin over fakes, and its routes as a client meets them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from leadexec_gdpr.desk import GdprDesk
from leadexec_gdpr.policies import RetentionPolicy
from leadexec_gdpr.record import ErasureRecord, ShownErasure, latest
from leadexec_gdpr.settings import GdprSettings

from leadexec import CampaignInfo
from leadexec.testing import (
    FakeCampaigns,
    FakeClock,
    FakeErasure,
    FakeStorage,
    KeptLead,
    KeptPost,
    fake_services,
)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def an_office() -> Callable[..., Awaitable[Any]]:
    """Return what opens an office over the leads, posts and policies of a test."""

    async def opened(*kept: KeptLead | KeptPost, **options: Any) -> Office:
        return await Office(*kept, **options).open()

    return opened


def a_campaign(number: int) -> CampaignInfo:
    return CampaignInfo(
        id=number,
        name=f"Campaign {number}",
        source_id=1,
        source_name="Source",
        lead_type_id=1,
        lead_type_name="Type",
        channel="web",
        active=True,
        require_authentication=False,
        has_password=False,
        use_delivery_queue=True,
        allow_send_responses=False,
        price=Decimal(0),
        fields=(),
    )


class Office:
    """The desk over leads that a test puts there."""

    def __init__(
        self,
        *kept: KeptLead | KeptPost,
        policies: Iterable[Mapping[str, Any]] = (),
        campaigns: Iterable[int] = (1, 2),
        **settings: Any,
    ) -> None:
        self.clock = FakeClock()
        self.erasure = FakeErasure(*kept)
        self.storage = FakeStorage(RetentionPolicy, ErasureRecord, clock=self.clock)
        known = FakeCampaigns()
        for number in campaigns:
            known.tell(a_campaign(number))
        self.services: Any = fake_services(storage=self.storage, clock=self.clock, campaigns=known)
        self.services.erasure = self.erasure
        self.desk = GdprDesk(self.services, GdprSettings(**settings))
        self._policies = tuple(policies)

    async def open(self) -> "Office":
        """Write the policies."""
        table = self.storage.table(RetentionPolicy)
        now = self.clock.now()
        rows = [
            {"campaign": None, "retention_days": None, "rejected_retention_days": None}
            | dict(policy)
            | {"created": now, "updated": now, "revision": 1}
            for policy in self._policies
        ]
        for row in rows:
            await self.storage.change(lambda c, row=row: c.execute(table.insert(), row))
        return self

    def left(self) -> list[str]:
        """Return the uids of the leads that are not erased."""
        return [lead.uid for lead in self.erasure.leads.values() if not lead.erased]

    async def record(self) -> list[ShownErasure]:
        """Return the record of erasures, newest first."""
        return list(await latest(self.services, before=None, most=100))
