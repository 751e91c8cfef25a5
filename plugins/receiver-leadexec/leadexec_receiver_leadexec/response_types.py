"""LeadExec's ten response types, and which of them our own codes mean."""

import enum
from typing import Final

from leadexec import LeadAnswer, RefusedPostError


class ResponseType(enum.IntEnum):
    """What an answer says; the names are those on the wire: XML has them, JSON the numbers."""

    No_Error = 0
    System_ID_Missing = 1
    LeadType_ID_Missing = 2
    Vendor_ID_Missing = 3
    No_Account_Found = 4
    Outside_Criteria = 5
    Duplicate_Lead = 6
    Account_Disabled = 7
    Post_Over_Max = 8
    Data_Errors = 9


NOTHING_IDENTIFIES: Final = "identifiers_missing"
SOURCE_MISSING: Final = "lead_source_missing"
LEAD_TYPE_MISSING: Final = "lead_type_missing"
UNKNOWN_CAMPAIGN: Final = "unknown_campaign"
SEVERAL_CAMPAIGNS: Final = "several_campaigns"
NOT_ACTIVE: Final = "campaign_not_active"

TABLE: Final = {
    NOTHING_IDENTIFIES: ResponseType.System_ID_Missing,
    LEAD_TYPE_MISSING: ResponseType.LeadType_ID_Missing,
    SOURCE_MISSING: ResponseType.Vendor_ID_Missing,
    UNKNOWN_CAMPAIGN: ResponseType.No_Account_Found,
    SEVERAL_CAMPAIGNS: ResponseType.No_Account_Found,
    "outside_criteria": ResponseType.Outside_Criteria,
    "duplicate_lead": ResponseType.Duplicate_Lead,
    NOT_ACTIVE: ResponseType.Account_Disabled,
    "source_not_active": ResponseType.Account_Disabled,
    "campaign_limit_reached": ResponseType.Post_Over_Max,
}
"""Code of a refusal or rejection → response type; the functions below say what all others mean."""
_NOT_ADMITTED: Final = frozenset({401, 403})


def type_of_refusal(refused: RefusedPostError) -> ResponseType:
    """Return what a post means that brings no lead.

    Who has a wrong token or password, or posts from a wrong address, has no account that these
    identifiers open: ``No_Account_Found``. Everything else that is not in the table cannot be
    read or used: ``Data_Errors``.
    """
    if refused.status in _NOT_ADMITTED:
        return ResponseType.No_Account_Found
    return TABLE.get(refused.code, ResponseType.Data_Errors)


def type_of_answer(answer: LeadAnswer) -> ResponseType:
    """Return what became of a lead; one that waits for quality control was taken without error.

    A rejection that is not in the table is ``Data_Errors`` if it concerns a field, else a check
    found that the lead is not what the campaign takes: ``Outside_Criteria``.
    """
    if answer.status != "rejected":
        return ResponseType.No_Error
    known = TABLE.get(answer.code)
    if known is not None:
        return known
    concerns_field = any(reason.field for reason in answer.reasons)
    return ResponseType.Data_Errors if concerns_field else ResponseType.Outside_Criteria
