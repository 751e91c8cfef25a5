"""How long leads are kept: the entity, and what it comes to for each campaign."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from leadexec import ConfigurationError, Entity, Fault, Fixed, Ref, Term, entity

Days: TypeAlias = Annotated[int, Meta(ge=1, le=36_500)]


# Not catalogued: nothing on a lead's way asks for it.
@entity(
    name="retention_policy",
    plural="retention_policies",
    title="Retention policy",
    unique=(("campaign",),),
    catalogued=False,
)
class RetentionPolicy(Entity, kw_only=True, frozen=True):
    """How long the leads of a campaign, or of the account, say anything about a person (``LS11``).

    A campaign with a policy of its own obeys that alone; all others obey the one without a
    campaign. The two times are independent: rejected leads have the second, all others the first.
    """

    campaign: Annotated[
        int | None,
        Ref("campaign"),
        Fixed(),
        Meta(
            title="Campaign",
            description="Whose leads; none: those of every campaign without a policy of its own",
        ),
    ] = None
    retention_days: Annotated[
        Days | None,
        Meta(
            title="Retention policy",
            description="Days after which leads that were not rejected are erased; none: never",
        ),
    ] = None
    rejected_retention_days: Annotated[
        Days | None,
        Meta(
            title="Rejected retention policy",
            description="Days after which rejected leads are erased; none: never. Without a "
            "campaign also posts that brought no lead",
        ),
    ] = None


class Terms(Struct, kw_only=True, frozen=True):
    """What is past its time at one instant."""

    leads: tuple[Term, ...]
    """For each campaign whose leads are not all kept for ever."""
    posts_before: datetime | None
    """Posts without a lead that came before this; None: they are kept for ever."""


def terms_of(policies: Iterable[RetentionPolicy], campaigns: Sequence[int], now: datetime) -> Terms:
    """Return what ``policies`` come to at ``now`` for these campaigns.

    Raises:
        ConfigurationError: ``two_defaults``: several policies name no campaign; nothing may be
            erased before it is clear which of them holds.
    """
    known = list(policies)
    general = [policy for policy in known if policy.campaign is None]
    if len(general) > 1:
        listed = ", ".join(str(policy.id) for policy in general)
        message = f"The retention policies {listed} all hold for the whole account; keep one."
        raise ConfigurationError([Fault(code="two_defaults", path="campaign", message=message)])
    default = general[0] if general else RetentionPolicy()
    own = {policy.campaign: policy for policy in known if policy.campaign is not None}
    terms = [_term(own.get(campaign, default), campaign, now) for campaign in sorted(campaigns)]
    return Terms(
        leads=tuple(t for t in terms if t.received_before or t.rejected_before),
        posts_before=_before(default.rejected_retention_days, now),
    )


def _term(policy: RetentionPolicy, campaign: int, now: datetime) -> Term:
    return Term(
        campaign_id=campaign,
        received_before=_before(policy.retention_days, now),
        rejected_before=_before(policy.rejected_retention_days, now),
    )


def _before(days: int | None, now: datetime) -> datetime | None:
    return None if days is None else now - timedelta(days=days)
