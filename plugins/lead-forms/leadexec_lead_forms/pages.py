"""Pages as HTML, and the headers under which they are safe."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from leadexec_lead_forms.capture import Visit
from leadexec_lead_forms.entities import LeadForm
from leadexec_lead_forms.inputs import Input
from leadexec_lead_forms.posted import PAGE, REFERRER, TICKET, TRAP


class FormView(msgspec.Struct, kw_only=True, frozen=True):
    """A page with the form's inputs."""

    title: str
    intro: str
    button: str
    inputs: Sequence[Input]
    ticket: str
    visit: Visit | None = None
    """Carried by the page; None for agents."""
    notices: Sequence[str] = ()
    """What is wrong with the whole, first."""
    traps: bool = False

    @property
    def faulty(self) -> Sequence[Input]:
        """The inputs with an error."""
        return [made for made in self.inputs if made.error]


class ThanksView(msgspec.Struct, kw_only=True, frozen=True):
    """A page that says that it is sent."""

    title: str
    text: str
    redirect: str = ""
    """Where the visitor may go on."""
    details: Sequence[tuple[str, str]] = ()
    """For agents: what became of the lead."""
    again: str = ""
    """The address of an empty form, for the next lead."""


class Around(msgspec.Struct, kw_only=True, frozen=True):
    """Where a page stands."""

    action: str
    """Where the form is posted to, relative to the page."""
    root: str = ""
    """The way from the page to the plugin's own path: empty or ``../``."""
    embedded: bool = False
    """Whether it is inside the customer's page."""


def form_page(view: FormView, around: Around) -> str:
    """Return the page with the form."""
    names = {"ticket": TICKET, "page": PAGE, "referrer": REFERRER, "trap": TRAP}
    return _environment().get_template("form.html").render(view=view, around=around, names=names)


def thanks_page(view: ThanksView, around: Around) -> str:
    """Return the page after the form."""
    return _environment().get_template("thanks.html").render(view=view, around=around)


def message_page(title: str, text: str, around: Around) -> str:
    """Return a page with a sentence instead of a form."""
    template = _environment().get_template("message.html")
    return template.render(title=title, text=text, around=around)


def page_headers(form: LeadForm | None) -> Mapping[str, str]:
    """Return the headers of a page of ``form``, which decides who may hold it in a frame.

    ``X-Frame-Options`` cannot name origins; browsers pass it over beside ``frame-ancestors``.
    A page's form may go anywhere on the web, because browsers hold redirects to that rule, too,
    and a buyer's redirect is not known before.
    """
    ancestors = " ".join(("'self'", *form.origins)) if form else "'none'"
    policy = (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "base-uri 'none'",
        "form-action 'self' https: http:",
        f"frame-ancestors {ancestors}",
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "strict-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
