"""What the receiver answers, in every form: accepted, held, rejected, refused (``LS20``)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import msgspec

from leadexec import CampaignInfo, DeliveryAnswer, LeadAnswer, Reason
from leadexec_posting_instructions.samples import FORM

_LEAD: Final = "0193f2a0-7c10-7000-8000-5d2b9c41e6aa"
_ITEMS: Final = {"reasons": "reason", "deliveries": "delivery", "errors": "i"}
"""What the items of a list are called in XML."""
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


class SampleAnswer(msgspec.Struct, kw_only=True, frozen=True):
    """An answer of the receiver in one form."""

    kind: str
    """``accepted``, ``held``, ``rejected`` or ``refused``."""
    format: str
    """``JSON``, ``XML`` or ``URL-encoded``."""
    status: int
    """The HTTP status."""
    content_type: str
    body: str


def answers(info: CampaignInfo) -> Sequence[SampleAnswer]:
    """Return one answer of each kind in each form, as this campaign's senders may meet it."""
    leads = [
        ("accepted", 201, _accepted(info)),
        ("held", 202, _refusal("held", "quality_control", _HELD)),
        ("rejected", 422, _rejected(info)),
    ]
    told = [
        written
        for kind, status, answer in leads
        for written in _written(kind, status, "answer", msgspec.to_builtins(answer))
    ]
    problem = _problem(info)
    return [*told, *_written("refused", problem["status"], "problem", problem)]


_HELD: Final = "Leads of this campaign are validated by a person."


def _accepted(info: CampaignInfo) -> LeadAnswer:
    waited = not info.use_delivery_queue
    sold = DeliveryAnswer(
        client=7,
        delivery_account=21,
        status="accepted",
        price=Decimal("25.00"),
        redirect_url="https://buyer.example/welcome",
    )
    return LeadAnswer(
        lead=_LEAD,
        status="accepted",
        code="accepted",
        reasons=[],
        price=info.price.quantize(Decimal("0.01")),
        redirect_url=sold.redirect_url if waited else None,
        deliveries=[sold] if waited and info.allow_send_responses else None,
    )


def _rejected(info: CampaignInfo) -> LeadAnswer:
    field = next((f for f in info.fields if f.required and not f.default and not f.computed), None)
    if field is None:
        return _refusal("rejected", "outside_criteria", "The lead is outside the criteria.")
    message = f"{field.description} is required."
    return _refusal("rejected", "required_field_missing", message, field.name)


def _refusal(status: str, code: str, message: str, field: str = "") -> LeadAnswer:
    return LeadAnswer(
        lead=_LEAD,
        status=status,
        code=code,
        reasons=[Reason(code=code, message=message, field=field)],
        price=Decimal("0.00"),
    )


def _problem(info: CampaignInfo) -> dict[str, Any]:
    """Return a refusal as problem details (RFC 9457)."""
    if info.require_authentication or info.has_password:
        status, code, detail = 401, "token_required", f"Campaign {info.id} takes leads only with "
        detail += (
            "its password or a Lead Receiver token."
            if info.has_password
            else "a Lead Receiver token; get one from /oauth2/token."
        )
        errors: list[dict[str, str]] = []
    else:
        status, code = 422, "invalid_post"
        message = "The lead's fields are missing."
        detail = f"fields: {message}"
        errors = [{"code": "missing", "path": "fields", "message": message}]
    return {
        "type": f"urn:leadexec:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": f"urn:uuid:{_LEAD}",
        **({"errors": errors} if errors else {}),
    }


def _written(kind: str, status: int, root: str, said: Mapping[str, Any]) -> Iterator[SampleAnswer]:
    is_problem = root == "problem"
    opening = f'{root} xmlns="urn:ietf:rfc:7807"' if is_problem else root
    lines = "\n".join(_xml_lines(said, "  "))
    forms = (
        ("JSON", "application/json", json.dumps(said, indent=2, ensure_ascii=False)),
        ("XML", "application/xml", f"{_DECLARATION}<{opening}>\n{lines}\n</{root}>"),
        ("URL-encoded", FORM, urlencode([pair for n, v in said.items() for pair in _flat(n, v)])),
    )
    for form, content_type, body in forms:
        told = content_type
        if is_problem and content_type != FORM:
            told = content_type.replace("/", "/problem+")
        yield SampleAnswer(kind=kind, format=form, status=status, content_type=told, body=body)


def _xml_lines(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, list):
            yield f"{indent}<{name}>"
            for item in value:
                yield f"{indent}  <{_ITEMS[name]}>"
                yield from _xml_lines(item, f"{indent}    ")
                yield f"{indent}  </{_ITEMS[name]}>"
            yield f"{indent}</{name}>"
        elif value is not None:
            yield f"{indent}<{name}>{escape(str(value))}</{name}>"


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the leaves of ``value`` with names such as ``reasons[0][code]``."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            for key, inner in item.items():
                yield from _flat(f"{name}[{index}][{key}]", inner)
    elif value is not None:
        yield name, str(value)
