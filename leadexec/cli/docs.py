"""``leadexec docs``: the reference pages that are made from the code."""

import sys

from cyclopts import App

from leadexec.cli import reference

app = App(name="docs", help="Print the reference pages made from the code.")


@app.command
def hooks() -> None:
    """Print every hook with its exact arguments."""
    sys.stdout.write(reference.hooks_page())


@app.command
def contracts() -> None:
    """Print every contract with its methods and what they are handed."""
    sys.stdout.write(reference.contracts_page())


@app.command
def settings() -> None:
    """Print every setting of the installed plugins and of the components they add."""
    sys.stdout.write(reference.settings_page())
