"""The delivery method: sends each lead as one request and reads the answer."""

from functools import partial

from leadexec import (
    Attempt,
    ConfigurationError,
    DeliveryMethod,
    DeliverySetup,
    Fault,
    Outcome,
    Outgoing,
    Prepared,
)
from leadexec_delivery_webhook.answer import AnswerReader
from leadexec_delivery_webhook.faults import noted
from leadexec_delivery_webhook.request import WebhookRequest
from leadexec_delivery_webhook.requester import Requester
from leadexec_delivery_webhook.settings import WebhookSettings


class Webhook(DeliveryMethod[WebhookSettings]):
    """Sends each lead as one HTTP request and reads the buyer's answer (``DM1``).

    ``answer`` says how answers are read. A buyer that cannot be reached, or breaks off, is tried
    again with the same ``Idempotency-Key``.
    """

    key = "webhook"
    title = "Webhook"

    def __init__(self, settings: WebhookSettings, setup: DeliverySetup) -> None:
        """Compile ``settings``; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults: list[Fault] = []
        with noted(faults):
            self._requester = Requester(settings, setup)
        with noted(faults):
            self._reader = AnswerReader(settings.response)
        if faults:
            raise ConfigurationError(faults)
        self.timeout = settings.timeout

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the rendered request; its text shows no secret.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        return self._requester.render(outgoing, key=outgoing.sale.delivery_uid)

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Send ``prepared`` and return what the answer means."""
        assert isinstance(prepared, WebhookRequest)  # noqa: S101  prepare made it
        read = partial(self._reader.read, sent_body=prepared.text, sent_values=prepared.values)
        return await self._requester.ask(prepared, attempt, read)
