"""Lets the tests of the examples import the packages beside them, which are not installed."""

import sys
from pathlib import Path

sys.path[:0] = [str(path.parent) for path in Path(__file__).parent.glob("*/pyproject.toml")]
