"""The conformance kit of grading checks."""
# ruff: noqa: S101  kits are made of asserts

import asyncio
import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from leadexec.contracts.grading import GradingCheck, GradingContext, Score
from leadexec.contracts.lead import Lead, LeadTypeInfo, SystemField
from leadexec.contracts.lookup import (
    AddressFacts,
    AddressQuestion,
    Answer,
    EmailFacts,
    EmailQuestion,
    Facts,
    IpFacts,
    IpQuestion,
    PhoneFacts,
    PhoneQuestion,
    PlaceFacts,
    PlaceQuestion,
    Question,
)
from leadexec.contracts.services import Lookups, Services
from leadexec.contracts.values import FieldKind, Value
from leadexec.testing.asking import FakeLookups
from leadexec.testing.builders import a_field_info, a_lead, a_lead_type_info
from leadexec.testing.contract import ComponentContract, decoded
from leadexec.testing.fakes import fake_services

Check: TypeAlias = GradingCheck[Any]
LONGEST_DETAIL: Final = 500
"""Characters of a detail that are kept."""
WHOLE_NUMBER: Final = 7
"""So many digits of a lead's own in a row are somebody's phone or account number."""
_KINDS: Final[Mapping[SystemField, FieldKind]] = {
    SystemField.DATE_OF_BIRTH: FieldKind.DATETIME,
    SystemField.IS_MOBILE: FieldKind.BOOLEAN,
    SystemField.CONSENT: FieldKind.BOOLEAN,
    SystemField.TEST_FLAG: FieldKind.BOOLEAN,
    SystemField.LATITUDE: FieldKind.NUMBER,
    SystemField.LONGITUDE: FieldKind.NUMBER,
}
_EVERY_FIELD: Final = a_lead_type_info(
    *(
        a_field_info(system.value, system=system, kind=_KINDS.get(system, FieldKind.TEXT))
        for system in SystemField
    ),
    a_field_info("Vehicles", kind=FieldKind.LIST),
)
_PERSONAL: Final[Mapping[SystemField, Value]] = {
    SystemField.FIRST_NAME: "Wilhelmina",
    SystemField.LAST_NAME: "Quuxley",
    SystemField.FULL_NAME: "Wilhelmina Quuxley",
    SystemField.EMAIL: "wilhelmina@quuxley.com",
    SystemField.PRIMARY_PHONE: "2125550147",
    SystemField.ALTERNATE_PHONE: "4165550182",
    SystemField.ADDRESS: "31415 Quuxley Blvd",
    SystemField.ADDRESS_2: "Apt 27182",
    SystemField.IP_ADDRESS: "11.22.33.44",
    SystemField.DATE_OF_BIRTH: datetime(1976, 12, 30, 23, 59, 58, tzinfo=UTC),
    SystemField.COMMENTS: "Wilhelmina would like a call after five.",
    SystemField.CONSENT_TOKEN: "1f2e3d-quuxley-token",
    SystemField.CUSTOM: "078-05-1120",
    SystemField.CITY: "Scottsdale",
    SystemField.STATE: "AZ",
    SystemField.ZIP: "85254",
    SystemField.COUNTRY: "US",
}
_SENDER: Final = "55.66.77.88"
_TELLTALES: Final = (
    *("wilhelmina", "quuxley", "2125550147", "4165550182", "31415", "27182", "11.22.33.44"),
    *("1976", "after five", "1f2e3d", "078051120", _SENDER),
)
_TEXT = st.text(max_size=20) | st.sampled_from(
    [
        *("", " ", "-", "n/a", "Please call me.", "ada@example.com", "@", "ada@", "2125550123"),
        *("+442071838750", "1 Main St", "Scottsdale", "AZ", "85254", "US", "Canada", "8.8.8.8"),
        *("::1", "10.0.0.1", "999.1.1.1", "\0", "\ud800"),
    ]
)
_BY_KIND: Final[Mapping[FieldKind, st.SearchStrategy[Any]]] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.NUMBER: st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
    FieldKind.DATETIME: st.datetimes(timezones=st.just(UTC)),
    FieldKind.BOOLEAN: st.booleans(),
    FieldKind.LIST: st.lists(_TEXT | st.dictionaries(_TEXT, _TEXT, max_size=2), max_size=3),
}
_ANYTHING: Final[st.SearchStrategy[Any]] = st.one_of(*_BY_KIND.values(), st.none())
_FLAG = st.none() | st.booleans()
_WORD = st.none() | _TEXT
_DEGREES = st.none() | st.decimals(-180, 180, places=4)
_SPOT: Final = {"latitude": _DEGREES, "longitude": _DEGREES}
_FACTS: Final[Mapping[type[Question], st.SearchStrategy[Facts]]] = {
    PhoneQuestion: st.builds(
        PhoneFacts, possible=_FLAG, registered=_FLAG, mobile=_FLAG, carrier=_WORD, region=_WORD
    ),
    EmailQuestion: st.builds(EmailFacts, deliverable=_FLAG, disposable=_FLAG),
    AddressQuestion: st.builds(
        AddressFacts,
        **dict.fromkeys(("address", "address_2", "city", "state", "zip"), _WORD),
        deliverable=_FLAG,
        **_SPOT,
    ),
    PlaceQuestion: st.builds(
        PlaceFacts, **dict.fromkeys(("city", "state", "county", "time_zone"), _WORD), **_SPOT
    ),
    IpQuestion: st.builds(
        IpFacts,
        **dict.fromkeys(("country", "state", "city", "postal_code"), _WORD),
        proxy=_FLAG,
        **_SPOT,
    ),
}

