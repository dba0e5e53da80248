"""What an `XrayPool` raises of its own. All of it can be pickled. Workers import this module: keep it light."""

import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.pool import MaybeEncodingError  # type: ignore[attr-defined] # the stubs lack it


class PoolError(RuntimeError):
    """What an `XrayPool` raises of its own; everything else is the task's own exception."""


class TaskFailed(PoolError):
    """A task, its result or the initializer failed in a way that cannot be returned as it is; the text says how."""


class ResultNotPicklable(TaskFailed, MaybeEncodingError):  # type: ignore[misc]
    """The result of a task cannot be pickled. exc and value: the error and the result, as text (see the base class)."""

    def __init__(self, exc: str, value: str) -> None:
        RuntimeError.__init__(self, exc, value)
        self.exc, self.value = exc, value

    def __str__(self) -> str:
        reason = f"the result {self.value} cannot be pickled ({self.exc})"
        return f"{reason}; let the task return something that pickle can copy"


class WorkerDied(PoolError):
    """A worker process ended by itself or was killed. worker is its process id, task what it held, None if nothing."""

    worker: int
    task: int | None


class TookTooLong(PoolError):
    """A call was not done within the time limit of its pool."""


class PoolStopped(PoolError, ValueError):  # the stock pool raises ValueError for a call after the end
    """The pool had ended before the result arrived."""


def brief(error: BaseException) -> str:
    """Return an exception as the last line of its traceback: its type and text."""
    try:
        return "".join(traceback.format_exception_only(error)).strip()
    except BaseException:  # noqa: BLE001 (its own __str__ may do anything)
        return f"{type(error).__qualname__}: its text cannot be shown"


listeners: list[Callable[[str], object]] = []
"""Who gets what a pool reports, in place of stderr."""


def report(text: str) -> None:
    """Give the text to the listeners; without any, write it to stderr."""
    for listener in listeners:
        listener(text)
    if not listeners:
        show(text)


def show(text: str) -> None:
    """Write to stderr, if it is there: what happens to a message must not hide an exception of the program."""
    with suppress(ValueError, OSError, AttributeError):  # it was closed, or is full
        print(text.rstrip(), file=sys.stderr)


def describe_exit(code: int | None) -> str:
    """Say what an exit code of a process means: it is negative for a signal, None when the system did not keep it."""
    if code is None:
        return "has ended (its exit code was taken by somebody else)"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hints = {"SIGKILL": " (often because memory ran out)", "SIGSEGV": " (an error in compiled code)"}
    return f"was killed by {name}{hints.get(name, '')}"
