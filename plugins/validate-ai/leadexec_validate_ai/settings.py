"""What a campaign says about its judge, and what is wrong with it."""

import enum
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from leadexec import Fault, LeadTypeInfo, Secret
from leadexec_validate_ai.rules_judge import JUDGED

_INSIDE: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""Ends of names that are served in a private network only."""


class _Settings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What all parts of the settings have in common."""


class OnNoAnswer(enum.StrEnum):
    """What becomes of a lead that could not be judged."""

    HOLD = "hold"
    PASS = "pass"  # noqa: S105  a verdict, not a password


class RulesJudgeSettings(_Settings, kw_only=True, frozen=True, tag_field="type", tag="rules"):
    """Fixed rules, not a model: nothing leaves the system, and there is nothing to set."""


class HttpJudgeSettings(_Settings, kw_only=True, frozen=True, tag_field="type", tag="http"):
    """A language model behind a chat completions endpoint."""

    url: Annotated[
        str,
        Meta(
            title="URL",
            description="The whole address of the endpoint. https, except in a private network.",
            max_length=2000,
            examples=["https://models.example/v1/chat/completions"],
        ),
    ]
    model: Annotated[
        str,
        Meta(
            title="Model",
            description="The model's name, as the endpoint knows it.",
            min_length=1,
            max_length=200,
            examples=["small-instruct"],
        ),
    ]
    api_key: Annotated[
        Secret | None,
        Meta(title="API key", description="Sent as a bearer token; none: nothing is sent."),
    ] = None
    max_tokens: Annotated[
        int,
        Meta(
            title="Longest answer",
            description="Tokens that the model may write.",
            ge=16,
            le=2000,
        ),
    ] = 300
    json_mode: Annotated[
        bool,
        Meta(
            title="Ask for JSON",
            description="Send response_format json_object. Off for endpoints that refuse it.",
        ),
    ] = True
    on_no_answer: Annotated[
        OnNoAnswer,
        Meta(
            title="When there is no judgement",
            description="Hold the lead, or let it pass with a note in its log.",
        ),
    ] = OnNoAnswer.HOLD
    tell_reasons: Annotated[
        bool,
        Meta(
            title="Tell the source the reasons",
            description="Put the model's own sentences into the answer to the source. They are "
            "kept with the lead in any case.",
        ),
    ] = False


JudgeSettings: TypeAlias = RulesJudgeSettings | HttpJudgeSettings


class AiSettings(_Settings, kw_only=True, frozen=True):
    """Who judges, by what, and what follows."""

    judge: Annotated[
        JudgeSettings,
        Meta(
            title="Judge",
            description="Who judges: rules (offline, not a model), or http (a language model).",
        ),
    ] = RulesJudgeSettings()
    fields: Annotated[
        tuple[str, ...],
        Meta(
            title="Fields",
            description="The lead fields that are judged; the judge is told nothing else. None: "
            "for rules, those whose meaning they know (names, phones, email, address, city, "
            "comments). For http they must be named, because they leave the system.",
            max_length=100,
            examples=[["City", "State", "Comments"]],
        ),
    ] = ()
    question: Annotated[
        str,
        Meta(
            title="Question",
            description="What the model is asked about the lead: the prompt. Rules do not read it.",
            min_length=1,
            max_length=4000,
        ),
    ] = (
        "How likely is it that a real person filled this form and meant it, rather than somebody "
        "testing it, a bot, or somebody who does not want to be reached?"
    )
    reject_below: Annotated[
        float,
        Meta(
            title="Reject below",
            description="A lead with a lower score, of 0 to 1, is rejected. 0: never.",
            ge=0,
            le=1,
        ),
    ] = 0.2
    hold_below: Annotated[
        float,
        Meta(
            title="Hold below",
            description="A lead with a lower score, of 0 to 1, waits for quality control. 0: "
            "never. Not less than the score to reject.",
            ge=0,
            le=1,
        ),
    ] = 0.5
    budget_seconds: Annotated[
        float,
        Meta(
            title="Seconds to judge",
            description="How long a judgement may take; then there is none.",
            ge=0.1,
            le=4.5,
        ),
    ] = 4.0
    cache_seconds: Annotated[
        int,
        Meta(
            title="Remember judgements",
            description="Seconds in which the same values are not judged again. 0: always again.",
            ge=0,
            le=86_400,
        ),
    ] = 600
    cache_size: Annotated[
        int,
        Meta(
            title="Judgements to remember",
            description="How many at most; the oldest are forgotten.",
            ge=1,
            le=10_000,
        ),
    ] = 1_000
    judge_test_leads: Annotated[
        bool,
        Meta(
            title="Judge test leads",
            description="Off: leads that are marked as tests pass; they are not meant to look "
            "genuine.",
        ),
    ] = False


def fields_of(settings: AiSettings, lead_type: LeadTypeInfo) -> tuple[str, ...]:
    """Return the names of the fields that are judged, each once."""
    meant = (f.name for f in lead_type.fields.values() if f.system in JUDGED)
    return tuple(dict.fromkeys(settings.fields or meant))


def faults_of(settings: AiSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    """Yield everything that is wrong with ``settings`` for a campaign of ``lead_type``."""
    yield from _field_faults(settings, lead_type)
    if isinstance(settings.judge, HttpJudgeSettings):
        yield from _http_faults(settings.judge)
    if settings.reject_below > settings.hold_below:
        yield Fault(
            code="thresholds_crossed",
            path="hold_below",
            message=f"It must be {settings.reject_below:g} (reject below) or more.",
        )


def _field_faults(settings: AiSettings, lead_type: LeadTypeInfo) -> Iterator[Fault]:
    if isinstance(settings.judge, HttpJudgeSettings) and not settings.fields:
        yield Fault(
            code="fields_not_named",
            path="fields",
            message="Name the fields that may be sent to the model; nothing else is.",
        )
    elif not fields_of(settings, lead_type):
        yield Fault(
            code="nothing_to_judge",
            path="fields",
            message=f"No field of lead type {lead_type.name} is marked as a name, phone, email, "
            f"address, city or comments. Name the fields to judge.",
        )
    for place, name in enumerate(settings.fields):
        if name not in lead_type.fields:
            yield Fault(
                code="unknown_field",
                path=f"fields[{place}]",
                message=f"Lead type {lead_type.name} has no field {name}.",
            )


def _http_faults(settings: HttpJudgeSettings) -> Iterator[Fault]:
    problem = _url_problem(settings.url)
    if problem:
        yield Fault(code="bad_url", path="judge.url", message=problem)
    key = settings.api_key.reveal() if settings.api_key else "key"
    if not (key and key.isascii() and key.isprintable() and " " not in key):
        yield Fault(
            code="bad_api_key",
            path="judge.api_key",
            message="A key is of ASCII letters, digits and signs, without blanks.",
        )


def _url_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, known = parts.hostname, parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        host, known = None, False
    if not host or not known or not url.isprintable() or " " in url:
        return "A URL starts with https:// and a host, and holds no blanks."
    if "@" in parts.netloc or parts.fragment:
        return "It has no user name, no password and no fragment: give the key as API key."
    if parts.scheme == "http" and not _is_inside(host):
        return "Over http anybody on the way could read the leads and the key. Use https."
    return None


def _is_inside(host: str) -> bool:
    """Return whether ``host`` can only be in a private network: plain http goes there at most."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_INSIDE)
    return address.is_private or address.is_loopback
