"""Secrets that people and programs prove themselves with: hashed by argon2id, never kept."""

from typing import Final

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from leadexec.contracts.services import Randomness

SECRET_BYTES: Final = 32
LONGEST: Final = 512
"""Longer ones are refused unread, so that nobody makes us hash megabytes."""


class Passwords:
    """Hashes and checks, in threads, two at a time: each takes 64 MiB and some 50 ms."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Use ``hasher``; by default argon2-cffi's own choice of parameters (RFC 9106)."""
        self._hasher = hasher or PasswordHasher()
        self._limiter: CapacityLimiter | None = None
        self._decoy = ""

    def hash_now(self, plain: str) -> str:
        """Return the hash of ``plain``, blocking; for the command line."""
        return self._hasher.hash(plain)

    async def hash(self, plain: str) -> str:
        """Return the hash of ``plain``, with its own salt and the parameters in it."""
        return await anyio.to_thread.run_sync(self._hasher.hash, plain, limiter=self._threads())

    async def verify(self, hashed: str | None, plain: str) -> bool:
        """Tell whether ``plain`` was hashed to ``hashed``.

        Takes the same time when there is nobody to compare with (``hashed`` is None), so that
        answers do not tell which names exist.
        """
        if len(plain) > LONGEST:
            return False
        matched = await anyio.to_thread.run_sync(
            self._matches, hashed, plain, limiter=self._threads()
        )
        return matched and hashed is not None

    def _matches(self, hashed: str | None, plain: str) -> bool:
        if hashed is None and not self._decoy:  # made once, when it is needed: it takes long
            self._decoy = self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(hashed or self._decoy, plain)
        except (VerificationError, InvalidHashError):
            return False

    def _threads(self) -> CapacityLimiter:
        if self._limiter is None:
            self._limiter = CapacityLimiter(2)
        return self._limiter


def new_secret(randomness: Randomness) -> str:
    """Return a fresh secret of 256 bits, as 64 hexadecimal digits."""
    return randomness.bytes(SECRET_BYTES).hex()


def new_client_id(randomness: Randomness) -> str:
    """Return a fresh public id of 96 bits."""
    return randomness.bytes(12).hex()
