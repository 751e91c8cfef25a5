"""Which campaign a post is for: VID, LID and AID."""

from decimal import Decimal
from typing import Any

from leadexec import CampaignInfo, Campaigns, NotFoundError, RefusedPostError
from leadexec_receiver_leadexec.posting import Posting, is_blank
from leadexec_receiver_leadexec.response_types import (
    LEAD_TYPE_MISSING,
    NOT_ACTIVE,
    NOTHING_IDENTIFIES,
    SEVERAL_CAMPAIGNS,
    SOURCE_MISSING,
    UNKNOWN_CAMPAIGN,
)

_DIGITS = 18


def campaign_of(posting: Posting, campaigns: Campaigns) -> CampaignInfo:
    """Return the campaign that the identifiers of ``posting`` name.

    The AID may be left out, or be 0, where the source has exactly one active campaign of the lead
    type. Where its only campaign is not active, that one is returned: intake rejects the lead with
    the reason, and the lead is seen.

    Raises:
        RefusedPostError: With one of the codes of ``response_types``.
    """
    if all(_absent(raw) for raw in (posting.vid, posting.lid, posting.aid)):
        text = "VID (lead source), LID (lead type) and AID (campaign) are missing."
        raise RefusedPostError(422, NOTHING_IDENTIFIES, text)
    source = _number(posting.vid)
    if source is None:
        text = f"VID (lead source) is {_wrong(posting.vid)}."
        raise RefusedPostError(422, SOURCE_MISSING, text)
    lead_type = _number(posting.lid)
    if lead_type is None:
        text = f"LID (lead type) is {_wrong(posting.lid)}."
        raise RefusedPostError(422, LEAD_TYPE_MISSING, text)
    if _absent(posting.aid):
        return _only(source, lead_type, campaigns)
    return _named(source, lead_type, posting.aid, campaigns)


def _named(source: int, lead_type: int, aid: Any, campaigns: Campaigns) -> CampaignInfo:
    number = _number(aid)
    if number is None:
        raise RefusedPostError(422, UNKNOWN_CAMPAIGN, "AID (campaign) is not a number.")
    try:
        info = campaigns.info(number)
    except NotFoundError:
        raise RefusedPostError(422, UNKNOWN_CAMPAIGN, f"There is no campaign {number}.") from None
    if (info.source_id, info.lead_type_id) != (source, lead_type):
        text = f"Campaign {number} is not one of lead source {source} for lead type {lead_type}."
        raise RefusedPostError(422, UNKNOWN_CAMPAIGN, text)
    return info


def _only(source: int, lead_type: int, campaigns: Campaigns) -> CampaignInfo:
    found = campaigns.find(source_id=source, lead_type_id=lead_type)
    active = [info for info in found if info.active]
    if len(active) == 1:
        return active[0]
    what = f"campaign of lead source {source} for lead type {lead_type}"
    if not found:
        raise RefusedPostError(422, UNKNOWN_CAMPAIGN, f"There is no {what}.")
    if active:
        text = f"There is more than one {what}; send its AID."
        raise RefusedPostError(422, SEVERAL_CAMPAIGNS, text)
    if len(found) == 1:
        return found[0]
    raise RefusedPostError(422, NOT_ACTIVE, f"No {what} is active.")


def _absent(raw: Any) -> bool:
    """Return whether an identifier is left out; 0 is what the documents' examples have for none."""
    return is_blank(raw) or raw == 0 or (isinstance(raw, str) and raw.strip() == "0")


def _number(raw: Any) -> int | None:
    """Return an identifier as a positive number, or None if it is none."""
    match raw:
        case bool():
            return None
        case int() | Decimal() if 0 < raw < 10**_DIGITS and raw == int(raw):
            return int(raw)
        case str():
            text = raw.strip()
            if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
                return int(text) or None
    return None


def _wrong(raw: Any) -> str:
    return "missing" if _absent(raw) else "not a number"
