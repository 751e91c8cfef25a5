"""Compiling delivery accounts and their methods, or saying why an account is out (``CL2``)."""

from collections.abc import Sequence
from typing import Any

from leadexec.catalog.compiled import (
    CompiledAccount,
    CompiledLeadType,
    CompiledMethod,
    InactiveAccount,
    RuleInUse,
)
from leadexec.catalog.components import ComponentMaker
from leadexec.catalog.mapping import compile_mapping
from leadexec.contracts.automation import Candidate
from leadexec.contracts.delivery import DeliverySetup
from leadexec.contracts.eligibility import AccountSetup, EligibilityRule, Excluded
from leadexec.contracts.services import Services
from leadexec.errors import ConfigurationError
from leadexec.model.client import Client, ClientStatus
from leadexec.model.delivery_account import AccountStatus, DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod, Environment


class MadeRule:
    """An eligibility rule's one instance, with its names."""

    def __init__(self, key: str, plugin: str, rule: EligibilityRule[Any]) -> None:
        """Name ``rule`` by its key and plugin."""
        self.key = key
        self.plugin = plugin
        self.rule = rule


class AccountCompiler:
    """Compiles methods and accounts; an account that cannot be is out, with its reason."""

    def __init__(
        self, maker: ComponentMaker, services: Services, rules: Sequence[MadeRule]
    ) -> None:
        """Compile with components of ``maker``; ``rules`` concern every account."""
        self._maker = maker
        self._services = services
        self._rules = sorted(rules, key=lambda r: (r.rule.order, r.key))

    def compile_method(
        self, entity: ConfiguredDeliveryMethod, lead_type: CompiledLeadType
    ) -> CompiledMethod | Excluded:
        """Return ``entity`` compiled, or why it cannot be used."""
        setup = DeliverySetup(
            method_id=entity.id,
            lead_type=lead_type.info,
            production=entity.environment is Environment.PRODUCTION,
            services=self._services,
        )
        try:
            made, plugin = self._maker.make("delivery", entity.type, entity.settings, setup)
        except ConfigurationError as error:
            return Excluded(code="delivery_method_not_usable", text=error.message)
        return CompiledMethod(
            entity=entity, method=made, plugin=plugin, map_fields=compile_mapping(entity)
        )

    def compile(
        self, entity: DeliveryAccount, client: Client, method: CompiledMethod | Excluded
    ) -> CompiledAccount | InactiveAccount:
        """Return ``entity`` compiled, or why it is out for every lead."""
        if isinstance(method, Excluded):
            return InactiveAccount(entity=entity, why=method)
        why = _checklist(entity, client, method.entity)
        if why:
            return InactiveAccount(entity=entity, why=why)
        setup = AccountSetup(
            account_id=entity.id,
            client_id=client.id,
            method_id=method.entity.id,
            lead_type_id=entity.lead_type,
            price=entity.price,
            time_zone=client.time_zone,
            account=entity,
            client=client,
            method=method.entity,
        )
        try:
            rules = self._compile_rules(setup)
        except ConfigurationError as error:
            return InactiveAccount(
                entity=entity, why=Excluded(code="rule_not_usable", text=error.message)
            )
        candidate = Candidate(
            account_id=entity.id,
            client_id=client.id,
            price=entity.price,
            client_priority=client.priority,
            account_priority=entity.priority,
            exclusive=entity.exclusive,
        )
        return CompiledAccount(
            entity=entity,
            client=client,
            method=method,
            setup=setup,
            candidate=candidate,
            rules=rules,
        )

    def _compile_rules(self, setup: AccountSetup) -> list[RuleInUse]:
        in_use: list[RuleInUse] = []
        for made in self._rules:
            try:
                rule = made.rule.compile(setup)
            except Exception as error:  # a plugin's rule that cannot run excludes (fail closed)
                where = f"compiling rule '{made.key}' for account {setup.account_id}"
                fault = self._maker.faults.record(made.plugin, where, error)
                raise ConfigurationError.single("plugin_raised", "", fault.error) from error
            if rule is not None:
                in_use.append(RuleInUse(key=made.key, plugin=made.plugin, rule=rule))
        return in_use


def _checklist(
    entity: DeliveryAccount, client: Client, method: ConfiguredDeliveryMethod
) -> Excluded | None:
    """Return the first failing point of the automation checklist (``CL2``), or None."""
    if client.status is not ClientStatus.ACTIVE:
        text = f"The client is {client.status.value}; only active clients receive leads."
        return Excluded(code="client_not_active", text=text)
    if entity.status is not AccountStatus.OPEN:
        text = f"The delivery account is {entity.status.value}."
        return Excluded(code="account_not_open", text=text)
    if not entity.automated:
        text = "Automated delivery is off for this delivery account."
        return Excluded(code="not_automated", text=text)
    if not method.enabled:
        return Excluded(code="method_disabled", text="The delivery method is disabled.")
    return None
