"""One delivery of one lead: sent by its method, its outcome turned into what is settled."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from leadexec.catalog.compiled import CompiledAccount, CompiledCampaign
from leadexec.contracts.delivery import Accepted, Failed, Outcome, Rejected, Sale
from leadexec.contracts.lead import Lead
from leadexec.delivery.attempt import Tried
from leadexec.delivery.retries import next_try, tries_again
from leadexec.delivery.texts import UnformattedError, field_texts, outgoing
from leadexec.distribution.lead_row import OpenDelivery
from leadexec.distribution.parts import Parts
from leadexec.distribution.reserve import Offer
from leadexec.distribution.settle import AttemptMade, Settled
from leadexec.distribution.states import DeliveryState
from leadexec.storage.columns import scale_money
from leadexec.storage.counters import amounts_of

NOTHING = Decimal(0)


class Selling:
    """Sends the deliveries of one lead."""

    def __init__(self, parts: Parts, campaign: CompiledCampaign, lead: Lead) -> None:
        """Send ``lead``, received by ``campaign``."""
        self._parts = parts
        self._campaign = campaign
        self._lead = lead
        self._texts: dict[str, str] | None = None

    def begun(self, uid: str, offer: Offer) -> OpenDelivery:
        """Return the delivery that was just reserved for ``offer``."""
        candidate = offer.candidate
        return OpenDelivery(
            uid=uid,
            account_id=candidate.account_id,
            client_id=candidate.client_id,
            method_id=offer.method_id,
            state=DeliveryState.RESERVED,
            price=candidate.price,
            exclusive=candidate.exclusive,
            attempts=0,
            next_at=None,
            taken=amounts_of(offer.limits),
            code="",
            reference=offer.reference,
            reserved_at=self._parts.services.clock.now(),
        )

    def sale(self, delivery: OpenDelivery) -> Sale | None:
        """Return the sale that ``delivery`` is to become; None when its account is gone."""
        account = self._account(delivery)
        if account is None:
            return None
        return Sale(
            delivery_uid=delivery.uid,
            client_id=delivery.client_id,
            client_name=account.client.company,
            account_id=delivery.account_id,
            account_name=account.entity.name,
            price=delivery.price,
            reference=delivery.reference,
        )

    def _account(self, delivery: OpenDelivery) -> CompiledAccount | None:
        return self._parts.catalog.accounts.get(delivery.account_id)

    async def send(
        self, delivery: OpenDelivery, sale: Sale | None, budget: float | None
    ) -> tuple[Settled, Outcome | None]:
        """Make the next try of ``delivery``; return what is settled and what the buyer said."""
        account = self._account(delivery)
        if account is None or sale is None:
            text = "The delivery account was closed before the delivery was sent."
            return self._settled(delivery, DeliveryState.FAILED, "account_gone", text), None
        lead_type = self._campaign.lead_type
        if self._texts is None:
            try:
                self._texts = field_texts(lead_type, self._lead)
            except UnformattedError as fault:
                where = f"formatting field '{fault.field}'"
                self._parts.faults.record(fault.plugin, where, fault.error)
                text = str(fault)
                return self._settled(delivery, DeliveryState.FAILED, "plugin_raised", text), None
        goods = outgoing(account, lead_type, self._lead, sale, self._texts)
        number = delivery.attempts + 1
        tried = await self._parts.deliverer.attempt(account.method, goods, number, budget)
        return self._outcome(delivery, account, tried, number), tried.outcome

    def cancelled(self, delivery: OpenDelivery) -> Settled:
        """Return the settlement of a delivery that a script ended before it was sent."""
        text = "A distribution script ended the distribution before this delivery was sent."
        return self._settled(delivery, DeliveryState.FAILED, "stopped_by_script", text)

    def _outcome(
        self, delivery: OpenDelivery, account: CompiledAccount, tried: Tried, number: int
    ) -> Settled:
        match tried.outcome:
            case Accepted() as accepted:
                price, note = _agreed(accepted.price, delivery.price)
                made = _made(tried, number, "accepted", "accepted", accepted.reason or note)
                return self._settled(
                    delivery,
                    DeliveryState.ACCEPTED,
                    "accepted",
                    accepted.reason or note,
                    price=price,
                    reference=accepted.reference,
                    redirect_url=accepted.redirect_url,
                    attempt=made,
                )
            case Rejected(code=code, reason=reason):
                made = _made(tried, number, "rejected", code, reason)
                return self._settled(delivery, DeliveryState.REJECTED, code, reason, attempt=made)
            case Failed(code=code, reason=reason) if self._waits(delivery, account, tried):
                made = _made(tried, number, "failed", code, reason)
                settled = self._settled(
                    delivery,
                    DeliveryState.RESERVED,
                    code,
                    reason,
                    attempt=made,
                    next_at=tried.not_before,
                )
                # Nothing was sent: none of the method's retries is used up.
                return msgspec.structs.replace(settled, attempts=delivery.attempts)
            case Failed(code=code, reason=reason, retry=retry):
                made = _made(tried, number, "failed", code, reason)
                due = self._next_try(account, number) if retry else None
                state = DeliveryState.FAILED if due is None else DeliveryState.RESERVED
                return self._settled(delivery, state, code, reason, attempt=made, next_at=due)

    def _waits(self, delivery: OpenDelivery, account: CompiledAccount, tried: Tried) -> bool:
        """Return whether the delivery waits for its method's circuit."""
        return (
            tried.not_before is not None
            and tries_again(account.method.entity.retry)
            and self._parts.deliverer.circuits.may_wait(delivery.reserved_at)
        )

    def _next_try(self, account: CompiledAccount, number: int) -> datetime | None:
        services = self._parts.services
        gap = next_try(account.method.entity.retry, number, services.randomness)
        return None if gap is None else services.clock.now() + timedelta(seconds=gap)

    def _settled(
        self,
        delivery: OpenDelivery,
        state: DeliveryState,
        code: str,
        reason: str,
        *,
        price: Decimal | None = None,
        reference: str = "",
        redirect_url: str = "",
        next_at: datetime | None = None,
        attempt: AttemptMade | None = None,
    ) -> Settled:
        return Settled(
            delivery_uid=delivery.uid,
            account_id=delivery.account_id,
            client_id=delivery.client_id,
            state=state,
            price=delivery.price if price is None else price,
            code=code,
            reason=reason,
            reference=reference or delivery.reference,
            redirect_url=redirect_url,
            next_at=next_at,
            taken=delivery.taken,
            attempt=attempt,
            attempts=attempt.number if attempt else delivery.attempts,
        )


def _agreed(offered: Decimal | None, agreed: Decimal) -> tuple[Decimal, str]:
    """Return the price of a sale, and a note where the buyer's own cannot be used."""
    if offered is None:
        return agreed, ""
    try:
        scale_money(offered)
    except (TypeError, ValueError):
        return agreed, f"The buyer's price {offered} cannot be used; the agreed price holds."
    if offered < NOTHING:
        return agreed, f"The buyer's price {offered} is negative; the agreed price holds."
    return offered, ""


def _made(tried: Tried, number: int, verdict: str, code: str, reason: str) -> AttemptMade:
    return AttemptMade(
        number=number,
        at=tried.at,
        elapsed_us=tried.elapsed_us,
        verdict=verdict,
        code=code,
        reason=reason[:2000],
        exchanges=tried.exchanges,
    )
