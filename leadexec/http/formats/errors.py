"""The one error of everything that reads a post."""

from typing import Final

from leadexec.errors import LeadexecError

CODES: Final = frozenset(
    {
        "doctype_refused",
        "duplicate_parameter",
        "file_not_taken",
        "invalid_utf8",
        "malformed_form",
        "malformed_multipart",
        "malformed_xml",
        "mixed_content",
        "nul_in_text",
        "too_deep",
        "too_many_fields",
        "too_many_leads",
        "undecodable_text",
        "unexpected_element",
        "unknown_format",
        "unsupported_charset",
        "unsupported_transfer_encoding",
        "wrong_content_type",
    }
)
"""Every code of a ``FormatError``; a JSON body adds those of ``decode_json``."""
_PATH_LIMIT: Final = 100


class FormatError(LeadexecError):
    """A post is not what its form promises, or more than is taken (``RC1``).

    The receiver answers ``unsupported_charset`` and ``wrong_content_type`` with 415, all others
    with 400.
    """

    def __init__(self, code: str, message: str, path: str = "", hint: str = "") -> None:
        """Build the error.

        Args:
            code: One of ``CODES``.
            message: What is wrong, as a sentence.
            path: Where: a field's name, an element (``leads.lead.phone``) or a position
                (``line 3, column 7``); shortened when it is very long.
            hint: What to do about it.
        """
        super().__init__(code, message, hint)
        self.path = shortened(path)


def shortened(text: str) -> str:
    """Return what a sender wrote, cut to what a message can carry."""
    return text if len(text) <= _PATH_LIMIT else f"{text[:_PATH_LIMIT]}…"
