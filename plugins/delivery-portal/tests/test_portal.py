"""The lead portal."""

import pytest
from leadexec_delivery_portal.plugin import Portal

from leadexec import Accepted
from leadexec.testing import DeliveryMethodContract, FakeAttempt, a_sale, an_outgoing


class TestPortal(DeliveryMethodContract):
    component = Portal
    nothing_sent = "a lead in the portal is not sent anywhere"

    @pytest.mark.anyio
    async def test_a_lead_is_accepted_at_once_under_its_delivery_uid(self) -> None:
        portal, attempt = self.make({}), FakeAttempt(seconds=0)
        sale = a_sale(delivery_uid="0193f2a0-0000-7000-8000-00000000beef")
        outcome = await portal.deliver(portal.prepare(an_outgoing(sale=sale)), attempt)
        assert outcome == Accepted(reference=sale.delivery_uid)

    @pytest.mark.anyio
    async def test_the_record_holds_the_fields_as_the_client_sees_them(self) -> None:
        portal, attempt = self.make({}), FakeAttempt()
        outgoing = an_outgoing(fields={"Name": "Ada", "Amount": "250000"})
        await portal.deliver(portal.prepare(outgoing), attempt)
        (exchange,) = attempt.exchanges
        assert exchange.request.splitlines()[1:] == ["Name: Ada", "Amount: 250000"]
        assert exchange.response
