"""What plugins are told about campaigns: ``services.campaigns.info`` and ``find``."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leadexec import (
    CampaignInfo,
    FieldDetails,
    FieldKind,
    FieldType,
    NoSettings,
    NotFoundError,
    SystemField,
)
from leadexec.model.access import Scope
from leadexec.model.lead_type import LeadField
from leadexec.model.secret import Secret
from leadexec.model.source import CampaignStatus, Channel, LeadSource, SourceStatus
from tests.system.plugins import a_plugin, raising
from tests.system.world import World, a_world

pytestmark = pytest.mark.anyio


class Fragile(FieldType[NoSettings]):
    """Cannot say anything about itself."""

    key = "fragile"
    title = "Fragile"
    kind = FieldKind.TEXT

    def parse(self, raw: Any) -> Any:
        return str(raw)

    def format(self, value: Any) -> str:
        return str(value)

    def sample(self) -> str:
        return str(raising())

    def choices(self) -> Any:
        return raising()


FIELDS = (
    LeadField(
        name="Email",
        description="Your email",
        type="email",
        system=SystemField.EMAIL,
        required=True,
    ),
    LeadField(name="Old", description="Old", type="text", retired=True),
    LeadField(
        name="Colour",
        description="Favourite colour",
        type="dropdown",
        default="red",
        settings={"options": [{"value": "red", "caption": "Red"}, {"value": "blue"}]},
    ),
    LeadField(name="Amount", description="Amount", type="decimal"),
    LeadField(
        name="Double", description="Twice", type="calculated", settings={"formula": "Amount * 2"}
    ),
    LeadField(name="Strange", description="Strange", type="gone"),
)


async def test_a_campaign_is_told_with_everything_about_it(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        source = await world.kernel.create(LeadSource(name="Vendor & Co"))
        lead_type = await world.lead_type(*FIELDS, name="Loans")
        campaign = await world.campaign(
            lead_type,
            name="Search",
            lead_source=source.id,
            channel=Channel.PING_POST,
            price=Decimal("12.3456"),
            require_authentication=True,
            password=Secret("hush"),
            use_delivery_queue=False,
            allow_send_responses=True,
        )

        info = world.kernel.services.campaigns.info(campaign.id)

        assert msgspec.structs.replace(info, fields=()) == CampaignInfo(
            id=campaign.id,
            name="Search",
            source_id=source.id,
            source_name="Vendor & Co",
            lead_type_id=lead_type.id,
            lead_type_name="Loans",
            channel="ping_post",
            active=True,
            require_authentication=True,
            has_password=True,
            use_delivery_queue=False,
            allow_send_responses=True,
            price=Decimal("12.3456"),
            fields=(),
        )
        assert "hush" not in repr(info)
        email, colour, amount, double, strange = info.fields
        assert email == FieldDetails(
            name="Email",
            description="Your email",
            type="email",
            type_title="Email",
            system=SystemField.EMAIL,
            required=True,
            default="",
            sample=email.sample,
        )
        assert "@" in email.sample
        assert (colour.default, colour.sample) == ("red", "red")
        assert list(colour.choices) == [("red", "Red"), ("blue", "blue")]
        assert (amount.computed, double.computed, double.sample) == (False, True, "")
        assert (amount.system, amount.required, list(amount.choices)) == ("custom", False, [])
        gone = (strange.type, strange.type_title, strange.sample, list(strange.choices))
        assert gone == ("gone", "gone", "", [])


async def test_what_is_told_as_a_sample_may_be_posted(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign(await sqlite_world.lead_type(*FIELDS[:-1]))
    info = sqlite_world.kernel.services.campaigns.info(campaign.id)
    sample = {field.name: field.sample for field in info.fields if field.sample}

    body = {"campaign": info.id, "fields": sample}
    answer = await sqlite_world.client.post("/receiver/leads", json=body)

    assert answer.status_code == 201, answer.text
    assert set(sample) == {"Email", "Colour", "Amount"}


async def test_a_campaign_is_told_plainly_where_nothing_was_chosen(sqlite_world: World) -> None:
    campaign = await sqlite_world.campaign()

    info = sqlite_world.kernel.services.campaigns.info(campaign.id)

    assert (info.has_password, info.require_authentication) == (False, False)
    assert (info.use_delivery_queue, info.allow_send_responses) == (True, False)
    assert (info.channel, info.price) == ("web", Decimal("3.50"))


@pytest.mark.parametrize("status", list(CampaignStatus))
@pytest.mark.parametrize("source_status", list(SourceStatus))
async def test_a_campaign_is_active_only_with_its_source(
    sqlite_world: World, status: CampaignStatus, source_status: SourceStatus
) -> None:
    source = await sqlite_world.kernel.create(LeadSource(name="vendor", status=source_status))
    campaign = await sqlite_world.campaign(status=status, lead_source=source.id)

    info = sqlite_world.kernel.services.campaigns.info(campaign.id)

    taken = (await sqlite_world.post(campaign)).status_code == 201
    assert info.active is taken
    assert taken is (status == "active" and source_status == "active")


async def test_campaigns_are_found_by_source_and_by_lead_type(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaigns = world.kernel.services.campaigns
        assert campaigns.find() == []
        loans, cars = await world.lead_type(name="Loans"), await world.lead_type(name="Cars")
        one = await world.kernel.create(LeadSource(name="one"))
        other = await world.kernel.create(LeadSource(name="other"))
        made = [
            await world.campaign(lead_type, lead_source=source.id, status=status)
            for lead_type, source, status in (
                (loans, one, CampaignStatus.ACTIVE),
                (cars, one, CampaignStatus.CLOSED),
                (loans, other, CampaignStatus.ACTIVE),
                (loans, one, CampaignStatus.ACTIVE),
            )
        ]
        a, b, c, d = (campaign.id for campaign in made)

        def found(**where: int) -> list[int]:
            return [info.id for info in campaigns.find(**where)]

        assert found() == [a, b, c, d]
        assert found(source_id=one.id) == [a, b, d]
        assert found(lead_type_id=loans.id) == [a, c, d]
        assert found(source_id=one.id, lead_type_id=loans.id) == [a, d]
        assert found(source_id=other.id, lead_type_id=cars.id) == []
        assert found(source_id=4711) == []
        assert campaigns.find(source_id=other.id) == [campaigns.info(c)]


async def test_what_is_told_follows_every_change(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        campaigns = world.kernel.services.campaigns
        headers = {"authorization": f"Bearer {await world.token(Scope.ACCOUNT_API)}"}

        for path, body in (
            (f"campaigns/{campaign.id}", {"name": "Renamed", "password": "hush"}),
            (f"lead-sources/{campaign.lead_source}", {"name": "Vendor", "status": "inactive"}),
            (f"lead-types/{campaign.lead_type}", {"name": "Cars"}),
        ):
            answer = await world.client.patch(f"/account/v1/{path}", json=body, headers=headers)
            assert answer.status_code == 200, answer.text

        info = campaigns.info(campaign.id)
        assert (info.name, info.source_name, info.lead_type_name) == ("Renamed", "Vendor", "Cars")
        assert (info.has_password, info.active) == (True, False)
        path = f"/account/v1/campaigns/{campaign.id}"
        assert (await world.client.delete(path, headers=headers)).status_code == 204
        with pytest.raises(NotFoundError) as raised:
            campaigns.info(campaign.id)
        assert raised.value.code == "unknown_campaign"
        assert campaigns.find() == []


async def test_a_field_type_that_cannot_say_anything_leaves_the_rest_told(
    sqlite_url: str, tmp_path: Path
) -> None:
    plugin = a_plugin(field_types=[Fragile])
    async with a_world(sqlite_url, tmp_path, ("faulty", plugin)) as world:
        fields = (
            LeadField(name="Odd", description="Odd", type="fragile"),
            LeadField(name="State", description="State", type="us_state"),
        )
        campaign = await world.campaign(await world.lead_type(*fields))

        (info,) = world.kernel.services.campaigns.find()

        odd, state = world.kernel.services.campaigns.info(campaign.id).fields
        assert info.fields == [odd, state]
        assert (odd.type_title, odd.sample, list(odd.choices)) == ("Fragile", "", [])
        assert (state.sample != "", len(state.choices) > 50) == (True, True)
        assert world.kernel.faults.counts.keys() == {"faulty"}
