"""The searches by which an answer is read."""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct


class _Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What all parts of the settings have in common."""


_Expected: TypeAlias = Annotated[
    tuple[str, ...],
    Meta(
        title="Accepted values",
        description="In the result search: the values that mean accepted, in any case. Without "
        "any, only true, 1, yes, ok, success, successful and accepted do.",
        examples=[["success", "sold"]],
    ),
]
_Exists: TypeAlias = Annotated[
    bool,
    Meta(
        title="Presence is enough",
        description="In the result search: whatever is found means accepted, even false.",
    ),
]
_IgnoreCase: TypeAlias = Annotated[
    bool, Meta(title="Ignore case", description="Letters match in either case.")
]


class TextSearch(_Settings, kw_only=True, frozen=True, tag_field="type", tag="text"):
    """Looks for a text as it stands; what it finds is the value behind it."""

    text: Annotated[
        str,
        Meta(
            title="Text",
            description="As a result search it must occur; else it stands before the value.",
            min_length=1,
            max_length=500,
            examples=['"status": "success"', '"price":'],
        ),
    ]
    ignore_case: _IgnoreCase = False


class PatternSearch(_Settings, kw_only=True, frozen=True, tag_field="type", tag="pattern"):
    """Looks for a regular expression; what it finds is its first group, or all of it."""

    pattern: Annotated[
        str,
        Meta(
            title="Pattern",
            description="In RE2's syntax; it looks at the first 10,000 characters.",
            min_length=1,
            max_length=1000,
            examples=[r"payout=\$?([0-9.]+)"],
        ),
    ]
    ignore_case: _IgnoreCase = False


class JsonPathSearch(_Settings, kw_only=True, frozen=True, tag_field="type", tag="json_path"):
    """Looks into a JSON answer; the surest choice wherever the answer is JSON."""

    path: Annotated[
        str,
        Meta(
            title="JSON path",
            description="By RFC 9535.",
            min_length=1,
            max_length=500,
            examples=["$.result.status"],
        ),
    ]
    equals: _Expected = ()
    exists: _Exists = False


class XPathSearch(_Settings, kw_only=True, frozen=True, tag_field="type", tag="xpath"):
    """Looks into an XML answer; names are written without prefixes, namespaces are ignored."""

    path: Annotated[
        str,
        Meta(
            title="XPath",
            description="By XPath 1.0, within limits that keep it quick.",
            min_length=1,
            max_length=500,
            examples=["/response/status"],
        ),
    ]
    equals: _Expected = ()
    exists: _Exists = False


Search: TypeAlias = TextSearch | PatternSearch | JsonPathSearch | XPathSearch
