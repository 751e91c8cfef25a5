"""The one transaction of intake: claims, limits, leads, process logs and jobs, all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from time import perf_counter_ns
from typing import Any

from sqlalchemy import Connection

from leadexec.contracts.events import LeadEvent
from leadexec.contracts.post import Post, Reason
from leadexec.contracts.validator import Pass
from leadexec.intake.claims import ClaimBook
from leadexec.intake.decide import Decided, note_verdict
from leadexec.intake.post import PostedRequest
from leadexec.intake.quoted import QuoteBook
from leadexec.intake.readmit import Readmit, readmission, readmission_row
from leadexec.jobs.events import EventJobs
from leadexec.model.lead import COULD_NOT_RUN, LeadStatus
from leadexec.plugins import FaultLog
from leadexec.storage.counters import Counters
from leadexec.storage.job_rows import DISTRIBUTE, FIRST_RECHECK, RECHECK, insert_jobs, new_job
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import KeyQuery, Row, RowInsert
from leadexec.storage.tables import idempotency, leads, requests

_NOTHING = Decimal(0)
_NO_PAYLOAD: dict[str, Any] = {}


@dataclass(slots=True)
class AdmitPost:
    """A request with its decided leads, to be stored; the command of intake."""

    request: PostedRequest
    leads: Sequence[Decided]
    status: int
    """The HTTP status when there are no leads (a refused post); else it follows from them."""
    code: str
    detail: str
    revision: int
    """The configuration revision that decided."""
    idempotency_key: str = ""
    """Scope and key together, or empty."""
    owner: str = ""
    """Who takes the leads on; empty: whoever is free."""
    lease_until: datetime | None = None


@dataclass(slots=True, frozen=True)
class Repeated:
    """The outcome for an idempotency key that was used before (``RC2``)."""

    request_uid: str
    same_body: bool


class Admission:
    """Stores batches of posts; made once per app."""

    def __init__(self, events: EventJobs, faults: FaultLog) -> None:
        """Write observers' jobs by ``events``; record what validators raise in ``faults``."""
        self._events = events
        self._faults = faults

    def admit_posts(
        self, connection: Connection, commands: Sequence[AdmitPost]
    ) -> Sequence[Repeated | None]:
        """Store a batch; each ``Decided`` is left as it was stored.

        A post whose idempotency key was used before stores no lead and is answered ``Repeated``;
        like every post it is kept.
        """
        outcomes = _repeats(connection, commands)
        fresh = [c for c, outcome in zip(commands, outcomes, strict=True) if outcome is None]
        self._settle(connection, [lead for command in fresh for lead in command.leads])
        self._insert(connection, fresh)
        _insert_requests(
            connection,
            [
                _request_row(c, repeats=outcome.request_uid)
                for c, outcome in zip(commands, outcomes, strict=True)
                if outcome is not None and outcome.same_body  # else it is refused, and kept so
            ],
        )
        return outcomes

    def readmit(self, connection: Connection, commands: Sequence[Readmit]) -> Sequence[None]:
        """Store new decisions about held leads in place of the old ones."""
        self._settle(connection, [command.decided for command in commands])
        connection.execute(readmission, [readmission_row(command) for command in commands])
        insert_jobs(
            connection,
            [row for command in commands for row in self._jobs(command.decided, command.now)],
        )
        return [None] * len(commands)

    def _settle(self, connection: Connection, decided: Sequence[Decided]) -> None:
        """Let claims and limits have the last word on each lead, in order."""
        for lead in decided:
            lead.begin()
        claims = ClaimBook(connection, decided, self._faults)
        counters = Counters(
            connection,
            (limit for lead in decided if not lead.refused for limit in lead.limits),
        )
        quotes = QuoteBook(connection, decided)
        for lead in decided:
            _settle_claims(lead, claims)
            quotes.judge(lead)
            _settle_limits(lead, counters)
            lead.review()
            claims.take(lead)
            quotes.take(lead)
        claims.write()
        counters.write()
        quotes.write()

    def _insert(self, connection: Connection, commands: Sequence[AdmitPost]) -> None:
        _insert_requests(connection, [_request_row(command) for command in commands])
        _insert_keys(connection, [_key_row(c) for c in commands if c.idempotency_key])
        _insert_leads(
            connection, [_lead_row(command, lead) for command in commands for lead in command.leads]
        )
        job_rows: list[Row] = []
        for command in commands:
            for lead in command.leads:
                job_rows.extend(self._jobs(lead, command.request.received_at, command))
        insert_jobs(connection, job_rows)

    def _jobs(self, lead: Decided, now: datetime, command: AdmitPost | None = None) -> list[Row]:
        uid = lead.lead.uid
        rows = [new_job(job.kind, uid, dict(job.payload), now) for job in lead.jobs]
        hook = _HOOKS[lead.status]
        if self._events.observed(hook):
            event = LeadEvent(
                lead_uid=uid,
                campaign_id=lead.lead.campaign_id,
                at=now,
                code=lead.code,
                message=lead.reasons[0].message if lead.reasons else "",
            )
            rows.extend(self._events.jobs(hook, uid, event, now))
        if lead.status is LeadStatus.QUEUED:
            owner = command.owner if command and lead.deliver_at is None else ""
            run_at = command.lease_until if command and owner else lead.deliver_at
            rows.append(new_job(DISTRIBUTE, uid, _NO_PAYLOAD, run_at or now, owner))
        elif lead.status is LeadStatus.HELD and lead.code in COULD_NOT_RUN:
            rows.append(new_job(RECHECK, uid, _NO_PAYLOAD, now + FIRST_RECHECK))
        return rows


