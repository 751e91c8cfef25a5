import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from leadexec_posting_instructions.answers import SampleAnswer, answers
from lxml import etree

from leadexec import CampaignInfo

Info = Callable[..., CampaignInfo]


def the(made: Any, kind: str, form: str = "JSON") -> SampleAnswer:
    (found,) = [answer for answer in made if (answer.kind, answer.format) == (kind, form)]
    assert isinstance(found, SampleAnswer)
    return found


def test_every_kind_is_shown_in_every_form_with_its_status(a_campaign_info: Info) -> None:
    made = answers(a_campaign_info())

    assert [(answer.kind, answer.status) for answer in made if answer.format == "JSON"] == [
        ("accepted", 201),
        ("held", 202),
        ("rejected", 422),
        ("refused", 422),
    ]
    assert len(made) == 12
    for answer in made:
        match answer.format:
            case "JSON":
                assert isinstance(json.loads(answer.body), dict)
            case "XML":
                etree.fromstring(answer.body.encode())
            case _:
                assert parse_qsl(answer.body, strict_parsing=True)


def test_the_forms_say_the_same(a_campaign_info: Info) -> None:
    made = answers(a_campaign_info())
    said = json.loads(the(made, "rejected").body)
    root = etree.fromstring(the(made, "rejected", "XML").body.encode())
    form = dict(parse_qsl(the(made, "rejected", "URL-encoded").body))

    (reason,) = said["reasons"]
    assert reason["message"] == "First name is required."
    assert root.findtext("reasons/reason/message") == reason["message"]
    assert form["reasons[0][message]"] == reason["message"]
    assert said["lead"] == root.findtext("lead") == form["lead"]


def test_an_accepted_lead_is_answered_with_the_campaigns_price(a_campaign_info: Info) -> None:
    assert json.loads(the(answers(a_campaign_info()), "accepted").body)["price"] == "5.00"


def test_deliveries_are_shown_only_where_the_campaign_tells_them(a_campaign_info: Info) -> None:
    def accepted(**changes: Any) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(the(answers(a_campaign_info(**changes)), "accepted").body)
        return made

    queued = accepted(allow_send_responses=True)
    waited = accepted(use_delivery_queue=False)
    told = accepted(use_delivery_queue=False, allow_send_responses=True)

    assert (queued["redirect_url"], queued["deliveries"]) == (None, None)
    assert (bool(waited["redirect_url"]), waited["deliveries"]) == (True, None)
    assert len(told["deliveries"]) == 1


def test_a_campaign_behind_a_token_shows_what_is_answered_without_one(
    a_campaign_info: Info,
) -> None:
    made = answers(a_campaign_info(require_authentication=True))

    assert the(made, "refused").status == 401
    assert the(made, "refused").content_type == "application/problem+json"
    assert the(made, "refused", "XML").content_type == "application/problem+xml"
    assert json.loads(the(made, "refused").body)["code"] == "token_required"


def test_a_lead_type_without_required_fields_has_another_rejection(a_campaign_info: Info) -> None:
    rejected = json.loads(the(answers(a_campaign_info(fields=())), "rejected").body)

    assert rejected["code"] == "outside_criteria"
