"""What a trouble looks like to whoever meets it."""

from typing import Final

from leadexec_simulator.buyer import TroubleKind
from leadexec_simulator.replies import Answer, Bomb, Drip, Flood, Hang, Reply, Reset

_HEALTH_PAGE: Final = (
    b"<!doctype html><title>Status</title><h1>All systems operational</h1>"
    b"<p>Success rate 99.98 %. Payout service: OK.</p>"
)
_BROKEN_JSON: Final = b'{"Success":true,"Payout":"50.00","TransactionId":'


def mishap(kind: TroubleKind) -> Reply:  # noqa: PLR0911  one return a kind reads best
    """Return what happens to the connection instead of an answer."""
    match kind:
        case TroubleKind.TIMEOUT:
            return Hang()
        case TroubleKind.SERVER_ERROR:
            return Answer(status=500, body=b"<h1>Internal Server Error</h1>")
        case TroubleKind.TOO_MANY_REQUESTS:
            return Answer(status=429, body=b"Slow down", headers=(("Retry-After", "1"),))
        case TroubleKind.BAD_JSON:
            return Answer(body=_BROKEN_JSON, content_type="application/json")
        case TroubleKind.HEALTH_PAGE:
            return Answer(body=_HEALTH_PAGE, content_type="text/html")
        case TroubleKind.DRIP:
            return Drip()
        case TroubleKind.HUGE_BODY:
            return Flood()
        case TroubleKind.GZIP_BOMB:
            return Bomb()
        case TroubleKind.RESET | TroubleKind.LOST_ANSWER:
            return Reset()
