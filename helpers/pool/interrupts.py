"""Stop in the main thread: held back while a pool is made, which could not be ended yet; it ends every wait cleanly."""

import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Flag:
    """A `threading.Event` whose wait Stop can end at any moment.

    The wait of an Event is Python code that holds a lock: where Stop meets it between two steps, it raises
    "RuntimeError: release unlocked lock" instead of KeyboardInterrupt (CPython issue 118433). This one waits in a
    single call of C code.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._tokens.put(None)

    def wait(self, timeout: float) -> bool:
        """Wait for this many seconds at most, and return whether it is set.

        Where Stop ended a wait, another may last to its timeout.
        """
        if not self._is_set:
            with suppress(queue.Empty):
                self._tokens.get(timeout=timeout)
                self._tokens.put(None)  # for others that wait
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
