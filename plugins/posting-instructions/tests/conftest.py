from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from leadexec import CampaignInfo, FieldDetails, SystemField

STATES = tuple((f"S{number}", f"State number {number}") for number in range(50))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def a_field() -> Callable[..., FieldDetails]:
    def make(name: str, **changes: Any) -> FieldDetails:
        usual: dict[str, Any] = {
            "description": name,
            "type": "text",
            "type_title": "Text",
            "system": SystemField.CUSTOM,
            "required": False,
            "default": "",
            "sample": "Example",
        }
        return FieldDetails(name=name, **{**usual, **changes})

    return make


@pytest.fixture
def a_campaign_info(
    a_field: Callable[..., FieldDetails],
) -> Callable[..., CampaignInfo]:
    def make(**changes: Any) -> CampaignInfo:
        usual: dict[str, Any] = {
            "id": 12,
            "name": "Solar North",
            "source_id": 3,
            "source_name": "Acme & Co",
            "lead_type_id": 5,
            "lead_type_name": "Solar",
            "channel": "web",
            "active": True,
            "require_authentication": False,
            "has_password": False,
            "use_delivery_queue": True,
            "allow_send_responses": False,
            "price": Decimal(5),
            "fields": (
                a_field("FirstName", description="First name", required=True),
                a_field("Owner", type="yes_no", choices=(("Yes", "Yes"), ("No", "No"))),
                a_field("State", type="us_state", choices=STATES, sample="S7"),
                a_field("Total", computed=True, sample=""),
            ),
        }
        return CampaignInfo(**{**usual, **changes})

    return make
