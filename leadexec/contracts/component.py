"""What every component has in common: a key, a title, settings, one instance per place of use."""

from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import msgspec


class NoSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The settings of a component that has none."""


S = TypeVar("S", bound=msgspec.Struct)


class Component(Generic[S]):
    """Something a plugin contributes under a ``key`` and an operator configures.

    The type argument is the settings Struct: ``class Webhook(DeliveryMethod[WebhookSettings])``.
    The kernel makes one instance per place where the component is configured (per lead field,
    campaign, delivery method …) when the configuration is saved and when the catalog is compiled.
    A constructor therefore validates and compiles all it can, raises ``ConfigurationError`` with
    every fault, does no input or output, and keeps nothing that must survive a restart.
    """

    key: ClassVar[str]
    """What is stored: lower case words joined by ``-`` or ``_``. Unique within its contract."""
    title: ClassVar[str]
    """What is shown."""
    Settings: ClassVar[type[msgspec.Struct]] = NoSettings
    """The settings Struct; taken from the type argument."""

    settings: S

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            origin = get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Component):
                settings = get_args(base)[0]  # the first; what follows is the contract's own
                if isinstance(settings, type) and issubclass(settings, msgspec.Struct):
                    cls.Settings = settings
