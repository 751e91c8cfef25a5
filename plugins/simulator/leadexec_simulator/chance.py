"""Chance that repeats itself: every decision follows from the seed, the buyer and the key."""

import hashlib


def fraction(*parts: str | int) -> float:
    """Return a number in [0, 1) that depends on ``parts`` and nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def reference(*parts: str | int) -> str:
    """Return a buyer's own id for a lead: twelve digits that depend on ``parts``."""
    return f"{int(fraction('reference', *parts) * 10**12):012d}"
