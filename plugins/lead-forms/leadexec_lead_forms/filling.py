"""A form as somebody has filled it in."""

from collections.abc import Mapping, Sequence

import msgspec

from leadexec import CampaignInfo, Post
from leadexec_lead_forms.capture import Visit
from leadexec_lead_forms.entities import LeadForm
from leadexec_lead_forms.inputs import Input
from leadexec_lead_forms.pages import Around
from leadexec_lead_forms.tickets import Ticket


class Filling(msgspec.Struct, kw_only=True, frozen=True):
    """A form as somebody has filled it in."""

    form: LeadForm
    info: CampaignInfo
    post: Post
    around: Around
    inputs: Sequence[Input]
    posted: Mapping[str, str]
    """Everything that was sent, the first of each name."""
    values: Mapping[str, str]
    """Input's name → what was typed."""
    visit: Visit
    ticket: Ticket | None
    """None: the page carried none of ours."""
