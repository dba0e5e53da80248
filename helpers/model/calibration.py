"""Measure what a pool costs on this machine: its messages, their bytes, its tasks, and the start of its workers."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from multiprocessing.pool import Pool
from typing import Any

from helpers.machine import usable_cpus
from helpers.model.costs import Costs, Leg
from helpers.spans import PIPE, Run, Span
from helpers.tasks import seconds_of_loop
from helpers.timing import warm_up
from helpers.xray import XrayPool

LARGE_MESSAGE = 10_000
"""Bytes; the costs of larger messages are counted by the byte, those of smaller ones by the message."""

ROUNDS = 5
"""How often a message full of small tasks is measured."""

FEWEST = 10
"""Tasks of a message that show what each costs. Where they are so long that fewer fit, messages matter little."""

GUESSED_MESSAGE = 4e-5
"""Seconds that a small message may take, to guess how many can be measured."""


def has_small_messages(run: Run) -> bool:
    """Return whether no message of the run, one task in each, is so large that its bytes count."""
    return max(max(span.bytes_in, span.bytes_out) for span in run.spans) < LARGE_MESSAGE


def measure_costs(
    pool: Pool,
    function: Callable[[Any], Any],
    items: Sequence[Any],
    run: Run,
    budget: float,
    waited: float = 0.0,
) -> Costs:
    """Return what a pool of one warm worker costs for these items; starting is not included.

    run: some of the items, one after another. budget: about how many seconds the measuring may take. waited: the share
    of their time for which the items waited for a CPU that others used (`learning.waited_share`).

    Short tasks with small messages are measured anew, in quick succession, because they take longer after a pause. That
    is in CPU seconds, which others do not disturb. The items' wall seconds contain what they waited; so that both can
    be compared, in a simulated speed-up for instance, messages are taken to wait for the same share of their time.
    """
    typical = sum(span.finished - span.started for span in run.spans) / len(run.spans)
    few = int(budget / 2 / ROUNDS / typical)
    if few < FEWEST or len(items) < 2 or not has_small_messages(run):
        return fit_costs(run)
    messages = int(budget / 2 / (typical + GUESSED_MESSAGE))
    return measure_small_messages(pool, function, items[:few], messages).times(1 / (1 - waited))


def fit_costs(run: Run) -> Costs:
    """Return the costs that a run of one warm worker shows, whose tasks were sent one after another.

    Each task must be sent after the last result has arrived. Each leg is fitted as a straight line over the bytes: a
    cost for the message and one for each byte. The time in the pipe is split evenly between its two ends; but that of
    results that no pipe holds (`PIPE`) is the parent's, because a worker can write them only while the parent reads.
    Starting is not included.

    Raises ValueError when the run has no task.
    """
    if not run.spans:
        raise ValueError("a run without tasks does not show what a pool costs")
    spans = run.spans
    sizes_in, sizes_out = [span.bytes_in for span in spans], [span.bytes_out for span in spans]
    pipe_in = statistics.median(max(0.0, span.arrived - span.sent) for span in spans) / 2
    pipe_out = statistics.median(max(0.0, span.landed - span.replied) for span in spans)
    reading = pipe_out if statistics.median(sizes_out) > PIPE else pipe_out / 2
    receive = _fit_leg(sizes_in, [span.received - span.arrived + pipe_in for span in spans])
    return Costs(
        fork=0.0,
        boot=0.0,
        send=_fit_leg(sizes_in, [span.sent - span.packed + pipe_in for span in spans]),
        receive=replace(receive, task=statistics.median(span.started - span.received for span in spans)),
        reply=_fit_leg(sizes_out, [span.replied - span.returned + pipe_out - reading for span in spans]),
        collect=_fit_leg(sizes_out, [span.delivered - span.landed + reading for span in spans]),
    )


def measure_small_messages(pool: Pool, function: Callable[[Any], Any], items: Sequence[Any], messages: int) -> Costs:
    """Measure what small tasks and their messages cost in a pool of one warm worker; starting is not included.

    pool: of the kind whose costs are wanted, because an `XrayPool` notes moments for every task, and the stock pool
    does not.

    All costs are CPU seconds, of the parent and of the worker, without those of the function in a plain loop. The tasks
    run in one message, ROUNDS times: this shows what a task costs among others. Then each runs in a message of its own,
    again and again, up to the given number of messages, because only a long run keeps the pipe full: what is more then
    is the cost of a message.
    """
    work = pool.apply(seconds_of_loop, (function, items))[1] / len(items)
    together = _cpu_seconds_per_task(pool, function, list(items) * ROUNDS, len(items))
    many = list(itertools.islice(itertools.cycle(items), max(messages, len(items))))
    alone = _cpu_seconds_per_task(pool, function, many, 1)
    in_parent, in_worker = (_split(*seconds, len(items)) for seconds in zip(alone, together, strict=True))
    return Costs(
        fork=0.0,
        boot=0.0,
        send=Leg(in_parent[0] / 2, task=in_parent[1] / 2),
        receive=Leg(in_worker[0], task=max(0.0, in_worker[1] - work)),
        reply=Leg(),
        collect=Leg(in_parent[0] / 2, task=in_parent[1] / 2),
    )


def measure_start(
    start_method: str,
    task: object = None,
    processes: int | None = None,
    open_pool: Callable[[], AbstractContextManager[XrayPool]] | None = None,
) -> tuple[float, float]:
    """Start a pool and return the seconds for each worker: to fork it in the parent, and to boot it.

    task: what the workers will get, such as a function and an item; what they import to unpickle it the first time is a
    part of their boot. processes: the number of workers, by default one for each usable CPU. open_pool: starts this
    very pool, for a caller who wants to be able to end it.
    """
    processes = processes or usable_cpus()
    context = multiprocessing.get_context(start_method)
    with open_pool() if open_pool else XrayPool(processes, context=context) as pool:
        forked = time.perf_counter() - pool.live.began
        warm_up(pool, processes)
        ready = statistics.median(worker.ready for worker in pool.run.workers) - pool.run.began - forked / 2
        pool.reset()
        pool.map(id, [task] * 4 * processes, chunksize=1)  # id takes anything, and takes no time
        return forked / processes, max(0.0, ready) + _imports_of_first_task(pool.run.spans)


def _fit_leg(sizes: Sequence[int], seconds: Sequence[float]) -> Leg:
    """Return a leg whose costs for a message and for a byte fit these messages best, neither below 0."""
    if max(sizes) > max(LARGE_MESSAGE, 2 * min(sizes)):
        slope, intercept = statistics.linear_regression(sizes, seconds)
        if slope >= 0 and intercept >= 0:
            return Leg(intercept, slope)
    size, typical = statistics.median(sizes), statistics.median(seconds)
    return Leg(byte=typical / size) if size > LARGE_MESSAGE else Leg(typical)


def _cpu_seconds_per_task(
    pool: Pool, function: Callable[[Any], Any], items: Sequence[Any], chunksize: int
) -> tuple[float, float]:
    """Return the CPU seconds that each item of a map costs the parent, and those that it costs the only worker."""
    parent, worker = time.process_time(), pool.apply(time.process_time)
    pool.map(function, items, chunksize=chunksize)
    worker, parent = pool.apply(time.process_time) - worker, time.process_time() - parent
    return parent / len(items), worker / len(items)


def _split(alone: float, together: float, tasks: int) -> tuple[float, float]:
    """Return what a message and each of its tasks cost, from a task's cost in a message of its own and among others.

    alone = message + task; together = message / tasks + task. Neither is less than 0.
    """
    message = min(alone, max(0.0, (alone - together) * tasks / (tasks - 1)))
    return message, alone - message


def _imports_of_first_task(spans: Sequence[Span]) -> float:
    """Return by how many seconds the first unpickling of a worker, with its imports, is longer than later ones."""
    latest_first = sorted(spans, key=lambda span: span.received, reverse=True)
    first = {span.worker: span.received - span.arrived for span in latest_first}
    return statistics.median(first.values()) - min(span.received - span.arrived for span in spans)
