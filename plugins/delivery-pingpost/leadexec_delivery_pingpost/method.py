"""The delivery method: a ping that asks for a bid, and the post as a webhook sends it."""

from decimal import Decimal
from functools import partial

from leadexec_delivery_webhook import Requester, Webhook, WebhookRequest, noted

from leadexec import (
    Attempt,
    ConfigurationError,
    DeliverySetup,
    Fault,
    Outcome,
    Outgoing,
    PingingDeliveryMethod,
    PingOutcome,
    Prepared,
)
from leadexec_delivery_pingpost.bid import BidReader
from leadexec_delivery_pingpost.fields import PingFields
from leadexec_delivery_pingpost.settings import PingPostSettings


class PreparedPing(Prepared, kw_only=True):
    """A rendered ping."""

    http: WebhookRequest
    agreed: Decimal
    """The delivery account's price: the bid of a buyer whose answers name none."""


class PingPost(PingingDeliveryMethod[PingPostSettings]):
    """Asks the buyer for a bid while a lead is sorted, and posts the lead if it wins (``DM2``).

    The post is a webhook in all respects; by the tag ``ping_reference``, in its templates or in the
    field mappings, it hands back the buyer's id of its bid. The ping carries the lead fields that
    its settings name and nothing else of the lead. ``bid`` says how its answer is read.
    """

    key = "ping-post"
    title = "Ping-post"

    def __init__(self, settings: PingPostSettings, setup: DeliverySetup) -> None:
        """Compile ``settings``; raise ``ConfigurationError`` with every fault."""
        super().__init__(settings, setup)
        faults: list[Fault] = []
        with noted(faults):
            self._post = Webhook(settings, setup)
        with noted(faults, "ping"):
            self._requester = Requester(settings.ping, setup)
        with noted(faults, "ping"):
            self._reader = BidReader(settings.ping.response, setup.services.clock)
        with noted(faults, "ping"):
            self._fields = PingFields(settings.ping, setup.lead_type)
        if faults:
            raise ConfigurationError(faults)
        self.timeout = settings.timeout
        self.pings = settings.pings
        self.ping_timeout = settings.ping.timeout

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Return the post; its text shows no secret.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        return self._post.prepare(outgoing)

    async def deliver(self, prepared: Prepared, attempt: Attempt) -> Outcome:
        """Send the post and return what the answer means."""
        return await self._post.deliver(prepared, attempt)

    def prepare_ping(self, outgoing: Outgoing) -> Prepared:
        """Return the ping; its text shows no secret.

        Raises:
            InvalidValueError: ``bad_xml_name``.
        """
        request = self._requester.render(self._fields.of(outgoing))
        return PreparedPing(request=request.request, http=request, agreed=outgoing.sale.price)

    async def ping(self, prepared: Prepared, attempt: Attempt) -> PingOutcome:
        """Send the ping and return the bid, if there clearly is one."""
        assert isinstance(prepared, PreparedPing)  # noqa: S101  prepare_ping made it
        request = prepared.http
        read = partial(
            self._reader.read,
            sent_body=request.text,
            sent_values=request.values,
            agreed=prepared.agreed,
        )
        return await self._requester.ask(request, attempt, read)
