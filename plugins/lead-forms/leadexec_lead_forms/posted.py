"""Reading what a page's form sends: names and values, and what stands beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from leadexec import LeadexecError
from leadexec_lead_forms.capture import Visit, web_address
from leadexec_lead_forms.entities import Audience, LeadForm
from leadexec_lead_forms.inputs import Input
from leadexec_lead_forms.tickets import Ticket

# Lead fields are letters, digits and underscores: a name with a dash is never one of them.
TICKET: Final = "form-ticket"
PAGE: Final = "form-page"
REFERRER: Final = "form-referrer"
TRAP: Final = "website-url"
"""What people do not see and programs like to fill in."""
CONTROLS: Final = frozenset({TICKET, PAGE, REFERRER, TRAP})
TICKED: Final = "Yes"
UNTICKED: Final = "No"
BODY_LIMIT: Final = 262_144
"""Bytes; nobody types more."""
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 1_000


class FormError(LeadexecError):
    """The body is not what a page of ours sends; ``status`` says how it is answered."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Build the error."""
        super().__init__(code, message)
        self.status = status


class ExpiredError(LeadexecError):
    """The page was shown too long ago, or by another key: it is to be shown anew."""


class TrappedError(LeadexecError):
    """No person has filled in this form (code ``spam_trap``)."""


def read_posted(content_type: str, body: bytes) -> Mapping[str, str]:
    """Return name → the first value of that name.

    Raises:
        FormError: 415 ``wrong_content_type``, 400 ``malformed_form``.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind != _FORM:
        raise FormError(415, "wrong_content_type", f"A form is posted as {_FORM}.")
    text = body.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        message = f"A form has at most {_MOST_FIELDS:,} fields."
        raise FormError(400, "malformed_form", message) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value.replace("\0", "\ufffd"))
    return found


def visit_of(posted: Mapping[str, str], ip: str) -> Visit:
    """Return how the visitor came, as the page noted it."""
    return Visit(
        page=web_address(posted.get(PAGE, "")),
        referrer=web_address(posted.get(REFERRER, "")),
        ip=ip,
    )


def values_of(inputs: Sequence[Input], posted: Mapping[str, str]) -> dict[str, str]:
    """Return input's name → what was typed into it; a box that is not ticked says No.

    An empty text would take the field's default: nobody consents by not ticking.
    """
    values = {made.name: posted.get(made.name, "") for made in inputs}
    boxes = [made.name for made in inputs if made.kind == "checkbox"]
    return values | {name: TICKED if values[name] == TICKED else UNTICKED for name in boxes}


def demand_person(
    form: LeadForm, posted: Mapping[str, str], ticket: Ticket | None, now: datetime
) -> None:
    """Do nothing if a person may well have filled in the form.

    A missing ticket is a trap, as every browser sends it. One that cannot be read is not: the key
    may have changed since an honest visitor opened the page.

    Raises:
        TrappedError: ``spam_trap``.
        ExpiredError: ``form_expired``.
    """
    if form.audience is Audience.AGENTS or not form.spam_trap:
        return
    if posted.get(TRAP, "").strip():
        raise TrappedError("spam_trap", "The field that people do not see is filled in.")
    if not posted.get(TICKET):
        raise TrappedError("spam_trap", "The form was posted without having been shown.")
    if ticket is None:
        raise ExpiredError("form_expired", "The form's ticket is not valid.")
    age = now - ticket.issued
    if age < timedelta(seconds=form.minimum_seconds):
        message = f"The form was sent {age.total_seconds():.1f} seconds after it was shown."
        raise TrappedError("spam_trap", message)
    if age > timedelta(hours=form.maximum_hours):
        message = f"The form was shown more than {form.maximum_hours} hours ago."
        raise ExpiredError("form_expired", message)
