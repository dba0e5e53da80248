"""What a `GuardedPool` gives for a call that has not ended: results and iterators whose waits end at a fault."""

import time
import traceback
from collections import deque
from collections.abc import Callable
from multiprocessing import TimeoutError
from multiprocessing.pool import AsyncResult, IMapIterator
from typing import TYPE_CHECKING, Any

from helpers.messages import Call, function_name

if TYPE_CHECKING:
    from helpers.guard import GuardedPool

LOOK = 0.1
"""Seconds between two looks at the workers."""


class GuardedResult(AsyncResult):
    """The result of one call, which `fault`s of the pool make ready too. It wraps the result of the stock pool."""

    def __init__(self, pool: "GuardedPool", call: Call, callback: Any, error_callback: Any) -> None:
        self.pool = pool
        self.call = call
        self.callback = callback
        self.error_callback = error_callback
        self.began = time.monotonic()

    def succeeded(self, value: Any) -> None:
        """The pool's own thread has a value, which is worth nothing if a part of it could not be read."""
        if self.call.broken is not None:
            self.failed(self.call.broken)
        elif self.callback is not None:
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
        return self.stock.ready() and self.call.broken is None and self.stock.successful()

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
        value = self.stock.get()
        if self.call.broken is not None:
            raise self.call.broken
        return value


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
            if self.call.broken is not None:
                raise self.call.broken
            return chunk

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
