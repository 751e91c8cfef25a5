"""The steps that a campaign's leads pass, as data (``LS21``): what a drawing is made from."""

from collections.abc import Iterator, Sequence

import msgspec

from leadexec.catalog.compiled import CompiledCampaign
from leadexec.contracts.validator import Stage
from leadexec.model.source import Channel, RejectOption


class FlowStep(msgspec.Struct, kw_only=True, frozen=True):
    """One step; a lead passes them in order until one rejects or holds it."""

    step: str
    """As the process log names it (``LD5``): ``access``, ``fields``, ``validator:duplicate`` …"""
    title: str
    stage: str
    """``access``, ``fields``, ``criteria``, ``compliance``, ``duplicate``, ``enrichment``,
    ``grading``, ``admission``, ``distribution``."""
    plugin: str = ""
    """Whose it is; empty: the kernel's."""
    detail: str = ""
    """What is configured, in a sentence."""
    may: Sequence[str] = ()
    """What can become of a lead here: ``reject``, ``hold``, ``amend``, ``route``."""


class LeadFlow(msgspec.Struct, kw_only=True, frozen=True):
    """A campaign's flow."""

    campaign: int
    name: str
    problem: str
    """Why its leads are held just now, all of them; empty: nothing is wrong."""
    on_reject: RejectOption
    """What becomes of a lead that a check rejects (``LS9``)."""
    steps: Sequence[FlowStep]


def lead_flow(campaign: CompiledCampaign) -> LeadFlow:
    """Return the flow of ``campaign`` as it is configured now."""
    return LeadFlow(
        campaign=campaign.entity.id,
        name=campaign.entity.name,
        problem=campaign.problem.message if campaign.problem else "",
        on_reject=campaign.entity.default_reject,
        steps=[
            *_before(campaign),
            *_checks(campaign),
            *_admission(campaign),
            *_distribution(campaign),
        ],
    )


def _before(campaign: CompiledCampaign) -> Iterator[FlowStep]:
    yield FlowStep(
        step="access", title="Access", stage="access", detail=_access(campaign), may=("reject",)
    )
    required = sum(field.required for field in campaign.lead_type.fields)
    yield FlowStep(
        step="fields",
        title="Fields",
        stage="fields",
        detail=f"{len(campaign.lead_type.fields)} fields of {campaign.lead_type.entity.name}, "
        f"{required} required.",
        may=("reject",),
    )
    if campaign.criteria is not None:
        yield FlowStep(
            step="criteria", title="Incoming criteria", stage="criteria", may=("reject",)
        )


def _access(campaign: CompiledCampaign) -> str:
    entity, source = campaign.entity, campaign.source
    said = [f"Campaign {entity.status.value}, source {source.status.value}."]
    if entity.password is not None:
        said.append("With the campaign's password or a token.")
    elif entity.require_authentication:
        said.append("With a Lead Receiver token.")
    if source.allow:
        said.append(f"From {len(source.allow)} allowed addresses or networks only.")
    if source.deny:
        said.append(f"Not from {len(source.deny)} denied addresses or networks.")
    return " ".join(said)


def _checks(campaign: CompiledCampaign) -> Iterator[FlowStep]:
    for used in campaign.validators:
        stage = Stage(used.validator.stage)
        yield FlowStep(
            step=f"validator:{used.key}",
            title=used.validator.title,
            stage=stage.name.lower(),
            plugin=used.plugin,
            may=_MAY.get(stage, ("reject", "hold")),
        )


_MAY = {
    Stage.ENRICHMENT: ("amend", "reject", "hold"),
    Stage.GRADING: ("reject", "hold", "route"),
}


def _admission(campaign: CompiledCampaign) -> Iterator[FlowStep]:
    entity = campaign.entity
    if entity.channel is Channel.PING_POST:
        yield FlowStep(
            step="order_id",
            title="Order ID",
            stage="admission",
            detail="The lead brings the Order ID that its ping got.",
            may=("reject",),
        )
    if campaign.limits is not None:
        limits = entity.limits
        named = {
            "hour": limits.hourly,
            "day": limits.daily,
            "week": limits.weekly,
            "month": limits.monthly,
        }
        detail = ", ".join(f"{n:,} a {window}" for window, n in named.items() if n is not None)
        yield FlowStep(
            step="limits",
            title="Quantity limits",
            stage="admission",
            detail=f"{detail}, in {entity.time_zone}.",
            may=("reject",),
        )
    if entity.quality_control:
        yield FlowStep(
            step="quality_control", title="Quality control", stage="admission", may=("hold",)
        )


def _distribution(campaign: CompiledCampaign) -> Iterator[FlowStep]:
    entity, automation = campaign.entity, campaign.automation
    for script in campaign.scripts:
        yield FlowStep(
            step=f"script:{script.key}",
            title=script.script.title,
            stage="distribution",
            plugin=script.plugin,
            may=("route", "hold"),
        )
    most = entity.maximum_delivery_count
    when = "after the answer" if entity.use_delivery_queue else "before the answer"
    yield FlowStep(
        step="distribution",
        title=automation.strategy.title if automation else "No automation",
        stage="distribution",
        plugin=automation.plugin if automation else "",
        detail=f"To at most {most} {'client' if most == 1 else 'clients'}, {when}.",
        may=("hold",),
    )
