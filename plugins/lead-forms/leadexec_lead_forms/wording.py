"""What pages say to people."""

from typing import Final

from leadexec_lead_forms.inputs import Input

EXPIRED: Final = (
    "This page was open for too long. Please check what is filled in and send it again."
)
NOT_SENT: Final = "This could not be sent. What you filled in is still here."
TRY_AGAIN: Final = (
    "This could not be sent just now. What you filled in is still here: please try again in a "
    "moment."
)
PERHAPS_SENT: Final = (
    "We do not know whether this was received. Please send it again without changes: it will be "
    "taken only once."
)
NOT_TAKEN: Final = "We cannot take this request. What you filled in is still here."
NOT_A_FORM: Final = "This cannot be read as a form that was sent from this page."
CLOSED: Final = "This form takes no requests at present."
GO_BACK: Final = (
    "This could not be sent or shown just now. Please go back and try again in a moment; what you "
    "filled in should still be there."
)
GONE: Final = "There is no such form, or it is no longer used."


def missing(made: Input) -> str:
    """Return the message for a required input that is empty."""
    label = _named(made)
    match made.kind:
        case "select":
            return f"{label}: choose one of the list."
        case "radio":
            return f"{label}: choose an answer."
        case "checkbox":
            return f"{label}: tick this box to go on."
        case _:
            return f"{label}: fill this in."


def invalid(made: Input) -> str:
    """Return the message for a value that its field's type does not take."""
    label = _named(made)
    if made.choices:
        return f"{label}: choose one of the list."
    if made.type in ("date", "datetime-local"):
        return f"{label}: enter a date that exists."
    if 0 < len(made.sample) <= 60:
        return f"{label}: write it in a form such as {made.sample}."
    return f"{label}: this is not taken. Please check it."


def _named(made: Input) -> str:
    """Return the label as the start of a sentence, shortened: consent texts are long."""
    label = made.label.strip().rstrip(":.?")
    return label if len(label) <= 80 else f"{label[:79]}…"
