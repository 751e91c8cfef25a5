"""From a text as somebody typed it to the plain letters that are looked up."""

import functools
import unicodedata

CODES = "@$!|+€"
"""Symbols that stand for letters; they stay in a folded text, as ``MASKS`` do."""
MASKS = "*#"
"""Symbols that hide a letter."""

_APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2018\u2019\u201b\u2032"
_FILLERS = "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f"
"""Letters and marks that show nothing, besides those of the category Cf."""
# Letters that look like a Latin one and that no decomposition turns into it.
_CYRILLIC = "аa вb еe кk мm нh оo рp сc тt уy хx ѕs іi јj һh ԁd ԛq ԝw ӏl"  # noqa: RUF001  on purpose
_GREEK = "αa βb εe ηn ιi κk νv οo ρp τt υu χx ωw"  # noqa: RUF001  on purpose
_STROKED = "ıi øo łl đd ðd ħh ŧt ƒf ɑa ɡg ɩi"  # noqa: RUF001  on purpose
_SMALL_CAPITALS = "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz"  # noqa: RUF001  on purpose
_LIKE = {
    ord(pair[0]): pair[1]
    for pairs in (_CYRILLIC, _GREEK, _STROKED, _SMALL_CAPITALS)
    for pair in pairs.split()
}
# Letters in black discs and squares, and the halves of flags.
_DRESSED = (0x1F150, 0x1F170, 0x1F1E6)


def fold(text: str) -> str:
    """Return ``text`` in lower-case letters, ASCII digits, ``CODES``, ``MASKS`` and blanks.

    Case, compatibility forms (NFKD), diacritics, invisible characters, apostrophes and letters
    borrowed from other scripts make no difference; everything else becomes a blank. Takes time in
    proportion to the length of ``text``.
    """
    if text.isascii():
        return text.lower().translate(_FOLDED)
    # Marks go first: normalising sorts each run of them, in quadratic time.
    plain = unicodedata.normalize("NFKD", text.translate(_BARE)).casefold()
    return unicodedata.normalize("NFKD", plain).translate(_FOLDED)


class _Table(dict[int, int | str | None]):
    """A table for ``str.translate`` that works out what is not ASCII when it is asked."""

    def __init__(self, work_out: "functools._lru_cache_wrapper[int | str | None]") -> None:
        super().__init__((code, work_out(code)) for code in range(128))
        self._work_out = work_out

    def __missing__(self, code: int) -> int | str | None:
        # Kept by the bounded cache only: a text may hold every character there is.
        return self._work_out(code)


@functools.lru_cache(maxsize=4096)
def _bare(code: int) -> int | str | None:
    """Return ``code``, or None for what marks another character, an apostrophe, the invisible."""
    character = chr(code)
    if character in _APOSTROPHES or character in _FILLERS:
        return None
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me"):
        return None
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return None
    if unicodedata.category(character) == "Cc" and not character.isspace():
        return None
    return code


@functools.lru_cache(maxsize=4096)
def _fold_one(code: int) -> int | str | None:
    character = chr(code)
    if _bare(code) is None:
        return None
    for first in _DRESSED:
        if first <= code < first + 26:
            return ord("a") + code - first
    if (digit := unicodedata.decimal(character, None)) is not None:
        return ord("0") + digit
    # Vowel signs of Indic and other scripts are marks, and parts of a word.
    if unicodedata.category(character)[0] in "LM":
        return character.translate(_LIKE)
    return code if character in CODES or character in MASKS else " "


_BARE = _Table(_bare)
_FOLDED = _Table(_fold_one)
