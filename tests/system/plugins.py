"""Plugins made by a test, of the components it hands over."""

import types
from collections.abc import Callable, Sequence
from typing import Any

from leadexec import (
    AutomationStrategy,
    Candidate,
    DeliveryMethod,
    FieldKind,
    FieldType,
    NoSettings,
    Plugin,
    SortContext,
    Stage,
    Validator,
    Verdict,
    hookimpl,
)


def a_plugin(
    observers: dict[str, Callable[[Any], Any]] | None = None, **components: Sequence[Any]
) -> type[Plugin[Any]]:
    """Return a plugin.

    Args:
        observers: Hook → what it awaits with the event.
        components: ``validators=[…]`` is what ``register_validators`` returns, and so on.
    """
    body: dict[str, Any] = {}
    for name, items in components.items():
        body[f"register_{name}"] = hookimpl(_contributing(tuple(items)))
    for hook, tell in (observers or {}).items():
        body[hook] = hookimpl(_observing(tell))
    made = types.new_class(
        "TestPlugin", (Plugin[NoSettings],), {}, lambda space: space.update(body)
    )
    assert issubclass(made, Plugin)
    return made


def _contributing(items: tuple[Any, ...]) -> Callable[[Any], tuple[Any, ...]]:
    def register(self: Any) -> tuple[Any, ...]:
        return items

    return register


def _observing(tell: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    async def observe(self: Any, event: Any) -> None:
        await tell(event)

    return observe


def a_validator(
    key: str = "test", at: Stage = Stage.CRITERIA, **methods: Any
) -> type[Validator[Any]]:
    """Return a validator whose ``methods`` (``check=…``) are called without ``self``."""
    body: dict[str, Any] = {"key": key, "title": key, "stage": at}
    if "check" in methods:
        check = methods.pop("check")

        async def checked(self: Any, lead: Any) -> Verdict:
            return await check(lead)  # type: ignore[no-any-return]

        body["check"] = checked
    for name, method in methods.items():
        body[name] = _method(method)
    made = types.new_class(
        "TestValidator", (Validator[NoSettings],), {}, lambda space: space.update(body)
    )
    assert issubclass(made, Validator)
    return made


def a_strategy(
    sort: Callable[[Sequence[Candidate], SortContext], Any], key: str = "test", **body: Any
) -> type[AutomationStrategy[Any]]:
    """Return a strategy that sorts by ``sort``; other methods are called without ``self``."""
    body = {"key": key, "title": key, "sort": _method(sort)} | {
        name: _method(item) if callable(item) else item for name, item in body.items()
    }
    made = types.new_class(
        "TestStrategy", (AutomationStrategy[NoSettings],), {}, lambda space: space.update(body)
    )
    assert issubclass(made, AutomationStrategy)
    return made


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any) -> Any:
        return function(*arguments)

    return method


def raising(*_: Any) -> Any:
    """Fail, as a broken plugin does."""
    message = "broken"
    raise RuntimeError(message)


async def raising_later(*_: Any) -> Any:
    """Fail when awaited."""
    raising()


class Unformatted(FieldType[NoSettings]):
    """Reads anything and cannot show it."""

    key = "unformatted"
    title = "Unformatted"
    kind = FieldKind.TEXT

    def parse(self, raw: Any) -> Any:
        return str(raw)

    def format(self, value: Any) -> str:
        return str(raising())

    def sample(self) -> str:
        return "x"


class Unprepared(DeliveryMethod[NoSettings]):
    """Cannot render anything."""

    key = "unprepared"
    title = "Unprepared"

    def prepare(self, outgoing: Any) -> Any:
        return raising()

    async def deliver(self, prepared: Any, attempt: Any) -> Any:
        return raising()
