"""Deliveries into Acme CRM."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from leadexec_delivery_acme_crm.plugin import AcmeCrm

from leadexec import Accepted, Failed, Rejected
from leadexec.testing import DeliveryMethodContract, FakeAttempt, an_outgoing
from leadexec.testing.http_receiver import http_answer, http_receiver

CREATED = http_answer('{"result": "created", "contact_id": "c-81"}', status=201)


class TestAcmeCrm(DeliveryMethodContract):
    component = AcmeCrm
    examples = ({"workspace": "https://acme-lending.crm.example", "api_key": "ak_12345"},)
    bad_settings = ({}, {"workspace": "acme", "api_key": "ak_12345"})
    accepting = CREATED
    rejecting = http_answer('{"result": "refused", "message": "quota"}', status=422)

    def settings_for(self, url: str) -> Mapping[str, Any]:
        return {"workspace": url, "api_key": "ak_12345", "pipeline": "hot"}

    @pytest.mark.anyio
    async def test_the_contact_lands_in_its_pipeline_with_the_mapped_fields(self) -> None:
        async with http_receiver(CREATED) as crm, self.delivering(crm.url) as method:
            prepared = method.prepare(an_outgoing(fields={"email": "ada@example.test"}))
            await method.deliver(prepared, FakeAttempt())
        (request,) = crm.requests
        assert request.target == "/api/v2/contacts"
        assert request.headers["x-api-key"] == "ak_12345"
        assert msgspec.json.decode(request.body) == {
            "pipeline": "hot",
            "properties": {"email": "ada@example.test"},
        }

    @pytest.mark.anyio
    async def test_the_contact_id_is_the_reference(self) -> None:
        assert await self.outcome_of(CREATED) == Accepted(reference="c-81")

    @pytest.mark.anyio
    async def test_a_known_contact_is_a_duplicate(self) -> None:
        answer = http_answer('{"result": "duplicate", "message": "seen"}', status=409)
        outcome = await self.outcome_of(answer)
        assert outcome == Rejected(code="duplicate", reason="seen", duplicate=True)

    @pytest.mark.anyio
    async def test_a_created_without_an_id_is_no_clear_accept(self) -> None:
        outcome = await self.outcome_of(http_answer('{"result": "created"}', status=201))
        assert isinstance(outcome, Rejected)

    @pytest.mark.anyio
    async def test_an_overloaded_crm_is_tried_again(self) -> None:
        outcome = await self.outcome_of(http_answer("", status=503))
        assert isinstance(outcome, Failed)
        assert outcome.retry
