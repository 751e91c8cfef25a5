"""What is asked about the phone and the IP. Whatever cannot be found out is noted, never fatal."""

import asyncio
from ipaddress import ip_address
from typing import Any, Final

from msgspec import Struct

from leadexec import (
    Answer,
    IpFacts,
    IpQuestion,
    Lead,
    LeadTypeInfo,
    PhoneFacts,
    PhoneQuestion,
    Question,
    Services,
    SystemField,
)
from leadexec_tcpa.evidence import Located
from leadexec_tcpa.settings import TcpaSettings

SECONDS: Final = 2.0
"""How long both answers are waited for; a check has 5 s in all."""
LONGEST_PHONE: Final = 40
"""Characters; what is longer is no phone number, and nobody is asked about it."""


class Found(Struct, kw_only=True, frozen=True):
    """What was found out about one lead."""

    ip: str = ""
    ip_from: str = ""
    located: Located | None = None
    mobile: bool | None = None
    mobile_provider: str = ""
    notes: tuple[str, ...] = ()


class Finder:
    """Asks what one campaign wants to know."""

    def __init__(self, settings: TcpaSettings, lead_type: LeadTypeInfo, services: Services) -> None:
        """Ask through ``services.lookups``."""
        self._settings = settings
        self._services = services
        self._phone_field = lead_type.named(SystemField.PRIMARY_PHONE) or ""
        self._ip_field = lead_type.named(SystemField.IP_ADDRESS) or ""

    @property
    def reads(self) -> frozenset[str]:
        """The names of the lead fields that are looked at."""
        phone = {self._phone_field} if self._settings.mobile_check else set()
        return frozenset(phone | {self._ip_field}) - {""}

    async def find(self, lead: Lead) -> Found:
        """Return what is known about ``lead``; never raises for a provider's sake."""
        ip, ip_from, strange = self._ip_of(lead)
        phone = _scalar(lead.fields.get(self._phone_field))
        wanted: list[Question] = []
        if self._settings.mobile_check and 0 < len(phone) <= LONGEST_PHONE:
            wanted.append(PhoneQuestion(number=phone))
        if self._settings.locate_ip and ip:
            wanted.append(IpQuestion(address=ip))
        asked = [self._services.lookups.ask(question, seconds=SECONDS) for question in wanted]
        answers = dict(zip(map(type, wanted), await asyncio.gather(*asked), strict=True))
        mobile, provider, about_phone = self._mobile(phone, answers.get(PhoneQuestion))
        located, about_ip = self._located(ip, answers.get(IpQuestion))
        return Found(
            ip=ip,
            ip_from=ip_from,
            located=located,
            mobile=mobile,
            mobile_provider=provider,
            notes=tuple(note for note in (strange, about_phone, about_ip) if note),
        )

    def _ip_of(self, lead: Lead) -> tuple[str, str, str]:
        """Return the visitor's address, where it is from, and what is odd about it."""
        strange = ""
        posted = _scalar(lead.fields.get(self._ip_field))
        for text, source in ((posted, "field"), (lead.remote_ip, "sender")):
            if not text:
                continue
            try:
                return str(ip_address(text)), source, strange
            except ValueError:
                strange = "The lead's IP address is none." if source == "field" else strange
        return "", "", strange

    def _mobile(self, phone: str, answer: Answer[Any] | None) -> tuple[bool | None, str, str]:
        if not self._settings.mobile_check:
            return None, "", ""
        if answer is None:
            return None, "", "The mobile check had no phone number to ask about."
        facts = answer.facts
        if not isinstance(facts, PhoneFacts) or facts.mobile is None:
            return None, answer.provider, _unknown("whether the phone is a mobile", answer)
        note = "" if facts.mobile else "The primary phone is known not to be a mobile number."
        return facts.mobile, answer.provider, note

    def _located(self, ip: str, answer: Answer[Any] | None) -> tuple[Located | None, str]:
        if not self._settings.locate_ip:
            return None, ""
        if answer is None:
            return None, "There was no IP address to locate."
        facts = answer.facts
        if not isinstance(facts, IpFacts):
            return None, _unknown("where the IP address is", answer)
        located = Located(
            country=facts.country,
            state=facts.state,
            city=facts.city,
            proxy=facts.proxy,
            provider=answer.provider,
        )
        return located, ""


def _unknown(what: str, answer: Answer[Any]) -> str:
    why = f" ({answer.problem})" if answer.problem else ""
    return f"It is not known {what}{why}."


def _scalar(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
