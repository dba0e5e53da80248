"""How a plan runs: what its pool does step by step, how far it is, and how it is stopped from another thread."""

import multiprocessing
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.pool import AsyncResult
from threading import Event
from typing import Any

from helpers.lab.plan import Plan, Work
from helpers.timing import warm_up
from helpers.xray import PoolStopped, XrayPool

POLL_INTERVAL = 0.4
"""Seconds between two reports of the progress while tasks run."""

SERIAL_LOOP = "the serial loop first, to compare with"


class Stopped(Exception):
    """`Experiment.stop` was called."""


@dataclass(frozen=True)
class Progress:
    """How far an experiment is: in run `number` (from 1) of `runs`, `done` of its `tasks` tasks are done.

    what: the run, or the step, in words. tasks: 0 for a step that reports no tasks. seconds: since this run began.
    remaining: the seconds until the end of all runs; 0 if unknown. pool: the pool at work, None between pools. plan:
    the one that runs, None for any other step.
    """

    what: str
    number: int = 1
    runs: int = 1
    done: int = 0
    tasks: int = 0
    seconds: float = 0.0
    remaining: float = 0.0
    pool: XrayPool | None = None
    plan: Plan | None = None

    @property
    def is_serial(self) -> bool:
        """Whether this is the serial loop."""
        return self.what == SERIAL_LOOP

    @property
    def fraction(self) -> float:
        """The share of all runs that is done, from 0 to 1."""
        return (self.number - 1 + self.done / self.tasks) / self.runs if self.tasks else 1.0

    @property
    def in_words(self) -> str:
        """How far it is: the seconds, the tasks, and what is still to come."""
        remaining = f", about {self.remaining:.1f} s to go" if self.remaining > 0 else ""
        return f"{self.seconds:.1f} s, {self.done:,} of {self.tasks:,} tasks{remaining}"

    def after(self, seconds: float, pool: XrayPool) -> "Progress":
        """Return the progress of the same run when the pool has been at work for the given number of seconds."""
        done = pool.tasks_done
        total = self.remaining or (seconds / done * self.tasks if done else 0.0)
        return replace(self, done=done, seconds=seconds, remaining=max(0.0, total - seconds), pool=pool)


class Stoppable:
    """Work with pools that another thread can stop at any moment."""

    def __init__(self) -> None:
        self._stopping = Event()
        self._pool: XrayPool | None = None

    def stop(self) -> None:
        """End what is at work at once. Call this from another thread."""
        self._stopping.set()
        pool = self._pool
        if pool is not None:
            pool.terminate()

    def rearm(self) -> None:
        """Forget a `stop` that came when all was over already."""
        self._stopping.clear()

    def raise_if_stopped(self) -> None:
        """Raise Stopped after `stop`."""
        if self._stopping.is_set():
            raise Stopped

    @contextmanager
    def open_pool(self, plan: Plan) -> Iterator[XrayPool]:
        """Start a plan's pool, which `stop` can end. Raises Stopped if `stop` came first."""
        with XrayPool(plan.processes, context=multiprocessing.get_context(plan.start_method)) as pool:
            self._pool = pool
            self.raise_if_stopped()
            yield pool

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Raise Stopped for the error of a pool that `stop` has ended; after the block, `stop` is forgotten."""
        try:
            yield
        except PoolStopped:
            if self._stopping.is_set():
                raise Stopped from None
            raise
        finally:
            self._pool = None
            self._stopping.clear()


def warm(pool: XrayPool) -> float:
    """Wait until all workers of a pool are ready, and return the moment from which its work counts."""
    warm_up(pool, pool.processes)
    pool.reset()
    return time.perf_counter()


def report(start: Progress, pool: XrayPool, began: float, running: Iterator[None]) -> Generator[Progress, None, float]:
    """Yield the progress at the start, every POLL_INTERVAL, and at the end; return the seconds since `began`."""
    yield start.after(0.0, pool)
    reported = time.perf_counter()
    for _ in running:
        now = time.perf_counter()
        if now - reported >= POLL_INTERVAL:
            reported = now
            yield start.after(now - began, pool)
    seconds = time.perf_counter() - began
    yield start.after(seconds, pool)
    return seconds


def run_tasks(pool: XrayPool, plan: Plan, work: Work) -> Iterator[None]:
    """Run the tasks as the plan says; yield at least every POLL_INTERVAL seconds until the last result is there."""
    function, items = work
    if plan.method == "map":
        yield from wait_for(pool.map_async(function, items, plan.chunksize))
        return
    results = getattr(pool, plan.method)(function, items, plan.chunksize)
    while True:
        try:
            results.next(timeout=POLL_INTERVAL)
        except multiprocessing.TimeoutError as error:
            if hasattr(error, "xray"):  # a task raised it
                raise
        except StopIteration:
            return
        yield


def run_one_by_one(pool: XrayPool, work: Work) -> Iterator[None]:
    """Run each task when the one before it is done; yield at least every POLL_INTERVAL seconds."""
    function, items = work
    for item in items:
        yield from wait_for(pool.apply_async(function, (item,)))


def wait_for(result: AsyncResult[Any]) -> Iterator[None]:
    while not result.ready():
        result.wait(POLL_INTERVAL)
        yield
    result.get()
