"""How a stock pool is ended from outside, in any state, within a few seconds, and what it held is released.

`Pool.terminate` waits without limit for locks that a dead worker may hold, and for threads that may wait for a dead worker.
So here the workers are ended first, and then the stock pool's threads are helped to their end: nobody else can use its pipes by then.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.pool import TERMINATE
from typing import Any

from helpers.pool.starting import Worker

TERM_TIMEOUT = 1.0
"""Seconds for workers to end after they were asked to, before they are killed; and for a thread to end."""

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
"""The attributes of a stock pool that hold what is to be ended."""


def end_stock_pool(parts: Mapping[str, Any], workers: Sequence[Worker]) -> None:
    """End the workers and the threads of a pool, whatever state it is in, and let go of all that it held.

    parts: of the stock pool, by name (PARTS); of a pool that is half made, those that there are. workers: all of them, to
    which the first of the threads may add until it ends.
    """
    threads = [parts[name] for name in THREADS if name in parts]
    for thread in threads:
        thread._state = TERMINATE
    if "_change_notifier" in parts:
        parts["_change_notifier"].put(None)  # wakes the first of the threads, which replaces workers
    if threads:
        _join(threads[0])
    processes = [worker.process for worker in workers]
    _end_processes(processes)
    if "_outqueue" in parts:
        _end_threads(parts, threads)
    for process in filter(_was_started, processes):
        with suppress(ValueError):  # somebody else has reaped it
            process.join(TERM_TIMEOUT)  # its pipe closes a little before it has ended
            process.close()
    if "_cache" in parts:
        parts["_cache"].clear()


def _end_processes(processes: Sequence[Any]) -> None:
    """Ask the processes to end, and kill those that have not after TERM_TIMEOUT."""
    for act in ("terminate", "kill"):
        for process in processes:
            if _is_alive(process):
                getattr(process, act)()
        let_leave(processes, TERM_TIMEOUT)


def let_leave(processes: Sequence[Any], timeout: float) -> None:
    """Wait until the processes have ended, for this many seconds at most."""
    deadline = time.monotonic() + timeout
    while left := [process.sentinel for process in processes if _is_alive(process)]:
        if time.monotonic() > deadline:
            return
        wait(left, timeout=deadline - time.monotonic())


def _was_started(process: Any) -> bool:
    try:
        return process.sentinel is not None
    except (AttributeError, ValueError):
        return False


def _is_alive(process: Any) -> bool:
    """Whether a process runs. A ready sentinel is an end even where somebody else has reaped it."""
    return _was_started(process) and process.is_alive() and not wait([process.sentinel], 0)


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
        _join(threads[2], lambda: _fill(outqueue._writer))
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


def _fill(writer: Any) -> None:
    """Complete the message that a dead worker has begun: with zeros. Where none was begun, these are an empty message."""
    if os.name == "nt":
        writer.close()  # nobody else can have it there, so the reader sees the end
        return
    os.set_blocking(writer.fileno(), False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer.fileno(), bytes(1 << 16))


def receive_until_end(receive: Callable[[], Any], is_ending: Callable[[], bool]) -> Callable[[], Any]:
    """Return the stock pool's function for the next answer, such that what a dead worker left in the pipe ends its thread."""

    def receive_one() -> Any:
        try:
            return receive()
        except Exception:
            if is_ending():
                raise EOFError from None
            raise

    return receive_one
