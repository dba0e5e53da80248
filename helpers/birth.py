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

    The workers inherit the mask, and are deaf to Stop before they can ignore it. In the parent the mask does not help,
    since another thread takes the signal; only the main thread can change what it does.
    """
    stops: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    if hasattr(signal, "pthread_sigmask"):  # not on Windows, where Stop reaches the kernel alone
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    handler = signal.signal(signal.SIGINT, lambda number, frame: stops.append(number)) if main else None
    try:
        yield
    finally:
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if stops:
            signal.raise_signal(signal.SIGINT)
