"""`XrayPool`: a drop-in for `multiprocessing.Pool` that records a span for every task and, with a limit, never hangs.

It is the stock pool, whose messages note the moments of their tasks (`helpers.pool.messages`), under the eyes of a
supervisor (`helpers.pool.supervisor`). The caller gets exactly what the stock pool would give: plain values in the same
order, the same exceptions, the same callbacks. Where the stock pool would wait for ever, it raises: for an endless
task, at its limit.
"""

import multiprocessing
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.pool import RUN, AsyncResult, Pool, mapstar, starmapstar  # type: ignore[attr-defined]
from typing import Any

from helpers.pool.errors import PoolError, PoolStopped, ResultNotPicklable, TaskFailed, TookTooLong, WorkerDied, report
from helpers.pool.inputs import CallQueue, send_alone
from helpers.pool.interrupts import block_sigint, defer_sigint
from helpers.pool.messages import Call, Chunks, run
from helpers.pool.recorded_run import Recorded, Results
from helpers.pool.results import ApplyResult, PoolIterator, PoolResult, is_wanted
from helpers.pool.supervisor import Supervisor
from helpers.pool.validation import (
    check_function,
    check_main,
    checked_chunksize,
    checked_limit,
    checked_processes,
)
from helpers.pool.worker import Initializer
from helpers.pool.worker_context import WorkerContext
from helpers.spans import Run, Span

__all__ = ["PoolError", "PoolStopped", "ResultNotPicklable", "TaskFailed", "TookTooLong", "WorkerDied", "XrayPool"]


Function = Callable[..., Any]
Callback = Callable[[Any], object] | None


