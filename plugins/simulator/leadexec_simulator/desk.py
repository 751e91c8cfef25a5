"""One buyer at work: reads a post, has its troubles, judges the lead, books it, answers."""

from decimal import Decimal

from leadexec_simulator.buyer import TroubleKind
from leadexec_simulator.chance import fraction, reference
from leadexec_simulator.mishaps import mishap
from leadexec_simulator.pricing import number_in, price_for
from leadexec_simulator.reception import Received, Reception
from leadexec_simulator.record import Record, RecordKind
from leadexec_simulator.replies import Answer, Reply, Reset
from leadexec_simulator.request import Request
from leadexec_simulator.wording import CONTENT_TYPES, accept_body, refusal_body


class Desk:
    """The desk of one buyer, or of one of its branches, for posts."""

    def __init__(self, reception: Reception) -> None:
        """Open the desk behind ``reception``."""
        self._reception = reception
        self._buyer = reception.buyer

    async def answer(self, request: Request) -> Reply:
        """Return what happens to ``request``; every post leaves exactly one record.

        A key that was judged before gets the answer it got then. What is cancelled while the
        buyer thinks, because the sender hung up, is not sold.
        """
        post = self._reception.read(request)
        if isinstance(post, Answer):
            return post
        trouble = self._trouble(post.key)
        if trouble and trouble is not TroubleKind.LOST_ANSWER:
            self._reception.enter(
                RecordKind.TROUBLE, key=post.key, lead=post.lead, trouble=trouble.value
            )
            return mishap(trouble)
        if self._buyer.delay_ms:
            await self._reception.clock.sleep(self._buyer.delay_ms / 1000)
        judged = self._judge(post, trouble.value if trouble else "")
        return Reset() if trouble else self._said(judged)

    def _trouble(self, key: str) -> TroubleKind | None:
        reception = self._reception
        tries = reception.books.tries(reception.name, key)
        return reception.trouble(self._buyer.troubles, key, tries)

    def _judge(self, post: Received, trouble: str) -> Record:
        reception, key, lead = self._reception, post.key, post.lead
        earlier = reception.books.judged(reception.name, key)
        if earlier:
            reception.enter(RecordKind.REPEAT, key=key, lead=lead, trouble=trouble)
            return earlier
        bid, price, reason = self._decided(post)
        if reason or price is None:
            return reception.enter(
                RecordKind.REFUSAL, key=key, lead=lead, reason=reason, trouble=trouble
            )
        return reception.enter(
            RecordKind.SALE,
            key=key,
            lead=lead,
            price=price,
            reference=reference(reception.seed, reception.name, key),
            trouble=trouble,
            bid=bid,
        )

    def _decided(self, post: Received) -> tuple[str, Decimal | None, str]:
        """Return the bid that is taken up, the price, and the reason if the lead is refused."""
        if self._buyer.bidding is not None:
            bid, reason = self._bid(post)
            if bid is None:
                return "", None, reason
            return bid.reference, bid.price, self._refusal(post)
        reception = self._reception
        chance = fraction(reception.seed, reception.name, post.key, "price")
        price = price_for(self._buyer.price, post.fields, reception.clock.now(), chance)
        return "", price, self._refusal(post) or ("" if price else "No price")

    def _bid(self, post: Received) -> tuple[Record | None, str]:
        """Return the live bid that ``post`` takes up, or why there is none."""
        reception, bidding = self._reception, self._buyer.bidding
        assert bidding is not None  # noqa: S101  the caller has looked
        named = post.fields.get(bidding.reference_field, "")
        if not named:
            return None, f"The post names no bid in {bidding.reference_field}"
        price = None
        if bidding.price_field:
            price = number_in(post.fields.get(bidding.price_field, ""))
            if price is None:
                return None, f"The post names no price in {bidding.price_field}"
        now = reception.clock.now()
        bids = reception.books.bids
        problem = bids.problem(reception.name, named, lead=post.lead, price=price, now=now)
        return (None, problem) if problem else (bids.of(reception.name, named), "")

    def _refusal(self, post: Received) -> str:
        buyer, reception = self._buyer, self._reception
        for field, refused in buyer.reject_values.items():
            if post.fields.get(field, "") in refused:
                return buyer.reject_reason
        chosen = fraction(reception.seed, reception.name, post.key, "refuse") < buyer.reject_rate
        return buyer.reject_reason if chosen else ""

    def _said(self, judged: Record) -> Answer:
        if judged.kind is RecordKind.SALE:
            body = accept_body(self._buyer, judged.price, judged.reference)
        else:
            body = refusal_body(self._buyer, judged.reason)
        return Answer(body=body, content_type=CONTENT_TYPES[self._buyer.format])
