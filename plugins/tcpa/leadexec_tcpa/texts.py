"""The texts people consent to: the product's own, comparing them, and their digests."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

GENERAL_TEXT: Final = (
    "I agree to be contacted on the number supplied using an automated telephone dialing system "
    "or prerecorded or artificial voice. I understand that providing my cell phone number is not "
    "required to purchase services and that I may revoke this permission at any time."
)
"""Shown on a form whose campaign has no text of its own."""
SELLERS: Final = "{sellers}"
"""Stands in a text for the names of the sellers."""
ONE_TO_ONE_TEXT: Final = (
    f"I agree to be contacted by {SELLERS} on the number supplied using an automated telephone "
    "dialing system or prerecorded or artificial voice. I give this consent to each seller named "
    "here separately. I understand that providing my cell phone number is not required to "
    "purchase services and that I may revoke this permission at any time."
)
"""The same for consent that is given to named sellers."""


def named(text: str, sellers: Sequence[str]) -> str:
    """Return ``text`` with the names of ``sellers`` in the place that is kept for them."""
    return text.replace(SELLERS, listed(sellers))


def listed(names: Sequence[str]) -> str:
    """Return names as they are read out: ``A, B and C``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


@lru_cache(256)  # the campaign's own text and the usual answers come with every lead
def fold(text: str) -> str:
    """Return ``text`` as it is compared: letters and digits in lower case, single blanks.

    Case, punctuation, symbols, line breaks and Unicode forms make no difference: forms show
    typographic quotes and breaks where the configured text has none.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else _gap(c) for c in plain)
    return " ".join(kept.split())


@lru_cache(256)
def digest(text: str) -> str:
    """Return the SHA-256 of ``text`` word for word, as 64 hexadecimal digits; of nothing, ''."""
    return sha256(text.encode("utf-8", "replace")).hexdigest() if text else ""


def _gap(character: str) -> str:
    # An apostrophe or a soft hyphen stands within a word; what else is no letter separates.
    return "" if character in "'\u2019\u2018`\u00ad\u200b" else " "
