"""What a request says as a ping for one campaign, or everything that is wrong with it."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from leadexec import (
    CampaignInfo,
    Campaigns,
    Fault,
    NotFoundError,
    PostedLead,
    RefusedPostError,
)
from leadexec_channel_ping_post.setting import PING_POST

FIELD_LIMIT: Final = 1_000
"""Fields per ping at most."""
_KNOWN: Final = frozenset({"campaign", "fields", "lid", "order_id", "password", "test", "vid"})
_DIGITS: Final = 18


class Ping(Struct, kw_only=True, frozen=True):
    """A ping that makes sense."""

    campaign: CampaignInfo
    lead: PostedLead
    """What it tells of the lead."""
    password: str = ""


def ping_of(decoded: Any, campaigns: Campaigns) -> Ping:
    """Return the ping that a decoded request is.

    Args:
        decoded: As ``read_request`` returns it.
        campaigns: Those there are.

    Raises:
        RefusedPostError: 422 ``invalid_post`` with every fault and its path.
    """
    if not isinstance(decoded, dict):
        raise _refused([_fault("wrong_type", "", "A ping is one object, about one lead.")])
    faults: list[Fault] = []
    info = _campaign(decoded, campaigns, faults)
    fields, test = decoded.get("fields"), decoded.get("test", False)
    if fields is None:
        faults.append(_fault("missing", "fields", "What the ping tells of the lead is missing."))
    elif not isinstance(fields, dict):
        faults.append(_fault("wrong_type", "fields", "It must be an object of fields."))
    elif len(fields) > FIELD_LIMIT:
        text = f"A lead has at most {FIELD_LIMIT:,} fields; this ping has {len(fields):,}."
        faults.append(_fault("too_many_fields", "fields", text))
    if type(test) is not bool:
        faults.append(_fault("wrong_type", "test", "It must be true or false."))
    password = _text(decoded, "password", faults)
    if _text(decoded, "order_id", faults):
        text = "An Order ID comes with the lead, which is posted to /receiver/leads."
        faults.append(_fault("not_in_a_ping", "order_id", text))
    if faults or info is None or not isinstance(fields, dict):
        raise _refused(faults)
    ignored = tuple(sorted(decoded.keys() - _KNOWN))
    lead = PostedLead(campaign_id=info.id, fields=fields, is_test=bool(test), ignored=ignored)
    return Ping(campaign=info, lead=lead, password=password)


def _campaign(
    decoded: Mapping[str, Any], campaigns: Campaigns, faults: list[Fault]
) -> CampaignInfo | None:
    """Return the campaign that is named, or that a source has for a lead type (VID and LID)."""
    given = decoded.get("campaign")
    if given is None:
        return _only(decoded, campaigns, faults)
    number = _id(given)
    if number is None:
        faults.append(_fault("wrong_type", "campaign", "It must be a campaign's id."))
        return None
    try:
        info = campaigns.info(number)
    except NotFoundError:
        text = f"There is no campaign {number}."
        faults.append(_fault("unknown_campaign", "campaign", text))
        return None
    if info.channel != PING_POST:
        text = f"Campaign {number} takes no pings: its channel is {info.channel}. Post the lead."
        faults.append(_fault("not_ping_post", "campaign", text))
    return info


def _only(
    decoded: Mapping[str, Any], campaigns: Campaigns, faults: list[Fault]
) -> CampaignInfo | None:
    source, lead_type = _id(decoded.get("vid")), _id(decoded.get("lid"))
    if source is None or lead_type is None:
        text = "The campaign's id is missing (or the source's and lead type's, vid and lid)."
        faults.append(_fault("missing", "campaign", text))
        return None
    found = campaigns.find(source_id=source, lead_type_id=lead_type)
    pinged = [info for info in found if info.channel == PING_POST]
    if len(pinged) == 1:
        return pinged[0]
    text = (
        f"Source {source} has {len(pinged)} campaigns that take pings for lead type {lead_type}; "
        "name one."
    )
    faults.append(_fault("unknown_campaign", "campaign", text))
    return None


def _id(given: Any) -> int | None:
    if type(given) is int:
        return given
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= _DIGITS:
        return int(given)
    return None


def _text(decoded: Mapping[str, Any], name: str, faults: list[Fault]) -> str:
    given = decoded.get(name, "")
    if isinstance(given, str):
        return given
    faults.append(_fault("wrong_type", name, "It must be text."))
    return ""


def _refused(faults: list[Fault]) -> RefusedPostError:
    text = "; ".join(f"{f.path or 'the ping'}: {f.message}" for f in faults[:5])
    return RefusedPostError(422, "invalid_post", text, faults=faults)


def _fault(code: str, path: str, message: str) -> Fault:
    return Fault(code=code, path=path, message=message)
