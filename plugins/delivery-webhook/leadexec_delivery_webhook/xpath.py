"""XPath 1.0 over answers in XML: no entities, no network, no namespaces, no way to hang.

libxml2 evaluates the expressions. Those that could take quadratic time on an answer made for it
are refused when they are saved: ``//`` and the long axes occur at most once and not inside a
predicate, and a predicate looks only at a node's own children and attributes.
"""

import math
import re
from typing import Any, Final

from lxml import etree

from leadexec import ConfigurationError

MOST_BYTES: Final = 262_144
"""The longest answer that is read as XML."""
MOST_NODES: Final = 1_000
"""How many found nodes are looked at."""
_LITERAL: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_LONG: Final = re.compile(r"//|\b(?:descendant|descendant-or-self|following|preceding)\s*::")
_UP: Final = re.compile(r"\.\.|\b(?:parent|ancestor|ancestor-or-self|[a-z]+-sibling)\s*::")
_PREFIX: Final = re.compile(r"[\w.-]\s*:\s*[\w*]", re.ASCII)
_ROOTED: Final = re.compile(r"(?:^|[\[(,=<>!|+*-]|\b(?:and|or|div|mod)\s)\s*/")
_FUNCTIONS: Final = frozenset(
    (
        *("boolean", "ceiling", "concat", "contains", "count", "false", "floor", "last"),
        *("local-name", "name", "node", "normalize-space", "not", "number", "position", "round"),
        *("starts-with", "string", "string-length", "substring", "substring-after"),
        *("substring-before", "sum", "text", "translate", "true"),
    )
)
_CALL: Final = re.compile(r"([A-Za-z][\w.:-]*)\s*\(")
_OPERATORS: Final = frozenset(("and", "or", "div", "mod"))


class XPath:
    """A compiled XPath."""

    def __init__(self, path: str) -> None:
        """Compile ``path``.

        Raises:
            ConfigurationError: ``bad_xpath`` or ``costly_xpath``.
        """
        _check(path)
        try:
            self._find = etree.XPath(path, regexp=False, smart_strings=False)
        except etree.XPathError as error:
            raise _refused("bad_xpath", f"The XPath cannot be read: {error}.") from None

    def find(self, document: Any) -> list[str]:
        """Return the texts of what is found in a parsed document, at most ``MOST_NODES``.

        An expression that is false, no number or an empty text finds nothing.
        """
        try:
            found: Any = self._find(document)
        except etree.XPathError:
            return []
        match found:
            case bool():
                return ["true"] if found else []
            case float():
                return [_number(found)] if math.isfinite(found) else []
            case str():
                return [found] if found else []
            case _:
                return [_text(node) for node in found[:MOST_NODES]]


def parse_xml(content: bytes) -> Any | None:
    """Return the document in ``content`` without its namespaces, or None if it holds none.

    A document that declares entities is none: XPath would expand what the parser did not.
    """
    if len(content) > MOST_BYTES:
        return None
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        return None
    element: Any
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
        for name in [name for name in element.attrib if name.startswith("{")]:
            value = element.attrib.pop(name)
            local = etree.QName(name).localname
            if local not in element.attrib:
                element.attrib[local] = value
    return root


def _text(node: Any) -> str:
    return node if isinstance(node, str) else "".join(node.itertext())


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _refused(code: str, message: str) -> ConfigurationError:
    return ConfigurationError.single(code, "path", message)


def _check(path: str) -> None:
    plain = _LITERAL.sub("''", path)
    if _PREFIX.search(re.sub(r"::", " ", plain)) or "$" in plain:
        raise _refused("bad_xpath", "Names are written without prefixes, and there are no $names.")
    unknown = set(_CALL.findall(plain)) - _FUNCTIONS - _OPERATORS
    if unknown:
        raise _refused("bad_xpath", f"There is no function {min(unknown)}.")
    inside = "".join(_predicates(plain))
    if len(_LONG.findall(plain)) > 1 or _LONG.search(inside):
        raise _refused("costly_xpath", "'//' occurs at most once, and not inside brackets.")
    if _UP.search(plain):
        raise _refused("costly_xpath", "A path does not lead upwards or sideways.")
    if _ROOTED.search(inside):
        raise _refused("costly_xpath", "Inside brackets a path does not start with '/'.")


def _predicates(plain: str) -> list[str]:
    """Return the characters inside square brackets."""
    depth, inside = 0, []
    for character in plain:
        depth += (character == "[") - (character == "]")
        if depth:
            inside.append(character)
    return inside
