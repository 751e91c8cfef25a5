"""Putting the kernel's parts together; the only place that knows them all."""

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import EntryPoint
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

from leadexec.asking.grading import GradingDesk
from leadexec.asking.lookups import LookupDesk
from leadexec.catalog.accounts import AccountCompiler, MadeRule
from leadexec.catalog.campaigns import CampaignCompiler
from leadexec.catalog.catalog import Catalog
from leadexec.catalog.compiled import CompiledLeadType
from leadexec.catalog.components import ComponentMaker
from leadexec.catalog.loader import CatalogLoader
from leadexec.contracts.component import NoSettings
from leadexec.contracts.services import Clock, Randomness
from leadexec.criteria import CompiledCriteria, Criteria, Resources, compile_criteria
from leadexec.delivery.attempt import Deliverer
from leadexec.delivery.breaker import Breaker
from leadexec.distribution.acts import StoredLeadActs
from leadexec.distribution.distributor import Distributor
from leadexec.distribution.erasing import StoredErasure
from leadexec.distribution.holding import Holdings, HoldQuote, QuoteRelease
from leadexec.distribution.parts import Parts
from leadexec.distribution.pinging import KeepPings, keep_pings
from leadexec.distribution.quoting import Quoter
from leadexec.distribution.recheck import Recheck
from leadexec.distribution.redeliver import REDELIVER, Redelivery
from leadexec.distribution.reserve import Reservations, Reserve
from leadexec.distribution.rules import KERNEL_RULES
from leadexec.distribution.settle import Settle, Settlements
from leadexec.http.outbound import OutboundClient
from leadexec.intake.admission import Admission, AdmitPost
from leadexec.intake.decide import LeadDecider
from leadexec.intake.desk import IntakeDesk
from leadexec.intake.drafts import CatalogCampaigns
from leadexec.intake.gate import Gate
from leadexec.intake.intake import Intake
from leadexec.intake.readmit import Readmit
from leadexec.ip_access import AddressSet
from leadexec.jobs.asking import JobDesk
from leadexec.jobs.events import EVENTS, OBSERVE, EventJobs
from leadexec.jobs.lease import process_name
from leadexec.jobs.observing import ObserverJobs, PluginJobs
from leadexec.jobs.runner import Handling, Runner
from leadexec.jobs.schedules import Schedules
from leadexec.model.entity import Entity
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import FaultLog, Plugins, PluginSelection, load_plugins
from leadexec.security.credentials import CredentialCache
from leadexec.security.passwords import Passwords
from leadexec.security.secrets import Cipher
from leadexec.security.token_desk import TokenDesk
from leadexec.security.tokens import TokenIssuer, TokenVerifier, token_key
from leadexec.services import KernelServices, SystemClock, SystemRandomness, UidMaker
from leadexec.settings import Settings
from leadexec.storage.database import open_database
from leadexec.storage.entities import create_entity
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.job_rows import DISTRIBUTE, RECHECK, RELEASE_QUOTE, hasten_jobs
from leadexec.storage.plugin_storage import PluginStorage
from leadexec.storage.store import Store

E = TypeVar("E", bound=Entity)


@dataclass(slots=True, kw_only=True)
class Access:
    """How programs prove who they are."""

    credentials: CredentialCache
    passwords: Passwords
    tokens: TokenDesk
    verifier: TokenVerifier


@dataclass(slots=True, kw_only=True)
class Kernel:
    """Everything that a running system shares."""

    settings: Settings
    services: KernelServices
    plugins: Plugins
    faults: FaultLog
    registry: EntityRegistry
    tables: EntityTables
    cipher: Cipher
    store: Store
    loader: CatalogLoader
    parts: Parts
    runner: Runner
    schedules: Schedules
    intake: Intake
    desk: IntakeDesk
    """Where posts arrive."""
    access: Access

    @property
    def catalog(self) -> Catalog:
        """The configuration compiled."""
        return self.parts.catalog

    @property
    def new_uid(self) -> Callable[[], str]:
        """Makes uids of leads and deliveries."""
        return self.parts.new_uid

    async def create(self, entity: E, by: str = "command line") -> E:
        """Store a new entity as it is, and bring it into the catalog."""
        now = self.services.clock.now()
        made: E = await self.store.change(
            lambda connection: create_entity(
                connection, self.tables, entity, by=by, now=now, cipher=self.cipher
            )
        )
        await self.loader.refresh()
        return made

    async def look_again(self) -> None:
        """Take up leads that were held because something could not run; it may be back."""
        now = self.services.clock.now()
        if await self.store.change(lambda connection: hasten_jobs(connection, RECHECK, now)):
            self.runner.wake()


