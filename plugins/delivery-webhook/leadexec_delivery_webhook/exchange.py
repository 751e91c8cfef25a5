"""One try's conversation: every request and answer is recorded, whatever happens."""

from typing import Final

from leadexec import Attempt, Exchange, HttpAnswer, Services, UnavailableError
from leadexec_delivery_webhook.mask import Mask
from leadexec_delivery_webhook.request import Call, as_text

ANSWER_LIMIT: Final = 262_144
"""Bytes of an answer that are read."""
RECORD_LIMIT: Final = 65_536
"""Characters of an answer that are recorded."""


class Conversation:
    """Sends the requests of one try within its time and records them masked (``DM11``)."""

    def __init__(self, services: Services, attempt: Attempt, mask: Mask) -> None:
        """Use ``services`` for ``attempt``; ``mask`` hides the settings' secrets."""
        self._services = services
        self._attempt = attempt
        self._mask = mask

    @property
    def now(self) -> float:
        """Seconds that only grow."""
        return self._services.clock.monotonic()

    def random(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""
        return self._services.randomness.bytes(count)

    def hide(self, secret: str) -> None:
        """Mask ``secret`` from now on: a token that was just received."""
        self._mask = self._mask.with_also(secret)

    async def send(self, call: Call, *, hidden: bool = False) -> HttpAnswer:
        """Send ``call`` and return its answer.

        Args:
            call: What to send.
            hidden: Let the caller record the exchange with ``record``, once it knows what is
                secret in the answer.

        Raises:
            UnavailableError: As the outbound client says; it is recorded.
        """
        started = self.now
        try:
            left = self._attempt.remaining()
            if left <= 0:
                raise UnavailableError("timeout", "The time of this try is up.")
            answer = await self._services.http.fetch(
                call.method,
                call.url,
                content=call.content,
                headers=call.headers,
                timeout=left,
                limit=ANSWER_LIMIT,
            )
        except UnavailableError as error:
            self._note(call, f"{error.code}: {error.message}", started)
            raise
        if not hidden:
            self.record(call, answer, started)
        return answer

    def record(self, call: Call, answer: HttpAnswer, started: float) -> None:
        """Record ``call`` and its ``answer``; ``started`` is when it began."""
        head = "".join(f"\n{name}: {value}" for name, value in answer.headers.items())
        text = f"HTTP {answer.status}{head}\n\n{answer.text()}"
        self._note(call, text, started, answer)

    def _note(
        self, call: Call, response: str, started: float, answer: HttpAnswer | None = None
    ) -> None:
        masked = self._mask.over(response)
        self._attempt.record(
            Exchange(
                request=self._mask.over(as_text(call)),
                response=masked[:RECORD_LIMIT],
                status=answer.status if answer else None,
                elapsed_us=round((self.now - started) * 1_000_000),
                truncated=len(masked) > RECORD_LIMIT or bool(answer and answer.truncated),
            )
        )
