"""What a `GuardedPool` gives for a call that has not ended: results and iterators whose waits end at a fault."""

import time
import traceback
from collections import deque
from collections.abc import Callable
from itertools import chain
from multiprocessing import TimeoutError
from multiprocessing.pool import AsyncResult, IMapIterator
from typing import TYPE_CHECKING, Any

from helpers.pool.errors import TaskFailed
from helpers.pool.messages import Call, function_name

if TYPE_CHECKING:
    from helpers.pool.supervisor import GuardedPool

LOOK = 0.1
"""Seconds between two looks at the workers."""


class GuardedResult(AsyncResult):
    """The result of one call, which `fault`s of the pool make ready too. It wraps the result of the stock pool."""

    stock: AsyncResult

    def __init__(self, pool: "GuardedPool", call: Call, callback: Any, error_callback: Any) -> None:
        self.pool = pool
        self.call = call
        self.callback = callback
        self.error_callback = error_callback
        self.began = time.monotonic()

    def value(self, answer: Any) -> Any:
        """Return the plain value of what the stock pool gives; raises TaskFailed for what cannot be read."""
        raise NotImplementedError

    def succeeded(self, answer: Any) -> None:
        """The pool's own thread has an answer, which is worth nothing if a part of it could not be read."""
        try:
            value = self.value(answer)
        except TaskFailed as error:
            self.failed(error)
        else:
            if self.callback is not None:
                _call_back(self.callback, value)

    def failed(self, error: BaseException) -> None:
        """The pool's own thread has an error."""
        if self.error_callback is not None:
            _call_back(self.error_callback, error)
        else:
            self.pool._unread[self] = error

    def ready(self) -> bool:
        return self.stock.ready() or self.pool.fault() is not None or self.stock.ready()

    def successful(self) -> bool:
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        try:
            self.value(self.stock.get(0))
        except Exception:  # noqa: BLE001 (whatever it is, it was no success)
            return False
        return True

    def wait(self, timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.stock.ready():
            left = LOOK if deadline is None else deadline - time.monotonic()
            self.stock.wait(min(LOOK, max(left, 0)))
            if left <= LOOK and deadline is not None or self.pool.fault(self.began, function_name(self.call.key)):
                return

    def get(self, timeout: float | None = None) -> Any:
        self.wait(timeout)
        if not self.stock.ready():
            self.pool.check()
            raise TimeoutError
        self.pool._unread.pop(self, None)
        return self.value(self.stock.get())


class GuardedApply(GuardedResult):
    """The result of `apply_async`: one message, with one value."""

    def value(self, answer: list[Any] | TaskFailed) -> Any:
        (value,) = _values(answer)
        return value


class GuardedMap(GuardedResult):
    """The result of `map_async`: the values of all messages in one list."""

    def value(self, answer: list[list[Any] | TaskFailed]) -> list[Any]:
        return list(chain.from_iterable(map(_values, answer)))


def _values(message: list[Any] | TaskFailed) -> list[Any]:
    if isinstance(message, TaskFailed):
        raise message
    return message


class GuardedIterator(IMapIterator):
    """The results of one call of `imap`, one after another. It wraps the iterator of the stock pool."""

    def __init__(self, pool: "GuardedPool", call: Call, chunks: IMapIterator) -> None:
        self.pool = pool
        self.call = call
        self.chunks = chunks
        self.items: deque[Any] = deque()

    def next(self, timeout: float | None = None) -> Any:
        if not self.items:
            self.items.extend(self._next_chunk(timeout))
        return self.items.popleft()

    __next__ = next

    def _next_chunk(self, timeout: float | None) -> list[Any]:
        began = time.monotonic()
        while True:
            left = LOOK if timeout is None else began + timeout - time.monotonic()
            try:
                chunk = self.chunks.next(min(LOOK, max(left, 0)))
            except TimeoutError:
                if self.pool.fault(began, function_name(self.call.key)) is not None:
                    self.pool.check()
                if timeout is not None and left <= LOOK:
                    raise
                continue
            except StopIteration:
                self._raise_input_error()
                raise
            return _values(chunk)

    def _raise_input_error(self) -> None:
        error, self.call.input_error = self.call.input_error, None
        if error is not None:
            raise error


def _call_back(callback: Callable[[Any], object], value: Any) -> None:
    """Show an error of a callback, which would end the pool's own thread."""
    try:
        callback(value)
    except BaseException:  # noqa: BLE001 (it is shown, and the pool goes on)
        traceback.print_exc()
