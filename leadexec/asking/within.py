"""Awaiting somebody's work for some seconds, at no cost where it waits for nobody."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def within(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Return what ``work`` returns.

    Most checks look at a lead and answer; a timer is set only for work that really waits.

    Raises:
        TimeoutError: It waits longer than ``seconds``.
    """
    try:
        waits_for = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    async with asyncio.timeout(seconds):
        resumed: T = await _Resumed(work, waits_for)
        return resumed


class _Resumed:
    """Goes on with a coroutine that was begun, in the task that has begun it."""

    def __init__(self, work: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        """Wait for ``waits_for`` first, which ``work`` has yielded."""
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except GeneratorExit:
                    self._work.close()
                    raise
                except BaseException as error:  # noqa: BLE001  it is the work's to handle
                    waits_for = self._work.throw(error)
                else:
                    waits_for = self._work.send(sent)
        except StopIteration as done:
            return done.value
