"""Reference pages in Markdown, made from the code so that they cannot say anything else."""

from leadexec.cli.reference.contracts import contracts_page
from leadexec.cli.reference.hooks import hooks_page
from leadexec.cli.reference.settings import settings_page

__all__ = ["contracts_page", "hooks_page", "settings_page"]
"""Each takes no argument and returns the whole page."""
