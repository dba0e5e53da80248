"""What a pool costs here, fitted to measured runs: its messages, their bytes, and its start."""

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from itertools import pairwise

from helpers.machine import usable_cpus
from helpers.simulate import Costs
from helpers.spans import Run, Span
from helpers.timing import warm_up
from helpers.xray import XrayPool

LARGE = 10_000
"""Bytes from which on a message's cost is counted by the byte."""


def costs_of(run: Run, together: Run | None = None) -> Costs:
    """Return what a measured run of one warm worker, one task a message, shows of a pool's costs, but for its start.

    The cost of a phase is a straight line over the bytes: a share for each message, and one for each byte. What passes
    in the pipe is shared between its two ends.

    together: the same tasks in a single message; then run is one without a rest, whose messages are small. A task costs
    what it costs in company. The rest is its message's: what the worker does between two tasks, and the parent from one
    packing to the next while the pipe has room.

    Raises ValueError when the run has no task.
    """
    if not run.spans:
        raise ValueError("a run without tasks does not show what a pool costs")
    if together is not None and len(together.spans) > 1:
        return _costs_of_small(run, together)
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


def _costs_of_small(run: Run, together: Run) -> Costs:
    company = list(pairwise(together.spans))
    post = statistics.median(span.sent - span.packed for _, span in company)
    fetch = statistics.median(span.delivered - span.landed for _, span in company)
    call = statistics.median(span.started - before.finished for before, span in company)
    call += statistics.median(span.replied - span.returned for _, span in company)
    alone = list(pairwise(run.spans))
    between = statistics.median(span.started - before.finished for before, span in alone)
    sending = statistics.median(span.packed - before.packed for before, span in alone[:100])
    pickled = statistics.median(span.sent - span.packed for span in run.spans)
    delivering = statistics.median(span.delivered - span.landed for span in run.spans) + max(0.0, sending - pickled)
    return Costs(
        fork=0.0,
        boot=0.0,
        send=max(0.0, sending - post),
        receive=max(0.0, between - call),
        reply=0.0,
        deliver=max(0.0, delivering - fetch),
        pack=0.0,
        unpack=0.0,
        repack=0.0,
        open=0.0,
        call=call,
        post=post,
        fetch=fetch,
    )


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
