"""The embedded runner: takes due jobs under a lease and runs many at once (architecture 9)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection

from leadexec.contracts.lead import Lead
from leadexec.contracts.services import Clock
from leadexec.errors import UnavailableError
from leadexec.jobs.lease import gone
from leadexec.storage.job_rows import (
    DISTRIBUTE,
    JobRow,
    extend_leases,
    fail_job,
    finish_job,
    free_jobs_of,
    next_due,
    owners,
    take_jobs,
)
from leadexec.storage.store import Store

log = structlog.get_logger(__name__)
Run: TypeAlias = Callable[[JobRow], Awaitable[None]]
SOON = 0.02
"""Seconds after the end of a job within which the runner looks for what that job has caused."""


@dataclass(slots=True, frozen=True)
class Handling:
    """How jobs of one kind are run."""

    run: Run
    attempts: int = 5
    """Tries before a job goes to the dead-letter list."""
    settles_itself: bool = False
    """Whether ``run`` removes or releases its row in a transaction of its own."""


class Runner:
    """Runs jobs in this process until it is stopped; others may run beside it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        owner: str,
        *,
        at_once: int = 64,
        lease: timedelta = timedelta(seconds=60),
        poll: timedelta = timedelta(seconds=1),
    ) -> None:
        """Run at most ``at_once`` jobs together, each under a ``lease`` in the name ``owner``.

        Args:
            store: Where jobs are.
            clock: Tells what is due.
            owner: Names this process.
            at_once: The most jobs that run together.
            lease: How long a job stays with a process that says nothing more.
            poll: How often to look for jobs that other processes have written.
        """
        self._store = store
        self._clock = clock
        self.owner = owner
        self._at_once = at_once
        self.lease = lease
        self._poll = poll
        self._handlings: dict[str, Handling] = {}
        self._running: dict[int | str, asyncio.Task[None]] = {}
        self._leads: set[str] = set()
        """The leads this process has in hand, running or offered: nobody here begins them twice."""
        self._offered: asyncio.Queue[tuple[str, Lead | None]] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._awaited = 0
        """How many wait for the runner to be idle."""
        self._soon: asyncio.TimerHandle | None = None
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    def handle(self, kind: str, handling: Handling) -> None:
        """Say how jobs of ``kind`` are run."""
        self._handlings[kind] = handling

    # --- handing over within the process

    def accepting(self) -> bool:
        """Return whether new leads may be leased to this process at once."""
        return bool(self._loops) and not self._stopping and self._offered.qsize() < 2_000

    def offer(self, subject: str, lead: Lead | None = None) -> None:
        """Take a lead on whose ``distribute`` job was just committed in this process's name.

        Args:
            subject: The lead's uid.
            lead: The lead as it was stored, so that it need not be read back.
        """
        self._leads.add(subject)
        self._offered.put_nowait((subject, lead))
        self._wake.set()

    def begin(
        self, subject: str, budget_until: float, lead: Lead | None = None
    ) -> "asyncio.Task[None]":
        """Begin at once with such a lead: a caller waits for it up to the monotonic instant."""
        self._leads.add(subject)
        return self._begin(self._handed_over(subject, lead, budget_until=budget_until))

    def _handed_over(self, subject: str, lead: Lead | None, **payload: Any) -> JobRow:
        """Return the job of a lead that was just stored, without reading its row back.

        The lead itself goes with it only while its first lease cannot have run out: nobody else
        can have had it in hand then, so that it stands as it was stored.
        """
        if lead is not None and self._clock.now() < lead.received_at + self.lease / 2:
            payload["lead"] = lead
        return JobRow(id=0, kind=DISTRIBUTE, subject=subject, payload=payload, attempts=0)

    def wake(self) -> None:
        """Look for due jobs now."""
        self._wake.set()

    # --- life

    async def start(self) -> None:
        """Free what ended processes of this host held, then run jobs until ``stop``."""
        now = self._clock.now()

        def free(connection: Connection) -> int:
            return free_jobs_of(connection, gone(owners(connection), self.owner), now)

        freed = await self._store.change(free)
        if freed:
            log.info("jobs taken over from ended processes", count=freed)
        self._loops = [
            asyncio.create_task(self._take_loop(), name="jobs: take"),
            asyncio.create_task(self._lease_loop(), name="jobs: lease"),
        ]

    async def stop(self) -> None:
        """Take no more, let what runs end, give back what was not begun."""
        self._stopping = True
        self._wake.set()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running.values())
        self._loops = []
        self._leads.clear()
        now = self._clock.now()
        await self._record(lambda connection: free_jobs_of(connection, [self.owner], now))

    async def until_idle(self) -> None:
        """Return once nothing is due, offered or running (for tests and the demo).

        What is due later, such as a retry, is not waited for.
        """
        self._awaited += 1
        try:
            while True:
                self._idle.clear()
                self._wake.set()
                await self._idle.wait()
                if not self._running and self._offered.empty():
                    return
        finally:
            self._awaited -= 1

    # --- loops

    async def _take_loop(self) -> None:
        while True:
            self._wake.clear()
            try:
                wait = await self._take()
            except Exception as error:  # one bad round must not end all of them
                log.error("jobs cannot be taken now", exc_info=error)
                wait = self._poll.total_seconds()
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _take(self) -> float:
        """Begin what can be begun; return the seconds until something may be due."""
        while not self._offered.empty() and len(self._running) < self._at_once:
            self._begin(self._handed_over(*self._offered.get_nowait()))
        room = self._at_once - len(self._running)
        if room <= 0 or not self._offered.empty():
            return self._poll.total_seconds()
        now = self._clock.now()
        due = await self._store.read(next_due)
        if due is not None and due <= now:
            until = now + self.lease
            rows = await self._store.change(
                lambda connection: take_jobs(connection, self.owner, now, until, room)
            )
            for row in rows:
                self._begin_taken(row)
            if rows:
                return 0.0 if len(rows) == room else self._poll.total_seconds()
        # Whoever has woken this loop since it began this round has something for the next one.
        if not self._running and self._offered.empty() and not self._wake.is_set():
            self._idle.set()
        if due is None:
            return self._poll.total_seconds()
        return min(self._poll.total_seconds(), max(0.001, (due - now).total_seconds()))

    async def _lease_loop(self) -> None:
        while True:
            await self._clock.sleep(self.lease.total_seconds() / 3)
            until = self._clock.now() + self.lease
            leads = set(self._leads)
            ids = {key for key in self._running if isinstance(key, int)}
            keep = partial(extend_leases, owner=self.owner, lease_until=until, leads=leads, ids=ids)
            try:
                await self._store.change(keep)
            except Exception as error:  # one bad round must not end all of them
                log.error("leases cannot be kept now", exc_info=error)

    # --- running

    def _begin_taken(self, row: JobRow) -> None:
        """Begin a job from the table, unless its lease ran out while it is in hand here."""
        is_lead = row.kind == DISTRIBUTE
        if row.id in self._running or (is_lead and row.subject in self._leads):
            return
        if is_lead:
            self._leads.add(row.subject)
        self._begin(row)

    def _begin(self, row: JobRow) -> "asyncio.Task[None]":
        key = row.id or row.subject
        task = asyncio.create_task(self._run(row), name=f"job {row.kind} {row.subject}")
        self._running[key] = task

        def done(_: asyncio.Task[None]) -> None:
            self._running.pop(key, None)
            if row.kind == DISTRIBUTE:
                self._leads.discard(row.subject)
            if (
                self._awaited
                or not self._offered.empty()
                or len(self._running) + 1 == self._at_once
            ):
                self._wake.set()
            else:
                self._wake_soon()

        task.add_done_callback(done)
        return task

    def _wake_soon(self) -> None:
        """Look for what a job has caused, such as observers' jobs; once for all that end now."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON, self._look)

    def _look(self) -> None:
        self._soon = None
        self._wake.set()

    async def _run(self, row: JobRow) -> None:
        handling = self._handlings.get(row.kind)
        try:
            if handling is None:
                message = f"nothing handles jobs of kind '{row.kind}'; is its plugin installed?"
                raise LookupError(message)
            await handling.run(row)
        except Exception as error:  # noqa: BLE001  a job is isolated: it is tried again, then kept
            await self._failed(row, handling, error)
            return
        if not handling.settles_itself:
            await self._record(lambda connection: finish_job(connection, row.id))

    async def _failed(self, row: JobRow, handling: Handling | None, error: Exception) -> None:
        log.error("job failed", kind=row.kind, subject=row.subject, exc_info=error)
        most = handling.attempts if handling else 5
        gap = timedelta(seconds=min(5.0 * 2**row.attempts, 3600))
        text = f"{type(error).__name__}: {error}"
        due = self._clock.now() + gap
        last = row.attempts + 1 >= most and not isinstance(error, UnavailableError)
        await self._record(lambda connection: fail_job(connection, row, text, due, dead=last))

    async def _record(self, act: Callable[[Connection], object]) -> None:
        """Write what became of jobs; if that cannot be, their leases run out and they run again."""
        try:
            await self._store.change(act)
        except UnavailableError as error:
            log.warning("what became of a job cannot be written now", error=str(error))
