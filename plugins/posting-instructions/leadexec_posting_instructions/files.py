"""A campaign's instructions as a file of one format."""

import enum
from datetime import datetime

import msgspec

from leadexec import CampaignInfo
from leadexec_posting_instructions.document import document_of


class FileFormat(enum.StrEnum):
    """What the instructions can be had as."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


class InstructionsFile(msgspec.Struct, kw_only=True, frozen=True):
    """A rendered document."""

    name: str
    """Of the file, such as ``posting-instructions-12.pdf``."""
    media_type: str
    content: bytes


def render(
    info: CampaignInfo, form: FileFormat, *, base_url: str, now: datetime
) -> InstructionsFile:
    """Return the posting instructions of a campaign (``LS20``).

    It takes up to a second for a long PDF: call it in a thread.

    Args:
        info: The campaign.
        form: Of the file.
        base_url: Scheme and host at which senders reach us.
        now: What the workbook says it was made at; aware.
    """
    document = document_of(info, base_url)
    # Imported here: only who makes such a file pays for its library.
    match form:
        case FileFormat.HTML:
            from leadexec_posting_instructions import page  # noqa: PLC0415

            content, media_type = page.render_html(document), page.MEDIA_TYPE
        case FileFormat.PDF:
            from leadexec_posting_instructions import pdf  # noqa: PLC0415

            content, media_type = pdf.render_pdf(document), pdf.MEDIA_TYPE
        case FileFormat.XLSX:
            from leadexec_posting_instructions import xlsx  # noqa: PLC0415

            content, media_type = xlsx.render_xlsx(document, now), xlsx.MEDIA_TYPE
    name = f"posting-instructions-{info.id}.{form}"
    return InstructionsFile(name=name, media_type=media_type, content=content)
