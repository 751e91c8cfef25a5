"""The demonstration's webhooks understand every simulated buyer, to the cent."""

from decimal import Decimal
from ipaddress import ip_network

import msgspec
import pytest
from leadexec_delivery_webhook.plugin import DeliveryWebhookPlugin
from leadexec_simulator import Simulator, example_buyers

from leadexec.cli.demo.account import CLIENTS
from leadexec.cli.demo.client_plan import PORTAL
from leadexec.cli.demo.webhooks import webhook_settings
from leadexec.contracts.component import NoSettings
from leadexec.contracts.delivery import (
    Accepted,
    DeliveryMethod,
    DeliverySetup,
    Failed,
    Outcome,
    Outgoing,
    Rejected,
)
from leadexec.http.outbound import OutboundClient
from leadexec.model.entity import dec_hook
from leadexec.testing import (
    FakeAttempt,
    a_lead,
    a_lead_type_info,
    a_sale,
    an_outgoing,
    fake_services,
)

STYLES = sorted({plan.style for plan in CLIENTS} - {PORTAL})
PRICE = Decimal("26.35")
NEVER_SOLD = {
    "bad-json",
    "drip",
    "gzip-bomb",
    "health-page",
    "huge-body",
    "never",
    "reset",
    "server-error",
    "timeout",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def a_webhook(style: str, url: str, http: OutboundClient) -> DeliveryMethod[msgspec.Struct]:
    services = fake_services(http=http)
    plugin = DeliveryWebhookPlugin(NoSettings(), services)
    (component,) = (c for c in plugin.register_delivery_methods() if c.key == "webhook")
    settings = webhook_settings(style, url, 1)
    if style in ("timeout", "drip"):
        settings["timeout"] = 0.2
    setup = DeliverySetup(
        method_id=1, lead_type=a_lead_type_info(), production=True, services=services
    )
    return component(msgspec.convert(settings, component.Settings, dec_hook=dec_hook), setup)


def what_goes_out(number: int) -> Outgoing:
    uid = f"lead-{number}"
    plain = an_outgoing(lead=a_lead(uid=uid), sale=a_sale(price=PRICE))
    fields = {**plain.fields, "lead_uid": uid, "price": str(PRICE)}
    return msgspec.structs.replace(plain, fields=fields)


async def delivered(method: DeliveryMethod[msgspec.Struct], number: int, tries: int = 4) -> Outcome:
    """Deliver one lead, again while it fails, as the kernel does."""
    outcome: Outcome = Failed(code="not_tried")
    for attempt in range(1, tries + 1):
        prepared = method.prepare(what_goes_out(number))
        outcome = await method.deliver(
            prepared,
            FakeAttempt(idempotency_key=f"key-{number}", number=attempt, seconds=method.timeout),
        )
        if not (isinstance(outcome, Failed) and outcome.retry):
            break
    return outcome


@pytest.mark.anyio
@pytest.mark.parametrize("style", STYLES)
async def test_what_we_take_for_sold_is_what_the_buyer_bought(style: str) -> None:
    http = OutboundClient([ip_network("127.0.0.0/8")])
    async with Simulator(example_buyers(), seed=3) as simulator:
        method = a_webhook(style, simulator.url(style, "branch"), http)
        few = style in NEVER_SOLD
        outcomes = [
            await delivered(method, number, 1 if few else 4) for number in range(2 if few else 10)
        ]
        books = simulator.books.of(f"{style}/branch")
        await http.aclose()
    sold = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    prices = [PRICE if outcome.price is None else outcome.price for outcome in sold]
    assert (len(sold), sum(prices, Decimal(0))) == (books.sales, books.revenue)
    assert bool(sold) == (style not in NEVER_SOLD)
    assert sum(isinstance(outcome, Rejected) for outcome in outcomes) >= books.refusals
    assert (books.invalid, books.doubled) == (0, 0)


@pytest.mark.anyio
async def test_refusals_carry_the_buyers_reason() -> None:
    http = OutboundClient([ip_network("127.0.0.0/8")])
    async with Simulator(example_buyers()) as simulator:
        outcome = await delivered(a_webhook("never", simulator.url("never"), http), 1)
        await http.aclose()
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "We are full"
