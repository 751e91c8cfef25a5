import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from leadexec_grading.plugin import GradingPlugin
from leadexec_grading.scale import GradingScale
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.testing import TestClient, create_test_client
from sqlalchemy import update

from leadexec import DeniedError, LeadexecError, NoSettings, NotFoundError, Score
from leadexec.testing import FakeGrading, FakeStorage, fake_services

GRADES: Mapping[str, Any] = {
    "A": {"low": 90, "high": 100},
    "B": {"low": 60, "high": 89},
    "C": {"low": 40, "high": 59, "action": "route", "accounts": [12]},
    "D": {"low": 20, "high": 39, "action": "quality_control"},
    "F": {"low": 0, "high": 19, "action": "reject"},
}
CHECKS: Mapping[str, Any] = {
    "voodoo": {"points": 20},
    "email": {"points": 40},
    "phone": {"points": 30},
    "ip": {"points": 99, "enabled": False},
}
NO = Score(passed=False, detail="It is not looked at.")


class Caller:
    """Who is calling, as the kernel's guard leaves it."""

    def __init__(self, scope: str, *permissions: str) -> None:
        self._scope = scope
        self._permissions = permissions

    def has(self, scope: str) -> bool:
        return scope == self._scope

    def demand(self, permission: str) -> None:
        if permission not in self._permissions:
            raise DeniedError("permission_missing", f"This needs the permission {permission!r}.")


class House:
    """A plugin on fakes with a scale of its own, and its routes."""

    def __init__(self) -> None:
        self.storage = FakeStorage(GradingScale)
        grading = FakeGrading(dict.fromkeys(("phone", "email", "comments"), NO))
        services = fake_services(storage=self.storage, grading=grading)
        self.routes = list(GradingPlugin(NoSettings(), services).register_routes())
        raw = {"name": "Mortgage", "is_default": True, "checks": CHECKS, "grades": GRADES}
        entities, scale = self.storage.entities(GradingScale), msgspec.convert(raw, GradingScale)
        asyncio.run(self.storage.change(lambda connection: entities.create(connection, scale)))

    def spoil(self) -> None:
        table = self.storage.table(GradingScale)
        grades = {**GRADES, "F": {"low": 7, "high": 19}}
        act = update(table).values(grades=grades)
        asyncio.run(self.storage.change(lambda connection: connection.execute(act)))


def problem(_: Request[Any, Any, Any], error: LeadexecError) -> Response[dict[str, str]]:
    status = {NotFoundError: 404, DeniedError: 403}[type(error)]
    return Response({"code": error.code}, status_code=status)


def a_client(house: House, caller: Caller | None) -> TestClient[Any]:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if caller is not None:
            connection.state["leadexec_caller"] = caller

    handlers: Any = {LeadexecError: problem}
    return create_test_client(house.routes, guards=[guard], exception_handlers=handlers)


@pytest.fixture
def client() -> Iterator[TestClient[Any]]:
    with a_client(House(), Caller("account_api", "grading_scale.read")) as client:
        yield client


def test_the_checks_there_are_can_be_listed(client: TestClient[Any]) -> None:
    assert client.get("/checks").json() == [
        {"key": "phone", "title": "phone"},
        {"key": "email", "title": "email"},
        {"key": "comments", "title": "comments"},
    ]


def test_a_scale_is_shown_with_its_highest_score_and_colours(client: TestClient[Any]) -> None:
    shown = client.get("/scales/1").json()
    assert (shown["id"], shown["name"], shown["is_default"]) == (1, "Mortgage", True)
    assert (shown["highest"], shown["faults"]) == (90, [])
    colours = [(grade["grade"], grade["colour"]) for grade in shown["grades"]]
    assert colours == [
        ("A", "green"),
        ("B", "blue"),
        ("C", "purple"),
        ("D", "orange"),
        ("F", "red"),
    ]
    assert shown["grades"][2] == {
        "grade": "C",
        "colour": "purple",
        "low": 40,
        "high": 59,
        "action": "route",
        "accounts": [12],
        "reachable": True,
    }


def test_the_checks_of_a_scale_say_whether_they_are_there(client: TestClient[Any]) -> None:
    checks = client.get("/scales/1").json()["checks"]
    assert [(c["key"], c["points"], c["enabled"], c["installed"]) for c in checks] == [
        ("phone", 30, True, True),
        ("email", 40, True, True),
        ("ip", 99, False, False),
        ("voodoo", 20, True, False),
    ]


def test_the_built_in_scale_comes_last_and_is_not_the_default_beside_another(
    client: TestClient[Any],
) -> None:
    scales = client.get("/scales").json()
    assert [(s["id"], s["is_default"], s["highest"]) for s in scales] == [
        (1, True, 90),
        (None, False, 100),
    ]


def test_a_faulty_scale_is_shown_with_its_faults() -> None:
    house = House()
    house.spoil()
    with a_client(house, Caller("account_api", "grading_scale.read")) as client:
        shown = client.get("/scales/1").json()
    assert (shown["id"], shown["highest"], shown["grades"]) == (1, 0, [])
    assert [fault["path"] for fault in shown["faults"]] == ["grades.F.low"]


def test_a_scale_that_is_not_there_is_not_found(client: TestClient[Any]) -> None:
    answer = client.get("/scales/99")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_grading_scale")


def test_a_scale_that_is_being_written_is_judged(client: TestClient[Any]) -> None:
    draft = {"checks": CHECKS, "grades": {**GRADES, "A": {"low": 90, "high": 80}}}
    judged = client.post("/scales/check", json=draft).json()
    assert judged["highest"] == 90
    assert [(fault["code"], fault["path"]) for fault in judged["faults"]] == [
        ("grade_empty", "grades.A.high"),
        ("grade_gap", "grades.A.high"),
    ]
    judged = client.post("/scales/check", json={"checks": CHECKS}).json()
    assert judged == {"highest": 90, "faults": []}


def test_a_draft_that_cannot_be_read_is_refused(client: TestClient[Any]) -> None:
    assert client.post("/scales/check", json={"checks": {"phone": 5}}).status_code == 400
    assert client.post("/scales/check", json={"grades": GRADES}).status_code == 400


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (None, "insufficient_scope"),
        (Caller("lead_post", "grading_scale.read"), "insufficient_scope"),
        (Caller("account_api", "client.read"), "permission_missing"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/checks"), ("GET", "/scales"), ("GET", "/scales/1"), ("POST", "/scales/check")],
)
def test_whoever_may_not_read_scales_sees_nothing(
    caller: Caller | None, code: str, method: str, path: str
) -> None:
    with a_client(House(), caller) as client:
        answer = client.request(method, path, json={"checks": CHECKS} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_the_routes_are_not_public() -> None:
    assert all("public" not in route.opt for route in House().routes)
