"""The rows of a file to import, one after the other: delimited text or a sheet of a workbook."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b, file_digest
from importlib.util import find_spec
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from leadexec.cli import lead_import_workbook as workbook
from leadexec.errors import ConfigurationError, LeadexecError

DELIMITERS: Final = ",;\t|"
"""Those that are found out; others are named."""
ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252", "iso-8859-1")
LINE: Final = 4_194_304
"""Characters of a line at most."""
_SAMPLE: Final = 8_192
"""Characters that the delimiter is found out from."""
_ENDS: Final = ("\n", "\r")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_QUOTED: Final = re.compile(r'"[^"]*"')
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class SourceRow(NamedTuple):
    """One row of the file."""

    number: int
    """Its line in a text file (the first, where it has several), its row in a sheet; from 1."""
    cells: Sequence[str]
    code: str = ""
    """Why it cannot be read; empty: it can."""
    message: str = ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not self.code and not any(cell and not cell.isspace() for cell in self.cells)


class Source(Protocol):
    """An open file."""

    sheet: str
    """The sheet that is read; empty: the file has none."""

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows, also blank and unreadable ones; once."""
        ...

    def done(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        ...


def digest_of(path: Path) -> str:
    """Return what tells the file's content from any other's (BLAKE2b-128)."""
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()


def open_source(
    path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = ""
) -> AbstractContextManager[Source]:
    """Open the file at ``path``, a workbook if it is one, else text.

    Args:
        path: The file.
        sheet: Of a workbook; empty: the first.
        encoding: Of text; empty: UTF-8, or UTF-16 if it begins with its mark.
        delimiter: Between a text's cells; empty: found out.

    Raises:
        LeadexecError: ``unreadable``; ``no_workbook_reader``; ``not_a_workbook``;
            ``unknown_sheet``; ``workbook_too_large``.
        ConfigurationError: An option that does not fit the file.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise LeadexecError("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    if head.startswith((_ZIP, _OLE)):
        return _open_workbook(path, sheet)
    if sheet:
        raise ConfigurationError.single("no_sheets", "--sheet", f"{path} is not a workbook.")
    return _open_text(path, encoding or ("utf-16" if head[:2] in _UTF_16 else "utf-8"), delimiter)


# --- text


@contextmanager
def _open_text(path: Path, encoding: str, delimiter: str) -> Iterator[Source]:
    if encoding not in ENCODINGS:
        text = f"It is one of: {', '.join(ENCODINGS)}."
        raise ConfigurationError.single("unknown_encoding", "--encoding", text)
    if delimiter and len(delimiter) != 1:
        text = "The delimiter is one character."
        raise ConfigurationError.single("wrong_delimiter", "--delimiter", text)
    # What is not of the encoding is told row by row; UTF-16 cannot go on behind it.
    errors = "strict" if encoding == "utf-16" else "surrogateescape"
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open("rb") as raw, TextIOWrapper(raw, name, errors=errors, newline="") as text_file:
        try:
            sample = text_file.read(_SAMPLE)
            text_file.seek(0)
            size = path.stat().st_size
            yield _Text(raw, text_file, size, delimiter or _found_delimiter(sample), encoding)
        except UnicodeDecodeError as error:
            raise LeadexecError(
                "wrong_encoding",
                f"{path} is not {encoding} text ({error.reason}).",
                "Name its encoding with --encoding.",
            ) from None


def _found_delimiter(sample: str) -> str:
    """Return the commonest of the delimiters outside quotes in the header.

    Where two are as common, the sniffer decides; alone it takes a letter or a date's slash too
    easily.
    """
    header = _QUOTED.sub("", sample.lstrip().partition("\n")[0])
    most = max(header.count(delimiter) for delimiter in DELIMITERS)
    likely = [delimiter for delimiter in DELIMITERS if header.count(delimiter) == most]
    if most == 0 or len(likely) == 1:
        return likely[0]
    try:
        return csv.Sniffer().sniff(sample, "".join(likely)).delimiter
    except csv.Error:
        return likely[0]


class _Text:
    """Delimited text (RFC 4180, and what spreadsheets make of it)."""

    sheet = ""

    def __init__(
        self, raw: BufferedReader, file: TextIOWrapper, size: int, delimiter: str, encoding: str
    ) -> None:
        self._raw = raw
        self._lines = _Lines(file)
        self._size = size
        self._encoding = encoding
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def rows(self) -> Iterator[SourceRow]:
        while True:
            number = self._lines.number + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield SourceRow(number, (), "malformed_row", self._told(number, error))
                continue
            if any(not cell.isascii() and _escaped(cell) for cell in cells):
                message = f"It is not {self._encoding} text; name the encoding with --encoding."
                yield SourceRow(number, (), "wrong_encoding", message)
            else:
                yield SourceRow(number, cells)

    def done(self) -> float:
        return self._raw.tell() / self._size if self._size else 1.0

    def _told(self, number: int, error: csv.Error) -> str:
        last = self._lines.number
        lines = f"Lines {number} to {last} cannot" if last > number else "The line cannot"
        return f"{lines} be read: {error}."


class _Lines:
    """The lines of a file, counted; one that is too long is an error of its row alone."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file
        self.number = 0
        """Lines read so far."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) < LINE or line.endswith(_ENDS):
            return line
        while (more := self._file.readline(LINE)) and not more.endswith(_ENDS):
            pass
        message = f"it is longer than {LINE:,} characters"
        raise csv.Error(message)


def _escaped(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


# --- workbooks


@contextmanager
def _open_workbook(path: Path, sheet: str) -> Iterator[Source]:
    if find_spec("python_calamine") is None:
        raise LeadexecError(
            "no_workbook_reader",
            f"{path} is a workbook, and nothing here reads one.",
            "Install python-calamine, or save it as CSV.",
        )
    words = [sys.executable, "-I", str(Path(workbook.__file__)), str(path), sheet]
    with subprocess.Popen(  # noqa: S603  our own script
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield _Sheet(path, process)
        finally:
            process.kill()


class _Sheet:
    """One sheet, read by a process of its own."""

    def __init__(self, path: Path, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None  # noqa: S101  it is a pipe
        self._path = path
        self._process = process
        self._out = process.stdout
        self._number = 0
        head = self._next()
        self.sheet: str = head["sheet"] if head else ""
        self._rows: int = head["rows"] if head else 0

    def rows(self) -> Iterator[SourceRow]:
        while (line := self._next()) is not None:
            self._number, cells = line
            yield SourceRow(self._number, cells)

    def done(self) -> float:
        return self._number / self._rows if self._rows else 1.0

    def _next(self) -> Any:
        line = self._out.readline()
        if line:
            decoded = msgspec.json.decode(line)
            if isinstance(decoded, dict) and "error" in decoded:
                code, message = decoded["error"]
                raise LeadexecError(code, f"{self._path}: {message}")
            return decoded
        if self._process.wait() != 0:
            raise LeadexecError(
                "workbook_too_large",
                f"{self._path} cannot be read within {workbook.MEMORY // 1024**3} GiB of memory.",
                "Delete stray cells far from the others, or save the sheet as CSV.",
            )
        return None
