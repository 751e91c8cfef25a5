"""The kits catch what they are there to catch."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import hypothesis
import pytest
from msgspec import Meta, Struct
from msgspec.structs import replace

from leadexec import (
    AutomationStrategy,
    Candidate,
    Claim,
    Conflict,
    Hold,
    JobRequest,
    Lead,
    NoSettings,
    Pass,
    Reject,
    SortContext,
    Stage,
    Statistic,
    Validator,
    Verdict,
)
from leadexec.testing import (
    AutomationStrategyContract,
    ComponentContract,
    ValidatorContract,
    a_candidate,
)

Strategy = AutomationStrategy[NoSettings]
Check = Validator[NoSettings]


class Good(AutomationStrategy[NoSettings]):
    """By account."""

    key = "good"
    title = "Good"

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return sorted(candidates, key=lambda c: c.account_id)


class Repeats(Good):
    """Offers the lead twice."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return [*candidates, *candidates]


class Invents(Good):
    """Offers the lead to somebody else."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return [a_candidate(4711)]


class Reprices(Good):
    """Changes prices."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return [replace(c, price=c.price + 1) for c in super().sort(candidates, context)]


class AsItCame(Good):
    """Leaves ties as they came."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return sorted(candidates, key=lambda c: c.price)


class InPlace(Good):
    """Sorts what it was given."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        if isinstance(candidates, list):
            candidates.sort(key=lambda c: c.account_id)
        return candidates


class WrongKey(Good):
    """Says one order and does another."""

    def static_key(self, candidate: Candidate) -> tuple[int, ...]:
        return (-candidate.account_id,)


