from typing import Any

import msgspec
import pytest
from leadexec_grade_email.check import EmailDeliverable, EmailSettings
from leadexec_grade_email.mx import MxLookup
from leadexec_grade_email.offline import OfflineEmailLookup
from leadexec_grade_email.plugin import GradeEmailPlugin

from leadexec import (
    Answer,
    EmailFacts,
    EmailQuestion,
    GradingContext,
    NoSettings,
    Question,
    Score,
    SystemField,
)
from leadexec.testing import (
    FakeLookups,
    GradingCheckContract,
    a_field_info,
    a_lead,
    a_lead_type_info,
    fake_services,
)

TYPE = a_lead_type_info(a_field_info("Mail", system=SystemField.EMAIL))
ADDRESS = "ada@byron.org"
UNKNOWN = "Whether mail arrives is not known offline: only the form was checked."


class TestEmailConformance(GradingCheckContract):
    component = EmailDeliverable
    examples = ({}, {"unknown_passes": False, "disposable_passes": True, "seconds": 0.5})
    bad_settings = ({"seconds": 0}, {"seconds": 2.6}, {"unknown_passes": "perhaps"})


class Nobody(FakeLookups):
    """Lookups without any provider."""

    async def ask(self, question: Question, *, seconds: float = 1.0) -> Answer[Any]:
        return Answer(facts=None, provider="", problem="no provider answers 'email' questions")


def knowing(facts: EmailFacts) -> FakeLookups:
    lookups = FakeLookups()
    lookups.know(EmailQuestion(address=ADDRESS), facts)
    return lookups


async def graded(lookups: FakeLookups, mail: Any = ADDRESS, **settings: Any) -> Score:
    chosen = msgspec.convert(settings, EmailSettings)
    check = EmailDeliverable(chosen, fake_services(lookups=lookups))
    return await check.grade(a_lead(fields={"Mail": mail}), GradingContext(lead_type=TYPE))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("facts", "settings", "passed", "detail"),
    [
        (EmailFacts(deliverable=True), {}, True, "Mail arrives at the email address."),
        (
            EmailFacts(deliverable=True),
            {"unknown_passes": False},
            True,
            "Mail arrives at the email address.",
        ),
        (
            EmailFacts(deliverable=False),
            {"disposable_passes": True},
            False,
            "Mail does not arrive at the email address.",
        ),
        (
            EmailFacts(deliverable=True, disposable=True),
            {},
            False,
            "The email address is a disposable one.",
        ),
        (
            EmailFacts(deliverable=True, disposable=True),
            {"disposable_passes": True},
            True,
            "Mail arrives at the email address.",
        ),
        (EmailFacts(disposable=False), {}, True, UNKNOWN),
        (EmailFacts(disposable=False), {"unknown_passes": False}, False, UNKNOWN),
    ],
)
async def test_what_the_provider_knows_decides(
    facts: EmailFacts, settings: Any, passed: bool, detail: str
) -> None:
    assert await graded(knowing(facts), **settings) == Score(passed=passed, detail=detail)


@pytest.mark.anyio
async def test_what_is_not_known_at_all_does_not_pass() -> None:
    for lookups, because in (
        (FakeLookups(), "knows nothing"),
        (FakeLookups(problem="no answer within 2 s"), "could not be asked"),
        (Nobody(), "no provider answers"),
    ):
        score = await graded(lookups)
        assert (score.passed, because in score.detail) == (False, True)


@pytest.mark.anyio
@pytest.mark.parametrize("mail", [None, "", "  ", 7, ["ada@byron.org"]])
async def test_without_an_address_nobody_is_asked(mail: Any) -> None:
    lookups = FakeLookups()
    assert await graded(lookups, mail) == Score(passed=False, detail="There is no email address.")
    assert lookups.asked == []


@pytest.mark.anyio
async def test_a_lead_type_without_an_email_does_not_pass_and_says_so() -> None:
    check = EmailDeliverable(EmailSettings(), fake_services())
    plain = a_lead_type_info(a_field_info("Email"), id=9)
    score = await check.grade(a_lead(), GradingContext(lead_type=plain))
    assert score == Score(passed=False, detail="No field of lead type 9 means Email.")


def test_the_plugin_contributes_the_check_and_the_lookups() -> None:
    plugin = GradeEmailPlugin(NoSettings(), fake_services())
    assert list(plugin.register_grading_checks()) == [EmailDeliverable]
    assert list(plugin.register_lookups()) == [OfflineEmailLookup, MxLookup]
