"""The instructions as blocks of text, tables and code, which every renderer shows in its way."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from leadexec import CampaignInfo, FieldDetails
from leadexec_posting_instructions.answers import answers
from leadexec_posting_instructions.samples import (
    PING_POST,
    RECEIVER,
    SampleRequest,
    form_name,
    samples,
)
from leadexec_posting_instructions.wording import (
    ANSWER_FORMS,
    IDEMPOTENCY,
    STATUSES,
    access,
    forms,
)

_LISTED_IN_ROW: Final = 120
"""Characters of allowed values that stand in a field's own row; longer lists get a table."""
_LONGEST_CELL: Final = 200


class Paragraph(msgspec.Struct, kw_only=True, frozen=True, tag=True):
    """A sentence or several."""

    text: str


class Table(msgspec.Struct, kw_only=True, frozen=True, tag=True):
    """Rows under a head; cells are plain text."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    """How wide the columns are, in proportion."""


class Code(msgspec.Struct, kw_only=True, frozen=True, tag=True):
    """Something to copy, with what it is."""

    caption: str
    text: str


Block: TypeAlias = Paragraph | Table | Code


class Section(msgspec.Struct, kw_only=True, frozen=True):
    """A part of the document with a heading."""

    key: str
    """Lower case; the anchor in HTML."""
    title: str
    blocks: tuple[Block, ...]


class Document(msgspec.Struct, kw_only=True, frozen=True):
    """The whole document."""

    title: str
    subtitle: str
    notices: tuple[str, ...]
    """What a reader must see first."""
    sections: tuple[Section, ...]


def document_of(info: CampaignInfo, base_url: str) -> Document:
    """Return the posting instructions of a campaign.

    Args:
        info: The campaign.
        base_url: Scheme and host at which senders reach us, such as ``https://leads.example.com``.
    """
    base = base_url.rstrip("/")
    requests = samples(info)
    return Document(
        title=f"Posting instructions: {info.name}",
        subtitle=f"{info.lead_type_name} leads of {info.source_name}",
        notices=tuple(_notices(info)),
        sections=(
            Section(key="campaign", title="Campaign", blocks=(_facts(info, base),)),
            Section(key="access", title="Authentication", blocks=tuple(_access(info, base))),
            Section(key="fields", title="Fields", blocks=tuple(_fields(info))),
            Section(key="posting", title="Posting a lead", blocks=tuple(_posting(requests, base))),
            *_ping(info),
            Section(key="answers", title="Answers", blocks=tuple(_answers(info))),
        ),
    )


def curl(request: SampleRequest, base_url: str) -> str:
    """Return the command that sends ``request``, for a POSIX shell."""
    lines = [f"curl -X {request.method} {shlex.quote(base_url + request.path)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers.items()]
    lines.append(f"--data-raw {shlex.quote(request.body.decode())}")
    return " \\\n  ".join(lines)


def _notices(info: CampaignInfo) -> Iterator[str]:
    if not info.active:
        yield "This campaign takes no leads at present: what is posted now is rejected."


def _facts(info: CampaignInfo, base: str) -> Table:
    rows = (
        ("Address", f"POST {base}{RECEIVER}"),
        ("AID (campaign)", f"{info.id} – {info.name}"),
        ("VID (lead source)", f"{info.source_id} – {info.source_name}"),
        ("LID (lead type)", f"{info.lead_type_id} – {info.lead_type_name}"),
        ("Channel", info.channel.replace("_", " ").capitalize()),
        ("Formats", "JSON, URL-encoded form, XML; always in UTF-8"),
    )
    return Table(caption="What a sender needs", head=("What", "Value"), rows=rows, widths=(1, 3))


def _access(info: CampaignInfo, base: str) -> Iterator[Block]:
    yield from (Paragraph(text=text) for text in access(info))
    if info.require_authentication:
        token = samples(info)[0]
        yield Code(caption="Get an access token", text=curl(token, base))


def _posting(requests: Sequence[SampleRequest], base: str) -> Iterator[Block]:
    yield from (Paragraph(text=text) for text in forms())
    for request in (request for request in requests if request.path == RECEIVER):
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        shown = f"{request.method} {request.path}\n{headers}\n\n{request.body.decode()}"
        yield Code(caption=request.title, text=shown)
        yield Code(caption=f"{request.title}, with curl", text=curl(request, base))
    yield Paragraph(text=IDEMPOTENCY)


def _ping(info: CampaignInfo) -> Iterator[Section]:
    """Yield the section about pings, for the one channel that has them (``PP1``)."""
    if info.channel == PING_POST:
        text = (
            "Leads of this campaign are offered with a ping before they are posted. The ping's "
            "address, its fields and its answer are given by the ping-post plugin, and so is the "
            "order id that the post must carry."
        )
        yield Section(key="ping", title="Ping", blocks=(Paragraph(text=text),))


def _answers(info: CampaignInfo) -> Iterator[Block]:
    yield Table(caption="HTTP statuses", head=("Status", "Meaning"), rows=STATUSES, widths=(1, 6))
    yield from (Paragraph(text=text) for text in ANSWER_FORMS)
    for answer in answers(info):
        caption = f"{answer.kind.capitalize()}, as {answer.format} ({answer.status})"
        yield Code(caption=caption, text=f"Content-Type: {answer.content_type}\n\n{answer.body}")


def _fields(info: CampaignInfo) -> Iterator[Block]:
    yield Paragraph(
        text="Names are matched in any case. Fields that the lead type does not have do no harm; "
        "they are kept with the post. A blank value is the same as none."
    )
    if not info.fields:
        yield Paragraph(text="The lead type has no fields yet.")
        return
    yield Table(
        caption="Fields of a lead",
        head=(
            "Posted as",
            "Description",
            "Type",
            "Required",
            "Default",
            "Allowed values",
            "Sample",
        ),
        rows=tuple(_row(field) for field in info.fields),
        widths=(4, 4, 3, 2, 2, 4, 3),
    )
    renamed = [(field.name, form_name(field.name)) for field in info.fields]
    for name, posted in (pair for pair in renamed if pair[0] != pair[1]):
        yield Paragraph(text=f"In a URL-encoded form, the field {name} is posted as {posted}.")
    for field in info.fields:
        if _in_row(field) is None:
            yield Table(
                caption=f"Allowed values of {field.name}",
                head=("Value", "Meaning"),
                rows=tuple(field.choices),
                widths=(1, 2),
            )


def _row(field: FieldDetails) -> tuple[str, ...]:
    if field.computed:
        told = ("Not posted", "", "Calculated from other fields", "")
    else:
        required = "No, the default is taken" if field.default else "Yes"
        allowed = _in_row(field)
        told = (
            required if field.required else "No",
            _cut(field.default),
            "See the table below" if allowed is None else allowed,
            _cut(field.sample),
        )
    return (field.name, field.description, field.type_title, *told)


def _in_row(field: FieldDetails) -> str | None:
    """Return the allowed values as a text, or None where there are too many for a row."""
    listed = "; ".join(
        value if value == caption else f"{value} ({caption})" for value, caption in field.choices
    )
    return listed if len(listed) <= _LISTED_IN_ROW else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
