"""The supervisor of a pool: it starts the workers, watches them, and ends them.

A thread looks every POLL_INTERVAL, whether or not anybody waits for a result: have workers died, have the stock pool's
own threads, has a call passed its time limit, is the pool still wanted? The first fault ends the pool, and every later
call raises it. The thread holds the pool by a weak reference only, and does all the ending: Python loses an interrupt
that arrives while the main thread deletes an object that has something to tidy up, so the main thread deletes nothing
of the kind.
"""

import copy
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from multiprocessing.pool import RUN, TERMINATE, Pool
from multiprocessing.util import Finalize
from typing import Any

from helpers.pool.ending import PARTS, THREADS, end_stock_pool, has_ended, let_leave
from helpers.pool.errors import (
    PoolError,
    PoolStopped,
    TaskFailed,
    TookTooLong,
    WorkerDied,
    brief,
    describe_exit,
    report,
)
from helpers.pool.interrupts import Bell, Flag
from helpers.pool.recorder import Held, recorder_of
from helpers.pool.worker_context import Worker, WorkerContext

POLL_INTERVAL = 0.1
"""Seconds between two looks."""

LEAVE_TIMEOUT = 5.0
"""Seconds that a worker may take to leave after it was told to: a thread of its own may keep it for ever."""

NAP, MOST_NAPS = 1e-3, 100
"""Seconds between two looks at a thread that is about to end, and how often to look."""

REAP_TIMEOUT = 0.5
"""Seconds until the exit code of a dead worker counts as taken by somebody else."""


