"""The ``leadexec`` command line."""

from leadexec.cli.root import main

__all__ = ["main"]
