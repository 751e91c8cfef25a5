"""What all conformance kits share: standard tests that a plugin inherits and must not lose."""
# ruff: noqa: S101  kits are made of asserts

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, get_args

import msgspec
import pytest

from leadexec.contracts.component import Component
from leadexec.errors import ConfigurationError, Fault
from leadexec.model.entity import dec_hook, fields_of

_KEY = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def decoded(struct: type[msgspec.Struct], raw: Mapping[str, Any]) -> Any:
    """Return the settings Struct of ``raw`` as it is posted, read as the kernel reads it.

    Raises:
        ConfigurationError: ``raw`` does not fit the Struct.
    """
    try:
        return msgspec.convert(dict(raw), struct, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        fault = Fault(code="invalid_settings", path="", message=str(error))
        raise ConfigurationError([fault]) from error


class ComponentContract:
    """The standard tests of every component; the kits of the contracts build on it.

    A kit's subclass names the component and some settings. Overriding a standard test without an
    entry in ``overrides`` fails when the class is made, and so does an entry without its override.
    """

    component: ClassVar[type[Component[Any]]]
    """The class under test."""
    examples: ClassVar[Sequence[Mapping[str, Any]]] = ({},)
    """Valid settings as an operator would post them; every standard test runs over all of them."""
    bad_settings: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Settings that must be refused with ``ConfigurationError``."""
    overrides: ClassVar[dict[str, str]] = {}
    """Name of a standard test that the class overrides → why it does not apply."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        reasons = cls.__dict__.get("overrides", {})
        overridden = {name for name in cls.__dict__ if _is_standard(cls, name)}
        for name in sorted(overridden - {n for n, reason in reasons.items() if reason.strip()}):
            message = f"{cls.__qualname__} overrides {name} without a reason in `overrides`"
            raise TypeError(message)
        for name in sorted(set(reasons) - overridden):
            message = f"{cls.__qualname__} gives a reason for {name}, which it does not override"
            raise TypeError(message)

    def make(self, settings: Mapping[str, Any]) -> Any:
        """Return an instance with the posted ``settings``, made as the kernel makes it."""
        raise NotImplementedError

    def instances(self) -> list[Any]:
        """Return one instance per entry of ``examples``."""
        return [self.make(settings) for settings in self.examples]

    def test_the_key_is_lower_case_words(self) -> None:
        """Keys are stored and written into settings files."""
        assert _KEY.fullmatch(self.component.key)
        assert len(self.component.key) <= 64

    def test_the_title_is_short_text_without_a_full_stop(self) -> None:
        """Titles stand in lists and menus."""
        title = self.component.title
        assert title
        assert title == title.strip()
        assert len(title) <= 60
        assert not title.endswith(".")

    def test_the_component_is_documented(self) -> None:
        """The class docstring is the component's reference page."""
        assert (inspect.getdoc(self.component) or "").strip()
        assert self.component.__doc__, "the docstring must be its own, not the contract's"

    def test_settings_are_frozen_and_refuse_unknown_names(self) -> None:
        """A misspelt setting must not be taken for one left out."""
        configuration = self.component.Settings.__struct_config__
        assert configuration.frozen
        assert configuration.forbid_unknown_fields

    def test_every_setting_has_a_title_and_a_description(self) -> None:
        """Forms, schema and reference are made from them."""
        assert [path for path in _undocumented(self.component.Settings)] == []  # noqa: C416

    def test_an_unknown_setting_is_refused(self) -> None:
        """Also beside valid ones."""
        for settings in self.examples:
            with pytest.raises(ConfigurationError):
                self.make({**settings, "no_such_setting": 1})

    def test_bad_settings_are_refused_with_every_fault_explained(self) -> None:
        """A bad configuration is refused when it is saved, not when a lead meets it."""
        for settings in self.bad_settings:
            with pytest.raises(ConfigurationError) as caught:
                self.make(settings)
            assert caught.value.faults
            assert all(fault.code and fault.message for fault in caught.value.faults)

    def test_two_instances_of_the_same_settings_are_independent(self) -> None:
        """One instance serves one place of configuration."""
        for settings in self.examples:
            assert self.make(settings) is not self.make(settings)


def _is_standard(cls: type, name: str) -> bool:
    return name.startswith("test_") and any(name in base.__dict__ for base in cls.__mro__[1:])


def _undocumented(struct: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    for field in fields_of(struct):
        meta = [mark for mark in field.marks if isinstance(mark, msgspec.Meta)]
        if not (any(m.title for m in meta) and any(m.description for m in meta)):
            yield f"{path}{field.name}"
        for nested in _structs_in(field.type):
            yield from _undocumented(nested, f"{path}{field.name}.")


def _structs_in(type_: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield type_
    for argument in get_args(type_):
        yield from _structs_in(argument)
