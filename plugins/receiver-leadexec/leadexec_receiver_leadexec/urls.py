"""URLs that others give: a buyer's page to send a visitor to, a sender's address for results."""

import re
from typing import Final
from urllib.parse import quote

URL_LIMIT: Final = 2_000
"""Characters, once all is escaped."""
_WEB: Final = re.compile(
    r"(?i:https?)://(?:[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?:[/?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_AS_IT_IS: Final = "!#$%&'()*+,/:;=?@[]~"


def web_url(text: str) -> str:
    """Return ``text`` as an ASCII URL of http or https; empty when it is none.

    What a header could not carry is escaped. A URL with a user name or password, with blanks
    inside, or longer than ``URL_LIMIT`` is none.
    """
    stripped = text.strip()
    match = _WEB.fullmatch(stripped) if len(stripped) <= URL_LIMIT else None
    if match is None or int(match[1] or 1) not in range(1, 65_536):
        return ""
    escaped = quote(stripped, safe=_AS_IT_IS, errors="replace")
    return escaped if len(escaped) <= URL_LIMIT else ""
