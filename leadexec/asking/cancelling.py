"""Telling a cancellation that leaks out of a plugin from that of the work it is called for."""

import asyncio


def ends_the_work(error: BaseException) -> bool:
    """Return whether ``error`` cancels the running task, and so must be raised on.

    A plugin that awaits something which it, or its library, has cancelled raises
    ``CancelledError``, too. That is a fault like any other: taken for the end of the work, it would
    leave a post unanswered and unkept.
    """
    task = asyncio.current_task()
    is_cancel = isinstance(error, asyncio.CancelledError)
    return is_cancel and task is not None and task.cancelling() > 0
