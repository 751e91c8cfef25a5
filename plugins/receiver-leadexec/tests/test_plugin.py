from typing import Any

from litestar.handlers import HTTPRouteHandler


def test_the_receivers_stand_at_leadexecs_own_paths(house: Any) -> None:
    routes = house.plugin.register_receivers()
    assert all(isinstance(route, HTTPRouteHandler) for route in routes)

    found = {path: route.http_methods for route in routes for path in route.paths}
    both = {"GET", "POST"}
    assert found == {
        "/processor/insert/general": both,
        "/processor/insert/general/json/async": both,
        "/processor/insert/general/xml/async": both,
        "/processor/insert/AutoRedirect": both,
        "/processor/insert/autoredirect": both,
        "/v2/insert/general": {"POST"},
        "/v1/authorization/token": {"POST"},
    }


def test_jobs_are_named_after_the_plugin(house: Any) -> None:
    assert [handler.kind for handler in house.plugin.register_jobs()] == [
        "receiver-leadexec.return"
    ]


def test_there_is_no_ping_and_no_reading_of_leads_here(house: Any) -> None:
    assert house.client.post("/processor/ping/general").status_code == 404
    assert house.client.get("/v1/leadtypes").status_code == 404