class Undeclared(Good):
    """Looks at a statistic that it did not declare."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        turns = context.statistics.get(Statistic.LAST_TURN, {})
        return sorted(candidates, key=lambda c: (turns.get(c.account_id, 0), c.account_id))


class NeedsSomebody(Good):
    """Fails without candidates."""

    def sort(self, candidates: Sequence[Candidate], context: SortContext) -> Sequence[Candidate]:
        return [candidates[0]]


@pytest.fixture(autouse=True)
def _found_is_enough() -> Iterator[None]:
    """Let hypothesis stop at the first failure: nobody reads these examples."""
    usual = hypothesis.settings.get_current_profile_name()
    quick = hypothesis.settings(phases=[hypothesis.Phase.generate], database=None)
    hypothesis.settings.register_profile("found-is-enough", quick)
    hypothesis.settings.load_profile("found-is-enough")
    yield
    hypothesis.settings.load_profile(usual)


def fails(kit: type[ComponentContract], name: str) -> bool:
    """Run the standard test ``name`` of ``kit``; return whether it fails."""
    test: Callable[[], None] = getattr(kit(), name)
    try:
        test()
    except (Exception, pytest.fail.Exception):  # noqa: BLE001  whatever fails, fails
        return True
    return False


def failures(kit: type[ComponentContract]) -> set[str]:
    """Run all standard tests of ``kit``; return the names of those that fail."""
    return {name for name in dir(kit) if name.startswith("test_") and fails(kit, name)}


def sorting_kit(strategy: type[Strategy]) -> type[ComponentContract]:
    class Kit(AutomationStrategyContract):
        component = strategy

    return Kit


def test_a_good_strategy_conforms() -> None:
    assert failures(sorting_kit(Good)) == set()


@pytest.mark.parametrize(
    ("strategy", "caught_by"),
    [
        (Repeats, "test_the_result_holds_each_candidate_at_most_once_and_no_other"),
        (Invents, "test_the_result_holds_each_candidate_at_most_once_and_no_other"),
        (Reprices, "test_the_result_holds_each_candidate_at_most_once_and_no_other"),
        (AsItCame, "test_the_order_is_repeatable_and_the_order_of_arrival_does_not_matter"),
        (InPlace, "test_sorting_changes_nothing_it_was_given"),
        (WrongKey, "test_the_static_key_orders_as_sort_does"),
        (Undeclared, "test_ten_thousand_candidates_are_sorted"),
        (NeedsSomebody, "test_no_candidates_give_no_order"),
    ],
)
def test_a_bad_strategy_is_caught(strategy: type[Strategy], caught_by: str) -> None:
    assert fails(sorting_kit(strategy), caught_by)


class Fine(Validator[NoSettings]):
    """Wants each email once."""

    key = "fine"
    title = "Fine"
    stage = Stage.DUPLICATE

    def reads(self) -> frozenset[str]:
        return frozenset({"Email"})

    def claims(self, lead: Lead) -> Sequence[Claim]:
        if not lead.fields.get("Email"):
            return ()
        return [Claim(scope="fine", key=self.hashed(lead), lookback=None)]

    def hashed(self, lead: Lead) -> str:
        return str(len(str(lead.fields["Email"])))


class InClear(Fine):
    """Shows the email."""

    def hashed(self, lead: Lead) -> str:
        return str(lead.fields["Email"])[:64] or "-"


class Long(Fine):
    """Makes keys that do not fit."""

    def hashed(self, lead: Lead) -> str:
        return "0" * 65


class ReadsInSecret(Fine):
    """Looks at a field it does not name."""

    async def check(self, lead: Lead) -> Verdict:
        return Pass() if lead.fields.get("Homeowner") else Hold(code="tenant", message="No.")


class ReadsTooMuch(Fine):
    """Names a field that is not there."""

    def reads(self) -> frozenset[str]:
        return frozenset({"Email", "Nowhere"})


class Fragile(Fine):
    """Takes an email for granted."""

    async def check(self, lead: Lead) -> Verdict:
        return Pass() if lead.fields["Email"] else Reject(code="empty", message="No email.")


class Speechless(Fine):
    """Rejects without a word."""

    async def check(self, lead: Lead) -> Verdict:
        return Reject(code="no", message=" ")


class Meddles(Fine):
    """Changes the lead while it decides."""

    def on_conflict(self, lead: Lead, conflict: Conflict) -> Verdict:
        lead.fields["LastName"] = "Doe"
        return Pass()


class NotJson(Fine):
    """Asks for a job with a payload that is no JSON."""

    def on_conflict(self, lead: Lead, conflict: Conflict) -> Verdict:
        return Pass(jobs=(JobRequest(kind="x.y", payload={"at": lead.received_at}),))


def checking_kit(check: type[Check]) -> type[ComponentContract]:
    class Kit(ValidatorContract):
        component = check

    return Kit


def test_a_good_validator_conforms() -> None:
    assert failures(checking_kit(Fine)) == set()


@pytest.mark.parametrize(
    ("check", "caught_by"),
    [
        (InClear, "test_claims_hold_no_personal_data_in_clear"),
        (Long, "test_claims_are_pure_and_short"),
        (ReadsInSecret, "test_it_reads_every_field_that_matters_to_it"),
        (ReadsTooMuch, "test_it_reads_fields_of_the_lead_type_only"),
        (Fragile, "test_any_lead_gets_a_well_formed_verdict"),
        (Speechless, "test_any_lead_gets_a_well_formed_verdict"),
        (Meddles, "test_a_conflict_is_decided_purely"),
        (NotJson, "test_a_conflict_is_decided_purely"),
    ],
)
def test_a_bad_validator_is_caught(check: type[Check], caught_by: str) -> None:
    assert fails(checking_kit(check), caught_by)


SETTINGS_TESTS = (
    "test_every_setting_has_a_title_and_a_description",
    "test_settings_are_frozen_and_refuse_unknown_names",
    "test_an_unknown_setting_is_refused",
)


class Bare(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    amount: int = 0


class Lenient(Struct, kw_only=True, frozen=True):
    amount: Annotated[int, Meta(title="Amount", description="How much.")] = 0


class Nested(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    inner: Annotated[tuple[Bare, ...], Meta(title="Inner", description="Parts.")] = ()


@pytest.mark.parametrize(
    ("settings", "caught_by"),
    [
        (Bare, {"test_every_setting_has_a_title_and_a_description"}),
        (Nested, {"test_every_setting_has_a_title_and_a_description"}),
        (
            Lenient,
            {
                "test_settings_are_frozen_and_refuse_unknown_names",
                "test_an_unknown_setting_is_refused",
            },
        ),
    ],
)
def test_bad_settings_are_caught(settings: Any, caught_by: set[str]) -> None:
    class WithSettings(Good):
        """With settings."""

        Settings = settings

    kit = sorting_kit(WithSettings)
    assert {name for name in SETTINGS_TESTS if fails(kit, name)} == caught_by


def test_bad_settings_that_are_taken_are_caught() -> None:
    class Kit(AutomationStrategyContract):
        component = Good
        bad_settings = ({},)

    assert fails(Kit, "test_bad_settings_are_refused_with_every_fault_explained")


@pytest.mark.parametrize("name", ["key", "title"])
@pytest.mark.parametrize("value", ["", "Not A Key.", " x "])
def test_a_bad_key_or_title_is_caught(name: str, value: str) -> None:
    strategy = type("Named", (Good,), {"__doc__": "Named.", name: value})
    caught_by = {
        "key": "test_the_key_is_lower_case_words",
        "title": "test_the_title_is_short_text_without_a_full_stop",
    }
    assert fails(sorting_kit(strategy), caught_by[name])


def test_overriding_a_standard_test_needs_a_reason() -> None:
    with pytest.raises(TypeError, match=r"overrides test_no_candidates.* without a reason"):

        class Silent(AutomationStrategyContract):
            component = Good

            def test_no_candidates_give_no_order(self) -> None:
                pass

    with pytest.raises(TypeError, match="without a reason"):

        class Blank(AutomationStrategyContract):
            component = Good
            overrides = {"test_no_candidates_give_no_order": " "}
            test_no_candidates_give_no_order = None  # type: ignore[assignment]


def test_a_reason_lets_a_standard_test_be_overridden() -> None:
    class Reasoned(AutomationStrategyContract):
        component = NeedsSomebody
        overrides = {"test_no_candidates_give_no_order": "It is never asked without any."}

        def test_no_candidates_give_no_order(self) -> None:
            pass

    assert not fails(Reasoned, "test_no_candidates_give_no_order")


def test_a_reason_without_its_override_is_refused() -> None:
    with pytest.raises(TypeError, match="does not override"):

        class Idle(AutomationStrategyContract):
            component = Good
            overrides = {"test_no_candidates_give_no_order": "No more."}
