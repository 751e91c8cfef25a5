"""What tests of the command line share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Buyer, Installation, open_buyer


@pytest.fixture
def leadexec(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """The command line on an installation of the test's own."""
    monkeypatch.delenv("LEADEXEC_CONFIG", raising=False)
    return Installation(tmp_path, capsys)


@pytest.fixture
def buyer() -> Iterator[Buyer]:
    """A buyer that is reached over HTTP."""
    with open_buyer() as buyer:
        yield buyer
