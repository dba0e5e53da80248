"""`GuardedPool`: a drop-in for `multiprocessing.Pool` that fails loudly and at once instead of hanging.

The stock pool waits for answers without a look at the workers that should give them. Here every wait is a tenth of a
second long; then the pool looks whether its workers, its own threads and the time limit are as they should be. The
first fault ends the pool, and every later call raises it: the pool fails, it does not repair.
"""

import atexit
import itertools
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from multiprocessing.pool import AsyncResult, IMapIterator, Pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.errors import PoolError, PoolStopped, TaskFailed, TookTooLong, WorkerDied, brief, how_it_ended
from helpers.messages import Call, function_name
from helpers.notes import held, start_worker
from helpers.refusals import MOST_PROCESSES, check_function, check_main, checked_limit, checked_processes
from helpers.results import LOOK, GuardedIterator, GuardedResult

__all__ = ["MOST_PROCESSES", "GuardedPool", "PoolError", "PoolStopped", "TaskFailed", "TookTooLong", "WorkerDied"]

PATIENCE = 1.0  # seconds for the stock pool to end itself, before its workers are killed

_creating = threading.Lock()  # one pool at a time, to know whose threads are whose
_pools: "weakref.WeakSet[GuardedPool]" = weakref.WeakSet()


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
        self._processes_asked = checked_processes(processes)
        self._start_method = context.get_start_method()
        self._limit = checked_limit(limit)
        self._fault: PoolError | None = None
        self._may_leave = maxtasksperchild is not None  # whether a worker may leave with exit code 0
        self._closed = False
        self._unread: dict[GuardedResult, BaseException] = {}
        self._workers: list[multiprocessing.process.BaseProcess] = []
        self._first = threading.Lock()
        initializer = self._checked_initializer(initializer)
        check_main(self._start_method)
        self._notes = tempfile.TemporaryDirectory(prefix=f"pool-{os.getpid()}-", ignore_cleanup_errors=True)
        context.Lock()  # starts the resource tracker, which would let go of SIGINT in between
        watched = _Watched(context, self._workers)
        started = (self._notes.name, initializer, tuple(initargs))
        try:
            with _creating, _no_interrupt():
                before = set(threading.enumerate())
                super().__init__(self._processes_asked, start_worker, started, maxtasksperchild, watched)
                self._threads = [t for t in threading.enumerate() if t not in before and "(_handle_" in t.name]
        except BaseException:  # Stop, or no more processes to be had
            self.terminate()
            raise
        _pools.add(self)

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
        result = GuardedResult(self, self._call(func, "apply"), callback, error_callback)
        parcels = tuple(result.call.parcels([(args, kwds or {})]))
        result.stock = super().apply_async(result.call, parcels, {}, result.succeeded, result.failed)
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
        result = GuardedResult(self, call, callback, error_callback)
        parcels = list(call.parcels(iterable))
        result.stock = super().map_async(call, parcels, chunksize, result.succeeded, result.failed)
        return result

    def imap(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        return GuardedIterator(self, call, super().imap(_Each(call), _chunks(call, iterable, chunksize)))

    def imap_unordered(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        return GuardedIterator(self, call, super().imap_unordered(_Each(call), _chunks(call, iterable, chunksize)))

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
                self._sweeper = threading.Thread(target=self._sweep, daemon=True)
                self._sweeper.start()

    def check(self) -> None:
        """Raise the first fault, if there is one."""
        fault = self.fault()
        if fault is not None:
            raise fault.with_traceback(None)

    def _call(self, function: Callable[..., Any], how: str) -> Call:
        self.check()
        check_function(function, self._start_method)
        return Call(function, how)

    def _checked_initializer(self, initializer: Any) -> Any:
        if initializer is None:
            return None
        if not callable(initializer):
            raise TypeError("initializer must be a callable")
        if self._start_method == "fork":  # nothing is pickled
            return initializer
        check_function(initializer, self._start_method)
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
            key, task, _ = held(self._notes.name, worker.pid)
            if code == 0 and task < 0 and (self._may_leave or self._closed):
                self._workers.remove(worker)  # it has left as it should
                continue
            holding = f"while it held task {task} ({function_name(key)})" if task >= 0 else "between two tasks"
            fault = WorkerDied(
                f"worker {worker.pid} {how_it_ended(code)} {holding}. The pool has stopped, and results that had not"
                " arrived are lost; make a new pool"
            )
            fault.worker, fault.task = worker.pid, task if task >= 0 else None
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
        notes = [(worker.pid, *held(self._notes.name, worker.pid)) for worker in self._workers.copy()]
        busy = [
            f"worker {pid} is still at task {task} ({function_name(key)})" for pid, key, task, _ in notes if task >= 0
        ]
        return ", ".join(busy) or "no worker is at work"

    def _sweep(self) -> None:
        """End every worker. The stock pool may wait for a lock that a dead worker holds: so it has a deadline."""
        if hasattr(self, "_threads"):  # else the stock pool was never ready
            ending = threading.Thread(target=super().terminate, daemon=True)
            ending.start()
            ending.join(LOOK if isinstance(self._fault, WorkerDied) else PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while self._kill_workers() and time.monotonic() < deadline:
            time.sleep(LOOK / 10)
        self._notes.cleanup()

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


class _Each:
    """The call of `imap`: each message is a chunk, so that the pool's iterator is the one that waits."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.call, "each")


class _Watched:
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
def _no_interrupt() -> Iterator[None]:
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


def _chunks(call: Call, iterable: Iterable[Any], chunksize: int) -> Iterator[list[Any]]:
    if chunksize < 1:
        raise ValueError(f"Chunksize must be 1+, not {chunksize!r}")
    parcels = call.lazy_parcels(iter(iterable))
    return iter(lambda: list(itertools.islice(parcels, chunksize)), [])
