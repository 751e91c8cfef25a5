"""Regular expressions of users, run by RE2: linear in time, bounded in memory, no backtracking."""

import functools

import re2

from leadexec.criteria.facts import TEXT_CAP
from leadexec.criteria.faults import refuse

PATTERN_LENGTH = 1_000
"""The longest pattern, in characters."""

_MEMORY = 1 << 20


class Pattern:
    """A compiled pattern; make one with :func:`compile_pattern`.

    Every method looks at the first 10 000 characters of a text (``TEXT_CAP``) and ignores the rest.
    """

    __slots__ = ("_regexp", "ignore_case", "text")

    def __init__(self, text: str, *, ignore_case: bool) -> None:
        """Compile; ``re2.error`` says what RE2 does not accept."""
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        options.case_sensitive = not ignore_case
        self.text = text
        self.ignore_case = ignore_case
        self._regexp = re2.compile(text.encode(), options)

    def search(self, text: str) -> bool:
        """Tell whether the pattern is found anywhere in ``text``."""
        return self.search_bytes(text[:TEXT_CAP].encode("utf-8", "replace"))

    def search_bytes(self, text: bytes) -> bool:
        """Tell whether the pattern is found in UTF-8 that the caller has cut to size."""
        return self._regexp.search(text) is not None

    def fullmatch(self, text: str) -> bool:
        """Tell whether the pattern is the whole of ``text``."""
        encoded = text[:TEXT_CAP].encode("utf-8", "replace")
        return self._regexp.fullmatch(encoded) is not None

    def find(self, text: str) -> str | None:
        """Return what the first match captures: its first group, or all of it; None if no match."""
        match = self._regexp.search(text[:TEXT_CAP].encode("utf-8", "replace"))
        if match is None:
            return None
        captured: bytes | None = match.group(1) if self._regexp.groups else match.group(0)
        return None if captured is None else captured.decode("utf-8", "replace")


def compile_pattern(text: str, *, ignore_case: bool = False) -> Pattern:
    """Return the pattern that ``text`` stands for, in RE2's syntax.

    Args:
        text: At most 1 000 characters; look-around and back references do not exist in RE2.
        ignore_case: Let letters match in either case.

    Raises:
        CriteriaError: ``refused_pattern`` with RE2's own words, ``pattern_too_long`` or
            ``pattern_missing``.
    """
    if not text:
        raise refuse("pattern_missing", "pattern", "The pattern is empty.")
    if len(text) > PATTERN_LENGTH:
        message = f"A pattern has {PATTERN_LENGTH} characters at most; this one has {len(text)}."
        raise refuse("pattern_too_long", "pattern", message)
    return _compile(text, ignore_case)


@functools.lru_cache(maxsize=2_048)
def _compile(text: str, ignore_case: bool) -> Pattern:
    try:
        return Pattern(text, ignore_case=ignore_case)
    except re2.error as error:
        words = error.args[0] if error.args else b""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise refuse("refused_pattern", "pattern", f"RE2 refuses the pattern: {said}.") from None
    except UnicodeEncodeError:
        message = "The pattern holds characters that are no text."
        raise refuse("refused_pattern", "pattern", message) from None
