"""The document as one HTML page that needs nothing else: no script, no font, no picture."""

import base64
import hashlib
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from leadexec_posting_instructions.document import Document

MEDIA_TYPE: Final = "text/html"


def render_html(document: Document) -> bytes:
    """Return the page; everything in it is escaped."""
    template = _environment().get_template("document.html")
    return template.render(document=document, style=_style()).encode()


def content_security_policy() -> str:
    """Return the policy under which the page works: its own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["paragraph"] = lambda block: type(block).__name__ == "Paragraph"
    environment.tests["table"] = lambda block: type(block).__name__ == "Table"
    return environment


@cache
def _style() -> str:
    loader = _environment().loader
    if loader is None:  # it was made with one
        return ""
    return loader.get_source(_environment(), "document.css")[0]