def assemble(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    safe_mode: bool = False,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    found: Iterable[EntryPoint] | None = None,
) -> Kernel:
    """Put the kernel together; nothing is read, written or connected yet.

    Args:
        settings: What the settings file says.
        stack: Closes what must be closed at the end.
        safe_mode: Go on without plugins that cannot load (``PF4``).
        clock: Instead of the machine's.
        randomness: Instead of the machine's.
        found: Plugins' entry points instead of the installed ones.

    Raises:
        ConfigurationError: All faults of plugins, entities or settings at once.
    """
    faults = FaultLog()
    time, chance = clock or SystemClock(), randomness or SystemRandomness()
    services = _services(settings, time, chance, stack)
    services.lookups = lookups = LookupDesk(time, faults)
    services.grading = grading = GradingDesk(faults)
    stack.push_async_callback(lookups.aclose)
    selection = settings.selection(safe_mode=safe_mode)
    add = _add_kernel_components
    plugins = load_plugins(selection, services, faults=faults, found=found, kernel=add)
    registry = EntityRegistry(plugins.contributions("register_entities"))
    tables, cipher, store = EntityTables(registry), _cipher(settings), _store(settings, stack)
    parts = _parts(settings, plugins, services, store=store, cipher=cipher, faults=faults)
    _take_made(selection, settings, plugins, lookups, grading)
    events = _lend(parts, services, PluginStorage(store, tables, cipher, time), plugins)
    _handle_commands(store, tables, events, faults)
    runner = _runner(settings, parts, decider := LeadDecider(services, faults))
    schedules = _schedules(plugins, services, store, runner)
    access = _access(cipher, services)
    intake = _intake(settings, parts, decider, runner)
    services.intake = desk = _desk(settings, parts, intake, access.verifier)
    services.quotes = Quoter(parts, decider, desk)
    return Kernel(
        settings=settings,
        services=services,
        plugins=plugins,
        faults=faults,
        registry=registry,
        tables=tables,
        cipher=cipher,
        store=store,
        loader=CatalogLoader(parts.catalog, store, tables, cipher, time),
        parts=parts,
        runner=runner,
        schedules=schedules,
        intake=intake,
        desk=desk,
        access=access,
    )


def _store(settings: Settings, stack: AsyncExitStack) -> Store:
    database = open_database(settings.database_url, settings.storage)
    store = Store(database, waiting=settings.storage.waiting)
    stack.push_async_callback(store.aclose)
    return store


def _lend(
    parts: Parts, services: KernelServices, storage: PluginStorage, plugins: Plugins
) -> EventJobs:
    """Fill in the services that stand on the store and the catalog; return what tells observers."""
    clock = services.clock
    events = EventJobs({hook: [p.name for p in plugins.observers(hook)] for hook in EVENTS})
    services.storage = storage
    services.leads = StoredLeadActs(parts.store, clock)
    services.campaigns = CatalogCampaigns(parts.catalog, clock, parts.faults)
    services.erasure = StoredErasure(parts.store, clock, parts.catalog, events)
    return events


def _schedules(
    plugins: Plugins, services: KernelServices, store: Store, runner: Runner
) -> Schedules:
    """Let ``runner`` run what plugins registered, and what comes again and again."""
    services.jobs = jobs = JobDesk(store, services.clock, runner.wake)
    runner.handle(OBSERVE, Handling(run=ObserverJobs(plugins).run_job))
    schedules = Schedules(plugins, jobs, services.clock)
    for kind, handling in PluginJobs(plugins, services).handlings():
        runner.handle(kind, schedules.again(kind, handling))
    return schedules


def _access(cipher: Cipher, services: KernelServices) -> Access:
    clock, credentials, passwords = services.clock, CredentialCache(), Passwords()
    key = token_key(cipher.installation_key())
    issuer = TokenIssuer(key, clock, services.randomness)
    services.tokens = tokens = TokenDesk(credentials, passwords, issuer, clock)
    verifier = TokenVerifier(key, clock, credentials)
    return Access(credentials=credentials, passwords=passwords, tokens=tokens, verifier=verifier)


def _desk(settings: Settings, parts: Parts, intake: Intake, verifier: TokenVerifier) -> IntakeDesk:
    return IntakeDesk(
        intake,
        Gate(parts.catalog, verifier),
        parts.services.clock,
        parts.new_uid,
        trusted_proxies=AddressSet(settings.http.trusted_proxies, "http.trusted_proxies"),
        proxy_header=settings.http.proxy_header.encode(),
    )


def _intake(settings: Settings, parts: Parts, decider: LeadDecider, runner: Runner) -> Intake:
    return Intake(
        parts.catalog,
        parts.store,
        decider,
        taker=runner,
        clock=parts.services.clock,
        answer_seconds=settings.intake.answer_seconds,
        new_uid=parts.new_uid,
    )


