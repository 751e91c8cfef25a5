"""``multipart/form-data`` (RFC 7578): text parts are fields, files are not taken."""

import re
from typing import Any, Final

import multipart  # type: ignore[import-untyped]

from leadexec.http.formats.charset import codec_of, decode_text
from leadexec.http.formats.errors import FormatError, shortened
from leadexec.http.posted_json import FIELD_LIMIT

HEADER_LIMIT: Final = 1_000
"""Bytes of one header line of a part."""
HEADERS_PER_PART: Final = 8
_BOUNDARY: Final = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")
# More than RFC 2046 allows: clients in use write boundaries such as '*****'.
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary"})


def read_multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the names and values of the parts, in order; what follows the last is ignored.

    An empty file, as a browser sends it for a file that nobody chose, is left out.

    Args:
        body: What was posted.
        content_type: The request's whole header, with ``boundary`` and perhaps ``charset``, which
            then holds for the parts that name none.

    Raises:
        FormatError: ``malformed_multipart``, ``too_many_fields`` (1 000 parts), ``file_not_taken``,
            ``unsupported_transfer_encoding``, ``unsupported_charset``, ``invalid_utf8``,
            ``undecodable_text``, ``nul_in_text``.
    """
    _, options = multipart.parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        text = "The content type has no boundary, or one that cannot be used."
        raise FormatError("malformed_multipart", text)
    reader = _Reader(codec_of(options.get("charset", "")))
    parser = multipart.PushMultipartParser(
        boundary,
        max_header_size=HEADER_LIMIT,
        max_header_count=HEADERS_PER_PART,
        header_charset=reader.codec,
        strict=True,
    )
    try:
        with parser:
            for event in parser.parse(body):
                reader.take(event)
    except multipart.MultipartError as error:
        text = f"The body is not multipart/form-data: {error.args[0]}."
        raise FormatError("malformed_multipart", text, reader.name) from None
    return reader.pairs


class _Reader:
    """Gathers the parts from the parser's events: a part, its bytes, None for its end."""

    def __init__(self, codec: str) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.codec = codec
        self.name = ""
        self._codec_of_part = codec
        self._is_file = False
        self._data: list[bytes] = []
        self._parts = 0

    def take(self, event: Any) -> None:
        if event is None:
            self._end()
        elif isinstance(event, bytes | bytearray):
            self._add(bytes(event))
        else:
            self._begin(event)

    def _begin(self, part: Any) -> None:
        self._parts += 1
        if self._parts > FIELD_LIMIT:
            text = f"A lead has at most {FIELD_LIMIT:,} fields; this body has more."
            raise FormatError("too_many_fields", text)
        self.name = part.name
        if not self.name:
            raise FormatError("malformed_multipart", "A part has no name.")
        if "\0" in self.name:
            raise FormatError("nul_in_text", "A field's name must not hold the character NUL.")
        encoding = part.header("Content-Transfer-Encoding", "")
        if encoding.strip().lower() not in _PLAIN:
            text = f"The part {shortened(self.name)!r} is encoded; send it as it is."
            raise FormatError("unsupported_transfer_encoding", text, self.name)
        self._codec_of_part = codec_of(part.charset, self.name) if part.charset else self.codec
        # Files within one field were once sent as a multipart body of their own (RFC 2388).
        nested = (part.content_type or "").startswith("multipart/")
        self._is_file = part.filename is not None or nested
        self._data = []

    def _add(self, data: bytes) -> None:
        if self._is_file:
            text = f"The field {shortened(self.name)!r} is a file; files are not taken."
            raise FormatError("file_not_taken", text, self.name)
        self._data.append(data)

    def _end(self) -> None:
        if self._is_file:
            return
        value = decode_text(b"".join(self._data), self._codec_of_part, self.name)
        if "\0" in value:
            raise FormatError("nul_in_text", "Texts must not hold the character NUL.", self.name)
        self.pairs.append((self.name, value))
