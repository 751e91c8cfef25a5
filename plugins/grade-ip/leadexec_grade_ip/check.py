"""The check itself."""

import enum
from ipaddress import IPv6Address, ip_address
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import (
    Answer,
    GradingCheck,
    GradingContext,
    IpFacts,
    IpQuestion,
    Lead,
    LeadTypeInfo,
    PlaceFacts,
    PlaceQuestion,
    Score,
    SystemField,
)
from leadexec_grade_ip.place import Place, place_of_ip, place_of_lead
from leadexec_grade_ip.state_names import state_code

PLACE_SECONDS: Final = 0.4
"""How long the state of a postal code is waited for, after the IP address."""


class AgreeOn(enum.StrEnum):
    """How exactly the two places must agree."""

    STATE = "state"
    COUNTRY = "country"


class IpSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When an IP address agrees with the address."""

    agree_on: Annotated[
        AgreeOn,
        Meta(
            title="Agree on",
            description="Whether state and country must be the same, or only the country.",
        ),
    ] = AgreeOn.STATE
    use_remote_ip: Annotated[
        bool,
        Meta(
            title="Use the sender's address",
            description="Where the lead has no IP address, take the one it was posted from. Switch "
            "it off where servers of sources post, and not the consumers' browsers.",
        ),
    ] = True
    proxies_pass: Annotated[
        bool,
        Meta(
            title="Proxies pass",
            description="Compare addresses of proxies and VPNs like others; they tell nothing of "
            "where somebody is.",
        ),
    ] = False
    seconds: Annotated[
        float,
        Meta(
            title="Patience",
            description="Seconds the provider of IP facts may take; all checks of a lead together "
            "have three.",
            gt=0,
            le=2.5,
        ),
    ] = 2.0


class IpAgrees(GradingCheck[IpSettings]):
    """Passes when the lead's IP address is where its postal address is (``GR1``).

    The IP address is the field that means IP address, else the address the lead was posted from.
    The lookup for IP addresses says where it is; that is compared with the fields that mean State,
    Zip and Country. A lead without a state is in the state of its postal code, which the lookup for
    places knows.
    """

    key: ClassVar[str] = "ip"
    title: ClassVar[str] = "IP agrees with the address"
    order: ClassVar[int] = 40

    async def grade(self, lead: Lead, context: GradingContext) -> Score:
        """Return whether the two places agree; neither IP address nor address is shown."""
        address, problem = self._address(lead, context.lead_type)
        if problem:
            return _failed(problem)
        said = place_of_lead(lead, context.lead_type)
        if said == Place():
            return _failed("The lead has no state, postal code or country to compare with.")
        answer: Answer[IpFacts] = await self.services.lookups.ask(
            IpQuestion(address=address), seconds=self.settings.seconds
        )
        if answer.facts is None:
            return _failed(_nothing_known(answer))
        return await self._score(said, answer.facts)

    async def _score(self, said: Place, facts: IpFacts) -> Score:
        if facts.proxy and not self.settings.proxies_pass:
            return _failed("The IP address is one of a proxy, which may be anywhere.")
        found = place_of_ip(facts)
        if self.settings.agree_on is AgreeOn.COUNTRY or said.country != found.country:
            return _compared("country", said.country, found.country)
        if said.postal_code and said.postal_code == found.postal_code:
            return Score(passed=True, detail="The postal code is the same.")
        return _compared("state", said.state or await self._state_of(said), found.state)

    def _address(self, lead: Lead, lead_type: LeadTypeInfo) -> tuple[str, str]:
        """Return the IP address to ask about, or why there is none."""
        value = lead.fields.get(lead_type.named(SystemField.IP_ADDRESS) or "")
        text = value.strip() if isinstance(value, str) else ""
        if not text and self.settings.use_remote_ip:
            text = lead.remote_ip
        if not text:
            return "", "There is no IP address."
        try:
            address = ip_address(text)
        except ValueError:
            return "", "The IP address is not written as one."
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not address.is_global or address.is_multicast:
            return "", "The IP address is not a public one."
        return str(address), ""

    async def _state_of(self, said: Place) -> str:
        if not said.postal_code:
            return ""
        question = PlaceQuestion(postal_code=said.postal_code, country=said.country)
        answer: Answer[PlaceFacts] = await self.services.lookups.ask(
            question, seconds=PLACE_SECONDS
        )
        known = (answer.facts.state or "") if answer.facts else ""
        return state_code(known, said.country)


def _compared(what: str, said: str, found: str) -> Score:
    if not said:
        return _failed(f"Not known: the {what} of the address.")
    if not found:
        return _failed(f"Not known: the {what} of the IP address.")
    if said != found:
        return _failed(f"The IP address is in another {what} than the address.")
    return Score(passed=True, detail=f"The IP address is in the {what} of the address.")


def _nothing_known(answer: Answer[IpFacts]) -> str:
    # What a provider raised may name the address: it stands with the plugin's faults, not here.
    if not answer.provider:
        return "Not known: no provider answers questions about IP addresses."
    if answer.problem:
        return "Not known: the provider of IP facts could not be asked."
    return "Not known: the provider of IP facts does not know where the address is."


def _failed(detail: str) -> Score:
    return Score(passed=False, detail=detail)
