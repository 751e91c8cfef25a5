"""XML read safely, as a small tree of elements; ``post_shape`` says what they mean.

The reader is expat, as the standard library binds it, with a handler for every event that could do
harm. lxml can be told not to resolve entities nor to load anything, but it would add a compiled
library to the kernel and build the whole tree before a limit could stop it. What expat is given is
text that was decoded here, so no encoding can hide anything from the checks; a document type, and
with it every entity of its own, every external reference and every expansion, is refused before
expat sees it. The five predefined entities and character references remain.

Comments and processing instructions mean nothing. Namespaces are ignored: a prefix is cut from the
names of elements, and an attribute with a prefix, like every ``xmlns``, is left out.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Sequence
from typing import Final
from xml.parsers import expat

from msgspec import Struct

from leadexec.http.formats.charset import UTF_8, codec_of, decode_text
from leadexec.http.formats.errors import FormatError, shortened
from leadexec.http.posted_json import FIELD_LIMIT
from leadexec.http.strict_json import DEPTH_LIMIT

LIST_ROOT: Final = "leads"
"""The name, in any case, of a root whose children are leads."""
WHITESPACE: Final = " \t\r\n"
_DECLARED: Final = re.compile(rb"""<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
# Everything that may stand before a document type; possessive, so it costs one pass. Expat passes
# over a byte order mark that is left in the text, so this does, too.
_DOCTYPE: Final = re.compile(r"(?:[\ufeff \t\r\n]+|<!--(?s:.*?)-->|<\?(?s:.*?)\?>)*+<!(?!--|\[)")
_UNDEFINED_ENTITY: Final = 11
_TEXT_BUFFER: Final = 65_536


class Element(Struct, gc=False):  # a tree has no cycles; collecting took longer than reading
    """One element: its attributes, and either text or children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: Sequence["Element"] = ()


def read_xml(body: bytes, list_limit: int, charset: str = "") -> Element:
    """Return the root of the document.

    Args:
        body: What was posted.
        list_limit: Children of a root called ``leads`` at most.
        charset: As the content type names it; a byte order mark goes before it, and it goes before
            the XML declaration (RFC 7303). UTF-16 is read where a byte order mark shows it.

    Raises:
        FormatError: ``malformed_xml``, ``doctype_refused``, ``too_deep`` (32), ``too_many_fields``
            (1 000 elements and attributes per lead), ``too_many_leads``, ``mixed_content``,
            ``unsupported_charset``, ``invalid_utf8``, ``undecodable_text``, ``nul_in_text``.
    """
    text = _decoded(body, charset)
    if _DOCTYPE.match(text):
        raise _doctype()
    if "\0" in text:
        raise FormatError("nul_in_text", "XML must not hold the character NUL.")
    reader = _Reader(list_limit)
    parser = expat.ParserCreate(UTF_8)
    parser.buffer_text = True
    parser.buffer_size = _TEXT_BUFFER
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _malformed(error) from None
    return reader.top.children[0]


class _Reader:
    """Builds the tree under ``top``, counting as it goes: whatever is too much ends it."""

    def __init__(self, list_limit: int) -> None:
        self.top = Element("", {})
        self._open = [self.top]
        self._pieces: list[str] = []
        self._list_limit = list_limit
        self._parts = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._pieces:
            self._end_text()
        if len(self._open) > DEPTH_LIMIT:
            text = f"Elements nest {DEPTH_LIMIT} deep at most."
            raise FormatError("too_deep", text, self._path())
        if attributes:
            attributes = {key: value for key, value in attributes.items() if _counts(key)}
        self._count(1 + len(attributes))
        parent, element = self._open[-1], Element(_local(name) if ":" in name else name, attributes)
        if isinstance(parent.children, list):
            parent.children.append(element)
        else:
            parent.children = [element]
            self._refuse_mixed(parent)
        self._open.append(element)

    def end(self, _name: str) -> None:
        if self._pieces:
            self._end_text()
        self._open.pop()

    def text(self, data: str) -> None:
        self._pieces.append(data)

    def _end_text(self) -> None:
        """Give what was read since the last tag to the innermost open element."""
        element = self._open[-1]
        element.text = "".join(self._pieces)
        self._pieces.clear()
        if element.children:
            self._refuse_mixed(element)

    def _refuse_mixed(self, element: Element) -> None:
        """Drop the blanks between children; anything else between them is refused."""
        if element.text and element.text.strip(WHITESPACE):
            text = f"<{shortened(element.name)}> holds both text and elements."
            hint = "Wrap text that holds markup in <![CDATA[ … ]]>."
            raise FormatError("mixed_content", text, self._path(), hint)
        element.text = ""

    def _count(self, parts: int) -> None:
        """Count what the element that begins here adds to its lead."""
        if len(self._open) == 2 and self._open[1].name.lower() == LIST_ROOT:
            self._parts = 0
            if len(self._open[1].children) >= self._list_limit:
                text = f"A post holds at most {self._list_limit:,} leads."
                raise FormatError("too_many_leads", text)
        self._parts += parts
        if self._parts > FIELD_LIMIT:
            text = f"A lead has at most {FIELD_LIMIT:,} elements and attributes."
            raise FormatError("too_many_fields", text, self._path())

    def _path(self) -> str:
        return ".".join(element.name for element in self._open[1:])


def _local(name: str) -> str:
    return name.rpartition(":")[2] or name


def _counts(attribute: str) -> bool:
    return ":" not in attribute and attribute != "xmlns"


def _decoded(body: bytes, charset: str) -> str:
    if body.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        raise FormatError("unsupported_charset", "UTF-32 is not taken.", "", "Send UTF-8.")
    if body.startswith(BOM_UTF8):
        return decode_text(body[len(BOM_UTF8) :], UTF_8)
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return decode_text(body, "utf-16")
    return decode_text(body, codec_of(charset or _declared(body)))


def _declared(body: bytes) -> str:
    """Return the charset that the XML declaration names.

    A declaration that can be read here is not written in UTF-16, whatever it says: programs that
    build XML in memory often leave that word in and then send UTF-8.
    """
    found = _DECLARED.match(body)
    name = found[1].decode("latin-1") if found else ""
    return "" if name.lower().startswith("utf-16") else name


def _refuse_doctype(*_: object) -> None:
    raise _doctype()


def _doctype() -> FormatError:
    text = "A document type (<!DOCTYPE) is not taken."
    return FormatError("doctype_refused", text, "", "Send the elements alone.")


def _malformed(error: expat.ExpatError) -> FormatError:
    where = f"line {error.lineno}, column {error.offset + 1}"
    text = f"The body is not XML: {expat.ErrorString(error.code)} at {where}."
    named = "Write characters themselves; only &amp; &lt; &gt; &quot; &apos; have names."
    return FormatError(
        "malformed_xml", text, where, named if error.code == _UNDEFINED_ENTITY else ""
    )
