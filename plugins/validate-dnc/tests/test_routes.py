from collections.abc import Iterator
from typing import Any

import pytest
from leadexec_validate_dnc.desk import ListDesk
from leadexec_validate_dnc.entries import DncHit, DncNumber
from leadexec_validate_dnc.known import KnownNumbers
from leadexec_validate_dnc.routes import routes
from litestar import Request, Response, Router
from litestar.handlers import BaseRouteHandler
from litestar.testing import TestClient, create_test_client
from msgspec import Struct

from leadexec import ConfigurationError, DeniedError, LeadexecError, NotFoundError
from leadexec.testing import FakeStorage, fake_services

STATUS = {NotFoundError: 404, DeniedError: 403, ConfigurationError: 422, LeadexecError: 400}


class Caller(Struct, kw_only=True, frozen=True):
    """Who the kernel's guard says is calling."""

    scopes: frozenset[str] = frozenset({"account_api"})
    permissions: frozenset[str] = frozenset({"dnc_number.read", "dnc_number.write"})

    def has(self, scope: str) -> bool:
        return scope in self.scopes

    def demand(self, permission: str) -> None:
        if permission not in self.permissions:
            raise DeniedError("permission_missing", f"This needs {permission}.")


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[Any]:
    codes = [fault.code for fault in getattr(error, "faults", ())] or [error.code]
    return Response({"codes": codes}, status_code=STATUS[type(error)])


def a_client(caller: Caller | None) -> TestClient[Any]:
    services = fake_services(storage=FakeStorage(DncNumber, DncHit))
    handlers = routes(ListDesk(services, KnownNumbers(services)))

    async def kernel_guard(connection: Any, _: BaseRouteHandler) -> None:
        if caller is not None:
            connection.state["leadexec_caller"] = caller

    router = Router(
        "/", route_handlers=list(handlers), guards=[kernel_guard], request_max_body_size=1000
    )
    problems: Any = {LeadexecError: problem}
    return create_test_client([router], exception_handlers=problems)


@pytest.fixture
def client() -> Iterator[TestClient[Any]]:
    with a_client(Caller()) as client:
        yield client


def imported(client: TestClient[Any], text: str, **params: str) -> Any:
    return client.post(
        "/import", content=text, params=params, headers={"content-type": "text/csv; charset=utf-8"}
    )


def test_a_number_is_added_read_and_removed(client: TestClient[Any]) -> None:
    added = client.post("/numbers", json={"number": "(212) 555-0123", "note": "asked"})
    assert added.status_code == 201
    assert added.json() == {
        "id": 1,
        "number": "2125550123",
        "times_hit": 0,
        "added": "2026-01-05T15:00:00Z",
        "last_hit": None,
        "note": "asked",
    }
    assert client.get("/numbers/212-555-0123").json() == added.json()
    assert client.get("/count").json() == {"numbers": 1}
    assert client.delete("/numbers/2125550123").status_code == 204
    assert client.get("/numbers/2125550123").status_code == 404


def test_a_number_that_is_added_again_is_answered_as_it_is(client: TestClient[Any]) -> None:
    first = client.post("/numbers", json={"number": "+4512345678"})
    again = client.post("/numbers", json={"number": "+45 12 34 56 78", "note": "again"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert client.delete("/numbers/%2B4512345678").status_code == 204


def test_a_file_larger_than_other_bodies_is_imported(client: TestClient[Any]) -> None:
    lines = "".join(f"212555{line:04},x\n" for line in range(2_000, 2_500))
    answer = imported(client, f"Phone,other\n{lines}12,y\n", column="phone", note="registry")
    assert answer.status_code == 200
    report = answer.json()
    assert (report["rows"], report["added"], report["duplicates"]) == (501, 500, 0)
    assert report["errors"] == [
        {
            "row": 502,
            "code": "wrong_length",
            "message": "It has 2 digits; a number of the US or Canada has ten.",
        }
    ]
    assert client.get("/count").json() == {"numbers": 500}


def test_the_list_is_read_page_by_page(client: TestClient[Any]) -> None:
    imported(client, "2125550101\n2125550102\n2135550103\n")
    page = client.get("/numbers", params={"limit": 1, "search": "212"}).json()
    assert [item["number"] for item in page["items"]] == ["2125550101"]
    rest = client.get("/numbers", params={"limit": 1, "search": "212", "after": page["next"]})
    assert [item["number"] for item in rest.json()["items"]] == ["2125550102"]
    assert rest.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", "unknown_parameter"),
        ("search=abc", "invalid_search"),
        ("after=abc", "invalid_cursor"),
        ("added_from=2026-01-05T15:00:00", "no_offset"),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(
    client: TestClient[Any], query: str, code: str
) -> None:
    answer = client.get(f"/numbers?{query}")
    assert (answer.status_code, answer.json()) == (422, {"codes": [code]})


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "sort=colour", "hit=perhaps", "search=%00"]
)
def test_a_parameter_of_the_wrong_kind_is_refused(client: TestClient[Any], query: str) -> None:
    assert client.get(f"/numbers?{query}").status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"number": "12"}, 422),
        ({"number": "2125550123", "colour": "red"}, 400),
        ({"number": "2125550123", "note": "x" * 201}, 400),
        ({"number": "2125550123", "note": "a\0b"}, 400),
        ({"number": 2125550123}, 400),
        ({}, 400),
    ],
)
def test_a_bad_number_is_not_added(client: TestClient[Any], body: Any, status: int) -> None:
    assert client.post("/numbers", json=body).status_code == status
    assert client.get("/count").json() == {"numbers": 0}


def test_an_import_names_its_column(client: TestClient[Any]) -> None:
    answer = imported(client, "a,b\n1,2\n", column="phone")
    assert (answer.status_code, answer.json()["codes"]) == (422, ["unknown_column"])


def test_a_form_is_not_taken_for_a_file(client: TestClient[Any]) -> None:
    answer = client.post("/import", files={"file": b"2125550101\n"})
    assert (answer.status_code, answer.json()["codes"]) == (400, ["wrong_content_type"])


ACTS = [
    ("GET", "/numbers", "dnc_number.read"),
    ("GET", "/numbers/2125550123", "dnc_number.read"),
    ("GET", "/count", "dnc_number.read"),
    ("POST", "/numbers", "dnc_number.write"),
    ("DELETE", "/numbers/2125550123", "dnc_number.write"),
    ("POST", "/import", "dnc_number.write"),
]


@pytest.mark.parametrize(("method", "path", "permission"), ACTS)
def test_each_act_needs_the_account_api_and_its_permission(
    method: str, path: str, permission: str
) -> None:
    every = Caller().permissions
    nobody = None
    sender = Caller(scopes=frozenset({"lead_receiver", "data_api"}))
    without = Caller(permissions=every - {permission})
    for caller in (nobody, sender, without):
        with a_client(caller) as client:
            assert client.request(method, path).status_code == 403


def test_no_route_is_public() -> None:
    services = fake_services()
    handlers = routes(ListDesk(services, KnownNumbers(services)))
    assert all("public" not in handler.opt for handler in handlers)
    assert len(handlers) == len(ACTS)
