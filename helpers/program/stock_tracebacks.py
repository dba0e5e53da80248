"""Results whose errors show the lines that the stock pool would show, and not those of this course.

Where the stock pool's own code can raise an error, it does. The traceback of a worker is text: the lines of
`helpers.pool.messages` are replaced by those of the stock pool's worker, which is run once to find them out.
"""

import functools
import os
import re
import sys
from concurrent.futures import Future
from contextlib import nullcontext
from multiprocessing import pool as stock
from multiprocessing.pool import AsyncResult, IMapIterator
from types import TracebackType
from typing import Any

from helpers.pool import messages
from helpers.pool.messages import Call, NotSent
from helpers.pool.results import ApplyResult, PoolIterator, PoolResult
from helpers.pool.supervisor import Supervisor

_OURS = re.compile(rf'(?:  File "{re.escape(os.path.dirname(messages.__file__))}.*", line .*\n(?:    .*\n)*)+')
"""Lines of a traceback that are of this course: a file, and what is shown of it."""

_COURSE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_STOCK: Any = stock  # with names that the stubs lack
_MAPPERS = {"map": _STOCK.mapstar, "starmap": _STOCK.starmapstar}


def as_in_the_stock_pool(error: BaseException, how: str) -> None:
    """Let the traceback of a worker look as in the stock pool. how: as a `Call` has it."""
    if isinstance(error, NotSent):
        lines = error.__traceback__
        while lines is not None and lines.tb_frame.f_code.co_name != "_handle_tasks":  # the thread that has sent it
            lines = lines.tb_next
        error.original.__traceback__ = _without_ours(lines)
        return
    cause = error.__cause__
    if isinstance(cause, _STOCK.RemoteTraceback):
        cause.tb = _OURS.sub(lambda _: _lines_of_a_worker(how), cause.tb, count=1)


def _without_ours(lines: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the lines of this course."""
    if lines is None:
        return None
    rest = _without_ours(lines.tb_next)
    if lines.tb_frame.f_code.co_filename.startswith(_COURSE):
        return rest
    return TracebackType(rest, lines.tb_frame, lines.tb_lasti, lines.tb_lineno)


@functools.cache
def _lines_of_a_worker(how: str) -> str:
    """Return the lines with which the traceback of a task begins in the stock pool."""
    mapper = _MAPPERS.get(how)
    task: tuple[Any, ...] = (0, 0, mapper, ((_fail, [(1,)]),), {}) if mapper is not None else (0, 0, _fail, (1,), {})
    queue = _OneTask(task)
    _STOCK.worker(queue, queue, wrap_exception=True)
    lines = str(queue.answer.tb).rpartition("Traceback (most recent call last):\n")[2]
    return lines[: lines.index(f'  File "{__file__}"')]


class _OneTask:
    """What the stock pool's worker takes its tasks from, and puts its answers into."""

    def __init__(self, task: tuple[Any, ...]) -> None:
        self._tasks = [None, task]
        self.answer: Any = None

    def get(self) -> Any:
        return self._tasks.pop()

    def put(self, answer: tuple[int, int, tuple[bool, Any]]) -> None:
        self.answer = answer[2][1]


def _fail(_: object) -> None:
    raise ZeroDivisionError


class ProgramFuture(Future[Any]):
    """A future of an executor, whose errors show no lines of this course. It is made of a stock one."""

    def set_exception(self, exception: BaseException | None) -> None:
        _show_without_ours(exception)
        super().set_exception(exception)


def as_program_future(future: Any) -> Any:
    """Return a future as a `ProgramFuture`; nobody has seen it yet, but a thread may be done with it."""
    if type(future) is Future:
        future.__class__ = ProgramFuture
        _show_without_ours(vars(future)["_exception"])
    return future


def _show_without_ours(error: BaseException | None) -> None:
    if error is not None:
        error.__traceback__ = _without_ours(error.__traceback__)
        if isinstance(text := getattr(error.__cause__, "tb", None), str):
            vars(error.__cause__)["tb"] = _OURS.sub("", text)


ProgramFuture.__name__ = ProgramFuture.__qualname__ = Future.__name__
ProgramFuture.__module__ = Future.__module__


class ProgramResult(PoolResult):
    """The result of a call of `map`, `starmap` and the like."""

    get = AsyncResult.get  # whose lines a traceback shows

    def __init__(self, supervisor: Supervisor, call: Call, callback: Any, error_callback: Any) -> None:
        super().__init__(supervisor, call, callback, error_callback)
        self._how = call.how

    def fail(self, error: BaseException) -> None:
        as_in_the_stock_pool(error, self._how)
        super().fail(error)


class ProgramApplyResult(ApplyResult, ProgramResult):
    """The result of a call of `apply`."""


class ProgramIterator(PoolIterator):
    """The results of a call of `imap`. A loop runs the stock pool's own code, which asks for one item after another."""

    __next__ = IMapIterator.next  # whose lines a traceback shows

    def __init__(self, supervisor: Supervisor, call: Call, chunksize: int) -> None:
        super().__init__(supervisor, call, chunksize)
        self._how = "map" if chunksize > 1 else "apply"
        self.context: BaseException | None = None
        self._cond = nullcontext()
        self._items = _Items(self)

    def _failed(self, error: BaseException) -> BaseException:
        self.context = error.__context__  # which changes when it is raised
        handled = sys.exception()
        as_in_the_stock_pool(handled if isinstance(handled, NotSent) else error, self._how)
        return super()._failed(error)


class _Items:
    """What the stock pool's iterator takes its items from: each is waited for, and is a value or an error."""

    def __init__(self, iterator: ProgramIterator) -> None:
        self._iterator = iterator

    def popleft(self) -> tuple[bool, Any]:
        try:
            return True, self._iterator.next()
        except StopIteration:
            raise
        except Exception as error:  # noqa: BLE001 (the stock pool's code raises it)
            error.__traceback__, error.__context__ = _without_ours(error.__traceback__), self._iterator.context
            return False, error
