"""Compiling campaigns: criteria, validators in stage order, limits, automation, scripts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from leadexec.catalog.compiled import (
    CompiledAutomation,
    CompiledCampaign,
    CompiledLeadType,
    CompiledScript,
    CompiledValidator,
)
from leadexec.catalog.components import ComponentMaker
from leadexec.catalog.windows import compile_limits
from leadexec.contracts.script import ScriptSetup
from leadexec.contracts.services import Services
from leadexec.contracts.validator import Hold, Validator, ValidatorSetup
from leadexec.criteria import CompiledCriteria, Criteria
from leadexec.errors import ConfigurationError
from leadexec.ip_access import AccessList
from leadexec.model.source import AutomationUse, Campaign, LeadSource, ScriptUse, ValidatorUse

T = TypeVar("T")


class CampaignCompiler:
    """Compiles campaigns; what cannot be compiled makes their leads held, with all reasons."""

    def __init__(
        self,
        maker: ComponentMaker,
        services: Services,
        compile_tree: Callable[[Criteria, CompiledLeadType], CompiledCriteria],
    ) -> None:
        """Compile with components of ``maker``, which are lent ``services``."""
        self._maker = maker
        self._services = services
        self._compile_tree = compile_tree

    def compile(
        self,
        entity: Campaign,
        source: LeadSource,
        lead_type: CompiledLeadType,
        default_automation: AutomationUse | None,
    ) -> CompiledCampaign:
        """Return ``entity`` compiled, with ``problem`` naming everything that is not there."""
        problems: list[str] = []

        def attempt(what: str, make: Callable[[], T]) -> T | None:
            try:
                return make()
            except ConfigurationError as error:
                # Not the error's message, which stops after a few.
                listed = "; ".join(f"{f.path or 'it'}: {f.message}" for f in error.faults)
                problems.append(f"{what}: {listed}")
                return None

        tree, chosen = entity.criteria, entity.automation or default_automation
        criteria = automation = None
        if tree is not None:
            criteria = attempt("incoming criteria", partial(self._compile_tree, tree, lead_type))
        if chosen is not None:
            automation = attempt("automation", partial(self._automation, chosen))
        access = attempt("access control", lambda: AccessList(source.allow, source.deny))
        validators = [
            attempt(f"validator {use.validator}", partial(self._validator, use, entity, lead_type))
            for use in entity.validators
            if use.enabled
        ]
        scripts = [
            attempt(f"script {use.script}", partial(self._script, use, entity, lead_type))
            for use in entity.scripts
            if use.enabled
        ]
        if chosen is None:
            problems.append("no automation is chosen and the account has no default")
        if lead_type.problem:
            problems.append(lead_type.problem.message)
        return CompiledCampaign(
            entity=entity,
            source=source,
            lead_type=lead_type,
            access=access if source.allow or source.deny else None,
            criteria=criteria,
            validators=_in_order(validators),
            limits=compile_limits(entity.limits, f"campaign:{entity.id}", entity.time_zone),
            automation=automation,
            scripts=[script for script in scripts if script],
            problem=_held(problems),
        )

    def _validator(
        self, use: ValidatorUse, campaign: Campaign, lead_type: CompiledLeadType
    ) -> CompiledValidator:
        setup = ValidatorSetup(
            campaign_id=campaign.id, lead_type=lead_type.info, services=self._services
        )
        made, plugin = self._maker.make("validator", use.validator, use.settings, setup)
        return CompiledValidator(
            key=use.validator,
            plugin=plugin,
            validator=made,
            checks=type(made).check is not Validator.check,
            claims=type(made).claims is not Validator.claims,
        )

    def _script(
        self, use: ScriptUse, campaign: Campaign, lead_type: CompiledLeadType
    ) -> CompiledScript:
        setup = ScriptSetup(
            campaign_id=campaign.id, lead_type=lead_type.info, services=self._services
        )
        made, plugin = self._maker.make("script", use.script, use.settings, setup)
        return CompiledScript(key=use.script, plugin=plugin, script=made, on_error=use.on_error)

    def _automation(self, use: AutomationUse) -> CompiledAutomation:
        made, plugin = self._maker.make("automation", use.strategy, use.settings)
        return CompiledAutomation(key=use.strategy, plugin=plugin, strategy=made)


def _in_order(validators: Sequence[CompiledValidator | None]) -> list[CompiledValidator]:
    present = [validator for validator in validators if validator]
    return sorted(present, key=lambda v: (v.validator.stage, v.key))


def _held(problems: list[str]) -> Hold | None:
    if not problems:
        return None
    return Hold(code="campaign_not_usable", message="; ".join(problems))
