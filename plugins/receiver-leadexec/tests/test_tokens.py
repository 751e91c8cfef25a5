"""``/v1/authorization/token``."""

from typing import Any

import pytest

from leadexec import TokenDenied

PATH = "/v1/authorization/token"
GRANT = {"client_id": "sender", "client_secret": "right", "grant_type": "client_credentials"}


def test_client_credentials_get_a_token(house: Any) -> None:
    response = house.client.post(PATH, json=GRANT)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.content == (b'{"access_token":"a.b.c","token_type":"Bearer","expires_in":3600}')
    assert house.tokens.asked == [("sender", "right", "testclient")]


def test_a_form_does_too(house: Any) -> None:
    assert house.client.post(PATH, data=GRANT).json()["access_token"] == "a.b.c"


def test_a_wrong_secret_is_401(house: Any) -> None:
    response = house.client.post(PATH, json=GRANT | {"client_secret": "wrong"})

    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_client",
        "error_description": "The client id or secret is wrong.",
    }


def test_other_refusals_are_403(house: Any) -> None:
    house.tokens.outcome = TokenDenied(code="slow_down", message="Wait a while.", retry_after=7)
    response = house.client.post(PATH, json=GRANT)

    assert response.status_code == 403
    assert response.headers["retry-after"] == "7"
    assert response.json()["error"] == "slow_down"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "invalid_request"),
        (b"{", "invalid_request"),
        (b"[]", "invalid_request"),
        (b"<a/>", "invalid_request"),
        (b'{"client_id": "sender"}', "invalid_request"),
        (b'{"grant_type": "password"}', "unsupported_grant_type"),
        (b'{"grant_type": ["client_credentials"]}', "unsupported_grant_type"),
        (b'{"grant_type": "client_credentials"}', "invalid_request"),
        (
            b'{"grant_type":"client_credentials","client_id":"a","client_secret":1}',
            "invalid_request",
        ),
        (b"x" * 20_000, "invalid_request"),
    ],
)
def test_a_bad_request_is_400(house: Any, content: bytes, error: str) -> None:
    response = house.client.post(PATH, content=content)

    assert response.status_code == 400
    assert response.json()["error"] == error
    assert house.tokens.asked == []


def test_credentials_in_the_url_are_not_read(house: Any) -> None:
    assert house.client.post(PATH, params=GRANT).status_code == 400