class Supervisor:
    """What watches one pool, whose workers come from this context. limit: seconds that a call may take, or None."""

    def __init__(self, context: WorkerContext, limit: float | None) -> None:
        self.owner = os.getpid()
        self.limit = limit
        self.fault: PoolError | None = None
        self.ended = Flag()
        self.closed = False
        self.unread: dict[int, str] = {}  # failures that nobody has asked for, by the number of their call
        self.context = context
        self._pending: set[weakref.ref[Any]] = set()  # the results that wait (`helpers.pool.results`)
        self._requests: deque[PoolError] = deque()
        self._look = Bell()
        self._pool: weakref.ref[Pool] | None = None
        self._parts: dict[str, Any] = {}  # of the stock pool
        self._threads: tuple[threading.Thread, ...] = ()
        self._watcher = threading.Thread(target=self._watch, name="pool supervisor", daemon=True)
        self._at_exit: Finalize | None = None

    # ---- what the pool and its results call, in any thread

    def start(self) -> None:
        """Begin to watch. Raises RuntimeError when the system gives no more threads."""
        self._watcher.start()
        end = PoolStopped("the program has ended")
        self._at_exit = Finalize(None, self.end_and_wait, (end,), exitpriority=15)  # as the stock pool's

    def adopt(self, pool: Pool) -> None:
        """Watch this pool, which has just been made, or half made."""
        if "_terminate" in vars(pool):
            vars(pool)["_terminate"].cancel()  # it would run in whatever thread deletes the pool
        self._parts = {name: vars(pool)[name] for name in PARTS if name in vars(pool)}
        self._threads = tuple(self._parts[name] for name in THREADS if name in self._parts)
        self._pool = weakref.ref(pool)

    def expect(self, pending: Any) -> None:
        """Tell this one when the pool has ended."""
        self._pending.add(weakref.ref(pending))
        if self.fault is not None:
            pending.fail(copy.copy(self.fault))

    def end(self, fault: PoolError) -> None:
        """Ask for the end of the pool; returns at once."""
        self._requests.append(fault)  # a single call of C code, which no interrupt can cut in two
        self._look.ring()

    def end_and_wait(self, fault: PoolError) -> None:
        """End the pool, and return when it has ended; in one of its own threads, or in a fork, at once."""
        if os.getpid() != self.owner:
            return
        self.end(fault)
        if self._watcher.ident is None:  # it never began
            self._finish(fault)
        self._wait_for_end()

    def join(self) -> None:
        """Wait for the end of a closed pool. Raises PoolError in its own threads, and in a fork."""
        self.check_owner()
        self.refuse_own_threads()
        self._look.ring()
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        """Return when the pool has ended, and its thread, unless that still calls the user's functions."""
        if self.is_own_thread():
            return
        while not self.ended.wait(POLL_INTERVAL):
            pass
        for _ in range(MOST_NAPS):
            if has_ended(self._watcher):
                return
            time.sleep(NAP)

    def check_owner(self) -> None:
        """Raise PoolError in a process that has inherited the pool: its threads and workers are not there."""
        if os.getpid() != self.owner:
            raise PoolError(f"this pool belongs to process {self.owner}, of which this is a fork; make a pool here")

    def check(self) -> None:
        """Raise the fault that has ended the pool."""
        self.check_owner()
        if self.fault is not None:
            raise copy.copy(self.fault)  # a traceback would hold on to the pool

    def is_own_thread(self) -> bool:
        """Whether this is one of the threads that must not wait for the pool."""
        return threading.current_thread() in (*self._threads, self._watcher)

    def refuse_own_threads(self) -> None:
        """Raise PoolError in a thread that would wait for itself."""
        if self.is_own_thread():
            raise PoolError("a callback, or the input of a call, cannot wait for its own pool")

    def held(self) -> Iterator[Held]:
        """Yield the task that each worker holds."""
        for worker in self.context.workers.copy():
            held = worker.note.held
            if held is not None:
                yield held

    # ---- the thread

    def _watch(self) -> None:
        fault: PoolError | None = None
        while fault is None:
            waits = self.closed and self._threads[-1].is_alive()
            if (
                waits
            ):  # for the last answer; where Stop can arrive, no `Thread.join` may be called (CPython issue 90882)
                self._threads[-1].join(POLL_INTERVAL)
            self._look.wait(0 if waits else POLL_INTERVAL)
            if self._requests:
                fault = self._requests.popleft()
            elif self._pool is not None:
                try:
                    fault = self._find_fault()
                except Exception as error:  # noqa: BLE001 (every call raises it)
                    fault = PoolError(f"the supervisor of the pool has failed: {brief(error)}")
        self._finish(fault)

    def _finish(self, fault: PoolError) -> None:
        """End the pool; then tell those that wait for results, and last those that call the user's functions."""
        self.fault = fault
        waiting = [pending for reference in self._pending.copy() if (pending := reference()) is not None]
        try:
            self._lose_tasks()
        finally:
            try:
                end_stock_pool(self._parts, self.context.workers)
                self._release_pool()
            finally:
                self._parts.clear()
                self.context.release()
                if self._at_exit is not None:
                    self._at_exit.cancel()
                self.ended.set()
                for pending in sorted(waiting, key=lambda pending: pending.calls_back):
                    pending.fail(copy.copy(fault))

    def _release_pool(self) -> None:
        """Take from the pool what it held, here and not in the thread that deletes it."""
        pool = self._pool() if self._pool is not None else None
        if pool is not None:
            vars(pool).update(dict.fromkeys(PARTS), _state=TERMINATE, _pool=[])

    def _find_fault(self) -> PoolError | None:
        pool = self._pool() if self._pool is not None else None
        if pool is None:
            return PoolStopped("the pool was deleted before this result arrived")
        self.closed = vars(pool)["_state"] != RUN
        del pool
        return self._initializer_fault() or self._worker_fault() or self._thread_fault() or self._overdue_fault()

    def _initializer_fault(self) -> TaskFailed | None:
        for worker in self.context.workers.copy():
            failure = worker.note.failure
            if failure:
                return TaskFailed(f"the initializer failed in a worker:\n\n{failure}")
        return None

    def _worker_fault(self) -> WorkerDied | None:
        now = time.monotonic()
        for worker in self.context.workers.copy():
            if worker.sentinel is None:
                continue
            code = worker.process.exitcode
            leaving = worker.note.leaving and (self.closed or self.context.max_messages is not None)
            if not worker.is_alive():
                worker.dead_since = worker.dead_since or now
                if code is None and now - worker.dead_since < REAP_TIMEOUT:
                    continue
                if not leaving or code is None and not self.closed:  # without it, the stock pool makes no other worker
                    return _worker_died(worker, code)
                if not self.closed:
                    self.context.workers.remove(worker)  # the stock pool reaps it
            elif leaving:
                worker.leaving_since = worker.leaving_since or now
                if now - worker.leaving_since > LEAVE_TIMEOUT:
                    report(f"worker {worker.pid} had not left {LEAVE_TIMEOUT:g} s after its last task; it is killed")
                    worker.process.kill()
        return None

    def _thread_fault(self) -> PoolError | None:
        """The stock pool's threads end one after another after `close`; one that ended before has met an error."""
        alive = [thread.is_alive() for thread in self._threads]
        if self.closed and not any(alive):
            if not let_leave(self.context.workers, POLL_INTERVAL):
                return None  # and those that do not leave are killed in time
            return PoolStopped("the pool was closed before this result arrived")
        if self.closed or all(alive):
            return None
        return PoolError("a thread of the pool itself has failed; its error is on the screen or in the log")

    def _overdue_fault(self) -> TookTooLong | None:
        for reference in self._pending.copy():
            pending = reference()
            if pending is None or pending.is_settled:
                self._pending.discard(reference)
            elif self.limit is not None:
                since = pending.overdue_since
                if since is not None and time.monotonic() - since > self.limit:
                    text = f"{pending.name} took longer than the limit of {self.limit:g} s"
                    return TookTooLong(f"{text}; {self._describe_held()}")
        return None

    def _describe_held(self) -> str:
        held = [f"worker {held.pid} is still at task {held.task} ({function_name(held)})" for held in self.held()]
        return ", ".join(held) or "no worker is at work"

    def _lose_tasks(self) -> None:
        for held in self.held():
            recorder = recorder_of(held.recorder)
            if recorder is not None:
                recorder.lose(held)


def function_name(held: Held) -> str:
    """Return the name of the function of the task that a worker holds."""
    recorder = recorder_of(held.recorder)
    sending = recorder.sending.get(held.first) if recorder is not None else None
    return sending.function if sending is not None else "its answer is on the way"


def describe_death(worker: Worker, code: int | None) -> str:
    """Say how a worker ended, and what it held."""
    held = worker.note.held
    holding = f"while it held task {held.task} ({function_name(held)})" if held is not None else "between two tasks"
    return f"worker {worker.process.pid} {describe_exit(code)} {holding}"


def _worker_died(worker: Worker, code: int | None) -> WorkerDied:
    held = worker.note.held
    text = describe_death(worker, code)
    fault = WorkerDied(f"{text}. The pool has stopped, and results that had not arrived are lost; make a new pool")
    fault.worker, fault.task = worker.process.pid, held.task if held is not None else None
    return fault
