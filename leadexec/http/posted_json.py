"""A decoded JSON post as leads, or everything that is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from leadexec.contracts.post import PostedLead
from leadexec.errors import Fault

FIELD_LIMIT = 1_000
"""Fields per lead at most."""
_KNOWN = frozenset(
    {"campaign", "fields", "idempotency_key", "lid", "order_id", "password", "test", "vid"}
)


class CampaignBook(Protocol):
    """Knows which campaigns there are; see ``leadexec.catalog.catalog.Catalog``."""

    @property
    def campaigns(self) -> Mapping[int, Any]:
        """The campaigns by their ids."""
        ...

    def campaigns_of(self, source_id: int, lead_type_id: int) -> Sequence[int]:
        """Return the ids of a source's campaigns for a lead type."""
        ...


class PostFaultsError(Exception):
    """The post is not of our form; ``faults`` lists everything."""

    def __init__(self, faults: list[Fault]) -> None:
        """Take at least one fault."""
        super().__init__("; ".join(f"{f.path or 'the post'}: {f.message}" for f in faults[:5]))
        self.faults = faults


class DecodedPost(msgspec.Struct, kw_only=True, frozen=True):
    """A post of one lead or a list of leads."""

    leads: list[PostedLead]
    single: bool
    idempotency_key: str = ""
    password: str = ""


def read_post(decoded: Any, book: CampaignBook, list_limit: int) -> DecodedPost:
    """Return the leads of a decoded body.

    Args:
        decoded: One object ``{"campaign": 12, "fields": {…}}``, or a list of such objects.
        book: Knows the campaigns.
        list_limit: Leads per post at most.

    Raises:
        PostFaultsError: With every fault and its path.
    """
    if isinstance(decoded, dict):
        faults: list[Fault] = []
        lead = _lead(decoded, "", book, faults)
        key, password = (
            _text(decoded, "idempotency_key", faults),
            _text(decoded, "password", faults),
        )
        if faults or lead is None:
            raise PostFaultsError(faults)
        return DecodedPost(leads=[lead], single=True, idempotency_key=key, password=password)
    if not isinstance(decoded, list):
        raise PostFaultsError([_fault("wrong_type", "", "Post an object or a list of objects.")])
    return _list(decoded, book, list_limit)


def _list(decoded: list[Any], book: CampaignBook, list_limit: int) -> DecodedPost:
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
        if "password" in item:
            text = "A list of leads is posted with a token."
            faults.append(_fault("not_in_a_list", f"[{index}].password", text))
        lead = _lead(item, f"[{index}].", book, faults)
        if lead is not None:
            leads.append(lead)
    if faults:
        raise PostFaultsError(faults[:100])
    return DecodedPost(leads=leads, single=False)


def _lead(
    item: dict[str, Any], path: str, book: CampaignBook, faults: list[Fault]
) -> PostedLead | None:
    before = len(faults)
    campaign, fields, test = item.get("campaign"), item.get("fields"), item.get("test", False)
    if type(campaign) is not int or campaign not in book.campaigns:
        campaign = _campaign(item, path, book, faults)
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
    order_id = _text(item, "order_id", faults, path)
    if len(faults) > before:
        return None
    return PostedLead(
        campaign_id=campaign,
        fields=fields,
        is_test=bool(test),
        order_id=order_id,
        ignored=tuple(sorted(item.keys() - _KNOWN)),
    )


def _campaign(
    item: dict[str, Any], path: str, book: CampaignBook, faults: list[Fault]
) -> int | None:
    """Return the campaign that is named, or that a source has for a lead type (VID and LID)."""
    given = item.get("campaign")
    campaign = _id(given)
    if given is None:
        source, lead_type = _id(item.get("vid")), _id(item.get("lid"))
        if source is None or lead_type is None:
            text = "The campaign's id is missing (or the source's and lead type's, vid and lid)."
            faults.append(_fault("missing", f"{path}campaign", text))
            return None
        found = book.campaigns_of(source, lead_type)
        if len(found) == 1:
            return found[0]
        text = f"Source {source} has {len(found)} campaigns for lead type {lead_type}; name one."
        faults.append(_fault("unknown_campaign", f"{path}campaign", text))
    elif campaign is None:
        faults.append(_fault("wrong_type", f"{path}campaign", "It must be a campaign's id."))
    elif campaign not in book.campaigns:
        text = f"There is no campaign {campaign}."
        faults.append(_fault("unknown_campaign", f"{path}campaign", text))
    else:
        return campaign
    return None


def _id(given: Any) -> int | None:
    if type(given) is int:
        return given
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    return None


def _text(item: dict[str, Any], name: str, faults: list[Fault], path: str = "") -> str:
    given = item.get(name, "")
    if isinstance(given, str):
        return given
    faults.append(_fault("wrong_type", f"{path}{name}", "It must be text."))
    return ""


def _fault(code: str, path: str, message: str) -> Fault:
    return Fault(code=code, path=path, message=message)
