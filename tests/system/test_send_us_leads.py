"""What the pages for senders show is what works: their requests are sent as they stand there."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadexec import Secret
from leadexec.model.access import Scope
from leadexec.model.source import Campaign
from tests.system.world import STANDARD, World, a_world

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[2] / "docs" / "send-us-leads.md"


def commands() -> list[list[str]]:
    """Return the words of every curl command on the page."""
    blocks = re.findall(r"(?ms)^```console\n(.*?)^```$", PAGE.read_text())
    return [shlex.split(block)[1:] for block in blocks if block.startswith("curl ")]


def as_request(words: list[str]) -> dict[str, Any]:
    """Return what curl would send, for httpx."""
    left: Iterator[str] = iter(words)
    data: list[str] = []
    made: dict[str, Any] = {"headers": {}}
    form: dict[str, tuple[None, str]] = {}
    for word in left:
        match word:
            case "-s":
                continue
            case "-H":
                name, _, value = next(left).partition(": ")
                made["headers"][name] = value
            case "-d":
                data.append(next(left))
            case "--data-urlencode":
                name, _, value = next(left).partition("=")
                data.append(str(httpx.QueryParams({name: value})))
            case "-F":
                name, _, value = next(left).partition("=")
                form[name] = (None, value)
            case url:
                made["url"] = url.removeprefix("http://localhost:8000")
    if data:
        made["content"] = "&".join(data)
        made["headers"].setdefault("Content-Type", "application/x-www-form-urlencoded")
    if form:
        made["files"] = form
    made["method"] = "POST" if data or form else "GET"
    return made


async def send(world: World, words: list[str]) -> httpx.Response:
    """Send what a command of the page sends."""
    return await world.client.request(**as_request(words))


async def test_every_command_on_the_page_does_what_the_page_says(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "buyer")
        made = await world.app.new_credential("vendor", [Scope.LEAD_RECEIVER])
        shown = commands()
        assert len(shown) == 8

        statuses = []
        for words in shown:
            own = [w.replace("=CLIENT_ID", f"={made.client_id}") for w in words]
            own = [w.replace("=CLIENT_SECRET", f"={made.client_secret}") for w in own]
            statuses.append((await send(world, own)).status_code)
        again = await send(world, shown[6])
        await world.settled()

        assert statuses == [200, 201, 201, 201, 201, 201, 201, 200]
        assert again.status_code == 201
        leads = await world.rows("leads")
        assert len(leads) == 8  # six posted alone, two in the list; the repeated one only once
        assert {lead["fields"]["FirstName"] for lead in leads} == {"Ada", "Bo"}
        assert [lead["status"] for lead in leads].count("rejected") == 1


def test_the_page_shows_the_answer_as_it_is() -> None:
    (shown,) = re.findall(r"(?ms)^```json\n(.*?)^```$", PAGE.read_text())

    assert list(json.loads(shown)) == [
        "lead",
        "status",
        "code",
        "reasons",
        "price",
        "redirect_url",
        "deliveries",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"require_authentication": False},
        {"require_authentication": True},
        {"require_authentication": False, "password": Secret("open sesame")},
    ],
    ids=["anybody", "token", "password"],
)
async def test_every_sample_of_the_posting_instructions_is_taken(
    database_url: str, tmp_path: Path, changes: dict[str, Any]
) -> None:
    from leadexec_posting_instructions.samples import Credentials, samples

    async with a_world(
        database_url, tmp_path, plugins=(*STANDARD, "posting-instructions")
    ) as world:
        campaign: Campaign = await world.campaign(**changes)
        await world.buyer(campaign, "buyer")
        made = await world.app.new_credential("vendor", [Scope.LEAD_RECEIVER])
        proof = Credentials(
            client_id=made.client_id,
            client_secret=made.client_secret,
            token=await world.token(),
            password="open sesame",
        )
        info = world.kernel.services.campaigns.info(campaign.id)

        for sample in samples(info, proof):
            answer = await world.client.request(
                sample.method, sample.path, headers=dict(sample.headers), content=sample.body
            )
            assert answer.status_code in sample.expected, (sample.title, answer.text)
            assert answer.status_code in (200, 201, 202)

        assert all(lead["is_test"] for lead in await world.rows("leads"))
