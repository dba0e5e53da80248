"""`XrayProcessPoolExecutor`, `XrayThreadPoolExecutor`, `XrayInterpreterPoolExecutor`: executors that record a `Run`.

Each is the executor of `concurrent.futures` whose name it bears, with tasks that note their moments. The caller gets
exactly what the stock executor would give, and waits where it would wait; the traceback of an exception also shows the
frame of the noting. The third is there from Python 3.14 on.

loky has no X-ray: joblib makes loky's executor itself, where no other class can be put, and what it sends is pickled by
cloudpickle, with reducers for large arrays, which a message of bytes of its own would go round.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, process
from concurrent.futures.process import ProcessPoolExecutor
from concurrent.futures.thread import ThreadPoolExecutor
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any, ParamSpec, TypeVar, cast

from helpers.pool.executor_context import ExecutorContext
from helpers.pool.executor_messages import Tasks, WorkerStart
from helpers.pool.recorded_run import Recorded
from helpers.pool.threads import ThreadTask, with_start

__all__ = ["XrayProcessPoolExecutor", "XrayThreadPoolExecutor"]

P = ParamSpec("P")
T = TypeVar("T")
Initializer = Callable[..., object] | None

_run_chunk = getattr(process, "_process_chunk", None)
"""What `map` of the stock executor submits with each chunk, and with the function as its first argument."""


class XrayProcessPoolExecutor(Recorded, ProcessPoolExecutor):
    """A `concurrent.futures.ProcessPoolExecutor` that records what every worker did, and gives the same results.

    Use it as you use the stock executor, and read `run` afterwards:

        with XrayProcessPoolExecutor(5) as executor:
            results = list(executor.map(function, values, chunksize=10))
        executor.run

    All arguments are those of the stock executor. A task is one call of a function: a chunk of ten has ten, in one
    message. The tasks that a chunk gives up after an exception have no span. Tasks that workers held when the executor
    broke end as `lost`.
    """

    def __init__(
        self, max_workers: int | None = None, mp_context: BaseContext | None = None, initializer: Initializer = None,
        initargs: Iterable[Any] = (), *, max_tasks_per_child: int | None = None, **more: Any,
    ) -> None:  # fmt: skip
        if mp_context is None:  # as the stock executor does
            mp_context = multiprocessing.get_context("spawn" if max_tasks_per_child is not None else None)
        self._xray_method = str(mp_context.get_start_method())
        self._xray_begin()
        self._context = ExecutorContext(mp_context)
        start: Any = WorkerStart(initializer) if initializer is None or callable(initializer) else initializer
        super().__init__(
            max_workers, cast(BaseContext, self._context), start, cast(Any, () if initializer is None else initargs),
            max_tasks_per_child=max_tasks_per_child, **more,
        )  # fmt: skip
        self._xray_processes = int(vars(self)["_max_workers"])
        self._xray_publish()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if type(fn) is partial and fn.func is _run_chunk and not kwargs and len(fn.args) == len(args) == 1:
            tasks = Tasks(self._recorder, fn.args[0], cast(Any, args[0]), chunk=True)
        else:
            tasks = Tasks(self._recorder, fn, [(args, kwargs)], chunk=False)
        future = super().submit(cast("Callable[[], T]", tasks))
        self._context.watch(future, tasks.recorder.key, tasks.first)
        return future


class XrayThreadPoolExecutor(Recorded, ThreadPoolExecutor):
    """A `concurrent.futures.ThreadPoolExecutor` that records what every thread did, and gives the same results.

    All arguments are those of the stock executor. In a span, worker is the native id of the thread, and cpu its own CPU
    seconds: what a task waited for, such as the interpreter's lock, is time without a CPU. Nothing is pickled: a task
    has no bytes, it is sent when it is submitted, and its result is delivered when it is there.
    """

    def __init__(
        self, max_workers: int | None = None, thread_name_prefix: str = "", initializer: Initializer = None,
        initargs: Iterable[Any] = (), **more: Any,
    ) -> None:  # fmt: skip
        self._xray_method = "threads"
        self._xray_begin()
        start, arguments = with_start(initializer, initargs)
        super().__init__(max_workers, thread_name_prefix, start, cast(Any, arguments), **more)
        self._xray_processes = int(vars(self)["_max_workers"])
        self._xray_publish()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return super().submit(ThreadTask(self._recorder, time.perf_counter(), fn, args, kwargs))


if sys.version_info >= (3, 14):
    from concurrent.futures.interpreter import InterpreterPoolExecutor

    from helpers.pool.interpreters import InterpreterContext, Submitted, resolve

    __all__ += ["XrayInterpreterPoolExecutor"]

    class XrayInterpreterPoolExecutor(Recorded, InterpreterPoolExecutor):
        """A `concurrent.futures.InterpreterPoolExecutor` that records a span for every task.

        All arguments are those of the stock executor. Each interpreter has a thread of its own, and spans are like
        those of `XrayThreadPoolExecutor`: what copies the arguments into the interpreter, and the result out of it,
        counts as computing, since it happens in one call, in the same thread.

        It may have a class of threads that record for a base, too: the stock executor is one of threads.
        """

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            self._xray_method = "interpreters"
            self._xray_begin()
            InterpreterPoolExecutor.__init__(self, *arguments, **keywords)
            self._xray_processes = int(vars(self)["_max_workers"])
            self._xray_publish()

        @classmethod
        def prepare_context(cls, *arguments: Any, **keywords: Any) -> tuple[Callable[[], Any], Callable[..., Any]]:
            """Return what makes the context of a thread, and what makes a task: those of the stock class, noting."""
            make_context, make_task = super().prepare_context(*arguments, **keywords)
            return lambda: InterpreterContext(make_context()), partial(resolve, make_task)

        def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
            task = cast("Callable[P, T]", Submitted(self._recorder, fn))
            return InterpreterPoolExecutor.submit(self, task, *args, **kwargs)
