"""What plugins may ask of the present catalog's campaigns; implements ``leadexec.Campaigns``."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledCampaign, CompiledField
from leadexec.contracts.campaigns import CampaignInfo, FieldDetails
from leadexec.contracts.lead import Lead
from leadexec.contracts.services import Clock
from leadexec.contracts.validator import Validator
from leadexec.contracts.values import RawValue
from leadexec.errors import NotFoundError
from leadexec.intake.fields import read_fields
from leadexec.model.lead_type import LeadField
from leadexec.model.source import CampaignStatus, SourceStatus
from leadexec.plugins import FaultLog


class CatalogCampaigns:
    """Answers from memory."""

    def __init__(self, catalog: Catalog, clock: Clock, faults: FaultLog) -> None:
        """Ask ``catalog``."""
        self._catalog = catalog
        self._clock = clock
        self._faults = faults

    def info(self, campaign_id: int) -> CampaignInfo:
        """Return a campaign.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        return _info(self._campaign(campaign_id), self._faults)

    def find(
        self, *, source_id: int | None = None, lead_type_id: int | None = None
    ) -> Sequence[CampaignInfo]:
        """Return the campaigns of a source, of a lead type, of both; all, without either. By id."""
        return [
            _info(campaign, self._faults)
            for _, campaign in sorted(self._catalog.campaigns.items())
            if source_id in (None, campaign.entity.lead_source)
            and lead_type_id in (None, campaign.entity.lead_type)
        ]

    def draft(self, campaign_id: int, fields: Mapping[str, RawValue]) -> Lead:
        """Return a lead of the campaign as its field types read ``fields``; stored nowhere.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        campaign = self._campaign(campaign_id)
        now = self._clock.now()
        posted = {name.lower() for name in fields}
        read = read_fields(campaign.lead_type, fields, now, self._faults)
        return Lead(
            uid="",
            received_at=now,
            lead_type_id=campaign.entity.lead_type,
            source_id=campaign.entity.lead_source,
            campaign_id=campaign_id,
            fields={n: value for n, value in read.values.items() if n.lower() in posted},
        )

    def validator(self, campaign_id: int, key: str) -> Validator[Any] | None:
        """Return the campaign's compiled validator with that key; None when it is not on."""
        campaign = self._campaign(campaign_id)
        return next((v.validator for v in campaign.validators if v.key == key), None)

    def _campaign(self, campaign_id: int) -> CompiledCampaign:
        campaign = self._catalog.campaigns.get(campaign_id)
        if campaign is None:
            raise NotFoundError("unknown_campaign", f"There is no campaign {campaign_id}.")
        return campaign


def _info(campaign: CompiledCampaign, faults: FaultLog) -> CampaignInfo:
    entity, source = campaign.entity, campaign.source
    active = entity.status is CampaignStatus.ACTIVE and source.status is SourceStatus.ACTIVE
    declared = {field.name: field for field in campaign.lead_type.entity.fields}
    return CampaignInfo(
        id=entity.id,
        name=entity.name,
        source_id=source.id,
        source_name=source.name,
        lead_type_id=entity.lead_type,
        lead_type_name=campaign.lead_type.entity.name,
        channel=entity.channel.value,
        active=active,
        require_authentication=entity.require_authentication,
        has_password=entity.password is not None,
        use_delivery_queue=entity.use_delivery_queue,
        allow_send_responses=entity.allow_send_responses,
        price=entity.price,
        fields=[
            _details(field, declared[field.name], faults) for field in campaign.lead_type.fields
        ],
    )


def _details(field: CompiledField, declared: LeadField, faults: FaultLog) -> FieldDetails:
    made = field.type
    computed = made is not None and made.computed
    sample = ""
    choices: Sequence[tuple[str, str]] = ()
    try:
        sample = "" if made is None or computed else made.sample()
        choices = made.choices() if made else ()
    except Exception as error:  # noqa: BLE001  a plugin is isolated; its fault is recorded
        faults.record(field.plugin, f"describing field '{field.name}'", error)
    return FieldDetails(
        name=field.name,
        description=field.description,
        type=declared.type,
        type_title=made.title if made else declared.type,
        system=declared.system,
        required=field.required,
        default=field.default,
        sample=sample,
        choices=choices,
        computed=computed,
    )
