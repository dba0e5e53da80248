"""The context that is given to the stock pool: it makes what its original makes, and remembers every worker process."""

import os
import threading
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Any

from helpers.pool.worker import Initializer, Note, SigintHandler, serve


class Worker:
    """A worker process with its note, and since when (time.monotonic) it has been leaving, or dead."""

    def __init__(self, process: Any, note: Note) -> None:
        self.process = process
        self.note = note
        self.leaving_since: float | None = None
        self.dead_since: float | None = None

    @property
    def sentinel(self) -> int | None:
        """What becomes ready when the process ends; None before its start."""
        try:
            return self.process.sentinel  # type: ignore[no-any-return]
        except (AttributeError, ValueError):
            return None

    def is_alive(self) -> bool:
        """Whether the process runs. A ready sentinel is an end even where somebody else has reaped it."""
        return self.sentinel is not None and self.process.is_alive() and not wait([self.sentinel], 0)

    @property
    def pid(self) -> int | None:
        """The process id; None before the start, and after the end of the pool."""
        try:
            return self.process.pid  # type: ignore[no-any-return]
        except ValueError:
            return None


@cache
def asked_in_turn() -> type[Any]:
    """Return how a fork server's workers are started, so that one thread at a time asks how a worker ended.

    The server writes an exit code once. Where the stock pool's thread and the supervisor asked at the same moment, one
    of them found nothing, and took it for the end of the server, exit code 255 (`multiprocessing.popen_forkserver`).
    """
    from multiprocessing.popen_forkserver import Popen  # which not every platform has

    class AskedInTurn(Popen):
        """The start of a process, which asks for the exit code under a lock."""

        def __init__(self, process: Any) -> None:
            self._asking = threading.RLock()
            del process._Popen  # the process is pickled, and its worker starts nothing
            super().__init__(process)

        def poll(self, flag: int = os.WNOHANG) -> int | None:
            if flag != os.WNOHANG and self.returncode is None:
                wait([self.sentinel])  # without the lock, so that others can ask meanwhile
            with self._asking:
                return super().poll(os.WNOHANG)

    return AskedInTurn


class WorkerContext:
    """A context whose processes run `helpers.pool.worker.serve`.

    original: the context itself. initializer: of the workers, or None. max_messages: after how many a worker leaves,
    None for no limit.
    """

    def __init__(self, context: BaseContext, initializer: Initializer | None, max_messages: int | None) -> None:
        self.workers: list[Worker] = []
        self.max_messages = max_messages
        self.unblock_sigint = False
        self.original: Any = context
        self._initializer = initializer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def Process(self, *more: Any, **keywords: Any) -> Any:
        """Make a worker process: also those that replace others."""
        return self.make_worker(self.original.Process, *more, **keywords)

    def make_worker(
        self,
        make_process: Callable[..., Any],
        *more: Any,
        target: Callable[..., None],
        args: tuple[Any, ...],
        **keywords: Any,
    ) -> Any:
        """Make a worker process with this function, and remember it."""
        note = Note(self.original.get_start_method())
        arguments = (
            SigintHandler(),
            note.memory,
            self.unblock_sigint,
            self._initializer,
            self.max_messages,
            target,
            *args,
        )
        process = make_process(*more, target=serve, args=arguments, **keywords)
        if self.original.get_start_method() == "forkserver":
            process._Popen = asked_in_turn()
        self.workers.append(Worker(process, note))
        return process

    def release(self) -> None:
        """Release all that workers were given."""
        self.workers.clear()
        self._initializer = None
