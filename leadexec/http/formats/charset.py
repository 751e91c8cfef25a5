"""Bytes as text: UTF-8, or what is still posted as windows-1252 where the sender says so.

Nothing is guessed: a charset that is not named is UTF-8, bytes that do not fit are refused. The
names mean what they mean to browsers (WHATWG Encoding): ISO-8859-1 is read as windows-1252. UTF-7
and its like, in which harmless bytes become markup, are no charsets here.
"""

from typing import Final

from leadexec.http.formats.errors import FormatError, shortened

UTF_8: Final = "utf-8"
WINDOWS_1252: Final = "cp1252"
_CODECS: Final = {
    "": UTF_8,
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": UTF_8,
    "ascii": UTF_8,
    "windows-1252": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "iso-8859-1": WINDOWS_1252,
    "iso8859-1": WINDOWS_1252,
    "latin-1": WINDOWS_1252,
    "latin1": WINDOWS_1252,
}


def codec_of(charset: str, path: str = "") -> str:
    """Return Python's codec for a charset; empty means UTF-8.

    Raises:
        FormatError: ``unsupported_charset``, at ``path``.
    """
    codec = _CODECS.get(charset.strip().lower())
    if codec is None:
        text = f"The charset {shortened(charset)!r} is not taken."
        raise FormatError("unsupported_charset", text, path, "Send UTF-8.")
    return codec


def decode_text(data: bytes, codec: str, path: str = "") -> str:
    """Return the text of ``data``.

    Args:
        data: The bytes.
        codec: As ``codec_of`` returns it.
        path: What is read, for the error.

    Raises:
        FormatError: ``invalid_utf8``; ``undecodable_text`` for another charset.
    """
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        code = "invalid_utf8" if codec == UTF_8 else "undecodable_text"
        name = "UTF-8" if codec == UTF_8 else codec
        where = f"{shortened(path)!r}" if path else "The body"
        message = f"{where} is not {name} at byte {error.start}."
        raise FormatError(code, message, path, "Send UTF-8, or name the charset.") from None
