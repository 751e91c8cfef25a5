"""The sentences of the instructions that are not about one campaign's own fields."""

from collections.abc import Iterator
from typing import Final

from leadexec import CampaignInfo

IDEMPOTENCY: Final = (
    "Send a header Idempotency-Key, your own key of at most 100 characters for this lead, such as "
    "its id in your system. If an answer is lost, post the same again with the same key: it is "
    "answered as the first time, and there is one lead. In a form, in JSON or in XML the key may "
    "also stand beside the fields as idempotency_key. The same key with another body is refused "
    "(422 idempotency_mismatch)."
)

STATUSES: Final = (
    ("201", "The lead is accepted. Its id is in lead, what is paid for it in price."),
    ("202", "The lead is held: a person looks at it before it is accepted or rejected."),
    (
        "422",
        "With a lead in the answer: it is rejected, reasons says why. Without one: the post is "
        "refused, errors says what is wrong with it.",
    ),
    ("200", "A list was posted; each lead in the answer has its own status."),
    ("400", "The body cannot be read as what its Content-Type promises."),
    ("401", "The token or the password is missing or wrong. Nothing was stored as a lead."),
    ("403", "The token is not for posting leads, or your address may not post."),
    ("413", "The body is too large; split it."),
    ("415", "The Content-Type is none of those above."),
    ("503", "It could not be stored now. Post the same again with the same Idempotency-Key."),
)
"""HTTP status → what it means for the sender."""

ANSWER_FORMS: Final = (
    "Answers are in the form of the post: XML for XML, else JSON. Ask for another with the query "
    "parameter format (json, xml, form) or with the header Accept.",
    "Whatever is refused is kept under the id in instance; name it when you ask about it.",
)


def access(info: CampaignInfo) -> Iterator[str]:
    """Yield how a sender proves itself to the campaign (``LS4``)."""
    proof = (
        "the scope lead_receiver. Get it with your client id and secret as shown below; the "
        "answer's access_token holds for expires_in seconds, so get a new one before. Send it "
        "with every post as the header Authorization: Bearer <access token>."
    )
    if info.has_password:
        yield (
            "Posts need the campaign's password, which stands beside the fields as password (in "
            "JSON and XML next to campaign). Your account manager gives it to you."
        )
        yield f"Instead of the password, a post may carry an access token with {proof}"
    elif info.require_authentication:
        yield f"Posts need an access token with {proof}"
    else:
        yield "Posts to this campaign need neither a token nor a password."


def forms() -> Iterator[str]:
    """Yield how the three formats say the same."""
    yield (
        "The campaign's AID is all that must be named beside the fields; VID and LID follow from "
        "it. The samples below are marked as tests (test): leave that out for real leads."
    )
    yield (
        "JSON: the fields stand in fields. URL-encoded: the names of fields stand beside campaign, "
        "as in any form. XML: the fields are elements in fields, with & < > escaped. Several leads "
        "in one post: a JSON list of such objects, or <leads> with any number of <lead>; their "
        "answers come in the same order."
    )
