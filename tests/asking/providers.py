"""Providers of facts made by a test."""

import asyncio
import types
from collections.abc import Awaitable, Callable
from typing import Any

from leadexec import Facts, Lookup, NoSettings, PhoneFacts, PhoneQuestion, Question

PHONE = PhoneQuestion(number="2135550100")
MOBILE = PhoneFacts(mobile=True)
LookUp = Callable[[Any], Awaitable[Any]]


async def mobile(_question: Question) -> Facts:
    return MOBILE


def a_lookup(
    key: str = "book", look_up: LookUp = mobile, **body: Any
) -> type[Lookup[Any, Any, Any]]:
    """Return a provider; without more, of phones and offline."""

    async def looked_up(self: Any, question: Any) -> Any:
        return await look_up(question)

    values = {"key": key, "title": key, "asks": PhoneQuestion, "offline": True} | body
    settings = values.pop("settings", NoSettings)
    base = Lookup[settings, Question, Facts]  # type: ignore[valid-type]
    made = types.new_class(
        "TestLookup", (base,), {}, lambda space: space.update(values, look_up=looked_up)
    )
    assert issubclass(made, Lookup)
    return made


class Provider:
    """Answers when the test lets it."""

    def __init__(self, *, ready: bool = True) -> None:
        self.asked: list[Question] = []
        self.arrived = asyncio.Event()
        self.ready = asyncio.Event()
        self.says: Any = MOBILE
        if ready:
            self.ready.set()

    async def look_up(self, question: Question) -> Any:
        self.asked.append(question)
        self.arrived.set()
        await self.ready.wait()
        if isinstance(self.says, BaseException):
            raise self.says
        return self.says
