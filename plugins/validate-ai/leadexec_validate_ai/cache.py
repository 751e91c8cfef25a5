"""Judgements that are remembered for a while: bounded, without what was judged."""

from collections import OrderedDict
from hashlib import blake2b

from leadexec import Clock
from leadexec_validate_ai.judge import Judgement


class Cache:
    """Remembers judgements by a digest of what was judged."""

    def __init__(self, clock: Clock, *, seconds: float, size: int) -> None:
        """Remember ``size`` judgements at most, each for ``seconds`` on ``clock``."""
        self._clock = clock
        self._seconds = seconds
        self._size = size
        self._kept: OrderedDict[bytes, tuple[float, Judgement]] = OrderedDict()

    def find(self, key: bytes) -> Judgement | None:
        """Return the judgement kept under ``key``, unless its time is over."""
        ends, judgement = self._kept.get(key, (0.0, None))
        if judgement is None or self._clock.monotonic() >= ends:
            self._kept.pop(key, None)
            return None
        return judgement

    def keep(self, key: bytes, judgement: Judgement) -> None:
        """Keep ``judgement`` under ``key``; forget the oldest if there are too many."""
        if self._seconds <= 0:
            return
        self._kept[key] = (self._clock.monotonic() + self._seconds, judgement)
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


def key_of(judged: bytes) -> bytes:
    """Return the digest under which the judgement of ``judged`` is kept: 16 bytes (BLAKE2b)."""
    return blake2b(judged, digest_size=16, person=b"leadexec-ai").digest()
