"""Stop in the main thread: held back while a pool is made, which could not be ended yet; it ends every wait cleanly."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Bell:
    """Wakes a thread that waits for it; rung before that, once or more often, it wakes the next one at once.

    Stop can end a wait at any moment, since that is a single call of C code. `queue.SimpleQueue.get` is one, too, but
    up to Python 3.12 it waits for ever if its time is over before it begins to wait, as on a busy machine.
    """

    def __init__(self) -> None:
        self._closed = threading.Lock()
        self._closed.acquire()

    def ring(self) -> None:
        with suppress(RuntimeError):  # it has been rung, and nobody has heard it yet
            self._closed.release()

    def wait(self, timeout: float) -> bool:
        """Wait for this many seconds at most, and return whether it was rung."""
        return self._closed.acquire(timeout=timeout)


class Flag:
    """A `threading.Event` whose wait Stop can end at any moment.

    The wait of an Event is Python code that holds a lock: where Stop meets it between two steps, it raises
    "RuntimeError: release unlocked lock" instead of KeyboardInterrupt (CPython issue 118433).
    """

    def __init__(self) -> None:
        self._is_set = False
        self._bell = Bell()

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._bell.ring()

    def wait(self, timeout: float) -> bool:
        """Wait for this many seconds at most, and return whether it is set.

        Where Stop ended a wait, another may last to its timeout.
        """
        if not self._is_set and self._bell.wait(timeout):
            self._bell.ring()  # for others that wait
        return self._is_set


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Hold Stop back, and let it come after the block. Only the main thread can do this, and only it gets Stop."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler in (signal.SIG_IGN, None):
        yield  # there is nothing to hold back, or the handler is not Python's
        return
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if pressed:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def block_sigint(needed: bool) -> Iterator[bool]:
    """Let the processes and threads that start here begin with the interrupt signal blocked.

    A worker unblocks it when it has a handler of its own (`helpers.pool.worker.serve`). Yields whether it has to. Under
    forkserver it is not needed: the server's children do not inherit from this process.
    """
    if not needed or not hasattr(signal, "pthread_sigmask"):  # Windows, where Stop reaches the kernel alone
        yield False
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield signal.SIGINT not in before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unblock_sigint() -> None:
    """Let the programs that this thread starts hear Stop: it began with the signal blocked, in `block_sigint`."""
    if hasattr(signal, "pthread_sigmask") and threading.current_thread() is not threading.main_thread():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
