"""What a pool costs here, fitted to measured runs: its messages, their bytes, and its start."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from helpers.machine import usable_cpus
from helpers.model.simulator import Costs
from helpers.spans import Run, Span
from helpers.timing import warm_up
from helpers.xray import XrayPool

LARGE = 10_000
"""Bytes from which on a message's cost is counted by the byte."""


ROUNDS = 5
"""How often small tasks are measured to see what they cost in company."""


def costs_of(run: Run) -> Costs:
    """Return what a run of one warm worker, each task handed over when the one before it is home, shows of a pool's costs.

    The cost of a phase is a straight line over the bytes: a share for each message, and one for each byte. What passes
    in the pipe is shared between its two ends. Starting is not in it.

    Raises ValueError when the run has no task.
    """
    if not run.spans:
        raise ValueError("a run without tasks does not show what a pool costs")
    spans = run.spans
    out, back = [span.bytes_in for span in spans], [span.bytes_out for span in spans]
    there = statistics.median(max(0.0, span.arrived - span.sent) for span in spans) / 2
    home = statistics.median(max(0.0, span.landed - span.replied) for span in spans) / 2
    send, pack = _line(out, [span.sent - span.packed + there for span in spans])
    receive, unpack = _line(out, [span.received - span.arrived + there for span in spans])
    reply, repack = _line(back, [span.replied - span.returned + home for span in spans])
    deliver, opened = _line(back, [span.delivered - span.landed + home for span in spans])
    call = statistics.median(span.started - span.received for span in spans)
    return Costs(0.0, 0.0, send, receive, reply, deliver, pack, unpack, repack, opened, call, 0.0, 0.0)


def costs_of_small(pool: XrayPool, function: Callable[[Any], Any], items: Sequence[Any], messages: int) -> Costs:
    """Measure what small tasks and their messages cost in a pool of one warm worker.

    The tasks run in one message, ROUNDS times; and then each in a message of its own, again and again, until there were so
    many messages: only a long run has a pipe that is full. A task costs what it costs in company. The rest is its message's: in
    the worker, what passes between two tasks; in the notebook, its CPU time, as it sends and receives at once. Starting
    is not in it.
    """
    rounds = [_company(_mapped(pool, function, items, len(items))[0].spans) for _ in range(ROUNDS)]
    post, call, fetch = map(statistics.median, zip(*rounds))
    many = list(itertools.islice(itertools.cycle(items), max(messages, len(items))))
    between, parent = _alone(*_mapped(pool, function, many, 1))
    message = max(0.0, parent - post - fetch) / 2
    free = dict.fromkeys(("fork", "boot", "reply", "pack", "unpack", "repack", "open"), 0.0)
    return Costs(
        send=message, receive=max(0.0, between - call), deliver=message, call=call, post=post, fetch=fetch, **free
    )


def _company(spans: Sequence[Span]) -> tuple[float, float, float]:
    """Return the seconds for each task of one message: in the notebook, in the worker beside its work, and back home."""
    first, last, work = spans[0], spans[-1], sum(span.finished - span.started for span in spans)
    parts = (
        first.arrived - first.submitted,
        last.replied - first.arrived - work,
        last.delivered - last.replied,
    )
    return tuple(max(0.0, part) / len(spans) for part in parts)


def _alone(run: Run, cpu: float) -> tuple[float, float]:
    """Return the seconds from one task to the next in the worker, and those that a task takes in the notebook."""
    between = [after.started - before.finished for before, after in pairwise(run.spans)]
    return statistics.median(between or [0.0]), cpu / len(run.spans)


def _mapped(pool: XrayPool, function: Callable[[Any], Any], items: Sequence[Any], chunksize: int) -> tuple[Run, float]:
    pool.reset()
    cpu = time.process_time()
    pool.map(function, items, chunksize=chunksize)
    return pool.run, time.process_time() - cpu


def _line(sizes: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Return the cost of a message and that of a byte, neither below 0."""
    if max(sizes) > max(LARGE, 2 * min(sizes)):
        rise, start = statistics.linear_regression(sizes, seconds)
        if rise >= 0 and start >= 0:
            return start, rise
    typical = statistics.median(sizes)
    return (0.0, statistics.median(seconds) / typical) if typical > LARGE else (statistics.median(seconds), 0.0)


def starting_costs(start_method: str, sent: object = None, processes: int | None = None) -> tuple[float, float]:
    """Start a pool (of as many workers as CPUs are usable) and return the seconds to make, and to boot, each worker.

    sent: what the workers will get, such as a function and an item. What they import to open the first is a part of
    their boot.
    """
    processes = processes or usable_cpus()
    with XrayPool(processes, context=multiprocessing.get_context(start_method)) as pool:
        made = time.perf_counter() - pool.live.began
        warm_up(pool, processes)
        ready = statistics.median(worker.ready for worker in pool.run.workers) - pool.run.began - made / 2
        pool.reset()
        pool.map(id, [sent] * 4 * processes, chunksize=1)  # a function that opens what it gets, and looks at nothing
        return made / processes, max(0.0, ready) + _first_opening(pool.run.spans)


def _first_opening(spans: Sequence[Span]) -> float:
    """Return by how much the first opening of a worker lasts longer than those that follow."""
    opening = [span.received - span.arrived for span in spans]
    first = {span.worker: span.received - span.arrived for span in sorted(spans, key=lambda span: -span.received)}
    return statistics.median(first.values()) - min(opening)
