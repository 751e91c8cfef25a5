"""What plugins may ask of the present catalog's campaigns; implements ``leadexec.Campaigns``."""

from collections.abc import Mapping
from typing import Any

from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.lead import Lead
from leadexec.contracts.services import Clock
from leadexec.contracts.validator import Validator
from leadexec.contracts.values import RawValue
from leadexec.errors import NotFoundError
from leadexec.intake.fields import read_fields
from leadexec.plugins import FaultLog


class CatalogCampaigns:
    """Answers from memory."""

    def __init__(self, catalog: Catalog, clock: Clock, faults: FaultLog) -> None:
        """Ask ``catalog``."""
        self._catalog = catalog
        self._clock = clock
        self._faults = faults

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
