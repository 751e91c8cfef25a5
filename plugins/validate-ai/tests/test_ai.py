"""The check as a campaign uses it: settings, thresholds, verdicts, what is kept and remembered."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from leadexec_validate_ai import Ai, AiSettings, Judge, Judgement
from leadexec_validate_ai.plugin import ValidateAiPlugin
from leadexec_validate_ai.settings import HttpJudgeSettings

from leadexec import (
    ConfigurationError,
    Hold,
    Lead,
    LeadTypeInfo,
    NoSettings,
    Pass,
    Reject,
    Secret,
    UnavailableError,
    ValidatorSetup,
    Value,
)
from leadexec.testing import (
    FakeClock,
    ValidatorContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

HTTP = {"type": "http", "url": "https://models.example/v1/chat/completions", "model": "small"}


class TestAiConformance(ValidatorContract):
    component = Ai
    examples = (
        {},
        {"judge": {"type": "rules"}, "fields": ["LastName", "LoanAmount", "ClosingDate"]},
        {"judge": {**HTTP, "api_key": "k-0815"}, "fields": ["State", "Homeowner", "LoanAmount"]},
        {"judge": {**HTTP, "on_no_answer": "pass"}, "fields": ["State"], "cache_seconds": 0},
    )
    bad_settings = (
        {"fields": ["Nobody"]},
        {"judge": HTTP},
        {"judge": {"type": "oracle"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "models.example"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "ftp://models.example/x"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "http://models.example/x"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "http://203.0.113.9.example/x"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "https://ada:pw@models.example/x"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "https://models.example/x y"}, "fields": ["State"]},
        {"judge": {**HTTP, "url": "https://[::1/x"}, "fields": ["State"]},
        {"judge": {**HTTP, "api_key": "two\nlines"}, "fields": ["State"]},
        {"judge": {**HTTP, "api_key": ""}, "fields": ["State"]},
        {"judge": {**HTTP, "model": ""}, "fields": ["State"]},
        {"reject_below": 0.6, "hold_below": 0.5},
        {"reject_below": 1.1},
        {"budget_seconds": 5},
        {"cache_size": 0},
        {"question": ""},
    )


class FixedJudge(Judge):
    """Says what the test wants, and remembers what it was asked."""

    title = "a fixed judge"

    def __init__(self, *says: Judgement | BaseException) -> None:
        self.says = list(says)
        self.asked: list[tuple[Mapping[str, Value], str]] = []

    async def judge(self, fields: Mapping[str, Value], question: str) -> Judgement:
        self.asked.append((fields, question))
        said = self.says[0] if len(self.says) == 1 else self.says.pop(0)
        if isinstance(said, BaseException):
            raise said
        return said


class SleepyJudge(FixedJudge):
    async def judge(self, fields: Mapping[str, Value], question: str) -> Judgement:
        await asyncio.Event().wait()
        raise AssertionError


def a_check(
    judge: Judge | None = None,
    *,
    clock: FakeClock | None = None,
    lead_type: LeadTypeInfo | None = None,
    **settings: Any,
) -> Ai:
    class Judged(Ai):
        """Has the judge of the test, as a vendor's subclass has its own."""

        def make_judge(self) -> Judge:
            return judge or super().make_judge()

    setup = ValidatorSetup(
        campaign_id=1,
        lead_type=lead_type or a_lead_type_info(),
        services=fake_services(clock=clock),
    )
    return Judged(AiSettings(**settings), setup)


def scored(score: float, *reasons: str) -> FixedJudge:
    return FixedJudge(Judgement(score=score, reasons=reasons))


def mashed() -> Lead:
    return a_lead(fields={"FirstName": "asdf", "LastName": "sdfgsdfg", "Phone": "5555555555"})


@pytest.mark.anyio
async def test_by_default_rules_judge_and_say_that_they_are_no_model() -> None:
    verdict = await a_check().check(mashed())
    assert isinstance(verdict, Reject)
    assert verdict.code == "looks_false"
    assert verdict.message == (
        "The lead looks false (score 0.03 of 1, judged by rules, not a model): Phone is one digit "
        "over and over (−0.8); First Name holds a word that people type to try a form (−0.6); "
        "Last Name looks like keys hit side by side (−0.6)."
    )


