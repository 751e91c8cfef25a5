"""From a form's fields and the lead type's to the inputs of a page (WCAG 2.2: 1.3.5, 3.3.2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from leadexec import CampaignInfo, FieldDetails, SystemField
from leadexec_lead_forms.entities import Audience, FormField, LeadForm

_AUTOCOMPLETE: Final = {
    SystemField.FIRST_NAME: "given-name",
    SystemField.LAST_NAME: "family-name",
    SystemField.FULL_NAME: "name",
    SystemField.EMAIL: "email",
    SystemField.PRIMARY_PHONE: "tel",
    SystemField.ADDRESS: "address-line1",
    SystemField.ADDRESS_2: "address-line2",
    SystemField.CITY: "address-level2",
    SystemField.STATE: "address-level1",
    SystemField.ZIP: "postal-code",
    SystemField.COUNTRY: "country-name",
    SystemField.DATE_OF_BIRTH: "bday",
}
_TECHNICAL: Final = frozenset(
    {
        SystemField.IP_ADDRESS,
        SystemField.IS_MOBILE,
        SystemField.FORCE_ID,
        SystemField.LATITUDE,
        SystemField.LONGITUDE,
        SystemField.REFERRER,
        SystemField.SEARCH_TERM,
        SystemField.LANDING_PAGE,
        SystemField.CONSENT_TOKEN,
        SystemField.TEST_FLAG,
    }
)
"""What no visitor is asked for unless the form says so."""
_PHONES: Final = frozenset({SystemField.PRIMARY_PHONE, SystemField.ALTERNATE_PHONE})
_MODES: Final = {"money": "decimal", "percentage": "decimal", "decimal": "decimal"}
_WHOLE: Final = frozenset({"integer", "large_integer"})


class Input(msgspec.Struct, kw_only=True, frozen=True):
    """One input of a page."""

    name: str
    label: str
    kind: str
    """``input``, ``textarea``, ``select``, ``radio`` or ``checkbox``."""
    type: str = "text"
    """Of an ``input``."""
    required: bool = False
    placeholder: str = ""
    help: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    choices: Sequence[tuple[str, str]] = ()
    sample: str = ""
    """A valid value, for messages."""
    value: str = ""
    error: str = ""


def chosen_fields(form: LeadForm, info: CampaignInfo) -> list[tuple[FormField, FieldDetails]]:
    """Return the form's fields that the lead type has, in order, hidden ones included.

    Computed fields and retired ones are passed over, as is a field that is named twice.
    """
    known = {field.name: field for field in info.fields if not field.computed}
    chosen = {item.field: item for item in form.fields if item.field in known}
    if form.audience is Audience.AGENTS:
        rest = [name for name in known if name not in chosen]
    elif form.fields:
        rest = []
    else:
        rest = [name for name, field in known.items() if field.system not in _TECHNICAL]
    chosen |= {name: FormField(field=name) for name in rest}
    return [(item, known[name]) for name, item in chosen.items()]


def inputs_of(form: LeadForm, info: CampaignInfo) -> list[Input]:
    """Return the inputs of the form's page, empty and without errors."""
    for_agents = form.audience is Audience.AGENTS
    return [
        _input(item, field, for_agents=for_agents)
        for item, field in chosen_fields(form, info)
        if item.hidden_value is None
    ]


def filled(
    inputs: Sequence[Input], values: Mapping[str, str], errors: Mapping[str, str]
) -> Iterator[Input]:
    """Yield the inputs with what was typed into them and what is wrong with it."""
    for made in inputs:
        yield msgspec.structs.replace(
            made, value=values.get(made.name, ""), error=errors.get(made.name, "")
        )


def _input(item: FormField, field: FieldDetails, *, for_agents: bool) -> Input:
    kind, type_, mode = _kind(field)
    # An agent keys in somebody else's data: the browser must not offer the agent's own.
    autocomplete = "off" if for_agents else _AUTOCOMPLETE.get(field.system, "")
    return Input(
        name=field.name,
        label=item.label or field.description,
        kind=kind,
        type=type_,
        required=field.required and not field.default,
        placeholder=item.placeholder,
        help=item.help,
        autocomplete=autocomplete,
        inputmode=mode,
        choices=field.choices,
        sample=field.sample,
    )


def _kind(field: FieldDetails) -> tuple[str, str, str]:
    """Return kind, type and input mode."""
    if field.type == "yes_no":
        return ("checkbox" if field.system is SystemField.CONSENT else "radio", "", "")
    if field.choices:
        return ("select", "", "")
    if field.system is SystemField.COMMENTS or field.type == "sub_fields":
        return ("textarea", "", "")
    return ("input", *_type(field))


def _type(field: FieldDetails) -> tuple[str, str]:
    if field.type == "email" or field.system is SystemField.EMAIL:
        return ("email", "email")
    if field.type == "phone" or field.system in _PHONES:
        return ("tel", "tel")
    if field.type == "datetime":
        # A type that keeps the time of day shows it in its sample.
        return ("datetime-local" if ":" in field.sample else "date", "")
    if field.type in _WHOLE:
        return ("number", "numeric")
    # Amounts are typed with signs and commas, which an input of type number throws away.
    return ("number" if field.type == "decimal" else "text", _MODES.get(field.type, ""))
