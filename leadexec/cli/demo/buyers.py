"""The simulated buyers, in this process, seen through as little as the demonstration needs."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from leadexec.cli.demo.summary import BuyerBooks
from leadexec.contracts.services import Clock
from leadexec.errors import UnavailableError

if TYPE_CHECKING:
    from leadexec_simulator import Simulator


class Buyers(Protocol):
    """Running buyers."""

    port: int
    """Where they listen."""
    books_url: str
    """Where their books can be read."""

    def url(self, buyer: str, branch: str) -> str:
        """Return the address of a branch of ``buyer``."""
        ...

    def totals(self) -> BuyerBooks:
        """Return what their books say, all together."""
        ...


@contextlib.asynccontextmanager
async def running_buyers(
    *, seed: int, port: int, journal: Path, clock: Clock
) -> AsyncIterator[Buyers]:
    """Run the example buyers of the plugin ``simulator`` within the context.

    Args:
        seed: All their chance follows from it.
        port: Where they listen; 0 lets the system choose.
        journal: Where their books are kept over runs.
        clock: Their time.

    Raises:
        UnavailableError: ``simulator_missing``, ``port_in_use``.
    """
    try:
        # Imported here: the kernel runs without the plugin, only the demonstration does not.
        from leadexec_simulator import Simulator, example_buyers  # noqa: PLC0415
    except ImportError:
        raise UnavailableError(
            "simulator_missing",
            "The demonstration sells to the buyers of the plugin 'simulator', which is missing.",
            "Install it: pip install leadexec-simulator",
        ) from None
    simulator = Simulator(example_buyers(), seed=seed, port=port, journal=journal, clock=clock)
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(simulator)
        except OSError as error:
            raise UnavailableError(
                "port_in_use",
                f"The simulated buyers cannot listen at port {port}: {error.strerror}.",
                "The stored delivery methods name that port. Free it, or start afresh with --data.",
            ) from None
        yield _Running(simulator)


class _Running:
    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator
        self.port = simulator.port
        self.books_url = f"{simulator.base_url}/books"
        self.url = simulator.url

    def totals(self) -> BuyerBooks:
        return msgspec.convert(self._simulator.books.summary(), BuyerBooks, from_attributes=True)
