"""``leadexec plugin new``: write a working plugin package with tests (``PF7``)."""

import keyword
import re
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from cyclopts import App, Parameter

from leadexec.errors import ConflictError, LeadexecError
from leadexec.plugins import GROUP

app = App(name="plugin", help="Start a plugin of your own.")

KindName: TypeAlias = Literal["delivery-method", "validator", "field-type", "automation", "script"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 50


class Kind(msgspec.Struct, kw_only=True, frozen=True):
    """What differs between kinds of plugins, besides the templates."""

    prefixes: tuple[str, ...]
    """First words of a plugin's name that say its kind, not its subject."""
    summary: str
    settings: tuple[tuple[str, str], ...]
    """(setting, meaning) for the README's table."""


KINDS: Final[Mapping[KindName, Kind]] = {
    "delivery-method": Kind(
        prefixes=("delivery",),
        summary='posts a lead as JSON; `{"accepted": true}` is a sale.',
        settings=(
            ("url", "Where each lead is posted; starts with https:// or http://."),
            ("token", "Sent as a bearer token; stored encrypted."),
        ),
    ),
    "validator": Kind(
        prefixes=("validate", "enrich"),
        summary="refuses leads in which one field has a value from a list.",
        settings=(
            ("field", "The name of the field that is looked at."),
            ("refused", "A lead whose field has one of them is rejected; case does not matter."),
        ),
    ),
    "field-type": Kind(
        prefixes=("field", "fields"),
        summary="a code of letters and digits, kept in upper case without spaces and hyphens.",
        settings=(("shortest", "Fewest characters."), ("longest", "Most characters.")),
    ),
    "automation": Kind(
        prefixes=("automation",),
        summary="accounts of at least a price first, by priority; then the rest by price.",
        settings=(("fair_price", "Accounts that pay this or more are offered the lead first."),),
    ),
    "script": Kind(
        prefixes=("script", "scripts"),
        summary="offers a lead to nobody who pays less than it cost plus a margin.",
        settings=(("margin", "What a buyer must pay over the lead's cost."),),
    ),
}


@app.command(name="new")
def new(
    name: str,
    *,
    kind: KindName,
    into: Path = Path(),
    licence: Annotated[str, Parameter(name=("--licence", "--license"))] = "Apache-2.0",
) -> None:
    """Write a plugin package that loads and passes its conformance kit as it is.

    Args:
        name: Lower-case words joined by hyphens: the folder and the entry point. The distribution
            is called leadexec-NAME.
        kind: What the plugin adds.
        into: The folder to make the package's folder in.
        licence: An SPDX expression for the package's metadata.
    """
    folder = write_plugin(name, kind, into, licence=licence)
    sys.stdout.write(
        f"Wrote {folder}. Its tests pass as they are:\n"
        f"  cd {folder} && pip install --editable . --group test && pytest\n"
    )


def write_plugin(name: str, kind: KindName, into: Path, *, licence: str = "Apache-2.0") -> Path:
    """Write the package called ``name`` below ``into`` and return its folder.

    Raises:
        LeadexecError: ``invalid_name``, ``name_taken``, ``folder_exists``, ``cannot_write``.
    """
    _check_name(name)
    folder = into / name
    if folder.exists():
        raise ConflictError(
            "folder_exists", f"{folder} exists already.", "Choose another name or --into folder."
        )
    values = _values(name, kind, licence)
    module = values["module"]
    templates = files("leadexec.cli") / "templates"
    own, shared = templates / kind, templates / "shared"
    texts = {
        "pyproject.toml": _rendered(shared / "pyproject.toml.tmpl", values),
        "README.md": _rendered(shared / "README.md.tmpl", values),
        f"{module}/__init__.py": _rendered(shared / "__init__.py.tmpl", values),
        f"{module}/plugin.py": _rendered(own / "plugin.py.tmpl", values),
        f"{module}/py.typed": "",
        "tests/conftest.py": _rendered(shared / "conftest.py.tmpl", values),
        "tests/test_plugin.py": _rendered(own / "test_plugin.py.tmpl", values),
    }
    try:
        for name_in_folder, text in texts.items():
            target = folder / name_in_folder
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    except OSError as error:
        raise LeadexecError("cannot_write", f"{folder} cannot be written: {error}.") from error
    return folder


def _check_name(name: str) -> None:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise LeadexecError(
            "invalid_name",
            f"{name!r} cannot be a plugin's name.",
            f"Use at most {_LONGEST} characters: lower-case words joined by hyphens, the first "
            "beginning with a letter, such as delivery-acme.",
        )
    taken = {point.name: point.value for point in entry_points(group=GROUP)}
    if name in taken:
        raise ConflictError(
            "name_taken", f"A plugin called {name} is installed: {taken[name]}.", "Choose another."
        )


def _values(name: str, kind: KindName, licence: str) -> dict[str, str]:
    words = name.split("-")
    subject = words[1:] if len(words) > 1 and words[0] in KINDS[kind].prefixes else words
    major, minor, *_ = version("leadexec").split(".")
    rows = "\n".join(f"| `{setting}` | {text} |" for setting, text in KINDS[kind].settings)
    return {
        "name": name,
        "module": f"leadexec_{name.replace('-', '_')}",
        "camel": _class_name(subject),
        "key": "-".join(subject),
        "title": " ".join(subject).capitalize(),
        "kind": kind,
        "summary": KINDS[kind].summary,
        "settings": f"| setting | meaning |\n|---|---|\n{rows}",
        "kernel": f">={major}.{minor},<{major}.{int(minor) + 1}",
        "licence": licence,
    }


def _class_name(words: list[str]) -> str:
    joined = "".join(word.capitalize() for word in words)
    unusable = keyword.iskeyword(joined) or not joined[0].isalpha()
    return f"The{joined}" if unusable else joined


def _rendered(source: Traversable, values: Mapping[str, str]) -> str:
    return Template(source.read_text(encoding="utf-8")).substitute(values)