class XrayPool(Recorded, Pool):
    """A `multiprocessing.Pool` that records what workers did, gives the same results and, with a limit, never hangs.

    Use it as you use the stock pool, and read `run` afterwards:

        with XrayPool(5) as pool:
            results = pool.map(function, chunks)
        pool.run

    processes: how many workers, from 1 to MOST_PROCESSES; None asks for as many as the stock pool would start.
    initializer, initargs, maxtasksperchild, context: as for `multiprocessing.pool.Pool`, and so is whatever argument a
    later Python adds. limit: seconds that a call may take from its beginning to its last result (an iterator: to its
    next); None: no limit.

    Raises ValueError when a number is out of range, TypeError when the initializer cannot be called, RuntimeError
    when workers could not start from this notebook. The pool (for its initializer) and each call raise
    `pickle.PicklingError` at once for a function that has no name by which a worker could import it. `WorkerDied`,
    `TookTooLong`, `TaskFailed` (what pickle cannot copy, a failing initializer) and `PoolStopped` (a result that is
    asked for after the end) end what would wait for ever in the stock pool.

    A worker that was told to leave, by `close` or by maxtasksperchild, has five seconds for what it does at its end;
    then it is killed, and that is told. (The stock pool waits, for a thread that never ends for ever.)

    An exception of a task is raised as by the stock pool, with one more attribute: `xray`, the task's place in the run.
    The tasks of its chunk that were to follow are given up, as by the stock pool, and have no span. The tasks that
    are under way when the pool ends, or when their worker dies, end as `lost`.
    """

    _state = "INIT"  # also of a pool whose making was interrupted before it began
    _supervisor_type = Supervisor
    _result_type = PoolResult
    _apply_type = ApplyResult
    _iterator_type = PoolIterator

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
        *,
        limit: float | None = None,
        **more: Any,
    ) -> None:
        context = context or multiprocessing.get_context()
        self._xray_processes = checked_processes(processes)
        self._xray_method = str(context.get_start_method())
        self._xray_publish()
        limit = checked_limit(limit)
        self._check_main()
        carried = None
        if initializer is not None:
            if not callable(initializer):
                raise TypeError("initializer must be a callable")
            if self._xray_method != "fork":
                self._check_function(initializer)
            carried = Initializer(initializer, tuple(initargs))
        workers = WorkerContext(context, carried, maxtasksperchild)
        self._supervisor = self._supervisor_type(workers, limit)
        self._xray_begin()
        try:
            with defer_sigint():
                self._start_xrayed(workers, more)
        except BaseException as error:  # Stop too
            self._supervisor.end_and_wait(PoolStopped("the pool was not made"))
            if isinstance(error, KeyboardInterrupt):
                error.__suppress_context__ = True  # hides what Stop did to a forkserver that was starting
            raise

    def _start_xrayed(self, workers: WorkerContext, more: Mapping[str, Any]) -> None:
        """Make the stock pool with its workers, and the thread that watches it; if this fails, leave nothing behind."""
        supervisor = self._supervisor
        try:
            if self._xray_method == "spawn":
                workers.Lock()  # starts the resource tracker, which would unblock the signal
            with block_sigint(self._xray_method != "forkserver") as workers.unblock_sigint:
                super().__init__(self._xray_processes, None, (), workers.max_messages, workers, **more)
            send, cache = self._quick_put, vars(self)["_cache"]
            self._taskqueue = CallQueue(vars(self)["_taskqueue"], send, cache, lambda: supervisor.fault is not None)
            supervisor.adopt(self)
            supervisor.start()
        except BaseException:
            supervisor.adopt(self)  # what there is of it
            supervisor.end_and_wait(PoolStopped("the pool was not made"))
            raise

    def _setup_queues(self) -> None:
        super()._setup_queues()  # type: ignore[misc] # the stubs know public names only
        self._quick_put = send_alone(vars(self)["_quick_put"])

    def __del__(self) -> None:
        if self._state == RUN and self._supervisor.owner == os.getpid():
            warnings.warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self, stacklevel=1)

    def __exit__(self, *_: object) -> None:
        self.terminate()

    def apply_async(
        self, func: Function, args: Iterable[Any] = (), kwds: Mapping[str, Any] | None = None,
        callback: Callback = None, error_callback: Callback = None, **more: Any,
    ) -> AsyncResult[Any]:  # fmt: skip
        call = self._new_call(func, "apply")
        result = self._apply_type(self._supervisor, call, callback, error_callback)
        with result.submitting():
            super().apply_async(run, (call.one((args, kwds or {})),), {}, result.succeed, result.fail, **more)
        return result

    def imap(  # type: ignore[override] # the stubs allow a chunk size of None, which fails when it runs
        self, func: Function, iterable: Iterable[Any], chunksize: int = 1, **more: Any
    ) -> Results:
        return self._iterate(super().imap, func, iterable, chunksize, more)

    def imap_unordered(  # type: ignore[override]
        self, func: Function, iterable: Iterable[Any], chunksize: int = 1, **more: Any
    ) -> Results:
        return self._iterate(super().imap_unordered, func, iterable, chunksize, more)

    def join(self) -> None:
        """Wait for the workers to end.

        Raises ValueError before `close`, and PoolError in a callback, which would wait for itself.
        """
        if self._state == RUN:
            raise ValueError("Pool is still running")
        self._supervisor.join()
        self._report_unread()

    def terminate(self) -> None:
        """End all workers, whatever state they are in; returns when they are gone, after a few seconds at most."""
        text = "the pool had stopped before this result arrived; ask for it inside the with block"
        self._supervisor.end_and_wait(PoolStopped(text))
        self._report_unread()

    @property
    def live(self) -> Run:
        """`run` up to this moment, for a picture that grows.

        The tasks under way end now, with the outcome "running"; of a chunk, only the task that its worker holds. All
        workers that live are among its workers; one that is not ready yet counts as ready now.
        """
        recorder, holding = self._recorder, list(self._supervisor.held())
        now = time.perf_counter()  # after all that is known of them
        running = []
        alive: dict[int, float] = {}
        for worker in self._supervisor.context.workers.copy():
            if worker.pid is not None:
                alive[worker.pid] = worker.note.ready or now
        for held in holding:
            fields = recorder.running(held, now) if held.recorder == recorder.key else None
            running += [Span(*fields)] if fields is not None else []
        spans, ready = self._recorded()
        ended = {span.task for span in spans}
        spans = sorted(spans + [span for span in running if span.task not in ended])
        return self._make_run(spans, alive | ready, now)

    def _new_call(self, function: Callable[..., Any], how: str) -> Call:
        self._supervisor.check()
        self._check_function(function)
        return Call(function, how, self._recorder)

    def _check_main(self) -> None:
        check_main(self._xray_method)

    def _check_function(self, function: Function) -> None:
        check_function(function, self._xray_method)

    def _map_async(
        self, func: Function, iterable: Iterable[Any], mapper: Function, chunksize: int | None = None,
        callback: Callback = None, error_callback: Callback = None, **more: Any,
    ) -> PoolResult:  # fmt: skip
        """What `map`, `map_async`, `starmap` and `starmap_async` of the stock pool call."""
        call = self._new_call(func, "starmap" if mapper is starmapstar else "map")
        values: Sequence[Any] = ()
        error: Exception | None = None
        try:
            values = iterable if isinstance(iterable, range) else list(iterable)  # a list of its own may do anything
        except Exception as raised:
            if not hasattr(iterable, "__len__"):
                raise
            error = raised  # the stock pool finds out when it takes the values, one by one
        callbacks = (callback, error_callback) if values or error else (None, None)  # the stock pool calls nobody back
        result = self._result_type(self._supervisor, call, *callbacks)
        with result.submitting():
            if error is not None:
                fail = partial(result.fail, error)
                if error_callback is None:
                    fail()
                else:  # not in this thread, which may hold a lock that the callback takes
                    threading.Thread(target=fail, name="pool input", daemon=True).start()
                return result
            if chunksize is None:  # as the stock pool does
                chunksize = max(1, -(-len(values) // (4 * self._xray_processes)))
            chunks = Chunks(call, values, checked_chunksize(chunksize))
            stock = super()._map_async(run, chunks, mapstar, 1, result.succeed, result.fail, **more)  # type: ignore[misc]
            result.follow(stock, chunks.chunksize, len(values))
            if not values:
                result.succeed([])
        return result

    def _iterate(
        self, stock: Callable[..., Any], function: Function, iterable: Iterable[Any], chunksize: int,
        more: Mapping[str, Any],
    ) -> PoolIterator:  # fmt: skip
        call = self._new_call(function, "map")
        result = self._iterator_type(self._supervisor, call, checked_chunksize(chunksize))
        wanted: Callable[[], bool] = partial(is_wanted, weakref.ref(result), call, self._supervisor)
        try:
            if hasattr(iterable, "__len__"):
                result.chunks = stock(run, call.chunks(iterable, result.chunksize, lambda: True), **more)
            else:
                with self._taskqueue.unbounded():
                    result.chunks = stock(run, call.chunks(iterable, result.chunksize, wanted), **more)
        except BaseException:
            self._supervisor.check()  # a pool that has ended meanwhile has nothing to send with
            raise
        self._supervisor.expect(result)
        return result

    def _report_unread(self) -> None:
        unread = self._supervisor.unread
        if unread and self._supervisor.ended.is_set():
            first = next(iter(unread.values()))
            report(f"{len(unread)} failed and nobody asked for the result; the first: {first}")
            unread.clear()


if __name__ == "__main__":  # the command, which imports this module: an import here would be a circle
    import runpy

    runpy.run_module("helpers.program.command", run_name="__main__", alter_sys=True)
