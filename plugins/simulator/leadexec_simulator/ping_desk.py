"""One buyer asked for a bid: reads the ping, has its troubles, bids or declines, books it."""

import asyncio
from datetime import timedelta

from leadexec_simulator.buyer import Bidding, TroubleKind
from leadexec_simulator.chance import fraction, reference
from leadexec_simulator.mishaps import mishap
from leadexec_simulator.pricing import price_for
from leadexec_simulator.reception import Received, Reception
from leadexec_simulator.record import Record, RecordKind
from leadexec_simulator.replies import Answer, Reply, Reset
from leadexec_simulator.request import Request
from leadexec_simulator.wording import CONTENT_TYPES, bid_body, refusal_body


class PingDesk:
    """The desk of one buyer, or of one of its branches, for pings."""

    def __init__(self, reception: Reception, bidding: Bidding) -> None:
        """Open the desk behind ``reception``."""
        self._reception = reception
        self._bidding = bidding

    async def answer(self, request: Request) -> Reply:
        """Return what happens to ``request``; every ping leaves exactly one record.

        A ping that is repeated while its bid holds gets that bid again. Who hangs up while the
        buyer thinks gets none, and is booked as late.
        """
        ping = self._reception.read(request)
        if isinstance(ping, Answer):
            return ping
        trouble = self._trouble(ping.key)
        if trouble and trouble is not TroubleKind.LOST_ANSWER:
            self._reception.enter(
                RecordKind.TROUBLE, key=ping.key, lead=ping.lead, trouble=trouble.value
            )
            return mishap(trouble)
        await self._think(ping)
        judged = self._judge(ping, trouble.value if trouble else "")
        return Reset() if trouble else self._said(judged)

    async def _think(self, ping: Received) -> None:
        if not self._bidding.delay_ms:
            return
        try:
            await self._reception.clock.sleep(self._bidding.delay_ms / 1000)
        except asyncio.CancelledError:
            self._reception.enter(RecordKind.LATE_BID, key=ping.key, lead=ping.lead)
            raise

    def _trouble(self, key: str) -> TroubleKind | None:
        reception = self._reception
        tries = reception.books.bids.tries(reception.name, key)
        return reception.trouble(self._bidding.troubles, key, tries)

    def _judge(self, ping: Received, trouble: str) -> Record:
        reception, key, lead = self._reception, ping.key, ping.lead
        name, bids, now = reception.name, reception.books.bids, reception.clock.now()
        earlier = bids.live(name, key, now)
        if earlier:
            reception.enter(RecordKind.REPEAT, key=key, lead=lead, trouble=trouble)
            return earlier
        chance = fraction(reception.seed, name, key, "price")
        price = price_for(reception.buyer.price, ping.fields, now, chance)
        reason = self._refusal(ping) or ("" if price else "No price")
        if reason or price is None:
            return reception.enter(
                RecordKind.NO_BID, key=key, lead=lead, reason=reason, trouble=trouble
            )
        holds = self._bidding.expires_s
        return reception.enter(
            RecordKind.BID,
            key=key,
            lead=lead,
            price=price,
            reference=reference(reception.seed, name, key, "bid", bids.made(name, key)),
            trouble=trouble,
            expires_at=None if holds is None else now + timedelta(seconds=holds),
        )

    def _refusal(self, ping: Received) -> str:
        bidding, reception = self._bidding, self._reception
        for field, refused in bidding.decline_values.items():
            if ping.fields.get(field, "") in refused:
                return bidding.decline_reason
        chance = fraction(reception.seed, reception.name, ping.key, "decline")
        return bidding.decline_reason if chance < bidding.decline_rate else ""

    def _said(self, judged: Record) -> Answer:
        buyer = self._reception.buyer
        if judged.kind is RecordKind.BID:
            body = bid_body(buyer, judged, self._reception.clock.now())
        else:
            body = refusal_body(buyer, judged.reason)
        return Answer(body=body, content_type=CONTENT_TYPES[buyer.format])
