"""What a page knows without asking: where the visitor came from and what was searched for."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from leadexec import CampaignInfo, SystemField

LONGEST_URL: Final = 2_000
_TERMS: Final = ("utm_term", "keyword", "keywords", "q", "query", "search")
_UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")


class Visit(msgspec.Struct, kw_only=True, frozen=True):
    """How a visitor came to the form."""

    page: str = ""
    """The URL of the page that the form is in."""
    referrer: str = ""
    """The URL of the page before it."""
    ip: str = ""


def web_address(text: str) -> str:
    """Return ``text`` if it is an http or https URL of usable length, else nothing."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    usable = usable and len(text) <= LONGEST_URL and text.isprintable()
    return text.strip() if usable else ""


def captured(info: CampaignInfo, taken: frozenset[str], visit: Visit) -> dict[str, str]:
    """Return field name → value for the lead type's fields that a visit fills by itself.

    They are the system fields Landing page, Referrer, Search term and IP Address, and fields that
    are called like a UTM parameter (``utm_source``, ``UtmSource``).

    Args:
        info: The campaign.
        taken: Fields that the form itself has; they are left alone.
        visit: What is known.
    """
    by_system = {
        SystemField.LANDING_PAGE: visit.page,
        SystemField.REFERRER: visit.referrer,
        SystemField.SEARCH_TERM: search_term(visit),
        SystemField.IP_ADDRESS: visit.ip,
    }
    parameters = _parameters(visit.page)
    by_name = {_plain(name): parameters.get(name, "") for name in _UTM}
    found = {
        field.name: by_system.get(field.system) or by_name.get(_plain(field.name), "")
        for field in info.fields
        if field.name not in taken and not field.computed
    }
    return {name: value for name, value in found.items() if value}


def search_term(visit: Visit) -> str:
    """Return what was searched for, from the page's parameters, else from the referrer's."""
    for address in (visit.page, visit.referrer):
        parameters = _parameters(address)
        for name in _TERMS:
            if parameters.get(name):
                return parameters[name]
    return ""


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _parameters(address: str) -> Mapping[str, str]:
    """Return the parameters of a URL, names in lower case, the first of each."""
    if not address:
        return {}
    try:
        parsed = parse_qs(urlsplit(address).query, max_num_fields=100)
    except ValueError:
        return {}
    return {name.lower(): values[0].strip()[:500] for name, values in reversed(parsed.items())}
