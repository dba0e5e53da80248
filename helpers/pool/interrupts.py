"""Stop while a pool is made: in between, the pool could not be ended, so Stop waits until it can."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def defer_sigint() -> Iterator[None]:
    """Hold Stop back, and let it come after the block. Only the main thread can do this, and only there does Stop arrive."""
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

    A worker unblocks it when it has a handler of its own (`helpers.pool.worker.serve`). Yields whether it has to. Under forkserver
    it is not needed: the server's children do not inherit from this process.
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
