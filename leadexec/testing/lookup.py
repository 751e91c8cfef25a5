"""The conformance kit of lookups."""
# ruff: noqa: S101  kits are made of asserts

import asyncio
import builtins
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, ClassVar, TypeAlias
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.contracts.lookup import (
    AddressFacts,
    AddressQuestion,
    EmailFacts,
    EmailQuestion,
    Facts,
    IpFacts,
    IpQuestion,
    Lookup,
    PhoneFacts,
    PhoneQuestion,
    PlaceFacts,
    PlaceQuestion,
    Question,
)
from leadexec.contracts.services import Services
from leadexec.testing.contract import ComponentContract, decoded
from leadexec.testing.fakes import fake_services

Provider: TypeAlias = Lookup[Any, Any, Any]
_FACTS: Mapping[type[Question], type[Facts]] = {
    PhoneQuestion: PhoneFacts,
    EmailQuestion: EmailFacts,
    AddressQuestion: AddressFacts,
    PlaceQuestion: PlaceFacts,
    IpQuestion: IpFacts,
}
_STRANGE = (
    *("", " ", "\n\t", "\0", "-", "\"'<>&%00", "☎", "電話番号", "\ud800"),
    *("\uff11\uff12\uff13\uff14\uff15", "\u0663" * 10, "x" * 100_000, "9" * 100_000),
)
"""No phone, mailbox, address, postal code or IP address is written like that."""


class LookupContract(ComponentContract):
    """The standard tests of a ``Lookup``: known, random and strange questions, on a guarded loop.

    Give ``component`` and ``questions``; ``examples`` with every way in which it can be set up; and
    override ``services`` where it asks somebody outside, with a fake that answers anything.
    """

    component: ClassVar[type[Provider]]
    questions: ClassVar[Sequence[Question]] = ()
    """Questions that at least one of the instances of ``examples`` answers with facts."""

    def services(self) -> Services:
        """Return what the kernel would lend to the instance."""
        return fake_services()

    def make(self, settings: Mapping[str, Any]) -> Provider:
        """Return the lookup with the posted ``settings``."""
        return self.component(decoded(self.component.Settings, settings), self.services())

    def test_it_answers_one_kind_of_question(self) -> None:
        """The kind is how the settings file names what a lookup is for."""
        assert issubclass(self.component.asks, Question)
        assert isinstance(self.component.asks.__struct_config__.tag, str)
        assert _main_field(self.component.asks)

    def test_it_says_how_long_an_answer_stays_good(self) -> None:
        """Answers are kept for that time."""
        assert self.component.keep_seconds >= 0
        assert isinstance(self.component.offline, bool)
        assert self.component.offline or not self.component.quick, "who asks somebody waits"

    def test_a_quick_lookup_waits_for_nobody(self) -> None:
        """One that says ``quick`` is asked without a timer: it must answer at its first step."""
        if not self.component.quick:
            return
        for question in self.questions:
            for lookup in self.instances():
                with pytest.raises(StopIteration):
                    lookup.look_up(question).send(None)

    def test_the_questions_it_knows_are_answered(self) -> None:
        """Each with facts, by one of the instances at least."""
        assert self.questions, "give questions that it answers"
        with _Asker() as ask:
            for question in self.questions:
                assert isinstance(question, self.component.asks)
                assert any(ask(lookup, question) is not None for lookup in self.instances())

    def test_an_answer_is_facts_of_its_kind_or_none(self) -> None:
        """Whatever is asked; facts can be written as JSON, and never say nothing at all."""

        def law(ask: "_Asker", lookup: Provider, question: Question) -> None:
            facts = ask(lookup, question)
            if facts is None:
                return
            assert isinstance(facts, _FACTS.get(self.component.asks, Facts))
            assert msgspec.json.encode(facts)
            known = [getattr(facts, name) for name in facts.__struct_fields__]
            assert any(value is not None for value in known), "who knows nothing answers None"

        self._for_all(law)

    def test_equal_questions_get_equal_answers(self) -> None:
        """Answers are kept and shared: the same question must not depend on when it is asked."""

        def law(ask: "_Asker", lookup: Provider, question: Question) -> None:
            first = ask(lookup, question)
            assert ask(lookup, msgspec.structs.replace(question)) == first

        self._for_all(law)

    def test_a_strange_question_is_answered_with_none(self) -> None:
        """Empty, very long, non-ASCII or with NUL: what senders post is not for sure what it says.

        Raising would be recorded as a fault of the plugin, once for every such lead.
        """
        kind = self.component.asks
        name = _main_field(kind)
        strange = [kind(**{name: text}) for text in _STRANGE]
        strange += [kind(**dict.fromkeys(_texts(kind), text)) for text in _STRANGE]
        for known in self.questions:
            strange.append(msgspec.structs.replace(known, **{name: f"{getattr(known, name)}\0"}))
        with _Asker() as ask:
            for lookup in self.instances():
                for question in strange:
                    assert ask(lookup, question) is None, f"{question!r:.200}"

    def test_strange_details_do_no_harm(self) -> None:
        """A question may be sound in its main part and strange in the others."""
        kind = self.component.asks
        details = [name for name in _texts(kind) if name != _main_field(kind)]
        with _Asker() as ask:
            for lookup in self.instances():
                for known in self.questions:
                    for text in _STRANGE:
                        ask(lookup, msgspec.structs.replace(known, **dict.fromkeys(details, text)))

    def test_it_does_not_block_the_event_loop(self) -> None:
        """Not by sleeping, blocking sockets, name resolution or opening files in its thread.

        That belongs into ``asyncio.to_thread``, or to ``services.http``. New instances are asked,
        so that what is loaded at the first question counts.
        """
        with _Asker() as ask:
            for question in self.questions:
                for lookup in self.instances():
                    with _guarded(_blocks) as caught:
                        _tolerant(ask, lookup, question)
                    assert caught == []

    def test_an_offline_lookup_asks_nobody_outside(self) -> None:
        """One that says ``offline`` is used unasked, so it sends nobody's data anywhere."""
        if not self.component.offline:
            return
        with _Asker() as ask:
            for question in self.questions:
                for lookup in self.instances():
                    with _guarded(_goes_out) as caught:
                        _tolerant(ask, lookup, question)
                    assert caught == []
                    assert not getattr(lookup.services.http, "requests", ()), "it sent a request"

    def _for_all(self, law: Callable[["_Asker", Provider, Question], None]) -> None:
        with _Asker() as ask:
            for lookup in self.instances():
                self._check(law, ask, lookup)

    def _check(
        self, law: Callable[["_Asker", Provider, Question], None], ask: "_Asker", lookup: Provider
    ) -> None:
        @settings(max_examples=50, deadline=None)
        @given(question=_questions(self.component.asks, self.questions))
        def holds(question: Question) -> None:
            law(ask, lookup, question)

        holds()
        for known in self.questions:
            law(ask, lookup, known)


