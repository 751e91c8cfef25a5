"""What the leads of a posting ask for that must not be passed over in silence.

This is where inbound ping post comes in: once a channel issues order ids (``PP2``), an OrderID is
redeemed here, against the campaign of the post, instead of being refused.
"""

from leadexec import RefusedPostError
from leadexec_receiver_leadexec.posting import Posting


def demand_sellable(posting: Posting) -> None:
    """Refuse a posting whose leads cannot be treated as their sender demands.

    A lead for which the sender was promised a price after a ping is not taken at another, and a
    lead that must not be sold is not put where it would be.

    Raises:
        RefusedPostError: ``order_id_not_taken``, ``no_sell_not_taken``; the whole post is refused.
    """
    for number, lead in enumerate(posting.leads, 1):
        where = f"Lead {number}: " if len(posting.leads) > 1 else ""
        if posting.order_id or lead.order_id:
            text = (
                f"{where}OrderID names a ping, and pings are not taken here. "
                "Post the lead without OrderID."
            )
            raise RefusedPostError(422, "order_id_not_taken", text)
        if lead.no_sell:
            text = (
                f"{where}noSell: a lead that is not to be sold cannot be taken here, as it would "
                "be delivered. Nothing was stored but the post."
            )
            raise RefusedPostError(422, "no_sell_not_taken", text)
