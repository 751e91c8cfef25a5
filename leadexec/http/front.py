"""The first thing a request meets: the receivers directly, everything else the framework."""

from typing import Any, Final

from leadexec.http.receiver import Message, Receive, Receiver, Send

RECEIVER: Final = "/receiver/leads"


class Front:
    """Sends posts of leads straight to the receiver: the framework's routing costs a quarter."""

    def __init__(self, http: Any, receiver: Receiver) -> None:
        """Put ``receiver`` before the ASGI application ``http``."""
        self._http = http
        self._receiver = receiver

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on a lifespan."""
        if scope["type"] == "http" and scope["path"] == RECEIVER:
            await self._receiver(scope, receive, send)
        else:
            await self._http(scope, receive, send)
