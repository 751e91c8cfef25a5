"""HTTP Digest authentication (RFC 7616), with the challenges that RFC 2617 servers still send."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from leadexec import HttpAnswer
from leadexec_delivery_webhook.auth import Authenticator
from leadexec_delivery_webhook.exchange import Conversation
from leadexec_delivery_webhook.mask import MASK
from leadexec_delivery_webhook.request import Call

_STRENGTH: Final = ("MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS")
"""The algorithms, the strongest last."""
_SCHEME: Final = re.compile(r"\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?=\s|,|$)")
_PARAMETER: Final = re.compile(
    r"\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))"
)


class Challenge(msgspec.Struct, kw_only=True, frozen=True):
    """What a server asks for."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    qop: str = ""
    """``auth``, ``auth-int``, or empty for servers that know neither."""
    stale: bool = False
    userhash: bool = False


class DigestAuthenticator(Authenticator):
    """Answers challenges; the server's nonce is used until the server gives another."""

    shown = {"Authorization": f"Digest {MASK}"}

    def __init__(self, username: str, password: str) -> None:
        """Prove knowledge of ``password`` without sending it."""
        self._username = username
        self._password = password
        self._challenge: Challenge | None = None
        self._cnonce = ""
        self._count = 0

    async def send(self, call: Call, conversation: Conversation) -> HttpAnswer:
        """Send ``call``; if the server challenges it, send it once more with the answer.

        Our proof failing under a nonce that is still good means a wrong password: it is not sent
        again. A nonce that has gone stale is replaced.
        """
        used = self._challenge
        answer = await conversation.send(self._proven(call))
        if answer.status != 401:
            self._note_next(answer)
            return answer
        challenge = strongest(answer.headers.get("www-authenticate", ""))
        if challenge is None:
            return answer
        refused = used is not None and used.nonce == challenge.nonce and not challenge.stale
        self._take(challenge, conversation)
        if refused:
            return answer
        answer = await conversation.send(self._proven(call))
        self._note_next(answer)
        return answer

    def _take(self, challenge: Challenge, conversation: Conversation) -> None:
        if self._challenge is None or self._challenge.nonce != challenge.nonce:
            # One client nonce per server nonce: with "-sess" the key is made of both.
            self._cnonce = conversation.random(16).hex()
            self._count = 0
        self._challenge = challenge

    def _note_next(self, answer: HttpAnswer) -> None:
        """Take the nonce that the server wants to see next time (RFC 7616, section 3.5)."""
        parameters = dict(_parameters(answer.headers.get("authentication-info", "")))
        following = parameters.get("nextnonce")
        if following and self._challenge and following != self._challenge.nonce:
            self._challenge = msgspec.structs.replace(self._challenge, nonce=following)
            self._count = 0

    def _proven(self, call: Call) -> Call:
        if self._challenge is None:
            return call
        self._count += 1
        header = authorization(
            self._challenge,
            username=self._username,
            password=self._password,
            call=call,
            cnonce=self._cnonce,
            count=self._count,
        )
        return call.with_header("Authorization", header)


def authorization(
    challenge: Challenge, *, username: str, password: str, call: Call, cnonce: str, count: int
) -> str:
    """Return the Authorization header that answers ``challenge`` for the ``count``-th time."""
    digest = _hash_of(challenge.algorithm)
    parts = urlsplit(call.url)
    uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secret = digest(f"{username}:{challenge.realm}:{password}")
    if challenge.algorithm.endswith("-SESS"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}")
    what = f"{call.method}:{uri}"
    if challenge.qop == "auth-int":
        what += f":{digest(call.content)}"
    times = f"{count:08x}"
    middle = (
        f"{challenge.nonce}:{times}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    )
    response = digest(f"{secret}:{middle}:{digest(what)}")
    fields = [
        *_user(challenge, username, digest(f"{username}:{challenge.realm}")),
        f'realm="{_quoted(challenge.realm)}"',
        f'nonce="{_quoted(challenge.nonce)}"',
        f'uri="{uri}"',
        f'response="{response}"',
        f"algorithm={_written(challenge.algorithm)}",
    ]
    if challenge.opaque is not None:
        fields.append(f'opaque="{_quoted(challenge.opaque)}"')
    if challenge.qop or challenge.algorithm.endswith("-SESS"):
        fields.append(f'cnonce="{cnonce}"')
    if challenge.qop:
        fields += [f"qop={challenge.qop}", f"nc={times}"]
    return "Digest " + ", ".join(fields)


def strongest(header: str) -> Challenge | None:
    """Return the Digest challenge in a WWW-Authenticate header that we prefer, or None.

    The header may hold challenges of several schemes. The server's strongest algorithm that we
    know is taken, and ``auth`` rather than ``auth-int`` where both are offered.
    """
    known = [challenge for challenge in _challenges(header) if challenge.algorithm in _STRENGTH]
    return max(known, key=lambda c: _STRENGTH.index(c.algorithm), default=None)


def _challenges(header: str) -> Iterator[Challenge]:
    position = 0
    while (scheme := _SCHEME.match(header, position)) is not None:
        position = scheme.end()
        found: dict[str, str] = {}
        while (parameter := _PARAMETER.match(header, position)) is not None:
            position = parameter.end()
            found[parameter[1].lower()] = _value(parameter)
        challenge = _challenge(found) if scheme[1].lower() == "digest" else None
        if challenge is not None:
            yield challenge


def _parameters(header: str) -> Iterator[tuple[str, str]]:
    return ((found[1].lower(), _value(found)) for found in _PARAMETER.finditer(header))


def _value(parameter: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", parameter[2]) if parameter[2] is not None else parameter[3]


def _challenge(found: Mapping[str, str]) -> Challenge | None:
    if not found.get("nonce"):
        return None
    offered = [word.strip().lower() for word in found.get("qop", "").split(",") if word.strip()]
    qop = next((word for word in ("auth", "auth-int") if word in offered), "")
    if offered and not qop:
        return None
    return Challenge(
        realm=found.get("realm", ""),
        nonce=found["nonce"],
        algorithm=found.get("algorithm", "MD5").upper(),
        opaque=found.get("opaque"),
        qop=qop,
        stale=found.get("stale", "").lower() == "true",
        userhash=found.get("userhash", "").lower() == "true",
    )


class _Hash:
    """One of the two hashes, over text in UTF-8 or bytes, as lower-case hexadecimal."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, data: str | bytes) -> str:
        content = data.encode() if isinstance(data, str) else data
        # Not for our security: the server chooses, and MD5 is what many still choose.
        return hashlib.new(self._name, content, usedforsecurity=False).hexdigest()


def _hash_of(algorithm: str) -> _Hash:
    return _Hash("sha256" if algorithm.startswith("SHA-256") else "md5")


def _user(challenge: Challenge, username: str, hashed: str) -> tuple[str, ...]:
    if challenge.userhash:
        return (f'username="{hashed}"', "userhash=true")
    if username.isascii():
        return (f'username="{_quoted(username)}"',)
    return (f"username*=UTF-8''{quote(username, safe='')}",)


def _written(algorithm: str) -> str:
    return algorithm.replace("-SESS", "-sess")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
