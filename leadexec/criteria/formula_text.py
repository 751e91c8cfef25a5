"""The words of a formula: a scanner that lets nothing through but the formula language itself.

What comes out is a Python expression in which every constant and field has become a name, so that
no text of the user's is ever seen by Python's parser.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from leadexec.criteria.faults import refuse
from leadexec.criteria.values import Schema

FORMULA_LENGTH = 2_000
"""The longest formula, in characters."""
FORMULA_NODES = 300
"""A formula has this many operations and operands at most."""
FORMULA_DEPTH = 30
"""Operations nest this deep at most."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"[^"\n]*"|'[^'\n]*')
    | \[(?P<field>[^\[\]\n]+)\]
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?![\w.]))
    | (?P<word>[^\W\d]\w*)
    | (?P<operator>&&|\|\||<>|<=|>=|==|!=|[-+*/%(),<>=!])
    )""",
    re.VERBOSE,
)
_OPERATORS = {"&&": "and", "||": "or", "<>": "!=", "=": "==", "!": "not"}
_WORDS = {"and": "and", "or": "or", "not": "not"}
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_NUMBER_LENGTH = 40


@dataclass(slots=True)
class Parsed:
    """A formula as an expression over names, and what the names stand for."""

    constants: dict[str, object] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    node: ast.expr = field(default_factory=lambda: ast.Constant(None))

    def name_constant(self, value: object) -> str:
        """Return the name that stands for a constant."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def name_field(self, field_name: str) -> str:
        """Return the name that stands for a field."""
        name = f"f{len(self.fields)}"
        return next((key for key, known in self.fields.items() if known == field_name), None) or (
            self.fields.setdefault(name, field_name) and name
        )


def parse_formula(text: str, schema: Schema, functions: Mapping[str, object]) -> Parsed:
    """Scan and parse a formula.

    Args:
        text: The formula as the user wrote it.
        schema: The fields it may name, as a word (``Score``) or in brackets (``[First Name]``).
        functions: The functions it may call, in lower case.

    Raises:
        CriteriaError: The formula is too long, too deep, or not in the language.
    """
    if not text.strip():
        raise refuse("formula_missing", "expression", "The formula is empty.")
    if len(text) > FORMULA_LENGTH:
        message = f"A formula has {FORMULA_LENGTH} characters at most; this one has {len(text)}."
        raise refuse("formula_too_long", "expression", message)
    parsed = Parsed()
    _scan(text.rstrip(), parsed, schema, functions)
    parsed.node = _parse(" ".join(parsed.words))
    _measure(parsed.node)
    return parsed


def _scan(text: str, parsed: Parsed, schema: Schema, functions: Mapping[str, object]) -> None:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].strip()[:20]
            raise _bad(f"“{rest}” at character {position + 1} is not part of a formula")
        position = match.end()
        called = text[position:].lstrip().startswith("(")
        kind, word = match.lastgroup or "", match.group(match.lastgroup or 0)
        parsed.words.append(_translate(kind, word, parsed, schema, functions if called else {}))


def _translate(  # noqa: PLR0911  one case per kind of token
    kind: str, word: str, parsed: Parsed, schema: Schema, functions: Mapping[str, object]
) -> str:
    lower = word.lower()
    match kind:
        case "string":
            return parsed.name_constant(word[1:-1])
        case "number":
            if len(word) > _NUMBER_LENGTH:
                raise _bad(f"the number {word[:20]}… has more than {_NUMBER_LENGTH} digits")
            return parsed.name_constant(Decimal(word))
        case "operator":
            return _OPERATORS.get(word, word)
        case "field":
            return _field(word.strip(), parsed, schema)
    if lower in _WORDS:
        return _WORDS[lower]
    if lower in functions:
        return f"x_{lower}"
    if word in schema:
        return _field(word, parsed, schema)
    if lower in _CONSTANTS:
        return parsed.name_constant(_CONSTANTS[lower])
    what = "field or function" if not functions else "function"
    raise refuse("unknown_name", "expression", f"There is no {what} named “{word[:60]}”.")


def _field(name: str, parsed: Parsed, schema: Schema) -> str:
    if name not in schema:
        raise refuse("unknown_field", "expression", f"There is no field named “{name[:60]}”.")
    return parsed.name_field(name)


def _parse(source: str) -> ast.expr:
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError:
        raise _bad("operands, operators and parentheses do not fit together") from None
    except (MemoryError, RecursionError, ValueError):
        raise _too_deep() from None


def _measure(root: ast.expr) -> None:
    count, level = 0, [root]
    for _ in range(FORMULA_DEPTH):
        count += len(level)
        if not level or count > FORMULA_NODES:
            break
        level = [n for p in level for n in ast.iter_child_nodes(p) if isinstance(n, ast.expr)]
    if count > FORMULA_NODES:
        message = f"A formula has {FORMULA_NODES} operations and operands at most."
        raise refuse("formula_too_large", "expression", message)
    if level:
        raise _too_deep()


def _too_deep() -> Exception:
    message = f"A formula nests {FORMULA_DEPTH} deep at most."
    return refuse("formula_too_deep", "expression", message)


def _bad(what: str) -> Exception:
    return refuse("bad_formula", "expression", f"The formula cannot be read: {what}.")