_EMPTY: Final = (
    (PhoneQuestion, PhoneFacts),
    (EmailQuestion, EmailFacts),
    (AddressQuestion, AddressFacts),
    (PlaceQuestion, PlaceFacts),
    (IpQuestion, IpFacts),
)


class GradingCheckContract(ComponentContract):
    """The standard tests of a ``GradingCheck``, over random leads and random answers of lookups.

    Give ``component`` and ``examples``; also ``lead_type`` where the check needs certain fields,
    and override ``services`` where it needs certain fakes. Its lookups are replaced by the kit's
    own in the tests that are about them.
    """

    component: ClassVar[type[Check]]
    lead_type: ClassVar[LeadTypeInfo] = _EVERY_FIELD
    """The type of the leads that are graded; by default it has every system field."""

    def services(self) -> Services:
        """Return what the kernel would lend to the instance."""
        return fake_services()

    def make(self, settings: Mapping[str, Any]) -> Check:
        """Return the check with the posted ``settings``."""
        return self._made(settings, None)

    def test_its_place_among_the_checks_is_a_number(self) -> None:
        """Checks are shown by ``order``, then by key."""
        assert isinstance(self.component.order, int)

    def test_any_lead_gets_a_well_formed_score(self) -> None:
        """Also one with missing fields and odd values: raising counts as "could not run"."""
        self._for_all(lambda check, lead, score: _well_formed(score))

    def test_a_lead_type_without_the_fields_is_graded(self) -> None:
        """Nobody asks a lead type for its fields before its leads are graded."""
        bare = GradingContext(lead_type=a_lead_type_info(a_field_info("Note")))
        for check in self.instances():
            _well_formed(asyncio.run(check.grade(a_lead(fields={}, remote_ip=""), bare)))

    def test_grading_changes_nothing_about_the_lead(self) -> None:
        """Checks run side by side over the same lead."""

        def law(check: Check, lead: Lead, run: Callable[[Check, Lead], Score]) -> None:
            before = copy.deepcopy(lead)
            run(check, lead)
            assert lead == before

        self._for_all_leads(law)

    def test_equal_leads_get_equal_scores(self) -> None:
        """As long as lookups know the same; from another instance of the same settings, too."""
        for settings_ in self.examples:
            other = self.make(settings_)

            def law(
                check: Check,
                lead: Lead,
                run: Callable[[Check, Lead], Score],
                other: Check = other,
            ) -> None:
                first = run(check, copy.deepcopy(lead))
                assert run(check, copy.deepcopy(lead)) == first
                assert run(other, copy.deepcopy(lead)) == first

            self._for_all_leads(law, [settings_])

    def test_whatever_lookups_know_a_lead_gets_a_well_formed_score(self) -> None:
        """A provider may know anything, or nothing, or not be there."""
        lookups, context = _RandomLookups(), GradingContext(lead_type=self.lead_type)
        lookups.known = {kind: Answer(facts=facts(), provider="kit") for kind, facts in _EMPTY}
        for settings_ in self.examples:
            check = self._made(settings_, lookups)
            _well_formed(asyncio.run(check.grade(_whole_lead(self.lead_type), context)))
        self._for_all(lambda check, lead, score: _well_formed(score), lookups=lookups)

    def test_lookups_that_cannot_be_asked_do_not_make_it_raise(self) -> None:
        """A provider that is away is told in the detail."""
        away = FakeLookups(problem="no answer within 1 s")
        self._for_all(lambda check, lead, score: _well_formed(score), lookups=away)

    def test_the_detail_holds_no_personal_data(self) -> None:
        """It goes to logs and answers: it says what was found, not whose it was."""
        lead, context = _whole_lead(self.lead_type), GradingContext(lead_type=self.lead_type)
        for lookups in (None, _Parrot(), _Parrot(problem=True)):
            for settings_ in self.examples:
                check = self._made(settings_, lookups)
                shown = asyncio.run(check.grade(copy.deepcopy(lead), context)).detail.casefold()
                told = (shown, _joined(shown))
                for telltale in _TELLTALES:
                    assert not any(telltale in text for text in told), f"it shows {telltale!r}"

    def test_the_detail_repeats_no_long_number_of_the_lead(self) -> None:
        """Whatever field it stands in: phones and account numbers are posted anywhere."""

        def law(check: Check, lead: Lead, score: Score) -> None:
            shown = _joined(score.detail)
            for number in _long_numbers(lead.fields):
                assert number not in shown, f"it shows {number}"

        self._for_all(law)

    def _made(self, settings: Mapping[str, Any], lookups: Lookups | None) -> Check:
        services = self.services()
        if lookups is not None:
            services.lookups = lookups
        return self.component(decoded(self.component.Settings, settings), services)

    def _for_all(
        self, law: Callable[[Check, Lead, Score], None], lookups: Lookups | None = None
    ) -> None:
        """Hold ``law`` for random leads and their scores."""
        self._for_all_leads(
            lambda check, lead, run: law(check, lead, run(check, lead)), self.examples, lookups
        )

    def _for_all_leads(
        self,
        law: Callable[[Check, Lead, Callable[[Check, Lead], Score]], None],
        examples: Sequence[Mapping[str, Any]] | None = None,
        lookups: Lookups | None = None,
    ) -> None:
        for settings_ in self.examples if examples is None else examples:
            with asyncio.Runner() as runner:
                self._hold(law, self._made(settings_, lookups), lookups, runner)

    def _hold(
        self,
        law: Callable[[Check, Lead, Callable[[Check, Lead], Score]], None],
        check: Check,
        lookups: Lookups | None,
        runner: asyncio.Runner,
    ) -> None:
        context = GradingContext(lead_type=self.lead_type)

        def run(graded_by: Check, lead: Lead) -> Score:
            return runner.run(graded_by.grade(lead, context))

        @settings(max_examples=50, deadline=None)
        @given(lead=_leads(self.lead_type), known=_answers())
        def holds(lead: Lead, known: Mapping[type[Question], Answer[Any]]) -> None:
            if isinstance(lookups, _RandomLookups):
                lookups.known = known
            law(check, lead, run)

        holds()


