"""The plugin and its one script."""

import enum
import math
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from leadexec import (
    Candidate,
    ConfigurationError,
    DistributionScript,
    Fault,
    Lead,
    NoSettings,
    Plugin,
    Ref,
    ScriptSetup,
    Selection,
    SystemField,
    hookimpl,
)


class Quota(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One client's share of the leads of one state."""

    state: Annotated[
        str,
        Meta(
            title="State",
            description="As the lead's state field has it; case does not matter.",
            min_length=1,
            max_length=50,
            examples=["CA"],
        ),
    ]
    client: Annotated[int, Ref("client"), Meta(title="Client", description="Its id.", ge=1)]
    share: Annotated[
        int,
        Meta(
            title="Share",
            description="Parts of the state's leads, against the other clients' parts; 0: none.",
            ge=0,
            le=1_000_000,
            examples=[60],
        ),
    ]


class Others(enum.StrEnum):
    """What becomes of clients that have no quota in a state where others have one."""

    AFTER = "after"
    NEVER = "never"


class StateQuotaSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who gets what part of which state."""

    quotas: Annotated[
        tuple[Quota, ...],
        Meta(
            title="Quotas",
            description="A client is named once per state. States without quotas are left to the "
            "automation.",
            min_length=1,
            max_length=20_000,
        ),
    ]
    others: Annotated[
        Others,
        Meta(
            title="Clients without a quota",
            description="In a state with quotas: offered the lead after all others, or never.",
        ),
    ] = Others.AFTER
    field: Annotated[
        str,
        Meta(
            title="State field",
            description="Name of the lead field; empty: the lead type's field that means State.",
            examples=["PropertyState"],
        ),
    ] = ""


class StateQuota(DistributionScript[StateQuotaSettings]):
    """Shares the leads of each state out among clients, by quota.

    For each lead the clients with a quota in its state are drawn in a random order in which a
    client comes first as often as its share of the parts says. The draw depends on nothing but the
    lead's uid, the state and the quotas. So there is nothing to count, to store or to lose: the
    shares hold over any day or hour, over restarts and over any number of workers, a lead that is
    sorted again after a decline keeps its order, and a lead can be explained afterwards. The price
    is that they hold on average: of 1,000 leads at a share of one half, 500 give or take 30.

    Where a drawn client does not qualify or declines, the next one drawn takes its place. The
    accounts of one client stay in the order in which the automation has them.
    """

    key: ClassVar[str] = "state-quota"
    title: ClassVar[str] = "State quota"

    def __init__(self, settings: StateQuotaSettings, setup: ScriptSetup) -> None:
        """Sort the quotas by state; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        self._field = settings.field or setup.lead_type.named(SystemField.STATE) or ""
        faults = [*self._field_faults(), *_quota_faults(settings.quotas)]
        if faults:
            raise ConfigurationError(faults)
        self._quotas: dict[str, dict[int, int]] = {}
        for quota in settings.quotas:
            self._quotas.setdefault(_folded(quota.state), {})[quota.client] = quota.share

    def after_sort(self, lead: Lead, candidates: Sequence[Candidate]) -> Selection:
        """Return the candidates with quotas in the order drawn, then the others."""
        state = _folded(lead.fields.get(self._field))
        shares = self._quotas.get(state)
        if shares is None:
            return candidates
        drawn = _draw(lead.uid, state, shares, {c.client_id for c in candidates})
        chosen = sorted(
            (c for c in candidates if c.client_id in drawn), key=lambda c: drawn[c.client_id]
        )
        if self.settings.others is Others.NEVER:
            return chosen
        return [*chosen, *(c for c in candidates if c.client_id not in shares)]

    def _field_faults(self) -> Iterator[Fault]:
        known = self.setup.lead_type
        if not self._field:
            message = f"Lead type {known.name} has no field that means State; name one."
            yield Fault(code="no_state_field", path="field", message=message)
        elif self._field not in known.fields:
            message = f"Lead type {known.name} has no field {self._field}."
            yield Fault(code="unknown_field", path="field", message=message)


def _quota_faults(quotas: Sequence[Quota]) -> Iterator[Fault]:
    seen: set[tuple[str, int]] = set()
    for place, quota in enumerate(quotas):
        named = (_folded(quota.state), quota.client)
        if named in seen:
            message = f"Client {quota.client} has a quota in {quota.state} already."
            yield Fault(code="repeated_quota", path=f"quotas[{place}]", message=message)
        seen.add(named)


def _folded(state: object) -> str:
    return state.strip().casefold() if isinstance(state, str) else ""


def _draw(
    uid: str, state: str, shares: Mapping[int, int], clients: set[int]
) -> dict[int, tuple[float, int]]:
    """Return client → place in the order drawn; only for ``clients`` with a share.

    Each client waits an exponentially distributed time with its share as the rate: then each is
    first with the probability of its share, and the same holds among those who are left
    (Efraimidis and Spirakis, 2006). Client ids settle ties.
    """
    drawn: dict[int, tuple[float, int]] = {}
    for client in clients:
        share = shares.get(client, 0)
        if share:
            told = f"{uid}|{state}|{client}".encode()
            chance = int.from_bytes(blake2b(told, digest_size=6).digest())
            drawn[client] = (-math.log((chance + 0.5) / 2**48) / share, client)
    return drawn


class ScriptStateQuotaPlugin(Plugin[NoSettings]):
    """Contributes the distribution script ``state-quota``."""

    @hookimpl
    def register_distribution_scripts(self) -> Sequence[type[DistributionScript[Any]]]:
        """Contribute ``state-quota``."""
        return (StateQuota,)
