"""Stand-ins for lookups, grading checks and intake, filled by the test."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from leadexec.contracts.grading import Score
from leadexec.contracts.lead import Lead, LeadTypeInfo
from leadexec.contracts.lookup import Answer, Facts, Question
from leadexec.contracts.post import LeadAnswer, Post, PostedLead, Receipt, RefusedPostError
from leadexec.contracts.quotes import Quote, QuoteTerms
from leadexec.contracts.services import Graded


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


def _uid(number: int) -> str:
    return f"0193f2a0-0000-7000-8000-{number:012}"
