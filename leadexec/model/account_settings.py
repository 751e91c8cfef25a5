"""What holds for the whole installation (``AC1``, ``CS9``)."""

from typing import Annotated

from msgspec import Meta

from leadexec.model.entity import Entity, TimeZone, entity
from leadexec.model.source import Addresses, AutomationUse


@entity(
    name="account_settings",
    plural="account_settings",
    title="Account settings",
    singleton=True,
)
class AccountSettings(Entity, kw_only=True, frozen=True):
    """What holds for the whole installation (``CS9``)."""

    company: Annotated[str, Meta(max_length=200)] = ""
    currency: Annotated[str, Meta(min_length=3, max_length=3)] = "USD"
    time_zone: Annotated[str, TimeZone()] = "UTC"
    default_automation: AutomationUse | None = None
    api_allow: Annotated[
        Addresses,
        Meta(
            title="Addresses that may call the APIs",
            description="With any of these, only they may call the Account and Data API (RC5)",
        ),
    ] = ()
    api_deny: Annotated[
        Addresses,
        Meta(
            title="Addresses that may not call the APIs",
            description="These may not call the Account and Data API (RC5)",
        ),
    ] = ()
