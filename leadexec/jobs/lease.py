"""Who holds a lease: a name for this process, and telling which holders are gone."""

import os
import socket
from collections.abc import Iterable

from leadexec.contracts.services import Randomness


def process_name(randomness: Randomness) -> str:
    """Return a name for this process: host, process id, and a part that no other start has."""
    return f"{socket.gethostname()[:60]}/{os.getpid()}/{randomness.bytes(6).hex()}"


def gone(owners: Iterable[str], own_name: str) -> list[str]:
    """Return the owners that certainly work no more: processes of this host that have ended.

    Owners on other hosts may be alive; their leases run out by themselves.
    """
    host = socket.gethostname()[:60]
    return [owner for owner in owners if _ended(owner, host, own_name)]


def _ended(owner: str, host: str, own_name: str) -> bool:
    if owner == own_name:
        return False
    name, _, rest = owner.rpartition("/")[0].rpartition("/")
    if name != host or not rest.isdigit():
        return False
    pid = int(rest)
    if pid == os.getpid():
        return False  # another app in this very process; its lease runs out if it is gone
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether the process has ended and only waits for its parent to notice."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
