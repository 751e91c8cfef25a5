"""A decoded JSON post as leads, or everything that is wrong with it."""

from collections.abc import Container
from typing import Any

import msgspec

from leadexec.errors import Fault
from leadexec.intake.post import PostedLead

FIELD_LIMIT = 1_000
"""Fields per lead at most."""
_KNOWN = frozenset({"campaign", "fields", "test", "idempotency_key"})


class PostFaultsError(Exception):
    """The post is not of our form; ``faults`` lists everything."""

    def __init__(self, faults: list[Fault]) -> None:
        """Take at least one fault."""
        super().__init__("; ".join(f"{f.path or 'the post'}: {f.message}" for f in faults[:5]))
        self.faults = faults


class Post(msgspec.Struct, kw_only=True, frozen=True):
    """A post of one lead or a list of leads."""

    leads: list[PostedLead]
    single: bool
    idempotency_key: str = ""


def read_post(decoded: Any, campaigns: Container[int], list_limit: int) -> Post:
    """Return the leads of a decoded body.

    Args:
        decoded: One object ``{"campaign": 12, "fields": {…}}``, or a list of such objects.
        campaigns: The ids that exist.
        list_limit: Leads per post at most.

    Raises:
        PostFaultsError: With every fault and its path.
    """
    if isinstance(decoded, dict):
        faults: list[Fault] = []
        lead = _lead(decoded, "", campaigns, faults)
        key = decoded.get("idempotency_key", "")
        if not isinstance(key, str):
            faults.append(_fault("wrong_type", "idempotency_key", "It must be text."))
        if faults or lead is None:
            raise PostFaultsError(faults)
        return Post(leads=[lead], single=True, idempotency_key=key)
    if not isinstance(decoded, list):
        raise PostFaultsError([_fault("wrong_type", "", "Post an object or a list of objects.")])
    return _list(decoded, campaigns, list_limit)


def _list(decoded: list[Any], campaigns: Container[int], list_limit: int) -> Post:
    if not decoded:
        raise PostFaultsError([_fault("empty_list", "", "The list holds no lead.")])
    if len(decoded) > list_limit:
        text = f"A post holds at most {list_limit:,} leads; this one has {len(decoded):,}."
        raise PostFaultsError([_fault("too_many_leads", "", text)])
    faults: list[Fault] = []
    leads = []
    for index, item in enumerate(decoded):
        if not isinstance(item, dict):
            faults.append(_fault("wrong_type", f"[{index}]", "A lead must be an object."))
            continue
        if "idempotency_key" in item:
            text = "In a list, send the header Idempotency-Key for the whole post."
            faults.append(_fault("not_in_a_list", f"[{index}].idempotency_key", text))
        lead = _lead(item, f"[{index}].", campaigns, faults)
        if lead is not None:
            leads.append(lead)
    if faults:
        raise PostFaultsError(faults[:100])
    return Post(leads=leads, single=False)


def _lead(
    item: dict[str, Any], path: str, campaigns: Container[int], faults: list[Fault]
) -> PostedLead | None:
    before = len(faults)
    campaign, fields, test = item.get("campaign"), item.get("fields"), item.get("test", False)
    if isinstance(campaign, str) and campaign.isascii() and campaign.isdigit():
        campaign = int(campaign[:18])
    if campaign is None:
        faults.append(_fault("missing", f"{path}campaign", "The campaign's id is missing."))
    elif type(campaign) is not int:
        faults.append(_fault("wrong_type", f"{path}campaign", "It must be a campaign's id."))
    elif campaign not in campaigns:
        text = f"There is no campaign {campaign}."
        faults.append(_fault("unknown_campaign", f"{path}campaign", text))
    if fields is None:
        faults.append(_fault("missing", f"{path}fields", "The lead's fields are missing."))
    elif not isinstance(fields, dict):
        faults.append(_fault("wrong_type", f"{path}fields", "It must be an object of fields."))
    elif len(fields) > FIELD_LIMIT:
        text = f"A lead has at most {FIELD_LIMIT:,} fields; this one has {len(fields):,}."
        faults.append(_fault("too_many_fields", f"{path}fields", text))
    if type(test) is not bool:
        faults.append(_fault("wrong_type", f"{path}test", "It must be true or false."))
    if len(faults) > before or not isinstance(campaign, int) or not isinstance(fields, dict):
        return None
    ignored = tuple(sorted(item.keys() - _KNOWN))
    return PostedLead(campaign_id=campaign, fields=fields, is_test=bool(test), ignored=ignored)


def _fault(code: str, path: str, message: str) -> Fault:
    return Fault(code=code, path=path, message=message)
