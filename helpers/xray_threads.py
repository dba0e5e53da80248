"""`XrayThreadPool`: a drop-in for `multiprocessing.pool.ThreadPool` that records a span for every task.

It is the stock pool, whose tasks note their moments (`helpers.pool.threads`). The caller gets exactly what the stock
pool would give; a traceback shows one frame more, that of the noting. Whatever makes the stock pool wait for ever makes
this one wait, too.
"""

import operator
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.pool import AsyncResult, ThreadPool, starmapstar  # type: ignore[attr-defined]
from typing import Any

from helpers.pool.recorded_run import Recorded, Results
from helpers.pool.threads import ThreadTask, ThreadTasks, with_start

__all__ = ["XrayThreadPool"]

Function = Callable[..., Any]
Callback = Callable[[Any], object] | None

_NO_KEYWORDS: Mapping[str, Any] = {}


class XrayThreadPool(Recorded, ThreadPool):
    """A `multiprocessing.pool.ThreadPool` that records what every thread did, and gives the same results.

    Use it as you use the stock pool, and read `run` afterwards. processes, initializer, initargs: as for `ThreadPool`.

    In a span, worker is the native id of the thread, and cpu its own CPU seconds: what a task waited for, such as the
    interpreter's lock, is time without a CPU. Nothing is pickled: a task has no bytes, it is sent when the pool takes
    it from the input, and its result is delivered when it is there.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Function | None = None,
        initargs: Iterable[Any] = (),
        **more: Any,
    ) -> None:
        self._xray_method = "threads"
        self._xray_begin()
        super().__init__(processes, *with_start(initializer, initargs), **more)
        self._xray_processes = int(vars(self)["_processes"])
        self._xray_publish()

    def apply_async(
        self, func: Function, args: Iterable[Any] = (), kwds: Mapping[str, Any] = _NO_KEYWORDS,
        callback: Callback = None, error_callback: Callback = None, **more: Any,
    ) -> AsyncResult[Any]:  # fmt: skip
        task = ThreadTask(self._recorder, time.perf_counter(), func, args, kwds)
        return super().apply_async(task, (), {}, callback, error_callback, **more)

    def imap(self, func: Function, iterable: Iterable[Any], *more: Any, **keywords: Any) -> Results:
        return super().imap(operator.call, ThreadTasks(self._recorder, func, iterable), *more, **keywords)

    def imap_unordered(self, func: Function, iterable: Iterable[Any], *more: Any, **keywords: Any) -> Results:
        return super().imap_unordered(operator.call, ThreadTasks(self._recorder, func, iterable), *more, **keywords)

    def _map_async(
        self, func: Function, iterable: Iterable[Any], mapper: Function, *more: Any, **keywords: Any
    ) -> AsyncResult[Any]:
        """What `map`, `map_async`, `starmap` and `starmap_async` of the stock pool call."""
        self._check_running()  # type: ignore[attr-defined] # as the stock pool does, before it takes the values
        if not hasattr(iterable, "__len__"):
            iterable = list(iterable)
        tasks = ThreadTasks(self._recorder, func, iterable, spread=mapper is starmapstar)
        result: AsyncResult[Any] = super()._map_async(  # type: ignore[misc]
            operator.call, tasks, mapper, *more, **keywords
        )
        return result
