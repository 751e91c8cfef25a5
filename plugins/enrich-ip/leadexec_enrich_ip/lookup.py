"""Where an IP address is, by a MaxMind file."""

from collections.abc import Mapping
from decimal import Decimal
from ipaddress import IPv6Address, ip_address
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta, Struct

from leadexec import IpFacts, IpQuestion, Lookup, Services
from leadexec_enrich_ip.database import LOOK_EVERY, Database

_LONGEST: Final = 45
"""Characters of an IPv6 address at most, with an IPv4 address at its end."""


class MaxmindSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the operator's database is."""

    file: Annotated[
        str,
        Meta(
            title="Database file",
            description="Path of a MaxMind database of cities or countries (.mmdb, unpacked). "
            "Empty: nothing is known of any address. It may be replaced at any time.",
            examples=["/var/lib/GeoIP/GeoLite2-City.mmdb"],
        ),
    ] = ""


class MaxmindFile(Lookup[MaxmindSettings, IpQuestion, IpFacts]):
    """Where an IP address is, by a MaxMind file that the operator brings (``LS10``).

    Country, state (or the like), city, postal code and coordinates, as far as the file has them.
    Of private, loopback, link-local and other addresses that nobody has for himself nothing is
    known. A file that is replaced is taken up within a minute.
    """

    key: ClassVar[str] = "maxmind-file"
    title: ClassVar[str] = "MaxMind database file"
    asks: ClassVar[type[IpQuestion]] = IpQuestion
    offline: ClassVar[bool] = True
    keep_seconds: ClassVar[float] = LOOK_EVERY
    """No longer than the file is trusted to be the same."""

    def __init__(self, settings: MaxmindSettings, services: Services) -> None:
        """Look at the file; raise ``ConfigurationError`` when it is no MaxMind database."""
        super().__init__(settings, services)
        path = settings.file.strip()
        self._database = Database(Path(path), services.clock) if path else None

    async def look_up(self, question: IpQuestion) -> IpFacts | None:
        """Return what the file has; None without a file, and of what is no public address.

        Raises:
            UnavailableError: ``no_ip_database``: the file of the settings is not there.
        """
        address = public_address(question.address)
        if self._database is None or not address:
            return None
        return _facts(await self._database.record(address))


def public_address(text: str) -> str:
    """Return an IP address in its usual form; empty when it is none, or belongs to nobody."""
    if len(text) > _LONGEST:
        return ""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address) if address.is_global and not address.is_multicast else ""


def _facts(record: Any) -> IpFacts | None:
    facts = IpFacts(
        country=_text(record, "country", "iso_code"),
        state=_text(record, "subdivisions", 0, "iso_code"),
        city=_text(record, "city", "names", "en"),
        postal_code=_text(record, "postal", "code"),
        latitude=_number(record, "location", "latitude"),
        longitude=_number(record, "location", "longitude"),
        proxy=True if _at(record, "traits", "is_anonymous_proxy") is True else None,
    )
    return None if facts == IpFacts() else facts


def _at(record: Any, *way: str | int) -> Any:
    """Return what is found in ``record`` along ``way``; None where it ends before."""
    for step in way:
        match record, step:
            case Mapping(), str():
                record = record.get(step)
            case list(), int() if step < len(record):
                record = record[step]
            case _:
                return None
    return record


def _text(record: Any, *way: str | int) -> str | None:
    found = _at(record, *way)
    return found if isinstance(found, str) and found else None


def _number(record: Any, *way: str | int) -> Decimal | None:
    found = _at(record, *way)
    if isinstance(found, bool) or not isinstance(found, float | int) or not isfinite(found):
        return None
    return Decimal(repr(found))
