"""How a `GuardedPool` makes its workers: each one is remembered, and no Stop comes in between."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any


class Remembering:
    """A context that makes what its original makes, and remembers every process: the replacements of workers too."""

    def __init__(self, context: BaseContext, workers: list[Any]) -> None:
        self._context = context
        self._workers = workers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def Process(self, *args: Any, **keywords: Any) -> Any:
        process = self._context.Process(*args, **keywords)
        self._workers.append(process)
        return process


@contextmanager
def no_interrupt() -> Iterator[None]:
    """Hold back Stop while workers start, and let it come after: in between, the pool could not be ended.

    Only the main thread can do this, and only there does Stop arrive. Python would also lose a Stop that comes while
    it deletes an object that has something to tidy up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stops: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: stops.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if stops:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Let the processes that start here be deaf to Stop from their first moment on, before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where Stop reaches the kernel alone
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