@pytest.mark.anyio
async def test_a_genuine_lead_passes_with_its_score_in_the_log() -> None:
    lead = a_lead(fields={"FirstName": "Ada", "LastName": "Byron", "Phone": "2128675309"})
    detail = "The lead looks genuine (score 1.00 of 1, judged by rules, not a model)."
    assert await a_check().check(lead) == Pass(detail=detail)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.0, "looks_false"), (0.29, "looks_false"), (0.3, "looks_doubtful"),
     (0.69, "looks_doubtful"), (0.7, ""), (1.0, "")],
)  # fmt: skip
async def test_the_thresholds_say_what_follows_from_a_score(score: float, expected: str) -> None:
    check = a_check(scored(score), reject_below=0.3, hold_below=0.7)
    verdict = await check.check(a_lead())
    kinds = {"looks_false": Reject, "looks_doubtful": Hold, "": Pass}
    assert isinstance(verdict, kinds[expected])
    assert getattr(verdict, "code", "") == expected


@pytest.mark.anyio
async def test_a_threshold_of_0_never_rejects_nor_holds() -> None:
    check = a_check(scored(0.0), reject_below=0, hold_below=0)
    assert isinstance(await check.check(a_lead()), Pass)


@pytest.mark.anyio
async def test_what_was_found_is_kept_with_the_lead() -> None:
    lead = a_lead()
    await a_check(scored(0.4, "Hm", "Hmm")).check(lead)
    assert lead.facts["validate-ai"] == {
        "judge": "a fixed judge",
        "score": 0.4,
        "reasons": ["Hm", "Hmm"],
    }


@pytest.mark.anyio
async def test_the_source_is_told_five_reasons_at_most() -> None:
    verdict = await a_check(scored(0.1, *"abcdefg")).check(a_lead())
    assert isinstance(verdict, Reject)
    assert verdict.message.endswith(": a; b; c; d; e.")


@pytest.mark.anyio
async def test_the_judge_is_told_the_filled_fields_that_were_chosen_and_nothing_else() -> None:
    judge = scored(1)
    check = a_check(judge, fields=("State", "LoanAmount", "Homeowner", "Email"), question="So?")
    await check.check(a_lead(fields={**a_lead().fields, "Email": " ", "State": "C" * 5_000}))
    told = {"State": "C" * 1_000, "LoanAmount": "250000", "Homeowner": True}
    assert judge.asked == [(told, "So?")]
    assert check.reads() == {"State", "LoanAmount", "Homeowner", "Email"}


def test_without_named_fields_rules_read_those_that_they_understand() -> None:
    assert a_check().reads() == {"FirstName", "LastName", "Email", "Phone"}


@pytest.mark.anyio
async def test_a_lead_without_any_of_the_fields_passes_unjudged() -> None:
    judge = scored(0)
    verdict = await a_check(judge, fields=("State",)).check(a_lead(fields={"LastName": "asdf"}))
    assert verdict == Pass(detail="None of the fields to judge is filled.")
    assert judge.asked == []


@pytest.mark.anyio
async def test_test_leads_are_judged_only_if_that_is_wanted() -> None:
    lead = a_lead(is_test=True)
    assert await a_check(scored(0)).check(lead) == Pass(detail="A test lead is not judged.")
    assert isinstance(await a_check(scored(0), judge_test_leads=True).check(lead), Reject)


@pytest.mark.anyio
async def test_without_a_judgement_the_lead_is_held_and_the_judge_not_named_to_the_source() -> None:
    lead = a_lead()
    judge = FixedJudge(UnavailableError("connect_failed", "10.1.2.3 does not answer."))
    assert await a_check(judge).check(lead) == Hold(
        code="judge_unavailable", message="The lead could not be judged now (connect_failed)."
    )
    assert lead.facts["validate-ai"] == {
        "judge": "a fixed judge",
        "code": "connect_failed",
        "problem": "10.1.2.3 does not answer.",
    }


