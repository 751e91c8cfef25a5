"""What a sent form is answered with: a thank-you, a redirect, a page."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias
from urllib.parse import quote

import msgspec

from leadexec import LeadAnswer
from leadexec_lead_forms.capture import web_address
from leadexec_lead_forms.entities import Audience, LeadForm
from leadexec_lead_forms.pages import Around, ThanksView, thanks_page


class Shown(msgspec.Struct, kw_only=True, frozen=True):
    """A page."""

    status: int
    html: str


class Redirected(msgspec.Struct, kw_only=True, frozen=True):
    """Another address, to be read with GET (303)."""

    to: str


Outcome: TypeAlias = Shown | Redirected


def sent(form: LeadForm, around: Around, answer: LeadAnswer | None) -> Outcome:
    """Return what who sent the form sees; without an ``answer``, what a program is shown.

    The buyer's redirect goes before the form's own. Inside a customer's page nothing is
    redirected: the page tells the script around it where to go, and has a link for who runs none.
    """
    if form.audience is Audience.AGENTS and answer is not None:
        return Shown(status=200, html=thanks_page(_for_agent(form, around, answer), around))
    redirect = _redirect(form, answer)
    if redirect and not around.embedded:
        return Redirected(to=redirect)
    view = ThanksView(title=form.title, text=form.thank_you, redirect=redirect)
    return Shown(status=200, html=thanks_page(view, around))


def agents_notices(answer: LeadAnswer, names: set[str]) -> Sequence[str]:
    """Return why a lead was rejected, for an agent: what stands at no input."""
    reasons = [reason.message for reason in answer.reasons if reason.field not in names]
    return (f"The lead {answer.lead} was rejected ({answer.code}).", *reasons)


def _redirect(form: LeadForm, answer: LeadAnswer | None) -> str:
    of_buyer = web_address((answer and answer.redirect_url) or "")
    return quote(of_buyer or web_address(form.redirect_url), safe="%/:=&?~#+!$,;'@()*[]")


def _for_agent(form: LeadForm, around: Around, answer: LeadAnswer) -> ThanksView:
    return ThanksView(
        title=form.title,
        text=form.thank_you,
        redirect=_redirect(form, answer),
        details=list(_details(answer)),
        again=around.action,
    )


def _details(answer: LeadAnswer) -> Iterator[tuple[str, str]]:
    yield ("Lead", answer.lead)
    yield ("Status", answer.status)
    for reason in answer.reasons:
        yield ("Reason", reason.message)
