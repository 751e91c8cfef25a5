"""The names that plugins are written with: sorted, importable, documented, and none lost."""

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

import leadexec
import leadexec.testing

SNAPSHOT = Path(__file__).with_name("public_names.txt")
PACKAGES = ("leadexec", "leadexec.testing")


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_sorted_and_listed_once(package: str) -> None:
    names = importlib.import_module(package).__all__

    assert names == sorted(set(names))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)

    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_class_and_function_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    public: dict[str, Any] = {name: getattr(module, name) for name in module.__all__}
    written = {k: v for k, v in public.items() if inspect.isclass(v) or inspect.isfunction(v)}

    assert [name for name, value in written.items() if not value.__doc__] == []


def test_no_public_name_of_the_kernel_is_lost_or_added_unnoticed() -> None:
    """A name that goes is a breaking change of the plugin API, a new one a promise to keep it.

    Add the new name to ``public_names.txt``; remove one only with a ``breaking`` change note.
    """
    assert leadexec.__all__ == SNAPSHOT.read_text().split()