class BlockingCallError(Exception):
    """A lookup did what it must not do on the event loop, or at all."""


class _Asker:
    """Asks on one event loop; a context manager."""

    def __enter__(self) -> "_Asker":
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def __call__(self, lookup: Provider, question: Question) -> Facts | None:
        facts: Facts | None = self._runner.run(lookup.look_up(question))
        return facts


def _tolerant(ask: _Asker, lookup: Provider, question: Question) -> None:
    with suppress(BlockingCallError):  # what was caught is listed, also if the lookup hid it
        ask(lookup, question)


def _questions(kind: type[Question], known: Sequence[Question]) -> st.SearchStrategy[Question]:
    """Return questions of random texts, mixed with the parts of the known ones."""
    given_texts = [getattr(one, name) for one in known for name in _texts(kind)]
    text = st.text(max_size=30) | st.from_regex(r"[0-9A-Z .,#-]{0,20}", fullmatch=True)
    drawn = text | st.sampled_from(given_texts) if given_texts else text
    return st.builds(kind, **dict.fromkeys(_texts(kind), drawn))


def _texts(kind: type[Question]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind) if field.type is str]


def _main_field(kind: type[Question]) -> str:
    """Return the name of the text that a question cannot do without."""
    fields = msgspec.structs.fields(kind)
    return next((field.name for field in fields if field.required and field.type is str), "")


Guard: TypeAlias = Callable[[str, int, tuple[Any, ...]], bool]
"""Called with what is called, the loop's thread and the arguments: whether that is forbidden."""
_SOCKET = ("connect", "recv", "recv_into", "recvfrom", "send", "sendall", "sendto")
_WATCHED: Sequence[tuple[Any, str]] = (
    (time, "sleep"),
    (socket, "getaddrinfo"),
    (socket, "gethostbyname"),
    (builtins, "open"),
    (io, "open"),
    *((socket.socket, name) for name in _SOCKET),
)


def _blocks(name: str, loop_thread: int, arguments: tuple[Any, ...]) -> bool:
    if threading.get_ident() != loop_thread:
        return False
    # A socket with timeout 0 does not block: asyncio's own are like that.
    return name not in _SOCKET or arguments[0].gettimeout() != 0


def _goes_out(name: str, loop_thread: int, arguments: tuple[Any, ...]) -> bool:
    return name in ("connect", "sendto", "getaddrinfo", "gethostbyname")


@contextmanager
def _guarded(forbidden: Guard) -> Iterator[list[str]]:
    """Refuse what is ``forbidden`` as long as the block runs; yield the names of what was."""
    caught: list[str] = []
    thread = threading.get_ident()

    def guard(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **named: Any) -> Any:
            if forbidden(name, thread, arguments):
                caught.append(name)
                message = f"a lookup called {name}"
                raise BlockingCallError(message)
            return real(*arguments, **named)

        return guarded

    with ExitStack() as stack:
        for owner, name in _WATCHED:
            replacement = guard(name, getattr(owner, name))
            stack.enter_context(mock.patch.object(owner, name, replacement))
        yield caught
