"""``leadexec lead validate`` and ``invalidate``: a person's word on the command line."""

import pytest
from sqlalchemy import delete, update

from leadexec.cli.database_file import open_store
from leadexec.process import run
from leadexec.settings import load_settings
from leadexec.storage.tables import jobs, leads
from tests.cli.commands import Installation

UID = "01a20932-69dd-7f4c-8771-9fca0d9492c7"


@pytest.fixture
def held(leadexec: Installation) -> str:
    """Return the uid of a lead that is held."""
    leadexec.write('[plugins]\nonly = ["automation-price", "delivery-webhook", "fields"]')
    campaign = leadexec.sell_to("http://127.0.0.1:9/")
    uid = str(leadexec("lead", "post", f"--campaign={campaign}", "State=TX").json()["lead"])
    run(_hold(leadexec))
    return uid


async def _hold(leadexec: Installation) -> None:
    async with open_store(load_settings(leadexec.file, {})) as store:
        await store.change(lambda c: c.execute(delete(jobs)))
        await store.change(lambda c: c.execute(update(leads).values(status="held", code="look")))


def test_a_held_lead_is_validated_and_waits_for_a_server(leadexec: Installation, held: str) -> None:
    ended = leadexec("lead", "validate", held, "--note", "Called them.")

    shown = leadexec("lead", "show", held, "--json").json()["lead"]
    assert (ended.status, shown["status"]) == (0, "queued")
    assert shown["log"][-1]["message"] == "Validated by command line. Called them."
    assert leadexec("jobs", "list", "--kind=distribute", "--json").json()["items"]


def test_a_held_lead_is_invalidated_with_its_reason(leadexec: Installation, held: str) -> None:
    ended = leadexec("lead", "invalidate", held, "--message", "No such person.", "--code=fake")

    shown = leadexec("lead", "show", held, "--json").json()["lead"]
    assert ended.status == 0
    assert shown["reasons"] == [{"code": "fake", "message": "No such person."}]
    again = leadexec("lead", "invalidate", held, "--message", "Again.")
    assert "Code: not_held" in again.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("validate", UID), "Code: unknown_lead"),
        (("invalidate", UID, "--message="), "message"),
        (("invalidate", UID, "--message=x", "--code=Not good"), "code"),
    ],
)
def test_what_cannot_be_decided_is_told(
    leadexec: Installation, held: str, words: tuple[str, ...], told: str
) -> None:
    ended = leadexec("lead", *words)

    assert ended.status == 1
    assert told in ended.err
