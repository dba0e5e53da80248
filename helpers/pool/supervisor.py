"""`GuardedPool`: a drop-in for `multiprocessing.Pool` that fails loudly and at once instead of hanging.

The stock pool waits for answers without a look at the workers that should give them. Here every wait is a tenth of a
second long; then the pool looks whether its workers, its own threads and the time limit are as they should be. The
first fault ends the pool, and every later call raises it: the pool fails, it does not repair.
"""

import atexit
import multiprocessing
import os
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from multiprocessing.context import BaseContext
from multiprocessing.pool import AsyncResult, IMapIterator, Pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.pool import messages
from helpers.pool.birth import Remembering, deaf_children, no_interrupt
from helpers.pool.errors import PoolError, PoolStopped, TaskFailed, TookTooLong, WorkerDied, brief, how_it_ended
from helpers.pool.messages import Call, Chunks, function_name
from helpers.pool.results import LOOK, GuardedApply, GuardedIterator, GuardedMap, GuardedResult
from helpers.pool.validation import (
    MOST_PROCESSES,
    check_function,
    check_main,
    checked_chunksize,
    checked_limit,
    checked_processes,
)
from helpers.pool.worker import Note, held, start_worker

__all__ = ["MOST_PROCESSES", "GuardedPool", "PoolError", "PoolStopped", "TaskFailed", "TookTooLong", "WorkerDied"]

PATIENCE = 1.0  # seconds for the stock pool to end itself, before its workers are killed

_creating = threading.Lock()  # one pool at a time, to know whose threads are whose
_pools: "weakref.WeakSet[GuardedPool]" = weakref.WeakSet()
_ended: "deque[GuardedPool]" = deque(maxlen=1)  # kept, so that the next pool's sweeper deletes it: see `_sweep`


def _forget() -> None:
    """Forget the pools of the parent: the fork must not end them, and nobody else releases its copy of the lock."""
    global _creating
    _creating = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@atexit.register
def _end_all() -> None:
    """End the pools that nobody ended; the stock pool does it too, but without a deadline."""
    for pool in list(_pools):
        with suppress(RuntimeError):  # Python 3.12.0 and 3.12.1 start no thread here
            pool.terminate()


