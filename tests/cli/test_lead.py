"""``leadexec lead``: posting leads, looking at them, asking why."""

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.cli.commands import Buyer, Installation

UID = "01a20932-69dd-7f4c-8771-9fca0d9492c7"


def test_a_lead_is_posted_and_waits_for_a_server(leadexec: Installation, buyer: Buyer) -> None:
    campaign = leadexec.sell_to(buyer.url)

    posted = leadexec("lead", "post", "--campaign", str(campaign), "FirstName=Ann", "State=TX")

    assert posted.status == 0
    assert posted.json()["status"] == "accepted"
    assert "--run" in posted.err
    assert buyer.posts == []
    assert (
        leadexec("lead", "show", posted.json()["lead"], "--json").json()["lead"]["status"]
        == "queued"
    )


def test_a_lead_is_distributed_here_when_asked(leadexec: Installation, buyer: Buyer) -> None:
    campaign = leadexec.sell_to(buyer.url)

    posted = leadexec(
        "lead", "post", "--run", f"--campaign={campaign}", "FirstName=A=B", "State=TX"
    )

    answer = posted.json()
    assert [sold["status"] for sold in answer["deliveries"]] == ["accepted"]
    assert posted.err == ""
    assert [post["FirstName"] for post in buyer.posts] == ["A=B"]


def test_a_lead_shows_its_fields_checks_deliveries_attempts_and_its_post(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    words = ("--run", f"--campaign={campaign}", "FirstName=[red]Ann", "State=TX", "--test")
    uid = leadexec("lead", "post", *words).json()["lead"]

    shown = leadexec("lead", "show", uid)

    assert shown.status == 0
    for text in (
        f"{uid} (test)",
        "delivered",
        "Web leads",
        "[red]Ann",
        "client 1 Acme [Loans]",
        "12.5",
        "try 1",
        f"POST {buyer.url}",
        '{"Success": true}',
        "CLI leadexec lead post",
    ):
        assert text in shown.out
    assert max(len(line) for line in shown.out.splitlines()) < 500, "it is not padded"


def test_every_account_is_explained(leadexec: Installation, buyer: Buyer) -> None:
    campaign = leadexec.sell_to(buyer.url)
    uid = leadexec("lead", "post", "--run", f"--campaign={campaign}", "State=TX").json()["lead"]

    table = leadexec("lead", "explain", uid)
    told = leadexec("lead", "explain", uid, "--json").json()

    assert [account["outcome"] for account in told["accounts"]] == ["accepted"]
    (line,) = [line for line in table.out.splitlines() if "Acme [Loans]" in line]
    assert line.split()[:3] == ["1", "All", "1"]
    assert "accepted" in line
    assert "fields" in table.out


def test_an_account_whose_criteria_do_not_match_is_named_with_the_rule(
    leadexec: Installation, buyer: Buyer
) -> None:
    campaign = leadexec.sell_to(buyer.url, only_state="NY")
    uid = leadexec("lead", "post", "--run", f"--campaign={campaign}", "State=TX").json()["lead"]

    table = leadexec("lead", "explain", uid).out

    (line,) = [line for line in table.splitlines() if "Acme [Loans]" in line]
    assert "excluded*" in line
    assert "criteria:" in line
    assert "NY" in line
    assert "* worked out now" in table


def test_a_rejected_lead_says_why(leadexec: Installation, buyer: Buyer) -> None:
    campaign = leadexec.sell_to(buyer.url)

    posted = leadexec("lead", "post", f"--campaign={campaign}", "State=Nowhere")

    answer = posted.json()
    assert posted.status == 0
    assert answer["status"] == "rejected"
    assert posted.err == ""
    explained = leadexec("lead", "explain", answer["lead"]).out
    assert answer["code"] in explained
    assert "none was considered yet" in explained


def test_a_list_of_leads_is_posted_from_a_file(
    leadexec: Installation, buyer: Buyer, tmp_path: Path
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    file = tmp_path / "leads.json"
    file.write_text(
        json.dumps([{"campaign": campaign, "fields": {"State": s}} for s in ["TX", "NY"]])
    )

    posted = leadexec("lead", "post", "--json", str(file))

    assert [lead["status"] for lead in posted.json()["leads"]] == ["accepted", "accepted"]


def test_a_post_is_read_from_standard_input(
    leadexec: Installation, buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = leadexec.sell_to(buyer.url)
    body = json.dumps({"campaign": campaign, "fields": {"State": "TX"}}).encode()
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(body)))

    posted = leadexec("lead", "post", "--json", "-")

    assert posted.json()["status"] == "accepted"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("State=TX",), "--campaign ID"),
        (("--campaign", "1", "State"), "'State' is not of the form NAME=VALUE"),
        (("--campaign", "1", "A=1", "A=2"), "'A' is given twice"),
        (("--json", "-", "A=1"), "leave out fields"),
        (("--json", "no-such-file"), "Code: unreadable"),
        (("--campaign", "99", "State=TX"), "There is no campaign 99."),
        (("--campaign", "1", "--run", "--url", "http://127.0.0.1:1"), "--run"),
        (("--campaign", "1", "--url", "http://127.0.0.1:1"), "Code: unreachable"),
        (("--campaign", "1", "--url", "nonsense"), "Code: unreachable"),
    ],
)
def test_a_post_that_cannot_be_made_is_told(
    leadexec: Installation, words: tuple[str, ...], told: str
) -> None:
    leadexec("db", "upgrade")

    ended = leadexec("lead", "post", *words)

    assert ended.status == 1
    assert told in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_lead_that_is_not_there_is_told(leadexec: Installation, command: str) -> None:
    before = leadexec("lead", command, UID)
    leadexec("db", "upgrade")
    after = leadexec("lead", command, UID)

    assert (before.status, after.status) == (1, 1)
    assert "Code: no_database" in before.err
    assert "Code: unknown_lead" in after.err
