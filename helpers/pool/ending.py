"""How a stock pool is ended from outside, in any state, within a few seconds, and what it held is released.

`Pool.terminate` waits without limit for locks that a dead worker may hold, and for threads that may wait for a dead
worker. So here the workers are ended first, and then the stock pool's threads are helped to their end: nobody else can
use its pipes by then. The thread that replaces workers is ended before them, or it would replace them; where it takes
long to make one, that is ended as well.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.pool import TERMINATE
from typing import Any

from helpers.pool.worker_context import Worker

TERM_TIMEOUT = 1.0
"""Seconds for workers to end after they were asked to, before they are killed; and for a thread to end."""

MAX_WAITED = 60
"""Windows waits for at most 63 handles at once."""

THREADS = ("_worker_handler", "_task_handler", "_result_handler")
PARTS = (
    *THREADS,
    "_taskqueue",
    "_inqueue",
    "_outqueue",
    "_quick_put",
    "_quick_get",
    "_change_notifier",
    "_cache",
    "_ctx",
)
"""The attributes of a stock pool that hold what is to be ended, or released."""


def has_ended(thread: threading.Thread) -> bool:
    """Whether a thread is gone, for the system, too, which counts threads before a fork.

    No method of the thread is called, since Stop may arrive here (CPython issue 90882).
    """
    if sys.platform == "linux":
        return not os.path.exists(f"/proc/self/task/{thread.native_id}")
    return thread.ident not in vars(threading)["_active"]


def end_stock_pool(parts: Mapping[str, Any], workers: Sequence[Worker]) -> None:
    """End the workers and the threads of a pool, whatever state it is in, and release all that it held.

    parts: of the stock pool, by name (PARTS); of a pool that is half made, those that there are. workers: all of them,
    to which the first of the threads may add until it ends.
    """
    threads = [parts[name] for name in THREADS if name in parts]
    for thread in threads:
        thread._state = TERMINATE
    if "_change_notifier" in parts:
        parts["_change_notifier"].put(None)  # wakes the first of the threads, which replaces workers
    if threads:
        _join(threads[0])
    _end_workers(workers)
    if threads and threads[0].is_alive():  # it is making a worker
        _join(threads[0])
        _end_workers(workers)
    if "_outqueue" in parts:
        _end_threads(parts, threads)
    if not threads or not threads[0].is_alive():
        for worker in workers:
            if worker.sentinel is not None:
                with suppress(ValueError):  # somebody else has reaped it
                    worker.process.join(TERM_TIMEOUT)  # its pipe closes a little before it has ended
                    worker.process.close()
    if "_cache" in parts:
        parts["_cache"].clear()


def _end_workers(workers: Sequence[Worker]) -> None:
    """Ask the workers to end, and kill those that have not after TERM_TIMEOUT."""
    for act in ("terminate", "kill"):
        for worker in workers:
            if worker.is_alive():
                getattr(worker.process, act)()
        let_leave(workers, TERM_TIMEOUT)


def let_leave(workers: Sequence[Worker], timeout: float) -> bool:
    """Wait until the workers have ended, for this many seconds at most, and return whether they have."""
    deadline = time.monotonic() + timeout
    while left := [worker.process.sentinel for worker in workers if worker.is_alive()]:
        if time.monotonic() > deadline:
            return False
        wait(left[:MAX_WAITED], timeout=max(0.0, deadline - time.monotonic()))
    return True


def _end_threads(parts: Mapping[str, Any], threads: list[threading.Thread]) -> None:
    """End the threads that send and receive, and close the pipes. The workers are dead, so nobody else uses these."""
    inqueue, outqueue = parts["_inqueue"], parts["_outqueue"]
    _free(inqueue._rlock, 0)  # the worker that waited for the next task held it
    if outqueue._wlock is not None:  # as on Windows
        _free(outqueue._wlock, 0.1)  # a worker held it if it sent an answer; or a thread does, for a moment
    if len(threads) > 1:  # it may wait for room in the pipe
        parts["_taskqueue"].put(None)
        _join(threads[1], lambda: _drain(inqueue._reader))
    if len(threads) > 2:  # it waits for an answer, or for the rest of one
        _end_reading(outqueue)
        _join(threads[2])
    if not any(thread.is_alive() for thread in threads[2:]):
        for queue in (inqueue, outqueue, parts.get("_change_notifier", inqueue)):
            queue.close()


def _join(thread: threading.Thread, help_it: Callable[[], None] = lambda: None) -> None:
    """Wait for the end of a thread, for TERM_TIMEOUT at most: one that is in the user's own code cannot be ended."""
    deadline = time.monotonic() + TERM_TIMEOUT
    while thread.is_alive() and time.monotonic() < deadline:
        help_it()
        thread.join(0.002)


def _free(lock: Any, timeout: float) -> None:
    """Release a lock that a dead worker has held, or that nobody holds."""
    lock.acquire(timeout=timeout)
    with suppress(ValueError):  # a thread that held it has released it meanwhile
        lock.release()


def _drain(reader: Any) -> None:
    """Take what is in a pipe out of it."""
    if os.name == "nt":
        while reader.poll():
            reader.recv_bytes()
        return
    os.set_blocking(reader.fileno(), False)
    with suppress(BlockingIOError):
        while os.read(reader.fileno(), 1 << 20):
            pass


def _end_reading(queue: Any) -> None:
    """Let a thread that reads the answers meet the end: the rest of one that a dead worker has begun never comes."""
    if os.name == "nt":
        queue._writer.close()  # nobody else can have it there, so the reader sees the end
        return
    for end in (queue._reader, queue._writer):
        os.set_blocking(
            end.fileno(), False
        )  # the next read fails where there is nothing, which is an end to the thread
    with suppress(BlockingIOError):
        os.write(queue._writer.fileno(), b"\0")  # ends the read that waits
