"""The states of a delivery."""

import enum


class DeliveryState(enum.StrEnum):
    """Where a delivery is."""

    RESERVED = "reserved"
    """Limits are taken; it is being sent, or waits for its next try."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """The buyer declined; limits were given back."""
    FAILED = "failed"
    """The buyer could not be reached, past the last retry; limits were given back."""
