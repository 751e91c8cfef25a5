"""Which provider of facts is asked, and with what settings it was made."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from leadexec import (
    ConfigurationError,
    EmailFacts,
    EmailQuestion,
    Facts,
    PhoneFacts,
    Question,
)
from leadexec.settings import LookupSettings
from tests.asking.providers import MOBILE, PHONE, LookUp, a_lookup
from tests.system.plugins import a_plugin
from tests.system.world import a_world

pytestmark = pytest.mark.anyio


def saying(word: str) -> LookUp:
    async def look_up(_question: Question) -> Facts:
        return PhoneFacts(carrier=word)

    return look_up


OFFLINE = [a_lookup(key, saying(key)) for key in ("beta", "alpha")]
ONLINE = [a_lookup("aaa", saying("aaa"), offline=False)]


@pytest.mark.parametrize(
    ("providers", "wanted", "asked"),
    [
        (OFFLINE, LookupSettings(), "alpha"),
        (OFFLINE, LookupSettings(phone="beta"), "beta"),
        ([*OFFLINE, *ONLINE], LookupSettings(), "alpha"),
        ([*OFFLINE, *ONLINE], LookupSettings(phone="aaa"), "aaa"),
    ],
)
async def test_the_settings_say_who_is_asked_else_an_offline_provider_is(
    sqlite_url: str, tmp_path: Path, providers: list[Any], wanted: LookupSettings, asked: str
) -> None:
    plugin = a_plugin(lookups=providers)
    async with a_world(sqlite_url, tmp_path, ("book", plugin), lookups=wanted) as world:
        answer = await world.kernel.services.lookups.ask(PHONE)

        assert (answer.provider, answer.facts, answer.problem) == (
            asked,
            PhoneFacts(carrier=asked),
            "",
        )


@pytest.mark.parametrize("providers", [[], ONLINE, [a_lookup("mail", asks=EmailQuestion)]])
async def test_where_nobody_may_be_asked_nothing_is_known(
    sqlite_url: str, tmp_path: Path, providers: list[Any]
) -> None:
    async with a_world(sqlite_url, tmp_path, ("book", a_plugin(lookups=providers))) as world:
        answer = await world.kernel.services.lookups.ask(PHONE)

        assert (answer.facts, answer.provider) == (None, "")
        assert answer.problem == "no provider answers 'phone' questions"


async def test_each_kind_of_question_has_its_own_provider(sqlite_url: str, tmp_path: Path) -> None:
    async def deliverable(_question: Question) -> Facts:
        return EmailFacts(deliverable=True)

    plugins = (
        ("book", a_plugin(lookups=[a_lookup()])),
        ("mail", a_plugin(lookups=[a_lookup("mail", deliverable, asks=EmailQuestion)])),
    )
    async with a_world(sqlite_url, tmp_path, *plugins) as world:
        answers = [
            await world.kernel.services.lookups.ask(question)
            for question in (PHONE, EmailQuestion(address="ada@example.com"))
        ]

        assert [(answer.provider, answer.facts) for answer in answers] == [
            ("book", MOBILE),
            ("mail", EmailFacts(deliverable=True)),
        ]


async def test_a_provider_that_is_not_there_stops_the_start_saying_what_to_do(
    sqlite_url: str, tmp_path: Path
) -> None:
    wanted = LookupSettings(phone="nobody", email="book")

    with pytest.raises(ConfigurationError) as raised:
        async with a_world(
            sqlite_url, tmp_path, ("book", a_plugin(lookups=[a_lookup()])), lookups=wanted
        ):
            pass

    faults = [(fault.code, fault.path) for fault in raised.value.faults]
    assert faults == [("unknown_lookup", "lookups.phone"), ("unknown_lookup", "lookups.email")]
    first, second = (fault.message for fault in raised.value.faults)
    assert ("'nobody'" in first, "leadexec plugins" in first) == (True, True)
    assert ("'book'" in second, "'phone'" in second) == (True, True)


async def test_in_safe_mode_a_provider_that_is_not_there_is_done_without(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_world(
        sqlite_url,
        tmp_path,
        ("book", a_plugin(lookups=[a_lookup()])),
        lookups=LookupSettings(phone="nobody"),
        safe_mode=True,
    ) as world:
        answer = await world.kernel.services.lookups.ask(PHONE)

        assert (answer.facts, answer.problem) == (None, "no provider answers 'phone' questions")


class BookSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    pages: int


async def test_a_provider_has_its_settings_from_its_plugins_section(
    sqlite_url: str, tmp_path: Path
) -> None:
    made = a_lookup(settings=BookSettings)
    plugin = a_plugin(lookups=[made])

    async def start(**given: Any) -> int:
        settings = {"book": {"lookups": given}}
        async with a_world(
            sqlite_url, tmp_path, ("book", plugin), plugin_settings=settings
        ) as world:
            pages: int = world.kernel.plugins.made["lookup"]["book"].settings.pages
            return pages

    assert await start(book={"pages": 7}) == 7
    for given, path in (
        ({}, "plugins.book.lookups.book"),
        ({"book": {"pages": "many"}}, "plugins.book.lookups.book"),
        ({"book": {"pages": 7, "colour": 1}}, "plugins.book.lookups.book"),
        ({"book": {"pages": 7}, "atlas": {}}, "plugins.book.lookups.atlas"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            await start(**given)
        assert [fault.path for fault in raised.value.faults] == [path]
