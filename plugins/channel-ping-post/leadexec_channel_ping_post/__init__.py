"""The ping-post channel: pings are answered with an Order ID and a price (``PP1``–``PP3``)."""

from leadexec_channel_ping_post.instructions import (
    InstructedField,
    PingInstructions,
    Sample,
    ping_instructions,
)
from leadexec_channel_ping_post.memory import stored_setting
from leadexec_channel_ping_post.setting import PingField, PingSetting

__all__ = [
    "InstructedField",
    "PingField",
    "PingInstructions",
    "PingSetting",
    "Sample",
    "ping_instructions",
    "stored_setting",
]
