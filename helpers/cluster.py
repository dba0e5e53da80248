"""Beside a cluster of Dask: its run as spans, and the commands that start it from terminals. The cluster is Dask's own."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from distributed import Client

from helpers.spans import Run, Span, Worker

ASKED = 5
"""How often the scheduler is asked for its time."""

_OWN_GROUP: dict[str, Any] = {"start_new_session": True}
if os.name == "nt":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


def cluster_run(client: Client, records: Iterable[Mapping[str, Any]], submitted: float, delivered: float) -> Run:
    """Return tasks of a cluster as a run, like a pool's: on the time axis of this process.

    records: what `distributed.get_task_stream` recorded. Dask lays the clocks of all workers on the scheduler's; the
    scheduler's is laid on this process's by asking for its time, to within half of the fastest way there and back (F. Cristian,
    "Probabilistic clock synchronization", Distributed Computing 3, 1989).
    submitted, delivered: `time.perf_counter()` of this process, before the tasks were handed over, and with all results here.

    Dask notes when data move between workers and when a function runs. It notes neither CPU time nor the way out and
    home, so a span of a cluster has none of these. Raises ValueError when there is no record of a task.
    """
    offset = min(_offsets(client))[1]
    known = sorted((record for record in records if _part(record, "compute")), key=lambda r: _part(r, "compute"))
    if not known:
        raise ValueError("there is no record of a task; record them with: with get_task_stream(client) as stream")
    numbers = {address: n for n, address in enumerate(sorted({record["worker"] for record in known}), 1)}
    spans = []
    for task, record in enumerate(known):
        started, finished = (min(max(moment + offset, submitted), delivered) for moment in _part(record, "compute"))
        arrived = min([started, *(max(step["start"] + offset, submitted) for step in record["startstops"])])
        spans.append(
            Span(
                task, numbers[record["worker"]], submitted, submitted, submitted, arrived, started, started,
                finished, finished, finished, finished, finished, finished - started, 0, record.get("nbytes") or 0,
                "ok" if record.get("status") == "OK" else "error",
            )
        )  # fmt: skip
    workers = tuple(Worker(number, submitted) for number in numbers.values())
    return Run(tuple(spans), workers, len(workers), "cluster", submitted, delivered)


def _offsets(client: Client) -> Iterator[tuple[float, float]]:
    """Ask the scheduler for its time, and yield how long that took, and what to add to its clock to get ours."""
    for _ in range(ASKED):
        asked = time.perf_counter()
        there = client.run_on_scheduler(time.time)
        answered = time.perf_counter()
        yield answered - asked, (asked + answered) / 2 - there


def _part(record: Mapping[str, Any], action: str) -> tuple[float, float] | None:
    for step in record["startstops"]:
        if step["action"] == action:
            return step["start"], step["stop"]
    return None


@contextmanager
def terminals(*commands: str) -> Iterator[None]:
    """Run each command as if it had been typed into a terminal of its own. All end with the block, or with this process.

    A command begins with `dask`, which is run by this Python. Raises RuntimeError, with the last words of the command, when one
    has ended by itself with an error.
    """
    with ExitStack() as stack:
        running = [(command, *stack.enter_context(_terminal(command))) for command in commands]
        yield
        for command, process, log in running:
            if process.poll():
                log.seek(0)
                raise RuntimeError(f"{command!r} has ended: {log.read().decode(errors='replace').strip()[-500:]}")


@contextmanager
def _terminal(command: str) -> Iterator[tuple[subprocess.Popen, Any]]:
    tethered = [sys.executable, "-m", "helpers.dask_process", sys.executable, "-m", *shlex.split(command)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(tethered, stdin=subprocess.PIPE, stdout=log, stderr=log, **_OWN_GROUP)
        try:
            yield process, log
        finally:
            process.stdin.close()
            process.wait()
