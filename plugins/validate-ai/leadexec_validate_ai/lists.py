"""The words and domains that the rules know."""

from importlib.resources import files
from typing import Final

import msgspec


class Lists(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is in ``lists.json``; all in lower case, without accents."""

    trial_words: frozenset[str]
    """Typed by people who try a form."""
    invented_names: frozenset[str]
    """First and last names of persons who do not exist."""
    reserved_domains: frozenset[str]
    """Domains for examples and tests, or that stand for "none"."""
    throwaway_domains: frozenset[str]
    """Domains of mailboxes that live for minutes; a short list of the best known."""


LISTS: Final = msgspec.json.decode(
    (files("leadexec_validate_ai") / "lists.json").read_bytes(), type=Lists
)
