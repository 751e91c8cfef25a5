"""Receivers of plugins: at paths that senders know, without a guard, with the intake of all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from litestar import Request, Response, asgi, get, post, route
from litestar.handlers import BaseRouteHandler

from leadexec import (
    ConfigurationError,
    NoSettings,
    Plugin,
    Post,
    PostedLead,
    RefusedPostError,
    hookimpl,
)
from leadexec.http.parts import HttpSettings
from leadexec.model.access import Scope
from leadexec.model.secret import Secret
from leadexec.model.source import LeadSource
from tests.system.conftest import sqlite_url
from tests.system.plugins import a_plugin
from tests.system.world import World, a_world

__all__ = ["sqlite_url"]
pytestmark = pytest.mark.anyio
OWN = "/processor/insert/general"
HttpRequest = Request[Any, Any, Any]


class Processor(Plugin[NoSettings]):
    """A receiver as a plugin writes it: ``?campaign=…&State=…``, answered in a word."""

    @hookimpl
    def register_receivers(self) -> Sequence[BaseRouteHandler]:
        """Contribute a receiver at a path of its own."""

        @route(OWN, http_method=["GET", "POST"])
        async def insert(request: HttpRequest) -> Response[str]:
            fields = dict(request.query_params)
            came = await self._post(request, fields.pop("vouched", ""))
            try:
                campaign = int(fields.pop("campaign", "0"))
                lead = PostedLead(campaign_id=campaign, fields=fields)
                leads = [] if fields.get("State") == "none" else [lead]
                receipt = await self.services.intake.receive(came, leads)
            except RefusedPostError as refused:
                return Response(f"{refused.code} {refused.post}", status_code=refused.status)
            (answer,) = receipt.answers
            return Response(f"{answer.status} {answer.lead}", status_code=200)

        @post("/processor/junk")
        async def junk(request: HttpRequest) -> Response[str]:
            came = await self._post(request, "")
            uid = await self.services.intake.refuse(came, 418, "junk", "That is junk.")
            return Response(uid, status_code=418)

        return (insert, junk)

    async def _post(self, request: HttpRequest, vouched: str) -> Post:
        peer = request.client.host if request.client else ""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        return Post(
            method=request.method,
            path=f"{request.url.path}?{request.url.query}",
            content_type=request.headers.get("content-type", ""),
            remote_ip=self.services.intake.sender_ip(peer, request.scope["headers"]),
            body=await request.body(),
            token=token if kind == "Bearer" else "",
            password=request.headers.get("x-password", ""),
            idempotency_key=request.headers.get("x-key", ""),
            vouched=vouched,
        )


async def insert(world: World, campaign: Any, **more: Any) -> tuple[int, list[str]]:
    """Post to the plugin; ``headers`` and more of the query may be given."""
    headers = more.pop("headers", {})
    query = {"campaign": getattr(campaign, "id", campaign), "State": "ca"} | more
    answer = await world.client.post(OWN, params=query, content=b"as it came", headers=headers)
    return answer.status_code, answer.text.split()


async def test_a_lead_comes_in_by_a_plugins_own_path_without_a_token(
    database_url: str, tmp_path: Path
) -> None:
    proxies = HttpSettings(trusted_proxies=("127.0.0.1",))
    async with a_world(database_url, tmp_path, ("processor", Processor), http=proxies) as world:
        campaign = await world.campaign()
        await world.buyer(campaign, "acme")

        status, (said, uid) = await insert(
            world, campaign, headers={"x-forwarded-for": "198.51.100.1"}
        )
        await world.settled()

        assert (status, said) == (200, "accepted")
        lead = await world.lead(uid)
        assert (lead["status"], lead["fields"]) == ("delivered", {"State": "CA"})
        assert lead["remote_ip"] == "198.51.100.1"
        (kept,) = await world.rows("requests")
        assert (kept["method"], kept["path"]) == ("POST", f"{OWN}?campaign={campaign.id}&State=ca")
        assert (kept["body"], kept["remote_ip"]) == (b"as it came", "198.51.100.1")


async def test_senders_are_checked_as_everywhere_and_what_is_refused_is_kept(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, ("processor", Processor)) as world:
        denying = await world.kernel.create(LeadSource(name="denied", deny=("127.0.0.1",)))
        denied = await world.campaign(lead_source=denying.id)
        locked = await world.campaign(password=Secret("hush"))
        guarded = await world.campaign(require_authentication=True)
        token = {"authorization": f"Bearer {await world.token()}"}
        other = {"authorization": f"Bearer {await world.token(Scope.DATA_API)}"}
        wrong, right = {"x-password": "wrong"}, {"x-password": "hush"}

        found = [
            await insert(world, denied),
            await insert(world, locked),
            await insert(world, locked, headers=wrong),
            await insert(world, guarded),
            await insert(world, guarded, headers=other),
            await insert(world, 4711),
            await insert(world, guarded, headers=token | {"x-key": "k" * 101}),
            await insert(world, guarded, headers=token, State="none"),
            await insert(world, guarded, headers=token | {"x-key": "k"}, State="none"),
        ]
        taken = [
            await insert(world, locked, headers=right),
            await insert(world, guarded, headers=token),
            await insert(world, guarded, vouched="user:7"),
            await insert(world, denied, vouched="user:7"),
        ]

        assert [(status, code) for status, (code, _) in found] == [
            (403, "ip_denied"),
            (401, "token_required"),
            (401, "wrong_password"),
            (401, "token_required"),
            (403, "insufficient_scope"),
            (422, "unknown_campaign"),
            (422, "idempotency_key_too_long"),
            (422, "empty_list"),
            (422, "empty_list"),
        ]
        for status, (code, uid) in found:
            (kept,) = await world.rows("requests", uid=uid)
            assert (kept["status"], kept["code"]) == (status, code)
        assert [(status, said) for status, (said, _) in taken] == [(200, "accepted")] * 4
        assert len(await world.rows("leads")) == 4


async def test_a_key_holds_at_a_plugins_path_too(database_url: str, tmp_path: Path) -> None:
    async with a_world(database_url, tmp_path, ("processor", Processor)) as world:
        campaign = await world.campaign()
        key = {"x-key": "once"}

        first = await insert(world, campaign, headers=key)
        again = await insert(world, campaign, headers=key)
        other = await insert(world, campaign, headers=key, State="TX")

        assert again == first
        assert (other[0], other[1][0]) == (422, "idempotency_mismatch")
        assert len(await world.rows("leads")) == 1


async def test_what_is_no_lead_is_kept_with_the_plugins_reason(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url, tmp_path, ("processor", Processor)) as world:
        answer = await world.client.post("/processor/junk", content=b"\xff\x00junk")

        (kept,) = await world.rows("requests")
        assert (kept["uid"], kept["status"]) == (answer.text, 418)
        assert (kept["code"], kept["detail"]) == ("junk", "That is junk.")
        assert kept["body"] == b"\xff\x00junk"


async def test_a_receiver_is_in_the_openapi_document_without_security(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_world(sqlite_url, tmp_path, ("processor", Processor)) as world:
        paths = (await world.client.get("/openapi.json")).json()["paths"]

        assert [paths[OWN][method]["security"] for method in ("get", "post")] == [[], []]


# --- whose path it is


def at(*paths: str, method: Any = "GET") -> BaseRouteHandler:
    @route(list(paths), http_method=[method])
    async def answer() -> str:
        return "here"

    return answer


@asgi("/processor")
async def raw(scope: Any, receive: Any, send: Any) -> None:
    """Answer nothing."""


@asgi("/receiver/ping")
async def ours(scope: Any, receive: Any, send: Any) -> None:
    """Answer nothing."""


async def clashes(url: str, data: Path, *plugins: Sequence[BaseRouteHandler]) -> set[Any]:
    """Return (path of the fault, message) for plugins called ``one``, ``two`` …"""
    given = [
        (name, a_plugin(receivers=handlers))
        for name, handlers in zip(("one", "two"), plugins, strict=False)
    ]
    with pytest.raises(ConfigurationError) as raised:
        async with a_world(url, data, *given):
            pass
    assert {fault.code for fault in raised.value.faults} == {"route_clash"}
    return {(fault.path, fault.message) for fault in raised.value.faults}


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/receiver/leads", "GET /receiver/leads"),
        ("receiver/other", "GET /receiver/other"),
        ("/account/v1/clients", "GET /account/v1/clients"),
        ("//data/v1/leads/", "GET /data/v1/leads"),
        ("/data/{rest:path}", "GET /data/{rest:path}"),
        ("/health", "GET /health"),
        ("/oauth2/token", "GET /oauth2/token"),
        ("/openapi", "GET /openapi"),
        ("/openapi.json", "GET /openapi.json"),
        ("/plugins/one/x", "GET /plugins/one/x"),
    ],
)
async def test_a_path_of_the_kernel_stops_the_start(
    sqlite_url: str, tmp_path: Path, path: str, shown: str
) -> None:
    found = await clashes(sqlite_url, tmp_path, [at(path)])

    text = f"{shown} is answered by the kernel; disable one of the two."
    assert found == {("plugins.one", text)}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([at("/processor")], [at("/processor/")]),
        ([at("/a", "/processor")], [at("/b", "/processor")]),
        ([at("/processor/{uid:str}")], [at("/processor/{number:int}")]),
        ([raw], [at("/processor")]),
        ([at("/processor", method="POST")], [raw]),
    ],
)
async def test_a_path_of_another_plugin_stops_the_start_and_both_are_named(
    sqlite_url: str, tmp_path: Path, one: list[Any], two: list[Any]
) -> None:
    ((path, message),) = await clashes(sqlite_url, tmp_path, one, two)

    assert path == "plugins.two"
    assert "/processor" in message
    assert "is answered by one; disable one of the two." in message


async def test_all_clashes_are_told_at_once(sqlite_url: str, tmp_path: Path) -> None:
    found = await clashes(
        sqlite_url, tmp_path, [at("/processor"), ours], [at("/processor"), at("/account")]
    )

    assert {path for path, _ in found} == {"plugins.one", "plugins.two"}
    assert len(found) == 3


async def test_two_plugins_may_share_a_path_by_different_methods(
    sqlite_url: str, tmp_path: Path
) -> None:
    plugins = [
        ("one", a_plugin(receivers=[at("/processor"), at("/processor/{name:str}/x")])),
        ("two", a_plugin(receivers=[at("/processor", method="POST"), at("/accounts")])),
    ]
    async with a_world(sqlite_url, tmp_path, *plugins) as world:
        answers = [
            await world.client.request(method, path)
            for method, path in (
                ("GET", "/processor"),
                ("POST", "/processor"),
                ("GET", "/accounts"),
                ("PUT", "/processor"),
            )
        ]

        assert [answer.status_code for answer in answers] == [200, 201, 200, 405]


async def test_routes_below_a_plugins_own_name_stay_guarded(
    sqlite_url: str, tmp_path: Path
) -> None:
    @get("/processor/insert/general")
    async def guarded() -> str:
        return "in"

    plugin = a_plugin(receivers=[at("/processor")], routes=[guarded])
    async with a_world(sqlite_url, tmp_path, ("one", plugin)) as world:
        inside = await world.client.get("/plugins/one/processor/insert/general")

        assert (inside.status_code, inside.json()["code"]) == (401, "token_missing")
