"""``leadexec lead validate`` and ``invalidate``: deciding about held leads (``LD9``)."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from leadexec.cli.database_file import demand_database
from leadexec.distribution.quality import INVALIDATED, QualityControl
from leadexec.http.lead_acts_api import Invalidation, Validation, read_act
from leadexec.kernel import running_kernel
from leadexec.process import configure_logging, run
from leadexec.settings import Settings, load_settings

BY: Final = "command line"
"""Who decides, for the audit."""


def validate(uid: str, *, note: str = "", config: Path | None = None) -> None:
    """Accept a lead that is held; a running server or worker distributes it.

    Checks that have not run for it, or could not, do not run any more: you answer for it.

    Args:
        uid: The lead's id, as the receiver answered it.
        note: Why, for its process log.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    given = read_act(Validation, {"note": note})
    _decide(config, lambda quality: quality.validate(uid, BY, given.note))
    sys.stdout.write(f"The lead {uid} is accepted.\n")


def invalidate(
    uid: str, *, message: str, code: str = INVALIDATED, config: Path | None = None
) -> None:
    """Reject a lead that is held: it goes back to its source, which is paid nothing for it.

    Args:
        uid: The lead's id, as the receiver answered it.
        message: Why; the source is shown it.
        code: The reason's machine code.
        config: The settings file; by default $LEADEXEC_CONFIG, else leadexec.toml here.
    """
    given = read_act(Invalidation, {"message": message, "code": code})
    _decide(config, lambda quality: quality.invalidate(uid, BY, given.message, given.code))
    sys.stdout.write(f"The lead {uid} is rejected ({code}).\n")


def _decide(config: Path | None, act: Callable[[QualityControl], Awaitable[None]]) -> None:
    settings = load_settings(config)
    configure_logging("warning")
    run(_with_quality(settings, act))


async def _with_quality(
    settings: Settings, act: Callable[[QualityControl], Awaitable[None]]
) -> None:
    await demand_database(settings)
    async with running_kernel(settings, run_jobs=False, migrate=False) as kernel:
        await act(QualityControl(kernel.parts, kernel.plugins))