class _RandomLookups:
    """Answers each kind of question with what was drawn for it."""

    known: Mapping[type[Question], Answer[Any]] = {}

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        return self.known.get(type(question), Answer(facts=None, provider=""))


class _Parrot:
    """Repeats what it is asked, as facts or as the reason why it could not be asked."""

    def __init__(self, *, problem: bool = False) -> None:
        self._problem = problem

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        if self._problem:
            return Answer(facts=None, provider="parrot", problem=f"ValueError: {question}")
        return Answer(facts=_repeated(question), provider="parrot")


def _repeated(question: Question) -> Facts | None:
    match question:
        case AddressQuestion(address=address, address_2=second, city=city, state=state, zip=code):
            return AddressFacts(address=address, address_2=second, city=city, state=state, zip=code)
        case PhoneQuestion(number=number):
            return PhoneFacts(possible=True, carrier=number, region=number)
        case IpQuestion(address=address):
            return IpFacts(country=address, state=address, city=address, postal_code=address)
        case _:
            return None


def _answers() -> st.SearchStrategy[dict[type[Question], Answer[Any]]]:
    problem = st.sampled_from(["", "no answer within 1 s"])
    drawn: dict[type[Question], st.SearchStrategy[Answer[Any]]] = {
        kind: st.builds(Answer, facts=st.none() | facts, provider=st.just("kit"), problem=problem)
        for kind, facts in _FACTS.items()
    }
    return st.fixed_dictionaries(drawn)


