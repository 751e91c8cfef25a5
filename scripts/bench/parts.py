"""Taking time apart: how much of it is spent in which functions, those they call left out."""

import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import Any


class Parts:
    """Adds up the time spent in functions, those they call left out."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def _note(self, part: str, began: float) -> None:
        spent = time.perf_counter() - began
        self.seconds[part] += spent - self._inner.pop()
        if self._inner:
            self._inner[-1] += spent

    def around(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """Return ``function`` measured; of a coroutine, each step, not what it waits for."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                made = function(*args, **kwargs)
            finally:
                self._note(part, began)
            if isinstance(made, Coroutine):
                return _Steps(made, self, part)
            if isinstance(made, Iterator):
                return self._steps(made, part)
            return made

        return timed

    def _steps(self, iterator: Iterator[Any], part: str) -> Iterator[Any]:
        step = self.around(lambda: next(iterator, self), part)
        while (item := step()) is not self:
            yield item


class _Steps:
    """A coroutine whose every step is measured, to be awaited once."""

    def __init__(self, inner: Coroutine[Any, Any, Any], parts: Parts, part: str) -> None:
        self._send = parts.around(inner.send, part)

    def __await__(self) -> Generator[Any, Any, Any]:
        sent = None
        try:
            while True:
                sent = yield self._send(sent)
        except StopIteration as stop:
            return stop.value