@pytest.mark.anyio
async def test_a_judge_that_is_late_gives_no_judgement() -> None:
    verdict = await a_check(SleepyJudge(), budget_seconds=0.1).check(a_lead())
    assert isinstance(verdict, Hold)
    assert verdict.code == "judge_unavailable"
    assert "timeout" in verdict.message


@pytest.mark.anyio
async def test_a_judge_that_breaks_is_left_to_the_kernel() -> None:
    with pytest.raises(ZeroDivisionError):
        await a_check(FixedJudge(ZeroDivisionError())).check(a_lead())


@pytest.mark.anyio
async def test_equal_values_are_judged_once_until_the_time_is_over() -> None:
    clock, judge = FakeClock(), scored(0.1, "Hm")
    check = a_check(judge, clock=clock, cache_seconds=60)
    first = await check.check(a_lead(uid="a"))
    again = a_lead(uid="b")
    assert await check.check(again) == first
    assert again.facts["validate-ai"]["reasons"] == ["Hm"]
    assert len(judge.asked) == 1
    clock.advance(60)
    await check.check(a_lead(uid="c"))
    assert len(judge.asked) == 2


@pytest.mark.anyio
async def test_other_values_are_judged_anew() -> None:
    judge = scored(1)
    check = a_check(judge)
    for name in ("Ada", "ada", "Adah"):
        await check.check(a_lead(fields={"FirstName": name}))
    assert len(judge.asked) == 3


@pytest.mark.anyio
async def test_only_so_many_judgements_are_remembered() -> None:
    judge = scored(1)
    check = a_check(judge, cache_size=2)
    for name in ("Ada", "Bea", "Cea", "Cea", "Bea", "Ada"):
        await check.check(a_lead(fields={"FirstName": name}))
    assert [fields["FirstName"] for fields, _ in judge.asked] == ["Ada", "Bea", "Cea", "Ada"]


@pytest.mark.anyio
async def test_no_judgement_is_not_remembered() -> None:
    judge = FixedJudge(UnavailableError("timeout", "Late."), Judgement(score=1))
    check = a_check(judge)
    assert isinstance(await check.check(a_lead()), Hold)
    assert isinstance(await check.check(a_lead()), Pass)


@pytest.mark.anyio
async def test_nothing_is_remembered_where_that_is_not_wanted() -> None:
    judge = scored(1)
    check = a_check(judge, cache_seconds=0)
    await check.check(a_lead())
    await check.check(a_lead())
    assert len(judge.asked) == 2


def test_all_faults_of_a_configuration_are_listed_at_once() -> None:
    judge = HttpJudgeSettings(url="http://models.example/", model="small", api_key=Secret(" "))
    setup = ValidatorSetup(campaign_id=1, lead_type=a_lead_type_info(), services=fake_services())
    with pytest.raises(ConfigurationError) as caught:
        Ai(AiSettings(judge=judge, fields=("Fax",), reject_below=0.9), setup)
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("unknown_field", "fields[0]"),
        ("bad_url", "judge.url"),
        ("bad_api_key", "judge.api_key"),
        ("thresholds_crossed", "hold_below"),
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "[::1]", "10.0.0.7", "ollama:11434", "m.lan"])
def test_plain_http_goes_to_private_networks_only(host: str) -> None:
    judge = HttpJudgeSettings(url=f"http://{host}/v1/chat/completions", model="small")
    setup = ValidatorSetup(campaign_id=1, lead_type=a_lead_type_info(), services=fake_services())
    assert Ai(AiSettings(judge=judge, fields=("State",)), setup).reads() == {"State"}


def test_a_lead_type_that_the_rules_do_not_understand_needs_named_fields() -> None:
    bare = a_lead_type_info(a_field_info("Wishes"))
    with pytest.raises(ConfigurationError) as caught:
        a_check(lead_type=bare)
    assert [fault.code for fault in caught.value.faults] == ["nothing_to_judge"]
    assert a_check(lead_type=bare, fields=("Wishes",)).reads() == {"Wishes"}


def test_the_plugin_contributes_the_check() -> None:
    plugin = ValidateAiPlugin(NoSettings(), fake_services())
    assert list(plugin.register_validators()) == [Ai]
