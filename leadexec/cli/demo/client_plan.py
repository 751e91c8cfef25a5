"""What a client of the demonstration is planned with."""

import enum
import re
from decimal import Decimal

import msgspec

from leadexec.cli.demo.campaigns import Vertical
from leadexec.criteria import Criteria
from leadexec.model.client import ClientStatus
from leadexec.model.delivery_account import AccountStatus
from leadexec.model.limits import QuantityLimits, ScheduleWindow, Weekday

PORTAL = "portal"
"""The ``style`` of clients that find their leads in the portal instead of at a simulated buyer."""


class Hours(enum.Enum):
    """When a client takes leads, in its own time zone."""

    ALWAYS = ()
    DAYTIME = (("07:00", "22:00"),)
    OFFICE = (("08:00", "20:00"),)
    """Not on Sundays."""
    NIGHT = (("00:00", "08:00"), ("18:00", "24:00"))

    def windows(self) -> tuple[ScheduleWindow, ...]:
        """Return the weekly windows; none means always."""
        days = [d for d in Weekday if self is not Hours.OFFICE or d is not Weekday.SUNDAY]
        return tuple(
            ScheduleWindow(day=day, start=start, end=end)
            for day in days
            for start, end in self.value
        )


class ClientPlan(msgspec.Struct, kw_only=True, frozen=True):
    """A client with one delivery method and one delivery account, or two."""

    company: str
    home: tuple[str, str]
    """City and state."""
    vertical: Vertical
    style: str
    """The simulated buyer it is a branch of, or ``PORTAL``."""
    price: str
    wants: tuple[Criteria, ...] = ()
    """All of these."""
    exclusive: bool = False
    priority: int = 5
    account_priority: int = 0
    limits: QuantityLimits = QuantityLimits()
    hours: Hours = Hours.ALWAYS
    time_zone: str = "America/New_York"
    retries: int = 0
    """How often a failed delivery is tried again."""
    timeout: int = 10
    """Seconds."""
    status: ClientStatus = ClientStatus.ACTIVE
    account_status: AccountStatus = AccountStatus.OPEN
    premium: tuple[str, Criteria] | None = None
    """Price and further criteria of a second delivery account."""

    @property
    def branch(self) -> str:
        """The company's name as a part of an address."""
        return re.sub(r"[^a-z0-9]+", "-", self.company.lower()).strip("-")

    @property
    def lead_price(self) -> Decimal:
        """The delivery account's price."""
        return Decimal(self.price)
