"""OAuth 2.0 tokens (RFC 6749): asked for once, shared by all deliveries, renewed in time."""

from urllib.parse import quote_plus, urlencode

import msgspec
from anyio import Lock

from leadexec import HttpAnswer, LeadexecError
from leadexec_delivery_webhook.auth import Authenticator, basic_proof
from leadexec_delivery_webhook.exchange import Conversation
from leadexec_delivery_webhook.mask import MASK
from leadexec_delivery_webhook.request import Call
from leadexec_delivery_webhook.settings_auth import ClientAuth, ClientCredentials, PasswordGrant

_UNSTATED = 300.0
"""Seconds a token is used whose life the server does not state."""
_EARLY = 30.0
"""Seconds before its end at which a token is renewed, at most a tenth of its life."""
_AGAIN = frozenset((408, 425, 429))


class TokenError(LeadexecError):
    """The token server gave no token."""

    def __init__(self, code: str, message: str, *, retry: bool) -> None:
        """Say in ``retry`` whether trying again may help."""
        super().__init__(code, message)
        self.retry = retry


class Token(msgspec.Struct, kw_only=True, frozen=True):
    """A token and how long it serves."""

    value: str
    ends: float
    """On the clock that only grows, in seconds."""


class OAuthAuthenticator(Authenticator):
    """Sends calls with a token; one is asked for at a time, however many wait for it.

    The token lives in this instance, so all deliveries of a configured method share it.
    """

    shown = {"Authorization": f"Bearer {MASK}"}

    def __init__(self, settings: ClientCredentials | PasswordGrant, *, production: bool) -> None:
        """Ask for tokens as ``settings`` say."""
        self._request = token_request(settings, production=production)
        secret = settings.client_secret.reveal() if settings.client_secret else ""
        self.secrets = (_client_proof(settings.client_id, secret),) if settings.client_id else ()
        self._token: Token | None = None
        self._asking = Lock()

    async def send(self, call: Call, conversation: Conversation) -> HttpAnswer:
        """Send ``call``; if its token is refused, send it once more with a new one."""
        token = await self._valid(conversation, refused=None)
        answer = await self._with(token, call, conversation)
        if answer.status != 401:
            return answer
        token = await self._valid(conversation, refused=token)
        return await self._with(token, call, conversation)

    async def _with(self, token: Token, call: Call, conversation: Conversation) -> HttpAnswer:
        conversation.hide(token.value)
        return await conversation.send(call.with_header("Authorization", f"Bearer {token.value}"))

    async def _valid(self, conversation: Conversation, refused: Token | None) -> Token:
        """Return a token that is not at its end and not the ``refused`` one."""
        if not self._serves(conversation, refused):
            async with self._asking:
                # Somebody else may have got one while we waited.
                if not self._serves(conversation, refused):
                    self._token = await self._asked(conversation)
        assert self._token is not None  # noqa: S101  it serves
        return self._token

    def _serves(self, conversation: Conversation, refused: Token | None) -> bool:
        token = self._token
        return token is not None and token is not refused and conversation.now < token.ends

    async def _asked(self, conversation: Conversation) -> Token:
        started = conversation.now
        answer = await conversation.send(self._request, hidden=True)
        granted = _granted(answer)
        for secret in (granted.access_token, granted.refresh_token, granted.id_token):
            if isinstance(secret, str) and secret:
                conversation.hide(secret)
        conversation.record(self._request, answer, started)
        if answer.status // 100 == 2 and isinstance(granted.access_token, str):
            life = _seconds(granted.expires_in)
            value = granted.access_token.strip()
            if value and value.isprintable():
                return Token(value=value, ends=started + life - min(_EARLY, life / 10))
        raise _no_token(answer)


class _Granted(msgspec.Struct):
    """What we read of a token server's answer; types are checked where it matters."""

    access_token: object = None
    refresh_token: object = None
    id_token: object = None
    expires_in: object = None


def token_request(settings: ClientCredentials | PasswordGrant, *, production: bool) -> Call:
    """Return the request for a token (RFC 6749, sections 2.3.1, 4.3.2 and 4.4.2)."""
    form: dict[str, str] = {}
    match settings:
        case ClientCredentials():
            form["grant_type"] = "client_credentials"
        case PasswordGrant():
            form["grant_type"] = "password"
            form["username"] = settings.username
            form["password"] = settings.password.reveal()
    if settings.scope:
        form["scope"] = settings.scope
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    secret = settings.client_secret.reveal() if settings.client_secret else ""
    if settings.client_id and settings.client_auth is ClientAuth.HEADER:
        headers["Authorization"] = f"Basic {_client_proof(settings.client_id, secret)}"
    elif settings.client_id:
        form["client_id"] = settings.client_id
        if secret:
            form["client_secret"] = secret
    url = settings.token_url if production else settings.testing_token_url or settings.token_url
    return Call(method="POST", url=url.strip(), headers=headers, content=urlencode(form).encode())


def _client_proof(client_id: str, secret: str) -> str:
    return basic_proof(quote_plus(client_id), quote_plus(secret))


def _granted(answer: HttpAnswer) -> _Granted:
    try:
        return msgspec.json.decode(answer.text(), type=_Granted)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _Granted()


def _seconds(stated: object) -> float:
    """Return a token's life; servers write it as a number or as text."""
    try:
        seconds = float(stated) if isinstance(stated, int | float | str) else _UNSTATED
    except ValueError:
        return _UNSTATED
    return min(seconds, 86_400.0) if seconds > 0 else _UNSTATED


def _no_token(answer: HttpAnswer) -> TokenError:
    if answer.status // 100 == 2:
        message = "The token server's answer holds no token."
        return TokenError("token_missing", message, retry=True)
    retry = answer.status >= 500 or answer.status in _AGAIN
    code = "token_unavailable" if retry else "token_refused"
    return TokenError(code, f"The token server answered {answer.status}.", retry=retry)
