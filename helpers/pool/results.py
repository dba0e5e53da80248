"""What a call returns before it has ended: results and iterators whose waits end with an error when the pool does."""

import copy
import itertools
import math
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import TimeoutError
from multiprocessing.pool import AsyncResult, IMapIterator
from typing import Any

from helpers.pool.errors import PoolError, brief, report, show
from helpers.pool.interrupts import Flag, unblock_sigint
from helpers.pool.messages import Call, Failure, NotSent
from helpers.pool.supervisor import POLL_INTERVAL, Supervisor

MAX_BRIEF = 200
"""Characters of a failure that nobody has asked for."""

_numbers = itertools.count()


class PoolResult(AsyncResult[Any]):
    """The result of one call. The stock pool's gives it the answers, and the supervisor a fault that ends the pool."""

    def __init__(self, supervisor: Supervisor, call: Call, callback: Any, error_callback: Any) -> None:
        self.name = call.name
        self._supervisor = supervisor
        self._callback = callback
        self._error_callback = error_callback
        self._began = time.monotonic()
        self._number = next(_numbers)
        self._settling = threading.Lock()
        self._settled = Flag()
        self._success = False
        self._value: Any = None
        self._stock: Callable[[], Any] = lambda: None  # the stock pool's result of this call, while that lives

    @contextmanager
    def submitting(self) -> Iterator[None]:
        """While the call is handed to the stock pool: from here on the supervisor knows of it, unless that fails."""
        supervisor = self._supervisor
        supervisor.expect(self)
        try:
            yield
        except BaseException:
            self._settled.set()  # nobody has this result
            supervisor.check()  # a pool that has ended meanwhile has nothing to send with
            raise

    @property
    def overdue_since(self) -> float | None:
        """Since when (time.monotonic) it has waited."""
        return self._began

    @property
    def is_settled(self) -> bool:
        """Whether it has ended."""
        return self._settled.is_set()

    @property
    def _number_left(self) -> int:
        """How many messages have not come back. Programs that show their progress look at it."""
        stock = self._stock()
        return stock._number_left if stock is not None else 0

    def follow(self, stock: AsyncResult[Any], chunksize: int, length: int) -> None:
        """Keep what programs look at: the stock pool's result, how many tasks a message has, and how many there are."""
        self._stock = weakref.ref(stock)
        self._chunksize, self._length = chunksize, length

    @property
    def calls_back(self) -> bool:
        """Whether a function of the user is called when the pool ends."""
        return self._error_callback is not None

    def succeed(self, answers: list[Any]) -> None:
        """Take the answers of all messages. The pool's own thread calls this, and keeps the list, which is emptied."""
        failures = [answer for answer in answers if isinstance(answer, Failure)]
        if failures:  # the first that came, as in the stock pool
            self.fail(min(failures, key=lambda failure: failure.landed).error)
        else:
            self._settle(True, self._joined(answers))
        answers.clear()

    def fail(self, error: BaseException) -> None:
        """Take an error."""
        self._settle(False, error.original if isinstance(error, NotSent) else error)

    def ready(self) -> bool:
        return self._settled.is_set()

    def successful(self) -> bool:
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return self._success

    def wait(self, timeout: float | None = None) -> None:
        if timeout is None and not self.ready():
            self._supervisor.refuse_own_threads()
        for seconds, is_last in _waits(timeout):
            if self._settled.wait(seconds) or is_last:
                return
            self._supervisor.check_owner()

    def get(self, timeout: float | None = None) -> Any:
        self.wait(timeout)
        if not self.ready():
            raise TimeoutError
        if self._success:
            return self._value
        self._supervisor.unread.pop(self._number, None)
        raise self._value

    def _joined(self, answers: list[list[Any]]) -> Any:
        return list(itertools.chain.from_iterable(answers))

    def _settle(self, success: bool, value: Any) -> None:
        """Call back, and let the waits end. The first to settle wins: an answer, or the fault that ended the pool."""
        if not self._settling.acquire(blocking=False):
            return
        self._success, self._value = success, value
        callback = self._callback if success else self._error_callback
        self._callback = self._error_callback = None
        if callback is not None:
            call_back(callback, value)
        elif not success and self._supervisor.fault is None:
            self._supervisor.unread[self._number] = brief(value)[:MAX_BRIEF]
        self._settled.set()