_HOOKS = {
    LeadStatus.QUEUED: "lead_accepted",
    LeadStatus.HELD: "lead_held",
    LeadStatus.REJECTED: "lead_rejected",
}
_insert_requests = RowInsert(
    requests,
    "uid",
    "received_at",
    "method",
    "path",
    "content_type",
    "remote_ip",
    "credential_id",
    "body",
    "status",
    "code",
    "detail",
)
_insert_keys = RowInsert(idempotency, "key", "body_hash", "request_uid", "at")
_insert_leads = RowInsert(
    leads,
    "uid",
    "received_at",
    "lead_type_id",
    "source_id",
    "campaign_id",
    "request_uid",
    "status",
    "code",
    "reasons",
    "price",
    "revenue",
    "source_share",
    "delivered_count",
    "is_test",
    "remote_ip",
    "fields",
    "log",
    "facts",
    "grade",
    "score",
    "only_accounts",
    "revision",
    "updated_at",
)
_used_keys = KeyQuery(
    idempotency.c.key, idempotency.c.key, idempotency.c.request_uid, idempotency.c.body_hash
)


def insert_post(
    connection: Connection, request: PostedRequest, status: int, code: str, detail: str
) -> None:
    """Keep a post that brings no lead."""
    command = AdmitPost(
        request=request, leads=(), status=status, code=code, detail=detail[:2000], revision=0
    )
    _insert_requests(connection, [_request_row(command)])


def post_hash(post: Post) -> str:
    """Return the digest by which two posts with one key are compared.

    Of the query string and of the body: a GET has only the one, and it may complete the other.
    """
    query = post.path.partition("?")[2].encode("utf-8", "surrogatepass")
    return blake2b(b"%d:%b%b" % (len(query), query, post.body), digest_size=16).hexdigest()


def _repeats(connection: Connection, commands: Sequence[AdmitPost]) -> list[Repeated | None]:
    """Return, for each command, the earlier post that used its key; also one of this batch."""
    keys = [command.idempotency_key for command in commands if command.idempotency_key]
    if not keys:
        return [None] * len(commands)
    lock_names(connection, (f"idempotency:{key}" for key in keys))
    known: dict[str, tuple[str, str]] = {
        key: (request_uid, digest) for key, request_uid, digest in _used_keys(connection, keys)
    }
    outcomes: list[Repeated | None] = []
    for command in commands:
        key = command.idempotency_key
        digest = post_hash(command.request.post) if key else ""
        if key and key in known:
            request_uid, used = known[key]
            outcomes.append(Repeated(request_uid=request_uid, same_body=used == digest))
            continue
        outcomes.append(None)
        if key:
            known[key] = (command.request.uid, digest)
    return outcomes


def _settle_claims(decided: Decided, claims: ClaimBook) -> None:
    if decided.refused or not decided.claims:
        return
    began = perf_counter_ns()
    if claims.meets_none(decided):
        for used in {wanted.used.key: wanted.used for wanted in decided.claims}.values():
            decided.note(f"validator:{used.key}", "pass", began, plugin=used.plugin)
        return
    for used, verdict in claims.verdicts(decided):
        became = decided.heed(verdict)
        note_verdict(decided, used, verdict, became, began)
        if not isinstance(verdict, Pass):
            claims.leave(decided)
        if decided.refused:
            return


def _settle_limits(decided: Decided, counters: Counters) -> None:
    """Take up the campaign's quantity limits, or reject (``LS6``)."""
    if decided.refused or not decided.limits:
        return
    began = perf_counter_ns()
    full = counters.first_full(decided.limits)
    if full is None:
        counters.take(decided.limits)
        decided.note("limits", "pass", began)
        return
    message = f"The campaign has reached its {full.text}."
    decided.reject([Reason(code="campaign_limit_reached", message=message)], final=True)
    decided.note("limits", "reject", began, code=decided.code, message=message)


def _request_row(command: AdmitPost, repeats: str = "") -> Row:
    request, post = command.request, command.request.post
    detail = f"Its idempotency key was used by the post {repeats}." if repeats else command.detail
    return (
        request.uid,
        request.received_at,
        post.method,
        post.path,
        post.content_type,
        post.remote_ip,
        request.credential_id,
        post.body,
        command.status,
        "repeated" if repeats else command.code,
        detail,
    )


def _key_row(command: AdmitPost) -> Row:
    request = command.request
    return (
        command.idempotency_key,
        post_hash(request.post),
        request.uid,
        request.received_at,
    )


def _lead_row(command: AdmitPost, decided: Decided) -> Row:
    lead = decided.lead
    return (
        lead.uid,
        lead.received_at,
        lead.lead_type_id,
        lead.source_id,
        lead.campaign_id,
        command.request.uid,
        decided.status.value,
        decided.code,
        decided.reasons,
        _NOTHING if decided.refused else lead.price,
        _NOTHING,
        _NOTHING,
        0,
        lead.is_test,
        lead.remote_ip,
        lead.fields,
        decided.log,
        lead.facts,
        lead.grade,
        lead.score,
        lead.only_accounts,
        command.revision,
        lead.received_at,
    )