class GuardedPool(Pool):
    """A `multiprocessing.Pool` that never hangs: results, order, exceptions and callbacks are the stock pool's.

    processes: how many workers, from 1 to MOST_PROCESSES; None asks for as many as the stock pool would start.
    initializer, initargs, maxtasksperchild, context: as for `multiprocessing.pool.Pool`.
    limit: seconds that a call may take from its beginning to its last result (an iterator: to its next); None: no limit.

    Raises ValueError when a number is out of range, TypeError when the initializer cannot be called, RuntimeError
    when workers could not start from this notebook. A call raises `pickle.PicklingError` at once for a function that
    cannot be sent; `WorkerDied`, `TookTooLong`, `TaskFailed` (what pickle cannot carry, a failing initializer) and
    `PoolStopped` (asked after the end) tell the rest.

    It relies on what is documented: the methods of `Pool` and its results, that a pool makes its workers and its queue
    with the `context` that it is given, `Process.exitcode`, `kill` and `parent_process`; and, to notice when one
    of the pool's own threads has died, on their names, "Thread-7 (_handle_results)".
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
        limit: float | None = None,
    ) -> None:
        context = context or multiprocessing.get_context()
        self.processes = checked_processes(processes)
        self.start_method = context.get_start_method()
        self._limit = checked_limit(limit)
        self._fault: PoolError | None = None
        self._may_leave = maxtasksperchild is not None  # whether a worker may leave with exit code 0
        self._closed = False
        self._unread: dict[GuardedResult, BaseException] = {}
        self._workers: list[multiprocessing.process.BaseProcess] = []
        self._first = threading.Lock()
        initializer = self._checked_initializer(initializer)
        check_main(self.start_method)
        watched = Remembering(context, self._workers)
        try:
            with _creating, no_interrupt():
                self._notes = tempfile.TemporaryDirectory(prefix=f"pool-{os.getpid()}-", ignore_cleanup_errors=True)
                started = (self._notes.name, initializer, tuple(initargs))
                context.Lock()  # starts the resource tracker, which would make the next children hear again
                before = set(threading.enumerate())
                with deaf_children():
                    super().__init__(self.processes, start_worker, started, maxtasksperchild, watched)
                self._threads = [t for t in threading.enumerate() if t not in before and "(_handle_" in t.name]
                _pools.add(self)
        except BaseException:  # Stop, or no more processes to be had
            if hasattr(self, "_notes"):  # else nothing was made
                self.terminate()
            raise

    def __del__(self) -> None:
        if hasattr(self, "_threads"):  # else it was refused, and there is nothing to warn of
            super().__del__()

    def apply(self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: Mapping[str, Any] | None = None) -> Any:
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult:
        result = GuardedApply(self, self._call(func, "apply"), callback, error_callback)
        chunk = result.call.one((args, kwds or {}))
        result.stock = super().apply_async(messages.run, (chunk,), {}, result.succeeded, result.failed)
        return result

    def map(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        return self.map_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult:
        return self._map(self._call(func, "map"), iterable, chunksize, callback, error_callback)

    def starmap(
        self, func: Callable[..., Any], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[Any]:
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult:
        return self._map(self._call(func, "starmap"), iterable, chunksize, callback, error_callback)

    def _map(
        self, call: Call, iterable: Iterable[Any], chunksize: int | None, callback: Any, error_callback: Any
    ) -> AsyncResult:
        values = iterable if isinstance(iterable, (list, tuple, range)) else list(iterable)
        if chunksize is None:  # as the stock pool does
            chunksize = max(1, -(-len(values) // (4 * self.processes)))
        chunks = Chunks(call, values, checked_chunksize(chunksize))
        result = GuardedMap(self, call, callback, error_callback)
        result.stock = super().map_async(messages.run, chunks, 1, result.succeeded, result.failed)
        return result

    def imap(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        chunks = call.chunks(iterable, checked_chunksize(chunksize))
        return GuardedIterator(self, call, super().imap(messages.run, chunks))

    def imap_unordered(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        chunks = call.chunks(iterable, checked_chunksize(chunksize))
        return GuardedIterator(self, call, super().imap_unordered(messages.run, chunks))

    def close(self) -> None:
        self._closed = True
        super().close()

    def join(self) -> None:
        if not self._closed:
            super().join()  # which says that the pool is still running
        began = time.monotonic()
        joining = threading.Thread(target=super().join, daemon=True)
        joining.start()
        while joining.is_alive() and self.fault(began) is None:
            joining.join(LOOK)
        if self._fault is not None:
            self._sweeper.join()
        self._tell_unread()

    def terminate(self) -> None:
        """End all workers, whatever state they are in; returns when they are gone, after three seconds at most."""
        self.fail(PoolStopped("the pool had stopped before this result arrived; ask for it inside the with block"))
        self._sweeper.join()
        self._tell_unread()

    def fault(self, began: float | None = None, what: str = "the pool") -> PoolError | None:
        """Look whether all is well, for a wait that began then (time.monotonic); return the first fault, or None."""
        if self._fault is None:
            found = self._initializer_fault() or self._worker_fault() or self._thread_fault()
            if found is None and began is not None and self._limit and time.monotonic() - began > self._limit:
                found = TookTooLong(f"{what} took longer than the limit of {self._limit:g} s; {self._busy()}")
            if found is not None:
                self.fail(found)
        return self._fault

    def fail(self, fault: PoolError) -> None:
        """Keep the first fault, and end the pool."""
        with self._first:
            if self._fault is None:
                self._fault = fault
                self._closed = True
                self._last_look()
                self._sweeper = threading.Thread(target=self._sweep, daemon=True)
                self._sweeper.start()

    def check(self) -> None:
        """Raise the first fault, if there is one."""
        fault = self.fault()
        if fault is not None:
            raise fault.with_traceback(None)

    def _call(self, function: Callable[..., Any], how: str) -> Call:
        self.check()
        check_function(function, self.start_method)
        return self._new_call(function, how)

    def _new_call(self, function: Callable[..., Any], how: str) -> Call:
        return Call(function, how)

    def _last_look(self) -> None:
        """The pool is about to end: what its workers hold can still be read."""

    def _held(self) -> Iterator[tuple[int, Note]]:
        """Yield the number (pid) and the note of each worker that holds a task."""
        for worker in self._workers.copy():
            note = held(self._notes.name, worker.pid)
            if note.task >= 0:
                yield worker.pid, note

    def _checked_initializer(self, initializer: Any) -> Any:
        if initializer is None:
            return None
        if not callable(initializer):
            raise TypeError("initializer must be a callable")
        if self.start_method == "fork":  # nothing is pickled
            return initializer
        check_function(initializer, self.start_method)
        return bytes(ForkingPickler.dumps(initializer))

    def _initializer_fault(self) -> TaskFailed | None:
        try:
            with open(os.path.join(self._notes.name, "initializer"), encoding="utf-8") as file:
                return TaskFailed(f"the initializer failed in a worker:\n\n{file.read()}")
        except OSError:
            return None

    def _worker_fault(self) -> WorkerDied | None:
        for worker in self._workers.copy():
            code = worker.exitcode
            if code is None:
                continue
            note = held(self._notes.name, worker.pid)
            if code == 0 and note.task < 0 and (self._may_leave or self._closed):
                self._workers.remove(worker)  # it has left as it should
                continue
            holding = "between two tasks"
            if note.task >= 0:
                holding = f"while it held task {note.task} ({function_name(note.key)})"
            fault = WorkerDied(
                f"worker {worker.pid} {how_it_ended(code)} {holding}. The pool has stopped, and results that had not"
                " arrived are lost; make a new pool"
            )
            fault.worker, fault.task = worker.pid, note.task if note.task >= 0 else None
            return fault
        return None

    def _thread_fault(self) -> PoolError | None:
        """The pool's own threads end all together after `close`; one that ended before has met an error."""
        alive = [thread.is_alive() for thread in self._threads]
        if all(alive) or self._closed and any(alive) or not alive:
            return None
        if self._closed:
            return PoolStopped("the pool was closed before this result arrived")
        return PoolError("a thread of the pool itself has failed; its error is on the screen or in the log")

    def _busy(self) -> str:
        busy = [f"worker {pid} is still at task {note.task} ({function_name(note.key)})" for pid, note in self._held()]
        return ", ".join(busy) or "no worker is at work"

    def _sweep(self) -> None:
        """End every worker. The stock pool may wait for a lock that a dead worker holds: so it has a deadline.

        Python loses a Stop that comes while the main thread deletes what a pool is made of: so a sweeper does that,
        in its own thread, for the pool before this one.
        """
        if hasattr(self, "_threads"):  # else the stock pool was never ready
            ending = threading.Thread(target=super().terminate, daemon=True)
            ending.start()
            ending.join(LOOK if isinstance(self._fault, WorkerDied) else PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while self._kill_workers() and time.monotonic() < deadline:
            time.sleep(LOOK / 10)
        self._notes.cleanup()
        _ended.append(self)

    def _kill_workers(self) -> bool:
        """Kill what is alive; return whether there was something, or the thread that replaces workers still runs."""
        alive = [worker for worker in self._workers.copy() if worker.is_alive()]
        for worker in alive:
            worker.kill()
        return bool(alive) or any(t.is_alive() and "(_handle_workers)" in t.name for t in getattr(self, "_threads", []))

    def _tell_unread(self) -> None:
        if self._unread:
            count, error = len(self._unread), next(iter(self._unread.values()))
            self._unread.clear()
            print(f"{count} failed and nobody asked for the result; the first: {brief(error)}", file=sys.stderr)
