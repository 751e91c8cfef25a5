"""The lead as plugins see it."""

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadexec.contracts.values import FieldKind, Value


class SystemField(enum.StrEnum):
    """What a lead field means to the system, whatever it is called (``LT5``)."""

    CUSTOM = "custom"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    EMAIL = "email"
    PRIMARY_PHONE = "primary_phone"
    ALTERNATE_PHONE = "alternate_phone"
    ADDRESS = "address"
    ADDRESS_2 = "address_2"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    COUNTRY = "country"
    IP_ADDRESS = "ip_address"
    DATE_OF_BIRTH = "date_of_birth"
    IS_MOBILE = "is_mobile"
    CONSENT = "consent"
    COMMENTS = "comments"
    FORCE_ID = "force_id"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    REFERRER = "referrer"
    SEARCH_TERM = "search_term"
    LANDING_PAGE = "landing_page"
    CONSENT_TOKEN = "consent_token"  # noqa: S105  a field's meaning, not a secret
    TEST_FLAG = "test_flag"


class LeadFieldInfo(msgspec.Struct, kw_only=True, frozen=True):
    """One field of a lead type, as plugins see it."""

    name: str
    description: str
    kind: FieldKind
    system: SystemField = SystemField.CUSTOM
    duplicate_check: bool = False


class LeadTypeInfo(msgspec.Struct, kw_only=True, frozen=True):
    """A lead type, as plugins see it."""

    id: int
    name: str
    fields: Mapping[str, LeadFieldInfo]
    """Field name → field, in display order."""

    def named(self, system: SystemField) -> str | None:
        """Return the name of the first field with that meaning, or None."""
        return next((f.name for f in self.fields.values() if f.system is system), None)


class Lead(msgspec.Struct, kw_only=True):
    """One lead on its way. Plugins read it; only checks that may amend write ``fields``."""

    uid: str
    """UUIDv7, made by the receiver."""
    received_at: datetime
    lead_type_id: int
    source_id: int
    campaign_id: int
    fields: dict[str, Value]
    """Field name → typed value. Empty fields are absent."""
    price: Decimal = Decimal(0)
    """Cost per lead: what the source is paid."""
    remote_ip: str = ""
    is_test: bool = False
    grade: str = ""
    """``A``, ``B``, ``C``, ``D`` or ``F``; empty: not graded (``GR2``)."""
    score: int | None = None
    """Points of all grading checks that passed (``GR1``)."""
    only_accounts: tuple[int, ...] | None = None
    """Delivery accounts, the only ones that may get it; None: any."""
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    """What checks found out: plugin's name → JSON-able details, stored and shown with the lead."""
