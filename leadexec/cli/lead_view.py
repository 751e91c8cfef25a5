"""A lead on the terminal: what it is, where it went, and why."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, select

from leadexec.contracts.post import Reason
from leadexec.distribution.explain import AccountExplained, LeadExplained
from leadexec.http.data_questions import deliveries_of, lead_detail, request_of_lead
from leadexec.http.data_shapes import (
    LeadDetail,
    RequestDetail,
    ShownAttempt,
    ShownDelivery,
)
from leadexec.model.client import Client
from leadexec.model.entity import Entity
from leadexec.model.lead import LogEntry
from leadexec.model.registry import EntityRegistry
from leadexec.model.source import Campaign
from leadexec.storage.entity_tables import EntityTables

_COLOURS = {
    "accepted": "green",
    "delivered": "green",
    "pass": "green",
    "rejected": "red",
    "reject": "red",
    "failed": "red",
    "held": "yellow",
    "hold": "yellow",
    "reserved": "yellow",
    "queued": "yellow",
}

_LAST = {"not_reached": 1, "excluded": 2}
_WORKED_OUT = "* worked out now, by the present configuration and for the time of the decision"


class LeadView(msgspec.Struct, kw_only=True, frozen=True):
    """Everything stored about one lead."""

    lead: LeadDetail
    campaign_name: str
    deliveries: list[ShownDelivery]
    client_names: dict[int, str]
    """Of the clients in ``deliveries``; who was deleted since is missing."""
    request: RequestDetail | None
    """The post that brought it."""


def lead_view(connection: Connection, uid: str) -> LeadView | None:
    """Return everything stored about the lead called ``uid``, or None."""
    lead = lead_detail(connection, uid)
    if lead is None:
        return None
    deliveries = deliveries_of(connection, uid)
    clients = {delivery.client_id for delivery in deliveries}
    campaigns = _names(connection, Campaign, "name", {lead.campaign_id})
    return LeadView(
        lead=lead,
        campaign_name=campaigns.get(lead.campaign_id, ""),
        deliveries=deliveries,
        client_names=_names(connection, Client, "company", clients),
        request=request_of_lead(connection, uid),
    )


def _names(
    connection: Connection, kind: type[Entity], column: str, ids: set[int]
) -> dict[int, str]:
    table = EntityTables(EntityRegistry()).of(kind).table
    query = select(table.c.id, table.c[column]).where(table.c.id.in_(ids))
    return {row[0]: row[1] for row in connection.execute(query)}


def viewed(view: LeadView) -> Iterator[RenderableType]:
    """Yield what the terminal shows of a lead."""
    lead = view.lead
    yield _grid(
        ("Lead", lead.uid + (" (test)" if lead.is_test else "")),
        ("Status", _coloured(_with_code(lead.status, lead.code))),
        ("Received", f"{lead.received_at:%Y-%m-%d %H:%M:%S} UTC from {lead.remote_ip or '-'}"),
        ("Campaign", f"{lead.campaign_id} {view.campaign_name}"),
        ("Price", str(lead.price)),
        ("Revenue", f"{lead.revenue} in {lead.delivered_count} sales"),
    )
    yield from _reasons(lead.reasons)
    yield _titled("Fields", _grid(*((name, str(value)) for name, value in lead.fields.items())))
    yield _titled("Checks at intake", _checks(lead.log))
    for number, delivery in enumerate(view.deliveries, 1):
        name = view.client_names.get(delivery.client_id, "")
        yield _titled(
            f"Delivery {number}: client {delivery.client_id} {name}, account {delivery.account_id}",
            _delivery(delivery),
        )
    if not view.deliveries:
        yield _titled("Deliveries", Text("none"))
    if view.request:
        yield _titled("Post", _request(view.request))


def explained(found: LeadExplained) -> Iterator[RenderableType]:
    """Yield what the terminal shows of why a lead went where it went."""
    yield _grid(
        ("Lead", found.lead),
        ("Status", _coloured(_with_code(found.status, found.code))),
        ("Automation", found.strategy or "-"),
        ("Configuration", _revisions(found)),
    )
    yield from _reasons(found.reasons)
    yield _titled("Checks at intake", _checks(found.log))
    if found.accounts:
        yield _titled("Delivery accounts", _accounts(found.accounts))
        if not all(account.from_record for account in found.accounts):
            yield Text(_WORKED_OUT)
    else:
        yield _titled("Delivery accounts", Text("none was considered yet"))


def _revisions(found: LeadExplained) -> str:
    if found.revision == found.present_revision:
        return f"revision {found.revision}"
    return f"revision {found.revision} decided; now it is {found.present_revision}"


def _accounts(accounts: Sequence[AccountExplained]) -> Table:
    table = _table("account", "client", "price", "outcome", "rule", "why")
    for one in sorted(accounts, key=lambda account: account.outcome == "excluded"):
        table.add_row(
            f"{one.account} {one.account_name}",
            f"{one.client} {one.client_name}",
            str(one.price),
            _coloured(one.outcome + ("" if one.from_record else "*")),
            one.code,
            one.text,
        )
    return table


def _checks(log: Sequence[LogEntry]) -> Table:
    table = _table("step", "verdict", "ms", "code", "what it said")
    for entry in log:
        milliseconds = f"{entry.us / 1000:.2f}"
        verdict = _coloured(entry.verdict)
        table.add_row(entry.step, verdict, milliseconds, entry.code, entry.message)
    return table


def _delivery(delivery: ShownDelivery) -> RenderableType:
    rows: list[tuple[str, str | Text]] = [
        ("State", _coloured(_with_code(delivery.state, delivery.code))),
        ("Price", f"{delivery.price}{', exclusive' if delivery.exclusive else ''}"),
    ]
    for name, value in (
        ("Reason", delivery.reason),
        ("Reference", delivery.reference),
        ("Redirect", delivery.redirect_url),
        ("Next try", f"{delivery.next_at:%Y-%m-%d %H:%M:%S} UTC" if delivery.next_at else ""),
    ):
        if value:
            rows.append((name, value))
    return Group(_grid(*rows), *(_attempt(attempt) for attempt in delivery.attempts))


def _attempt(attempt: ShownAttempt) -> RenderableType:
    head = (
        f"try {attempt.number} at {attempt.at:%H:%M:%S}, {attempt.elapsed_us / 1000:.1f} ms: "
        f"{_with_code(attempt.verdict, attempt.code)}"
    )
    shown: list[RenderableType] = [Text(f"{head} {attempt.reason}".rstrip())]
    for exchange in attempt.exchanges:
        shown.append(
            Padding(Text(exchange.request.strip(), style="dim"), (0, 0, 0, 4), expand=False)
        )
        shown.append(Padding(Text(exchange.response.strip()), (0, 0, 0, 4), expand=False))
    return Group(*shown)


def _request(request: RequestDetail) -> RenderableType:
    body = request.body if request.body is not None else request.body_base64
    head = _grid(
        ("At", f"{request.received_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("To", f"{request.method} {request.path}"),
        ("Type", f"{request.content_type}, {request.size} bytes"),
        ("Credential", str(request.credential_id or "none")),
    )
    return Group(head, Text(body))


def _reasons(reasons: Sequence[Reason]) -> Iterator[RenderableType]:
    for reason in reasons:
        where = f"{reason.field}: " if reason.field else ""
        yield Text(f"  {where}{reason.message} ({reason.code})")


def _with_code(state: str, code: str) -> str:
    return f"{state} ({code})" if code and code != state else state


def _coloured(text: str) -> Text:
    return Text(text, style=_COLOURS.get(text.partition(" ")[0].rstrip("*"), ""))


def _grid(*rows: tuple[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()
    for name, value in rows:
        grid.add_row(f"  {name}", value)
    return grid


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, header_style="dim", pad_edge=True)


def _titled(title: str, content: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), content)
