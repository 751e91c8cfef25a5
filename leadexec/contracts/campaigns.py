"""The campaigns of the present catalog, as plugins see them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from leadexec.contracts.lead import SystemField
from leadexec.contracts.values import RawValue

if TYPE_CHECKING:  # the validator's contract imports the services
    from leadexec.contracts.lead import Lead
    from leadexec.contracts.validator import Validator


class FieldDetails(msgspec.Struct, kw_only=True, frozen=True):
    """One field of a campaign's leads, as a sender, a form or posting instructions need it."""

    name: str
    """How it is posted."""
    description: str
    """How it is shown."""
    type: str
    """The key of its field type."""
    type_title: str
    system: SystemField
    required: bool
    default: str
    sample: str
    """A valid value, as it is posted; empty when its type's plugin is not there."""
    choices: Sequence[tuple[str, str]] = ()
    """The values that may be posted with their captions; empty: there is no list."""
    computed: bool = False
    """Its value comes from other fields; what is posted for it is ignored."""


class CampaignInfo(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign as receivers, forms and posting instructions need it."""

    id: int
    """The AID."""
    name: str
    source_id: int
    """The VID."""
    source_name: str
    lead_type_id: int
    """The LID."""
    lead_type_name: str
    channel: str
    """``web``, ``ping_post``, ``phone`` or ``chat``."""
    active: bool
    """Whether it takes leads now, its source included."""
    require_authentication: bool
    has_password: bool
    use_delivery_queue: bool
    allow_send_responses: bool
    price: Decimal
    fields: Sequence[FieldDetails]
    """In display order, without the retired."""


class Campaigns(Protocol):
    """The campaigns of the present catalog, for a plugin's routes and jobs. In memory, quick."""

    def info(self, campaign_id: int) -> CampaignInfo:
        """Return a campaign.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        ...

    def find(
        self, *, source_id: int | None = None, lead_type_id: int | None = None
    ) -> Sequence[CampaignInfo]:
        """Return the campaigns of a source, of a lead type, of both; all, without either. By id."""
        ...

    def draft(self, campaign_id: int, fields: Mapping[str, RawValue]) -> "Lead":
        """Return a lead of the campaign as its field types read ``fields``; it is stored nowhere.

        Fields the lead type does not have, and values that are not of their type, are left out;
        no default is filled in. The uid is empty.

        Raises:
            NotFoundError: ``unknown_campaign``.
        """
        ...

    def validator(self, campaign_id: int, key: str) -> "Validator[Any] | None":
        """Return the campaign's compiled validator with that key; None when it is not on."""
        ...
