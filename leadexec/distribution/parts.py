"""What every lead's distribution works with."""

from collections.abc import Callable
from dataclasses import dataclass

from leadexec.catalog.catalog import Catalog
from leadexec.contracts.services import Services
from leadexec.delivery.attempt import Deliverer
from leadexec.plugins import FaultLog
from leadexec.storage.store import Store


@dataclass(slots=True)
class Parts:
    """The shared parts; made once per app."""

    catalog: Catalog
    store: Store
    services: Services
    deliverer: Deliverer
    faults: FaultLog
    owner: str
    """Names this process in leases."""
    new_uid: Callable[[], str]
    """Makes a UUIDv7."""
