"""Checking what was typed before it is a lead, so that people can mend it."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from leadexec import Lead
from leadexec_lead_forms.capture import captured
from leadexec_lead_forms.entities import Audience
from leadexec_lead_forms.filling import Filling
from leadexec_lead_forms.inputs import Input, chosen_fields
from leadexec_lead_forms.posted import UNTICKED
from leadexec_lead_forms.wording import invalid, missing

Draft: TypeAlias = Callable[[int, Mapping[str, str]], Lead]
"""``services.campaigns.draft``."""


class Checked(msgspec.Struct, kw_only=True, frozen=True):
    """The lead that a form would bring, and what is wrong with it."""

    fields: Mapping[str, str]
    errors: Mapping[str, str]
    """Input's name → message."""


def check(filling: Filling, draft: Draft) -> Checked:
    """Return the lead's fields and the messages for the inputs.

    Hidden values and what the visit says are for fields that have no input. What the visit says is
    left out where the field's type does not take it, since nobody could mend it.
    """
    form, inputs = filling.form, filling.inputs
    typed = {name: value for name, value in filling.values.items() if value.strip()}
    errors = {
        made.name: missing(made)
        for made in inputs
        if made.required and (made.name not in typed or _is_unticked(made, typed))
    }
    chosen = chosen_fields(form, filling.info)
    hidden = {item.field: item.hidden_value for item, _ in chosen if item.hidden_value}
    caught: dict[str, str] = {}
    if form.audience is Audience.VISITORS:
        taken = frozenset(item.field for item, _ in chosen)
        caught = captured(filling.info, taken, filling.visit)
    fields = {**caught, **hidden, **typed}
    read = draft(form.campaign, fields).fields
    for made in inputs:
        if made.name in typed and made.name not in read:
            errors.setdefault(made.name, invalid(made))
    kept = {name: value for name, value in fields.items() if name in read or name not in caught}
    return Checked(fields=kept, errors=errors)


def _is_unticked(made: Input, values: Mapping[str, str]) -> bool:
    return made.kind == "checkbox" and values.get(made.name) == UNTICKED
