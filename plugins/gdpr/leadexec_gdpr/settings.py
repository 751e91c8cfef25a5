"""What holds for every erasure of the account."""

from typing import Annotated

from msgspec import Meta, Struct


class GdprSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What stays of an erased lead, and how much one sweep does."""

    kept_fields: Annotated[
        tuple[str, ...],
        Meta(
            title="Kept fields",
            description="Names of lead fields whose values stay for reports. Fields that mean a "
            "person, such as a name or a phone number, go all the same.",
            max_length=200,
            examples=[["State", "LoanPurpose"]],
        ),
    ] = ()
    sweep_hours: Annotated[
        float,
        Meta(
            title="Hours between sweeps",
            description="How often what is past its retention is erased.",
            gt=0.01,
            le=8_760,
        ),
    ] = 24.0
    most_per_sweep: Annotated[
        int,
        Meta(
            title="Most per sweep",
            description="Leads, and as many posts, that one sweep erases; the next goes on.",
            ge=100,
            le=10_000_000,
        ),
    ] = 100_000
