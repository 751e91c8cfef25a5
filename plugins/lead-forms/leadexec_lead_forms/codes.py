"""A form's address, the code that puts it into a page, and what is wrong with the form."""

from collections.abc import Iterator
from html import escape
from typing import Final

import msgspec

from leadexec import CampaignInfo, Campaigns, NotFoundError
from leadexec_lead_forms.entities import Audience, LeadForm
from leadexec_lead_forms.inputs import chosen_fields

HERE: Final = "/plugins/lead-forms"


class EmbedCode(msgspec.Struct, kw_only=True, frozen=True):
    """What the operator gives to the customer."""

    url: str
    """Where the form is shown; for agents, with a token."""
    code: str
    """HTML for the customer's page; empty for a form for agents."""
    problems: list[str]
    """What keeps the form from bringing leads, as sentences."""


def embed_code(form: LeadForm, base_url: str, campaigns: Campaigns) -> EmbedCode:
    """Return the address and the embed code of a form that has a slug.

    Args:
        form: The form.
        base_url: Scheme and host at which visitors reach us.
        campaigns: Where the form's campaign is looked up.
    """
    base = f"{base_url.rstrip('/')}{HERE}"
    problems = list(_problems(form, campaigns))
    if form.audience is Audience.AGENTS:
        return EmbedCode(url=f"{base}/agents/{form.id}", code="", problems=problems)
    url, title = escape(f"{base}/{form.slug}"), escape(form.title)
    code = (
        f'<script src="{url}/embed.js" data-title="{title}" async></script>\n'
        f'<noscript><a href="{url}">{title}</a></noscript>'
    )
    return EmbedCode(url=f"{base}/{form.slug}", code=code, problems=problems)


def _problems(form: LeadForm, campaigns: Campaigns) -> Iterator[str]:
    if not form.enabled:
        yield "The form is not enabled."
    try:
        info = campaigns.info(form.campaign)
    except NotFoundError:
        yield f"Campaign {form.campaign} cannot be used yet."
        return
    if not info.active:
        yield f"Campaign {info.id} or its source is not active."
    if form.audience is Audience.VISITORS and not form.origins:
        yield "No other site may hold the form: name its origins to embed it."
    yield from _field_problems(form, info, campaigns)


def _field_problems(form: LeadForm, info: CampaignInfo, campaigns: Campaigns) -> Iterator[str]:
    known = {field.name: field for field in info.fields}
    for item in form.fields:
        if item.field not in known:
            yield f"The lead type has no field {item.field}."
        elif known[item.field].computed:
            yield f"The field {item.field} is calculated and cannot be filled in."
    chosen = {field.name: item for item, field in chosen_fields(form, info)}
    for field in info.fields:
        if field.required and not field.default and not field.computed and field.name not in chosen:
            yield f"The required field {field.name} is not in the form: its leads are rejected."
    hidden = {name: item.hidden_value for name, item in chosen.items() if item.hidden_value}
    read = campaigns.draft(info.id, hidden).fields if hidden else {}
    for name in hidden:
        if name not in read:
            yield f"The hidden value of {name} is not one that its type takes."
