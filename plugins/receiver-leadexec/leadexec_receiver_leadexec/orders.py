"""What the leads of a posting ask for that must not be passed over in silence."""

from leadexec import RefusedPostError
from leadexec_receiver_leadexec.posting import Posting


def demand_sellable(posting: Posting) -> None:
    """Refuse a posting with leads that must not be sold: they would be delivered.

    Raises:
        RefusedPostError: ``no_sell_not_taken``; the whole post is refused.
    """
    for number, lead in enumerate(posting.leads, 1):
        if lead.no_sell:
            where = f"Lead {number}: " if len(posting.leads) > 1 else ""
            text = (
                f"{where}noSell: a lead that is not to be sold cannot be taken here, as it would "
                "be delivered. Nothing was stored but the post."
            )
            raise RefusedPostError(422, "no_sell_not_taken", text)
