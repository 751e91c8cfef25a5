"""Reading query strings: pages, filters, sorting; what is not understood is refused."""

from typing import Any, Final

import msgspec
from litestar import Request

from leadexec.errors import ConfigurationError, Fault

MOST: Final = 1000
DEFAULT: Final = 100
_RESERVED: Final = ("after", "limit", "sort", "search")


class Listing(msgspec.Struct, kw_only=True, frozen=True):
    """What a caller asks of a list."""

    after: str
    limit: int
    sort: str
    search: str
    filters: dict[str, Any]
    given: dict[str, Any]
    """The query as sent, for the link to the next page."""

    def arguments(self) -> dict[str, Any]:
        """Return it as ``list_entities`` takes it."""
        return {
            "cursor": self.after,
            "limit": self.limit,
            "sort": self.sort,
            "search": self.search,
            "filters": self.filters,
        }


def listing(request: Request[Any, Any, Any]) -> Listing:
    """Return the list that the query string asks for: every other name is a filter.

    Raises:
        ConfigurationError: Every parameter that cannot be understood.
    """
    values = request.query_params.dict()
    single = {name: items[0] for name, items in values.items()}
    _refuse([_repeated(name) for name in _RESERVED if len(values.get(name, [])) > 1])
    _refuse([_unreadable(name) for name, items in values.items() if _holds_nul(name, items)])
    filters = {
        name: items[0] if len(items) == 1 else items
        for name, items in values.items()
        if name not in _RESERVED
    }
    return Listing(
        after=single.get("after", ""),
        limit=page_limit(request),
        sort=single.get("sort", "id"),
        search=single.get("search", ""),
        filters=filters,
        given={**filters, **{n: single[n] for n in _RESERVED if n in single and n != "after"}},
    )


def page_limit(request: Request[Any, Any, Any]) -> int:
    """Return how many items a page has: 1 to 1000, 100 unless told.

    Raises:
        ConfigurationError: ``invalid_parameter``.
    """
    limit = whole_number(request, "limit")
    if limit is None:
        return DEFAULT
    if not 1 <= limit <= MOST:
        _refuse([_invalid("limit", f"Expected a number from 1 to {MOST}.")])
    return limit


def whole_number(request: Request[Any, Any, Any], name: str) -> int | None:
    """Return a parameter that is a whole number; None where it is not given.

    Raises:
        ConfigurationError: ``invalid_parameter``.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        _refuse([_invalid(name, "Expected a whole number.")])
    return int(text)


def only(request: Request[Any, Any, Any], *known: str) -> None:
    """Refuse parameters that are not among ``known``, so that no typing error goes unnoticed.

    Raises:
        ConfigurationError: ``unknown_parameter``, one fault for each.
    """
    names = request.query_params.dict()
    listed = ", ".join(known) or "none"
    _refuse(
        [
            Fault(code="unknown_parameter", path=name[:100], message=f"There are: {listed}.")
            for name in names
            if name not in known
        ]
        + [_repeated(name) for name in known if len(names.get(name, [])) > 1]
    )


def _repeated(name: str) -> Fault:
    return _invalid(name, "This parameter is given once at most.")


def _unreadable(name: str) -> Fault:
    return _invalid(name.replace("\0", "?")[:100], "Texts must not hold the character NUL.")


def _holds_nul(name: str, items: list[Any]) -> bool:
    return "\0" in name or any("\0" in item for item in items)


def _invalid(name: str, message: str) -> Fault:
    return Fault(code="invalid_parameter", path=name, message=message)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise ConfigurationError(faults, "The query string cannot be understood.")
