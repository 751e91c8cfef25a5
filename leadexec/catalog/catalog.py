"""The catalog: all configuration compiled, with its revision, changed entity by entity."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from leadexec.catalog.accounts import AccountCompiler
from leadexec.catalog.campaigns import CampaignCompiler
from leadexec.catalog.compiled import (
    CompiledAccount,
    CompiledAutomation,
    CompiledCampaign,
    CompiledLeadType,
    CompiledMethod,
    InactiveAccount,
    does_ping,
)
from leadexec.catalog.components import ComponentMaker
from leadexec.catalog.lead_types import compile_lead_type
from leadexec.catalog.orders import StaticOrders
from leadexec.contracts.eligibility import Excluded
from leadexec.criteria import EVERYTHING, CompiledCriteria, Criteria, CriteriaError, CriteriaIndex
from leadexec.model.account_settings import AccountSettings
from leadexec.model.client import Client
from leadexec.model.delivery_account import DeliveryAccount
from leadexec.model.delivery_method import ConfiguredDeliveryMethod
from leadexec.model.entity import Entity
from leadexec.model.lead_type import LeadType
from leadexec.model.source import Campaign, LeadSource

E = TypeVar("E", bound=Entity)

KINDS: Mapping[str, type[Entity]] = {
    "account_settings": AccountSettings,
    "lead_type": LeadType,
    "lead_source": LeadSource,
    "client": Client,
    "campaign": Campaign,
    "delivery_method": ConfiguredDeliveryMethod,
    "delivery_account": DeliveryAccount,
}
"""Entity name → Struct, in the order in which they refer to each other."""

TreeCompiler = Callable[[Criteria, CompiledLeadType], CompiledCriteria]


class Catalog:
    """Everything a lead's way asks of the configuration, without a database.

    Readers run on the event loop and see a consistent state between awaits; ``apply`` runs there
    too and never awaits.
    """

    def __init__(
        self,
        maker: ComponentMaker,
        campaigns: CampaignCompiler,
        accounts: AccountCompiler,
        compile_tree: TreeCompiler,
    ) -> None:
        """Make an empty catalog that compiles with the given compilers."""
        self.revision = 0
        self._maker = maker
        self._campaign_compiler = campaigns
        self._account_compiler = accounts
        self._compile_tree = compile_tree
        self.entities: dict[str, dict[int, Entity]] = {kind: {} for kind in KINDS}
        self.lead_types: dict[int, CompiledLeadType] = {}
        self.campaigns: dict[int, CompiledCampaign] = {}
        self.methods: dict[int, CompiledMethod | Excluded] = {}
        self.accounts: dict[int, CompiledAccount] = {}
        self.inactive: dict[int, InactiveAccount] = {}
        self.indexes: dict[int, CriteriaIndex] = {}
        self.pinging: defaultdict[int, set[int]] = defaultdict(set)
        """Lead type → the active accounts whose methods ask for bids."""
        self._orders: defaultdict[int, StaticOrders] = defaultdict(
            lambda: StaticOrders(maker.faults)
        )
        self._accounts_of_method: defaultdict[int, set[int]] = defaultdict(set)
        self._accounts_of_client: defaultdict[int, set[int]] = defaultdict(set)

    def apply(self, changes: Iterable[tuple[str, int, Entity | None]], revision: int) -> None:
        """Take over changed entities: (kind, id, the entity or None when it was deleted).

        Only what depends on a changed entity is compiled anew.
        """
        touched: defaultdict[str, set[int]] = defaultdict(set)
        for kind, entity_id, entity in changes:
            if kind not in self.entities:
                continue
            known = self.entities[kind]
            touched[kind].add(entity_id)
            if entity is None:
                known.pop(entity_id, None)
            else:
                known[entity_id] = entity
        self._spread(touched)
        self.revision = revision

    def _spread(self, touched: Mapping[str, set[int]]) -> None:
        types, sources = touched.get("lead_type", set()), touched.get("lead_source", set())
        for type_id in types:
            self._refresh_lead_type(type_id)
        self._refresh_campaigns(touched, types, sources)
        methods = set(touched.get("delivery_method", ()))
        accounts = set(touched.get("delivery_account", ()))
        if types:
            methods |= {m.id for m in self._all(ConfiguredDeliveryMethod) if m.lead_type in types}
            accounts |= {a.id for a in self._all(DeliveryAccount) if a.lead_type in types}
        for method_id in methods:
            self._refresh_method(method_id)
            accounts |= self._accounts_of_method[method_id]
        for client_id in touched.get("client", ()):
            accounts |= self._accounts_of_client[client_id]
        for account_id in accounts:
            self._refresh_account(account_id)

    def _refresh_campaigns(
        self, touched: Mapping[str, set[int]], types: set[int], sources: set[int]
    ) -> None:
        everyone = "account_settings" in touched
        wanted = set(touched.get("campaign", ()))
        for campaign in self._all(Campaign):
            if everyone or campaign.lead_type in types or campaign.lead_source in sources:
                wanted.add(campaign.id)
        for campaign_id in wanted:
            self._refresh_campaign(campaign_id)

    def _refresh_lead_type(self, type_id: int) -> None:
        entity = self.entities["lead_type"].get(type_id)
        self.indexes.pop(type_id, None)
        if entity is None:
            self.lead_types.pop(type_id, None)
            return
        assert isinstance(entity, LeadType)  # noqa: S101  the store of this kind holds no other
        compiled = compile_lead_type(entity, self._maker)
        self.lead_types[type_id] = compiled
        self.indexes[type_id] = CriteriaIndex(compiled.schema)

    def _refresh_campaign(self, campaign_id: int) -> None:
        entity = self._get(Campaign, "campaign", campaign_id)
        if entity is None:
            self.campaigns.pop(campaign_id, None)
            return
        settings = self._get(AccountSettings, "account_settings", 1)
        source = self._get(LeadSource, "lead_source", entity.lead_source)
        lead_type = self.lead_types.get(entity.lead_type)
        if source is None or lead_type is None:  # foreign keys forbid it; a race may show it
            self.campaigns.pop(campaign_id, None)
            return
        if entity.value_delimiter:
            lead_type = compile_lead_type(lead_type.entity, self._maker, entity.value_delimiter)
        default = settings.default_automation if settings else None
        self.campaigns[campaign_id] = self._campaign_compiler.compile(
            entity, source, lead_type, default
        )

    def _refresh_method(self, method_id: int) -> None:
        entity = self._get(ConfiguredDeliveryMethod, "delivery_method", method_id)
        lead_type = self.lead_types.get(entity.lead_type) if entity else None
        if entity is None or lead_type is None:
            self.methods.pop(method_id, None)
            return
        self.methods[method_id] = self._account_compiler.compile_method(entity, lead_type)

    def _refresh_account(self, account_id: int) -> None:
        old = self.accounts.pop(account_id, None) or self.inactive.pop(account_id, None)
        if old:
            self._accounts_of_method[old.entity.delivery_method].discard(account_id)
            self._accounts_of_client[old.entity.client].discard(account_id)
            index = self.indexes.get(old.entity.lead_type)
            if index is not None:
                index.remove(account_id)
            self.pinging[old.entity.lead_type].discard(account_id)
        if isinstance(old, CompiledAccount):
            self._orders[old.entity.lead_type].discard(old)
        entity = self._get(DeliveryAccount, "delivery_account", account_id)
        if entity is None:
            return
        self._accounts_of_method[entity.delivery_method].add(account_id)
        self._accounts_of_client[entity.client].add(account_id)
        compiled = self._compile_account(entity)
        if isinstance(compiled, InactiveAccount):
            self.inactive[account_id] = compiled
        else:
            self.accounts[account_id] = compiled
            if does_ping(compiled.method.method):
                self.pinging[entity.lead_type].add(account_id)
            self._orders[entity.lead_type].add(compiled)

    def _compile_account(self, entity: DeliveryAccount) -> CompiledAccount | InactiveAccount:
        client = self._get(Client, "client", entity.client)
        method = self.methods.get(entity.delivery_method)
        lead_type = self.lead_types.get(entity.lead_type)
        if client is None or method is None or lead_type is None:
            text = "Its client, delivery method or lead type is not there yet."
            return InactiveAccount(entity=entity, why=Excluded(code="incomplete", text=text))
        compiled = self._account_compiler.compile(entity, client, method)
        if isinstance(compiled, CompiledAccount):
            try:
                tree = self._compile_tree(entity.criteria or EVERYTHING, lead_type)
                self.indexes[entity.lead_type].put(entity.id, tree)
            except CriteriaError as error:
                why = Excluded(code="criteria_not_usable", text=error.message)
                return InactiveAccount(entity=entity, why=why)
        return compiled

    def campaigns_of(self, source_id: int, lead_type_id: int) -> list[int]:
        """Return the ids of a source's campaigns for a lead type, in order."""
        return sorted(
            campaign_id
            for campaign_id, campaign in self.campaigns.items()
            if campaign.entity.lead_source == source_id
            and campaign.entity.lead_type == lead_type_id
        )

    def criteria_of(self, account_id: int) -> CompiledCriteria | None:
        """Return an account's criteria compiled, for explanations; None when they cannot be."""
        entity = self._get(DeliveryAccount, "delivery_account", account_id)
        lead_type = self.lead_types.get(entity.lead_type) if entity else None
        if entity is None or lead_type is None:
            return None
        try:
            return self._compile_tree(entity.criteria or EVERYTHING, lead_type)
        except CriteriaError:
            return None

    def static_order(
        self, lead_type_id: int, automation: CompiledAutomation
    ) -> Sequence[int] | None:
        """Return a lead type's active accounts in the strategy's fixed order, if it has one."""
        active = (a for a in self.accounts.values() if a.entity.lead_type == lead_type_id)
        return self._orders[lead_type_id].of(automation, active)

    def _get(self, struct: type[E], kind: str, entity_id: int) -> E | None:
        found = self.entities[kind].get(entity_id)
        return found if isinstance(found, struct) else None

    def _all(self, struct: type[E]) -> list[E]:
        kind = next(name for name, known in KINDS.items() if known is struct)
        return [entity for entity in self.entities[kind].values() if isinstance(entity, struct)]
