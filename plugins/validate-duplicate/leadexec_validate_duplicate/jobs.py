"""What happens to the earlier lead, after the decision about the duplicate is committed."""

from typing import Any

import msgspec

from leadexec import JobHandler, Services
from leadexec_validate_duplicate.validator import APPEND, RESEND


class Resend(msgspec.Struct, kw_only=True, frozen=True):
    """Send the earlier lead's deliveries once more."""

    lead_uid: str
    """The earlier lead."""
    duplicate_uid: str
    """The lead that came again."""


class Append(Resend, kw_only=True, frozen=True):
    """Fill the earlier lead's empty fields, then send its deliveries again if asked to."""

    fields: dict[str, Any]
    """Field name → value of the duplicate, in JSON's types."""
    resend: bool = False


async def append(job: Append, services: Services) -> None:
    """Run an ``Append``; run again, it finds the fields filled."""
    await services.leads.append_fields(job.lead_uid, job.fields, _reason(job))
    if job.resend:
        await services.leads.redeliver(job.lead_uid, _reason(job))


async def resend(job: Resend, services: Services) -> None:
    """Run a ``Resend``; run again with the same reason, the kernel sends nothing more."""
    await services.leads.redeliver(job.lead_uid, _reason(job))


def _reason(job: Resend) -> str:
    return f"Duplicate lead {job.duplicate_uid} came in."


HANDLERS = (
    JobHandler(kind=APPEND, payload=Append, run=append),
    JobHandler(kind=RESEND, payload=Resend, run=resend),
)
