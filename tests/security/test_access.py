from datetime import timedelta
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from leadexec.errors import DeniedError
from leadexec.model.access import ApiCredential, Role, Scope
from leadexec.model.permissions import allows
from leadexec.security.callers import UnauthenticatedError
from leadexec.security.credentials import CredentialCache
from leadexec.security.passwords import Passwords, new_client_id, new_secret
from leadexec.security.throttle import FailureThrottle
from leadexec.security.tokens import TokenIssuer, TokenVerifier, token_key
from leadexec.testing import FakeClock, FakeRandomness

KEY = token_key(b"k" * 32)


def a_credential(**changes: Any) -> ApiCredential:
    values = {"id": 7, "name": "Vendor", "client_id": "abc", "secret_hash": "-"}
    return ApiCredential(**{**values, "scopes": (Scope.LEAD_RECEIVER,), **changes})


class Desk:
    """Issuer and verifier over one cache."""

    def __init__(self, *credentials: ApiCredential, roles: tuple[Role, ...] = ()) -> None:
        self.clock = FakeClock()
        self.cache = CredentialCache()
        self.cache.replace(credentials, roles)
        self.issuer = TokenIssuer(KEY, self.clock, FakeRandomness())
        self.verifier = TokenVerifier(KEY, self.clock, self.cache)


def test_a_token_tells_whose_it_is_within_its_scope() -> None:
    credential = a_credential()
    desk = Desk(credential)
    token = desk.issuer.issue(credential).access_token

    caller = desk.verifier.verify(token, Scope.LEAD_RECEIVER)

    assert (caller.credential_id, caller.name, caller.label) == (7, "Vendor", "credential:7")
    with pytest.raises(DeniedError, match="account_api"):
        desk.verifier.verify(token, Scope.ACCOUNT_API)


def test_a_remembered_token_still_expires_and_can_still_be_disabled() -> None:
    credential = a_credential()
    desk = Desk(credential)
    token = desk.issuer.issue(credential).access_token
    desk.verifier.verify(token)

    desk.cache.replace([a_credential(enabled=False)], [])
    with pytest.raises(UnauthenticatedError) as refused:
        desk.verifier.verify(token)
    assert refused.value.code == "credential_disabled"

    desk.cache.replace([credential], [])
    desk.clock.advance(timedelta(hours=1))
    with pytest.raises(UnauthenticatedError) as refused:
        desk.verifier.verify(token)
    assert refused.value.code == "token_expired"


def forged(**changes: Any) -> str:
    claims = {
        "iss": "leadexec",
        "sub": "7",
        "aud": ["lead_receiver"],
        "exp": 4_000_000_000,
        "jti": "x",
    }
    key = changes.pop("key", KEY)
    algorithm = changes.pop("algorithm", "HS256")
    left = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(left, key, algorithm=algorithm)


@pytest.mark.parametrize(
    "token",
    [
        forged(key=b"x" * 32),
        forged(key=None, algorithm="none"),
        forged(key=b"k" * 64, algorithm="HS512"),
        forged(iss="somebody"),
        forged(exp=None),
        forged(aud=None),
        forged(sub="seven"),
        forged(jti="x" * 3000),
        "",
        "a.b.c",
        "\x00",
        "é",
    ],
)
def test_what_we_did_not_sign_is_no_token(token: str) -> None:
    desk = Desk(a_credential())

    with pytest.raises(UnauthenticatedError) as refused:
        desk.verifier.verify(token)

    assert refused.value.code == "token_invalid"


def test_a_genuine_token_in_the_same_form_as_the_forged_ones_is_taken() -> None:
    assert Desk(a_credential()).verifier.verify(forged()).credential_id == 7


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_token_with_any_byte_changed_is_refused(place: int, byte: int) -> None:
    credential = a_credential()
    desk = Desk(credential)
    token = desk.issuer.issue(credential).access_token
    place %= len(token) - 1  # the last character has bits that base64 ignores
    changed = token[:place] + chr(byte) + token[place + 1 :]

    if changed != token:
        with pytest.raises(UnauthenticatedError):
            desk.verifier.verify(changed)


def test_a_role_that_is_gone_grants_nothing() -> None:
    desk = Desk(a_credential(role=3), roles=(Role(id=4, name="Other", permissions=("*",)),))
    token = desk.issuer.issue(a_credential()).access_token

    assert not desk.verifier.verify(token).may("client.read")


@pytest.mark.parametrize(
    ("granted", "wanted", "allowed"),
    [
        ({"client.read"}, "client.read", True),
        ({"client.read"}, "client.write", False),
        ({"client.*"}, "client.write", True),
        ({"client.*"}, "client_group.write", False),
        ({"*"}, "leads.read", True),
        ({"client.*"}, "*", False),
        (set(), "client.read", False),
    ],
)
def test_permissions_cover_what_they_say(granted: set[str], wanted: str, allowed: bool) -> None:
    assert allows(granted, wanted) is allowed


@pytest.mark.anyio
async def test_a_password_is_known_again_and_no_other() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    hashed = await passwords.hash("correct horse")

    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(hashed, "correct horse")
    assert not await passwords.verify(hashed, "correct horsf")
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("no hash", "anything")
    assert not await passwords.verify(hashed, "x" * 1000)


def test_secrets_and_ids_are_long_and_differ() -> None:
    randomness = FakeRandomness()

    assert len({new_secret(randomness) for _ in range(20)}) == 20
    assert len(new_secret(randomness)) == 64
    assert len(new_client_id(randomness)) == 24


def test_the_wait_doubles_with_each_failure_and_ends_with_a_success() -> None:
    clock = FakeClock()
    throttle = FailureThrottle(clock)
    waits = []
    for _ in range(9):
        throttle.failed("a")
        waits.append(throttle.wait("a"))

    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert throttle.wait("b") == 0
    throttle.succeeded("a")
    assert throttle.wait("a") == 0


def test_the_wait_is_bounded_and_an_hour_forgets_it() -> None:
    clock = FakeClock()
    throttle = FailureThrottle(clock)
    for _ in range(10_000):
        throttle.failed("a")

    assert throttle.wait("a") == 900
    clock.advance(3601)
    assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 0
