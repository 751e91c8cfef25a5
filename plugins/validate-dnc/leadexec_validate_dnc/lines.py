"""From the bytes of a file, a block at a time, to its lines, in bounded memory."""

import codecs
import io
from typing import Final

LONGEST: Final = 100_000
"""Characters of a line that are kept; what is longer is no line of a list of numbers."""


class LineReader:
    """Takes blocks in order and gives the lines that are complete, without their ends.

    UTF-8, with or without a byte order mark; other bytes become U+FFFD. Lines end as on any system.
    """

    def __init__(self) -> None:
        """Begin before the first block."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest = ""
        self._cut = False
        """Whether the beginning of the line that is being read was given already."""

    def feed(self, block: bytes, *, last: bool = False) -> list[str]:
        """Return the lines that end in ``block``; with ``last`` also what is left."""
        lines = (self._rest + self._decoder.decode(block, final=last)).split("\n")
        self._rest = lines.pop()
        if self._cut and lines:
            del lines[0]
            self._cut = False
        if self._cut:
            self._rest = ""
        elif len(self._rest) > LONGEST:
            lines.append(self._rest[:LONGEST])
            self._rest, self._cut = "", True
        if last and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return lines
