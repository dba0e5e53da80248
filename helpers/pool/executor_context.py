"""The context that is given to a stock `ProcessPoolExecutor`, and what becomes of tasks that never come back."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

from helpers.pool.executor_messages import serve
from helpers.pool.recorder import ERROR, LOST, Held, recorder_of
from helpers.pool.worker import Note


class ExecutorContext:
    """A context that makes what its original makes, and gives every worker process a note of the task that it holds.

    It keeps a note for as long as somebody keeps the process.
    """

    def __init__(self, context: BaseContext) -> None:
        self._context: Any = context
        self._notes: weakref.WeakKeyDictionary[Any, Note] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def Process(self, *more: Any, target: Callable[..., None], args: tuple[Any, ...], **keywords: Any) -> Any:
        """Make a worker process: also one that replaces another."""
        note = Note(self._context.get_start_method())
        process = self._context.Process(*more, target=serve, args=(note.memory, target, *args), **keywords)
        with self._lock:
            self._notes[process] = note
        return process

    def held(self) -> list[Held]:
        """Return what the workers hold, or held last."""
        with self._lock:
            notes = list(self._notes.values())
        return [held for note in notes if (held := note.held) is not None]

    def watch(self, future: "Future[Any]", recorder: int, first: int) -> None:
        """Let the recorder with this key know, should the future of the tasks from the first on end without them."""
        future.add_done_callback(partial(self._settle, recorder, first))

    def _settle(self, key: int, first: int, future: "Future[Any]") -> None:
        recorder = recorder_of(key)
        if recorder is None or first not in recorder.sending:  # it came back, or never was sent
            return
        died = not future.cancelled() and isinstance(future.exception(), BrokenExecutor)
        for held in self.held():
            if (held.recorder, held.first) == (key, first):
                recorder.lose(held, LOST if died else ERROR)
        recorder.sending.pop(first, None)
