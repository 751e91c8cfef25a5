"""The delivery method ``acme-crm``: one lead becomes one contact in an Acme CRM pipeline."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from leadexec import (
    Accepted,
    Attempt,
    DeliveryMethod,
    Exchange,
    Failed,
    HttpAnswer,
    NoSettings,
    Outcome,
    Outgoing,
    Plugin,
    Prepared,
    Rejected,
    Secret,
    UnavailableError,
    hookimpl,
)


class AcmeSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How one Acme CRM workspace is reached."""

    workspace: Annotated[
        str,
        Meta(
            title="Workspace",
            description="The address of your workspace.",
            pattern=r"^https?://[A-Za-z0-9.:-]+$",
            examples=["https://acme-lending.crm.example"],
        ),
    ]
    api_key: Annotated[
        Secret, Meta(title="API key", description="From Settings, Integrations in Acme CRM.")
    ]
    pipeline: Annotated[
        str, Meta(title="Pipeline", description="Where new contacts appear.", min_length=1)
    ] = "inbox"


class AcmeRequest(Prepared, kw_only=True):
    """A contact, ready to be sent."""

    url: str
    content: bytes


class AcmeAnswer(Struct):
    """What Acme CRM says about a new contact."""

    result: str
    """``created``, ``duplicate`` or ``refused``."""
    contact_id: str = ""
    message: str = ""


class AcmeCrm(DeliveryMethod[AcmeSettings]):
    """Creates a contact in Acme CRM for each lead."""

    key = "acme-crm"
    title = "Acme CRM"
    timeout = 15.0

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the contact that ``outgoing`` becomes."""
        api = "v2" if self.setup.production else "sandbox"
        url = f"{self.settings.workspace}/api/{api}/contacts"
        contact = {"pipeline": self.settings.pipeline, "properties": dict(outgoing.fields)}
        content = msgspec.json.encode(contact)
        shown = f"POST {url}\nX-Api-Key: {self.settings.api_key}\n\n{content.decode()}"
        return AcmeRequest(request=shown, url=url, content=content)

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Create the contact; Acme CRM knows a repeat by its ``Idempotency-Key``."""
        assert isinstance(prepared, AcmeRequest)  # noqa: S101  prepare made it
        headers = {
            "Content-Type": "application/json",
            "X-Api-Key": self.settings.api_key.reveal(),
            "Idempotency-Key": attempt.idempotency_key,
        }
        fetch, left, sent = self.setup.services.http.fetch, attempt.remaining(), prepared.content
        try:
            answer = await fetch("POST", prepared.url, content=sent, headers=headers, timeout=left)
        except UnavailableError as error:
            attempt.record(Exchange(request=prepared.request, response=error.message))
            return Failed(code=error.code, reason=error.message)
        text = answer.text()[:65_536]
        attempt.record(Exchange(request=prepared.request, response=text, status=answer.status))
        return _outcome(answer)


def _outcome(answer: HttpAnswer) -> Outcome:
    if answer.status >= 500 or answer.status == 429:
        return Failed(code="acme_unavailable", reason=f"Acme CRM answered {answer.status}.")
    try:
        said = msgspec.json.decode(answer.body, type=AcmeAnswer)
    except (msgspec.DecodeError, RecursionError):
        return Rejected(code="unclear", reason=f"Acme CRM answered {answer.status}, unclearly.")
    match said.result:
        case "created" if answer.status == 201 and said.contact_id:
            return Accepted(reference=said.contact_id)
        case "duplicate":
            return Rejected(code="duplicate", reason=said.message or "Known", duplicate=True)
        case _:
            return Rejected(code="refused", reason=said.message or f"Status {answer.status}")


class AcmeCrmPlugin(Plugin[NoSettings]):
    """Contributes the delivery method ``acme-crm``."""

    @hookimpl
    def register_delivery_methods(self) -> Sequence[type[DeliveryMethod[Any]]]:
        """Return the delivery method."""
        return (AcmeCrm,)
