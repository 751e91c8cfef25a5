"""Keeping secrets out of what is recorded and shown."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import msgspec

MASK: Final = "***"


class Mask:
    """Replaces secrets in a text, in every way in which a request may have written them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know ``secrets``; empty ones are left out."""
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # The longest first: one secret may be part of another.
        self._forms = sorted(forms, key=len, reverse=True)

    def over(self, text: str) -> str:
        """Return ``text`` without the secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def with_also(self, secret: str) -> "Mask":
        """Return a mask that knows ``secret``, too."""
        mask = Mask((secret,))
        mask._forms = sorted((*self._forms, *mask._forms), key=len, reverse=True)
        return mask


def _forms(secret: str) -> set[str]:
    escaped = escape(secret, {'"': "&quot;", "'": "&apos;"})
    in_json = msgspec.json.encode(secret).decode()[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), escaped, in_json}