def _leads(lead_type: LeadTypeInfo) -> st.SearchStrategy[Lead]:
    # Any field may be missing, None, or hold a value of another kind than its own.
    whole, names = _filled(lead_type), st.sampled_from(sorted(lead_type.fields))
    odd = {name: _BY_KIND[info.kind] | _ANYTHING for name, info in lead_type.fields.items()}
    drawn = st.fixed_dictionaries({}, optional=odd)
    # The other leads are whole ones, some of whose fields have gone odd.
    fields = drawn | st.dictionaries(names, _ANYTHING, max_size=3).map(lambda some: whole | some)
    return st.builds(
        a_lead,
        fields=fields,
        lead_type_id=st.just(lead_type.id),
        remote_ip=st.sampled_from(["", "8.8.4.4", "2001:4860:4860::8888", "127.0.0.1", "unknown"]),
    )


def _whole_lead(lead_type: LeadTypeInfo) -> Lead:
    return a_lead(fields=_filled(lead_type), remote_ip=_SENDER, lead_type_id=lead_type.id)


def _filled(lead_type: LeadTypeInfo) -> dict[str, Value]:
    return {
        name: _PERSONAL[info.system]
        for name, info in lead_type.fields.items()
        if info.system in _PERSONAL and info.kind is not FieldKind.LIST
    }


def _well_formed(score: Score) -> None:
    assert isinstance(score, Score)
    assert isinstance(score.passed, bool)
    detail = score.detail
    assert detail == detail.strip(), "the detail begins and ends with a word"
    assert len(detail.split()) > 1, "the detail is a sentence"
    assert not detail[0].islower(), "a sentence begins with a capital letter"
    assert detail.endswith("."), "a sentence ends with a full stop"
    assert detail.isprintable(), "the detail is one line of text"
    assert len(detail) <= LONGEST_DETAIL


def _long_numbers(value: Any) -> Iterator[str]:
    """Yield every long number in ``value``, however it is punctuated."""
    match value:
        case dict():
            for item in value.values():
                yield from _long_numbers(item)
        case list():
            for item in value:
                yield from _long_numbers(item)
        case str() | int() | Decimal():
            for number in re.findall(r"[0-9]+", _joined(str(value))):
                if len(number) >= WHOLE_NUMBER:
                    yield number


def _joined(text: str) -> str:
    """Return ``text`` without the punctuation inside its numbers."""
    return re.sub(r"(?<=[0-9])[ ().+-]+(?=[0-9])", "", text)