def _parts(
    settings: Settings,
    plugins: Plugins,
    services: KernelServices,
    *,
    store: Store,
    cipher: Cipher,
    faults: FaultLog,
) -> Parts:
    clock, randomness = services.clock, services.randomness
    return Parts(
        catalog=_catalog(plugins, ComponentMaker(plugins, cipher, faults), services),
        store=store,
        services=services,
        deliverer=Deliverer(clock, faults, Breaker(clock, randomness, settings.delivery)),
        faults=faults,
        owner=process_name(randomness),
        new_uid=UidMaker(clock, randomness),
    )


class _NotYet:
    """Stands where a service will be, while plugins are being made."""


def _services(
    settings: Settings, clock: Clock, randomness: Randomness, stack: AsyncExitStack
) -> KernelServices:
    allow = [ip_network(text) for text in settings.network.allow_private]
    http = OutboundClient(allow, max_connections=settings.network.connections)
    stack.push_async_callback(http.aclose)
    later: Any = _NotYet()
    return KernelServices(
        clock=clock,
        randomness=randomness,
        http=http,
        storage=later,
        leads=later,
        campaigns=later,
        lookups=later,
        grading=later,
        intake=later,
        quotes=later,
        tokens=later,
        jobs=later,
        erasure=later,
    )


def _take_made(
    selection: PluginSelection,
    settings: Settings,
    plugins: Plugins,
    lookups: LookupDesk,
    grading: GradingDesk,
) -> None:
    """Give the desks what plugins contribute and the settings choose."""
    origins = {
        contract: {key: plugin for key, _, plugin in plugins.registry(contract).items()}
        for contract in ("lookup", "grading")
    }
    lookups.choose(
        plugins.made["lookup"],
        origins["lookup"],
        settings.lookups.wanted(),
        safe_mode=selection.safe_mode,
    )
    grading.take(plugins.made["grading"], origins["grading"])


def _add_kernel_components(plugins: Plugins) -> None:
    for rule in KERNEL_RULES:
        plugins.registry("eligibility").add(rule.key, rule, "")


def _cipher(settings: Settings) -> Cipher:
    if settings.secret_keys:
        return Cipher.from_text(settings.secret_keys)
    folder = Path(settings.data)
    folder.mkdir(parents=True, exist_ok=True)
    return Cipher.from_file(folder / "secret.key")


def _catalog(plugins: Plugins, maker: ComponentMaker, services: KernelServices) -> Catalog:
    functions = {key: item.call for key, item, _ in plugins.registry("function").items()}

    def resources(lead_type: CompiledLeadType) -> Resources:
        titles = {field.name: field.description for field in lead_type.fields}
        return Resources(functions=functions, titles=titles)

    def compile_tree(tree: Criteria, lead_type: CompiledLeadType) -> CompiledCriteria:
        return compile_criteria(tree, lead_type.schema, resources(lead_type))

    rules = [
        MadeRule(
            key,
            plugin,
            plugins.made["eligibility"][key] if plugin else rule(NoSettings(), services),
        )
        for key, rule, plugin in plugins.registry("eligibility").items()
    ]
    return Catalog(
        maker,
        CampaignCompiler(maker, services, compile_tree),
        AccountCompiler(maker, services, rules),
        compile_tree,
    )


def _handle_commands(
    store: Store, tables: EntityTables, events: EventJobs, faults: FaultLog
) -> None:
    tables.observers.append(events.entity_changed)
    admission = Admission(events, faults)
    store.handle(AdmitPost, admission.admit_posts)
    store.handle(Readmit, admission.readmit)
    store.handle(Reserve, Reservations(faults).reserve)
    store.handle(Settle, Settlements(events).settle)
    store.handle(KeepPings, keep_pings)
    store.handle(HoldQuote, Holdings(faults).hold)


def _runner(settings: Settings, parts: Parts, decider: LeadDecider) -> Runner:
    runner = Runner(
        parts.store,
        parts.services.clock,
        parts.owner,
        at_once=settings.jobs.at_once,
        lease=timedelta(seconds=settings.jobs.lease_seconds),
        poll=timedelta(seconds=settings.jobs.poll_seconds),
    )
    runner.handle(DISTRIBUTE, Handling(run=Distributor(parts).run_job, settles_itself=True))
    runner.handle(REDELIVER, Handling(run=Redelivery(parts).run_job))
    recheck = Recheck(parts.catalog, parts.store, decider, parts.services.clock)
    runner.handle(RECHECK, Handling(run=recheck.run_job))
    runner.handle(RELEASE_QUOTE, Handling(run=QuoteRelease(parts.store).run_job))
    return runner
