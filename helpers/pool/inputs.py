"""Inputs that may make others wait: a generator can be endless, be slow, or wait for other results of the same pool.

One thread of the stock pool takes the values of all calls, one call after another. So an input without a length gets a
thread of its own, for which later calls wait a moment only.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from helpers.pool.interrupts import unblock_sigint

TURN = 1.0
"""Seconds for which later calls wait for an input: most are taken in less, and calls keep their order."""


class CallQueue:
    """The stock pool's queue of calls, with threads for inputs that are `unbounded`.

    queue, send, cache: the stock pool's own. has_ended: whether the pool is at its end.
    """

    def __init__(self, queue: Any, send: Callable[[Any], None], cache: Any, has_ended: Callable[[], bool]) -> None:
        self._queue = queue
        self._send = send
        self._cache = cache
        self._has_ended = has_ended
        self._caller = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    @contextmanager
    def unbounded(self) -> Iterator[None]:
        """The call that this thread makes here has an input without a length."""
        self._caller.is_unbounded = True
        try:
            yield
        finally:
            self._caller.is_unbounded = False

    def put(self, call: tuple[Iterator[Any], Any] | None) -> None:
        if call is not None and getattr(self._caller, "is_unbounded", False):
            call = self._in_a_thread(*call), None
        self._queue.put(call)

    def _in_a_thread(self, tasks: Iterator[Any], set_length: Callable[[int], None]) -> Iterator[Any]:
        """Start the thread when the call has its turn; there are no tasks left for the stock pool's own thread."""
        unblock_sigint()  # for programs that the input starts
        thread = threading.Thread(target=self._feed, args=(tasks, set_length), name="pool input", daemon=True)
        thread.start()
        thread.join(TURN)
        yield from ()

    def _feed(self, tasks: Iterator[Any], set_length: Callable[[int], None]) -> None:
        """Send the tasks, as the stock pool does (`Pool._handle_tasks`)."""
        number = -1
        for task in tasks:
            if self._has_ended():
                return
            job, number = task[:2]
            try:
                self._send(task)
            except Exception as error:  # noqa: BLE001 (the caller raises it)
                if job in self._cache:
                    self._cache[job]._set(number, (False, error))
        set_length(number + 1)


def send_alone(send: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return the stock pool's function for sending a message, such that several threads can use it."""
    lock = threading.Lock()

    def send_one(message: Any) -> None:
        with lock:
            send(message)

    return send_one
