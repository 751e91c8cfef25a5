"""Stand-ins for lookups, grading checks and intake, filled by the test."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadexec.contracts.grading import Score
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.lookup import Answer, Facts, Question
from leadexec.contracts.post import LeadAnswer, Post, PostedLead, Receipt, RefusedPostError
from leadexec.contracts.quotes import Quote, QuoteTerms
from leadexec.contracts.services import Graded
from leadexec.contracts.tokens import IssuedToken, TokenDenied, TokenOutcome
from leadexec.contracts.validator import JobRequest


class FakeLookups:
    """A ``Lookups`` that knows what a test tells it."""

    def __init__(self, *, problem: str = "") -> None:
        """Know nothing; with ``problem`` nobody can be asked, for that reason."""
        self.asked: list[Question] = []
        """Every question, in order."""
        self._problem = problem
        self._known: dict[Question, Facts] = {}

    def know(self, question: Question, facts: Facts) -> None:
        """Answer ``question`` with ``facts`` from now on."""
        self._known[question] = facts

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        """Return what the test has told."""
        self.asked.append(question)
        if self._problem:
            return Answer(facts=None, provider="fake", problem=self._problem)
        return Answer(facts=self._known.get(question), provider="fake")


class FakeGrading:
    """A ``Grading`` whose checks pass or fail as a test says."""

    def __init__(self, scores: Mapping[str, Score] | None = None) -> None:
        """Have one check for each key of ``scores``."""
        self._scores = dict(scores or {})

    def titles(self) -> Mapping[str, str]:
        """Return each key as its own title."""
        return {key: key for key in self._scores}

    async def grade(
        self, lead: Lead, lead_type: LeadTypeInfo, keys: Sequence[str]
    ) -> Sequence[Graded]:
        """Return the given scores; a key without one could not run."""
        return [self._graded(key) for key in keys]

    def _graded(self, key: str) -> Graded:
        score = self._scores.get(key)
        if score is None:
            return Graded(key=key, title=key, ran=False, passed=False, detail="Could not run.")
        return Graded(key=key, title=key, ran=True, passed=score.passed, detail=score.detail)


class Refusal(msgspec.Struct, kw_only=True, frozen=True):
    """A post that was refused."""

    post: Post
    status: int
    code: str
    detail: str


class FakeIntake:
    """A ``LeadIntake`` that records posts and answers as a test says."""

    def __init__(self, answer: Callable[[PostedLead], LeadAnswer] | None = None) -> None:
        """Answer each lead by ``answer``; None: every lead is accepted."""
        self.received: list[tuple[Post, Sequence[PostedLead]]] = []
        self.refused: list[Refusal] = []
        self.refuse_with: RefusedPostError | None = None
        """Raised by ``receive`` instead of an answer."""
        self._answer = answer or self._accept

    async def receive(self, post: Post, leads: Sequence[PostedLead]) -> Receipt:
        """Record the post and return an answer for each lead.

        Raises:
            RefusedPostError: What ``refuse_with`` holds.
        """
        self.received.append((post, leads))
        if self.refuse_with is not None:
            raise self.refuse_with
        return Receipt(answers=[self._answer(lead) for lead in leads], post=_uid(0))

    async def refuse(self, post: Post, status: int, code: str, detail: str) -> str:
        """Record the refusal."""
        self.refused.append(Refusal(post=post, status=status, code=code, detail=detail))
        return _uid(0)

    def sender_ip(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Return the peer: no proxy is trusted."""
        return peer

    def _accept(self, lead: PostedLead) -> LeadAnswer:
        return LeadAnswer(
            lead=_uid(len(self.received)),
            status="accepted",
            code="accepted",
            reasons=[],
            price=Decimal("5.00"),
        )


class FakeQuotes:
    """A ``Quotes`` that records pings and answers as a test says."""

    def __init__(self, answer: Quote | None = None) -> None:
        """Answer every ping by ``answer``; None: it is accepted, at 7.25."""
        self.asked: list[tuple[Post, PostedLead, QuoteTerms]] = []
        self.refuse_with: RefusedPostError | None = None
        """Raised by ``ask`` instead of an answer."""
        self._answer = answer or Quote(
            accepted=True, post=_uid(0), order_id=_uid(1), price=Decimal("7.25")
        )

    async def ask(self, post: Post, lead: PostedLead, terms: QuoteTerms) -> Quote:
        """Record the ping and return the answer.

        Raises:
            RefusedPostError: What ``refuse_with`` holds.
        """
        self.asked.append((post, lead, terms))
        if self.refuse_with is not None:
            raise self.refuse_with
        return self._answer


class FakeTokens:
    """A ``Tokens`` that knows the credentials a test gives it."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        """Take client id → secret."""
        self._secrets = dict(secrets or {})

    async def issue(self, client_id: str, client_secret: str, *, remote_ip: str) -> TokenOutcome:
        """Return the token ``token-of-<client id>`` for the right secret."""
        if client_secret and self._secrets.get(client_id) == client_secret:
            return IssuedToken(access_token=f"token-of-{client_id}")
        return TokenDenied(code="invalid_client", message="The client id or the secret is wrong.")


class AddedJob(msgspec.Struct, kw_only=True, frozen=True):
    """A job that was asked for."""

    job: JobRequest
    subject: str
    run_at: datetime | None


class FakeJobs:
    """A ``Jobs`` that keeps what is asked for."""

    def __init__(self) -> None:
        """Start without jobs."""
        self.added: list[AddedJob] = []

    async def add(self, job: JobRequest, *, subject: str, run_at: datetime | None = None) -> None:
        """Keep the job."""
        self.added.append(AddedJob(job=job, subject=subject, run_at=run_at))

    async def add_once(
        self, job: JobRequest, *, subject: str, run_at: datetime | None = None
    ) -> bool:
        """Keep the job unless one of its kind about ``subject`` is there."""
        if any((a.job.kind, a.subject) == (job.kind, subject) for a in self.added):
            return False
        await self.add(job, subject=subject, run_at=run_at)
        return True


def _uid(number: int) -> str:
    return f"0193f2a0-0000-7000-8000-{number:012}"
