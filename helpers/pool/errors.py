"""What a `GuardedPool` raises of its own. All of it can be pickled; light, since workers import it."""

import signal
import traceback


class PoolError(RuntimeError):
    """What a guarded pool raises of its own; everything else is the task's own exception."""


class TaskFailed(PoolError):
    """A task, its result or the initializer failed in a way that cannot come home as it is; the text says how."""


class WorkerDied(PoolError):
    """A worker process ended by itself or was killed. worker is its number (pid), task what it held, None if unknown."""

    worker: int
    task: int | None


class TookTooLong(PoolError):
    """A call was not done within the time limit of its pool."""


class PoolStopped(PoolError, ValueError):  # the stock pool raises ValueError for a call after the end
    """The pool had ended before the result arrived."""


def brief(error: BaseException) -> str:
    """Return an exception as the last line of its traceback: its type and text."""
    return "".join(traceback.format_exception_only(error)).strip()


def how_it_ended(code: int) -> str:
    """Say what an exit code of a process means; it is negative for a signal."""
    if code >= 0:
        return f"ended by itself, with exit code {code},"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hints = {"SIGKILL": " (often because memory ran out)", "SIGSEGV": " (an error in compiled code)"}
    return f"was killed by {name}{hints.get(name, '')}"