class ApplyResult(PoolResult):
    """The result of `apply_async`: one message, with one value."""

    def succeed(self, answer: Any) -> None:
        super().succeed([answer])

    def _joined(self, answers: list[list[Any]]) -> Any:
        ((value,),) = answers
        return value


class PoolIterator(IMapIterator):  # type: ignore[type-arg] # it takes none when it runs
    """The results of one call of `imap`, one after another. It wraps the iterator of the stock pool."""

    chunks: Any  # an IMapIterator
    calls_back = False

    def __init__(self, supervisor: Supervisor, call: Call, chunksize: int) -> None:
        self.name = call.name
        self._supervisor = supervisor
        self.chunksize = chunksize
        self._call = call
        self._values: deque[Any] = deque()
        self._last = time.monotonic()  # when it was made, or gave its last result
        self._finished = False
        self._fault: PoolError | None = None

    def __iter__(self) -> "PoolIterator":
        return self

    def next(self, timeout: float | None = None) -> Any:
        while True:
            try:
                item = self._values.popleft()
            except IndexError:  # another thread may take what is found here
                self._values.extend(self._next_chunk(timeout))
            else:
                self._last = time.monotonic()
                self._call.consumed = True
                return item

    __next__ = next

    @property
    def overdue_since(self) -> float | None:
        """It waits while its next result has not arrived, however often somebody looks for it."""
        stock = vars(self.chunks)
        if self._finished or self._values or stock["_items"] or stock["_index"] == stock["_length"]:
            self._last = time.monotonic()
            return None
        return self._last

    @property
    def _index(self) -> int:
        """How many results have come, where each has a message. Programs that show their progress look at it."""
        return int(vars(self.chunks)["_index"])

    @property
    def _length(self) -> int | None:
        """How many there will be, once that is known."""
        length: int | None = vars(self.chunks)["_length"]
        return length

    @property
    def is_settled(self) -> bool:
        """Whether it has given its last result."""
        return self._finished

    def fail(self, error: PoolError) -> None:
        """The pool has ended."""
        self._fault = error

    def _next_chunk(self, timeout: float | None) -> list[Any]:
        if self._finished:
            raise StopIteration
        if timeout is None:
            self._supervisor.refuse_own_threads()
        for seconds, is_last in _waits(timeout):
            try:
                answer = self.chunks.next(seconds)
            except TimeoutError:  # the poll's own: a task's is a value
                if self._fault is not None:
                    raise copy.copy(self._fault) from None
                self._supervisor.check_owner()
                if is_last:
                    raise
            except StopIteration:
                self._finished = True
                if self._call.input_error is not None:
                    raise self._call.input_error from None
                raise
            except NotSent as error:
                raise self._failed(error.original) from None
            else:
                if isinstance(answer, Failure):
                    raise self._failed(answer.error)
                return answer  # type: ignore[no-any-return]
        raise AssertionError("the last wait has raised")

    def _failed(self, error: BaseException) -> BaseException:
        """As in the stock pool, a failure ends the results of chunks, and of single tasks the others follow."""
        self._finished = self.chunksize > 1
        return error


def is_wanted(iterator: "weakref.ref[PoolIterator]", call: Call, supervisor: Supervisor) -> bool:
    """Whether an input without a length is to be read further.

    One that was left in the middle, by a loop with `break`, may be endless, and the stock pool would never end after
    `close`. So it is read until the pool is closed.
    """
    if iterator() is not None or not call.consumed or not supervisor.closed:
        return True
    report(f"{call.name}: its results were left, so the rest of its input was not read after the pool was closed")
    return False


def _waits(timeout: float | None) -> Iterator[tuple[float, bool]]:
    """Yield how long to wait before each look, in seconds, and whether it is the last one; None: there is no last one.

    A longer wait could not be interrupted on Windows. The waits are counted, since a test may stop the clock. Raises
    ValueError for a timeout that is not a number.
    """
    left = math.inf if timeout is None else float(timeout)
    if math.isnan(left):
        raise ValueError(f"timeout must be a number of seconds, or None for no limit, not {timeout!r}")
    while left > POLL_INTERVAL:
        yield POLL_INTERVAL, False
        left -= POLL_INTERVAL
    yield max(0.0, left), True


def call_back(callback: Callable[[Any], object], value: Any) -> None:
    """Call the user's function, and show an error of it, which would end the pool's own thread."""
    unblock_sigint()  # for programs that it starts
    try:
        callback(value)
    except BaseException:  # noqa: BLE001 (it is shown, and the pool goes on)
        show(traceback.format_exc())
