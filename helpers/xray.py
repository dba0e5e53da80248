"""`XrayPool`: a drop-in for `multiprocessing.Pool` that records a span for every task.

It overrides the public methods of the stock pool to send each argument in a parcel (`helpers.parcels`) that
notes the moments of its journey. The stock pool does all the rest, and gives the caller exactly what it would give
without watching: plain values in the same order, the same exceptions, the same callbacks.
"""

import os
import pickle
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from multiprocessing.pool import AsyncResult, IMapIterator, MapResult, Pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.parcels import Call, Recorder, start_worker
from helpers.spans import Run, Span, Worker

MOST_PROCESSES = 60 if os.name == "nt" else 1000
"""Windows waits for at most 63 handles at once, and the pool needs some itself (python/cpython#71090)."""


class XrayPool(Pool):
    """A `multiprocessing.Pool` that records what every worker did, and gives the same results.

    Take it as you take the stock pool, and read `run` afterwards:

        with XrayPool(5) as pool:
            results = pool.map(function, chunks)
        pool.run

    processes: how many workers, from 1 to MOST_PROCESSES; None asks for as many as the stock pool would start.
    initializer, initargs, maxtasksperchild, context: as for `multiprocessing.pool.Pool`.

    Raises ValueError when processes or maxtasksperchild is out of range, TypeError when the initializer cannot be
    called; and each call raises `pickle.PicklingError` at once for a function that cannot be sent to a worker.

    An exception of a task comes home as from the stock pool, with one more attribute: `xray`, the task's number.
    The tasks of its chunk that were to follow are given up, as by the stock pool, and have no span.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
    ) -> None:
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        context = context or get_context()
        self._processes_asked = _checked_processes(processes)
        self._start_method = context.get_start_method()
        self.reset()
        super().__init__(self._processes_asked, start_worker, (initializer, initargs), maxtasksperchild, context)

    def reset(self) -> None:
        """Forget the spans so far: the next run begins now. Use it after a warm-up."""
        self._began = time.perf_counter()
        self._recorder = Recorder()

    @property
    def run(self) -> Run:
        """What the workers did since the pool was created, or since `reset`: the tasks delivered so far."""
        spans = sorted(map(_span, self._recorder.tasks_delivered()), key=lambda span: span.task)
        ready = sorted(self._recorder.ready.items(), key=lambda item: item[1])
        workers = tuple(Worker(pid, moment) for pid, moment in ready)
        ended = max((span.delivered for span in spans), default=self._began)
        return Run(tuple(spans), workers, self._processes_asked, self._start_method, self._began, ended)

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
        call = self._call(func, "apply")
        return super().apply_async(call, tuple(call.parcels([(args, kwds or {})])), {}, callback, error_callback)

    def map(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:
        call = self._call(func, "map")
        return super().map(call, list(call.parcels(iterable)), chunksize)

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        call = self._call(func, "map")
        return super().map_async(call, list(call.parcels(iterable)), chunksize, callback, error_callback)

    def starmap(
        self, func: Callable[..., Any], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[Any]:
        call = self._call(func, "starmap")
        return super().map(call, list(call.parcels(iterable)), chunksize)

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        call = self._call(func, "starmap")
        return super().map_async(call, list(call.parcels(iterable)), chunksize, callback, error_callback)

    def imap(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        return super().imap(call, call.parcels(iterable), chunksize)

    def imap_unordered(self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1) -> IMapIterator:
        call = self._call(func, "map")
        return super().imap_unordered(call, call.parcels(iterable), chunksize)

    def _call(self, function: Callable[..., Any], how: str) -> Call:
        _check_function(function)
        return Call(function, how, self._recorder)


def _checked_processes(processes: int | None) -> int:
    if processes is None:  # as the stock pool does: from Python 3.13 on it asks process_cpu_count
        return getattr(os, "process_cpu_count", os.cpu_count)() or 1
    if not isinstance(processes, int) or isinstance(processes, bool) or not 1 <= processes <= MOST_PROCESSES:
        raise ValueError(f"processes must be a whole number from 1 to {MOST_PROCESSES}, not {processes!r}")
    return processes


def _check_function(function: Callable[..., Any]) -> None:
    try:
        ForkingPickler.dumps(function)
    except Exception as error:
        raise pickle.PicklingError(
            f"{function!r} cannot be sent to a worker ({error}); give the pool a function that is defined"
            " with def at the top level of a module, such as helpers.tasks, or a functools.partial of one"
        ) from error


def _span(delivered: tuple[Any, ...]) -> Span:
    worker, outcome, task, bytes_in, *moments = delivered
    submitted, packed, sent, arrived, received, started, finished, cpu, bytes_out, *home = moments
    returned, replied, landed, delivered_at = home
    return Span(
        task=task,
        worker=worker,
        submitted=submitted,
        packed=packed,
        sent=sent,
        arrived=arrived,
        received=received,
        started=started,
        finished=finished,
        returned=returned,
        replied=replied,
        landed=landed,
        delivered=delivered_at,
        cpu=cpu,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        outcome=outcome,
    )
