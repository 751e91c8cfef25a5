"""The kernel put together: everything but HTTP. ``leadexec.app`` adds the faces."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import EntryPoint
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

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
from leadexec.distribution.acts import StoredLeadActs
from leadexec.distribution.distributor import Distributor
from leadexec.distribution.parts import Parts
from leadexec.distribution.redeliver import REDELIVER, Redelivery
from leadexec.distribution.reserve import Reservations, Reserve
from leadexec.distribution.rules import KERNEL_RULES
from leadexec.distribution.settle import Settle, Settlements
from leadexec.http.outbound import OutboundClient
from leadexec.intake.admission import Admission, AdmitPost
from leadexec.intake.decide import LeadDecider
from leadexec.intake.drafts import CatalogCampaigns
from leadexec.intake.intake import Intake
from leadexec.jobs.events import EVENTS, OBSERVE, EventJobs
from leadexec.jobs.lease import process_name
from leadexec.jobs.observing import ObserverJobs, PluginJobs
from leadexec.jobs.runner import Handling, Runner
from leadexec.model.entity import Entity
from leadexec.model.registry import EntityRegistry
from leadexec.plugins import FaultLog, Plugins, load_plugins
from leadexec.security.secrets import Cipher
from leadexec.services import KernelServices, SystemClock, SystemRandomness, UidMaker
from leadexec.settings import Settings
from leadexec.storage.database import open_database
from leadexec.storage.entities import create_entity
from leadexec.storage.entity_tables import EntityTables
from leadexec.storage.job_rows import DISTRIBUTE
from leadexec.storage.migrations import upgrade
from leadexec.storage.owners import owners_of
from leadexec.storage.plugin_storage import PluginStorage
from leadexec.storage.store import Store

E = TypeVar("E", bound=Entity)


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
    catalog: Catalog
    loader: CatalogLoader
    parts: Parts
    distributor: Distributor
    runner: Runner
    intake: Intake
    new_uid: UidMaker

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


@asynccontextmanager
async def running_kernel(
    settings: Settings,
    *,
    safe_mode: bool = False,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    found: Iterable[EntryPoint] | None = None,
    run_jobs: bool | None = None,
    migrate: bool = True,
) -> AsyncIterator[Kernel]:
    """Start the kernel: plugins, database up to date, catalog filled, jobs running.

    Args:
        settings: What the settings file says.
        safe_mode: Start without plugins that cannot load (``PF4``).
        clock: Instead of the machine's.
        randomness: Instead of the machine's.
        found: Plugins' entry points instead of the installed ones.
        run_jobs: Whether jobs run here; None: as the settings say.
        migrate: Whether to bring the tables up to date first.

    Raises:
        ConfigurationError: All faults of plugins, entities or settings at once.
        UnavailableError: The database does not answer.
    """
    async with AsyncExitStack() as stack:
        kernel = _build(settings, stack, safe_mode, clock, randomness, found)
        stack.push_async_callback(kernel.store.aclose)
        if migrate:
            owners = owners_of(kernel.tables, kernel.plugins.loaded())
            await upgrade(kernel.store.database, owners)
        await kernel.loader.load()
        fresh = asyncio.create_task(
            kernel.loader.keep_fresh(settings.jobs.poll_seconds), name="catalog: keep fresh"
        )
        stack.push_async_callback(_end, fresh)
        if settings.jobs.run if run_jobs is None else run_jobs:
            await kernel.runner.start()
            stack.push_async_callback(kernel.runner.stop)
        stack.push_async_callback(kernel.intake.aclose)
        yield kernel


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _build(
    settings: Settings,
    stack: AsyncExitStack,
    safe_mode: bool,
    clock: Clock | None,
    randomness: Randomness | None,
    found: Iterable[EntryPoint] | None,
) -> Kernel:
    faults = FaultLog()
    time, chance = clock or SystemClock(), randomness or SystemRandomness()
    services = _services(settings, time, chance, stack)
    plugins = load_plugins(
        settings.selection(safe_mode=safe_mode),
        services,
        faults=faults,
        found=found,
        kernel=_add_kernel_components,
    )
    registry = EntityRegistry(plugins.contributions("register_entities"))
    tables = EntityTables(registry)
    cipher = _cipher(settings)
    store = Store(open_database(settings.database_url, settings.storage))
    maker = ComponentMaker(plugins, cipher, faults)
    catalog = _catalog(plugins, maker, services)
    owner = process_name(chance)
    new_uid = UidMaker(time, chance)
    parts = Parts(
        catalog=catalog,
        store=store,
        services=services,
        deliverer=Deliverer(time, faults),
        faults=faults,
        owner=owner,
        new_uid=new_uid,
    )
    events = EventJobs({hook: [p.name for p in plugins.observers(hook)] for hook in EVENTS})
    _handle_commands(store, events, faults)
    tables.observers.append(events.entity_changed)
    distributor = Distributor(parts)
    runner = _runner(settings, parts, distributor, plugins)
    services.storage = PluginStorage(store, tables, cipher, time)
    services.leads = StoredLeadActs(store, time)
    services.campaigns = CatalogCampaigns(catalog, time, faults)
    intake = Intake(
        catalog,
        store,
        LeadDecider(services, faults),
        runner,
        distributor.distribute,
        time,
        answer_seconds=settings.intake.answer_seconds,
        new_uid=new_uid,
    )
    return Kernel(
        settings=settings,
        services=services,
        plugins=plugins,
        faults=faults,
        registry=registry,
        tables=tables,
        cipher=cipher,
        store=store,
        catalog=catalog,
        loader=CatalogLoader(catalog, store, tables, cipher, time),
        parts=parts,
        distributor=distributor,
        runner=runner,
        intake=intake,
        new_uid=new_uid,
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
    )


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
        MadeRule(key, plugin, rule(NoSettings(), services))
        for key, rule, plugin in plugins.registry("eligibility").items()
    ]
    return Catalog(
        maker,
        CampaignCompiler(maker, services, compile_tree),
        AccountCompiler(maker, services, rules),
        compile_tree,
    )


def _handle_commands(store: Store, events: EventJobs, faults: FaultLog) -> None:
    store.handle(AdmitPost, Admission(events, faults).admit_posts)
    store.handle(Reserve, Reservations(faults).reserve)
    store.handle(Settle, Settlements(events).settle)


def _runner(
    settings: Settings, parts: Parts, distributor: Distributor, plugins: Plugins
) -> Runner:
    runner = Runner(
        parts.store,
        parts.services.clock,
        parts.owner,
        at_once=settings.jobs.at_once,
        lease=timedelta(seconds=settings.jobs.lease_seconds),
        poll=timedelta(seconds=settings.jobs.poll_seconds),
    )
    runner.handle(DISTRIBUTE, Handling(run=distributor.run_job, settles_itself=True))
    runner.handle(REDELIVER, Handling(run=Redelivery(parts).run_job))
    runner.handle(OBSERVE, Handling(run=ObserverJobs(plugins).run_job))
    for kind, handling in PluginJobs(plugins, parts.services).handlings():
        runner.handle(kind, handling)
    return runner


