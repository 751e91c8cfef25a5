"""What the simulator can do with a connection instead of, or besides, answering."""

import functools
import struct
import zlib
from typing import Final, TypeAlias

import msgspec

FLOOD_BYTES: Final = 200 * 1024 * 1024
"""How much a huge body has, and what a gzip bomb unpacks to."""
_MEGABYTE: Final = 1024 * 1024
_GZIP_HEAD: Final = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """An ordinary answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()


class Hang(msgspec.Struct, frozen=True):
    """Say nothing until the sender hangs up."""


class Reset(msgspec.Struct, frozen=True):
    """Send a TCP reset."""


class Drip(msgspec.Struct, kw_only=True, frozen=True):
    """Send a byte of the body every so often, without end."""

    seconds: float = 0.1


class Flood(msgspec.Struct, kw_only=True, frozen=True):
    """Send a body of that many bytes."""

    size: int = FLOOD_BYTES


class Bomb(msgspec.Struct, frozen=True):
    """Send a gzip body that unpacks to ``FLOOD_BYTES``."""


Reply: TypeAlias = Answer | Hang | Reset | Drip | Flood | Bomb


@functools.cache
def bomb() -> bytes:
    """Return the gzip bomb. The first call takes a while: make it in a thread."""
    block = b" " * _MEGABYTE
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    count = FLOOD_BYTES // len(block)
    checksum = functools.reduce(lambda crc, _: zlib.crc32(block, crc), range(count), 0)
    # After a full flush nothing refers back, so that one packed block can stand there many times.
    return _GZIP_HEAD + packed * count + packer.flush() + struct.pack("<II", checksum, FLOOD_BYTES)
