"""A Dask cluster beside the pools: its run as spans, and the commands that start it, as from terminals."""

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from distributed import Client

from helpers.spans import Run, Span, Worker

CLOCK_READINGS = 5
"""How often the scheduler is asked for its time."""

# Keeps a terminal's interrupt, which is for the notebook, from the commands.
_NEW_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _NEW_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


def cluster_run(client: Client, records: Iterable[Mapping[str, Any]], submitted: float, delivered: float) -> Run:
    """Return the tasks of a cluster as a run, like a pool's, on the time axis of this process.

    records: what `distributed.get_task_stream` recorded.
    submitted: `time.perf_counter()` of this process, before the tasks were submitted.
    delivered: the same, after the last result arrived.

    Dask gives all times on the scheduler's clock. The difference between that clock and this process's is found by
    asking for the scheduler's time, and is exact to within half of the fastest round trip (F. Cristian, "Probabilistic
    clock synchronization", Distributed Computing 3, 1989).

    Dask records when data are moved between workers and when a function runs. It records neither CPU time nor how long
    a task or a result took to send, so a span of a cluster has none of these.

    Raises ValueError when there is no record of a task.
    """
    offset = min(_clock_offsets(client))[1]
    computed = sorted(
        ((computing, record) for record in records if (computing := _interval(record, "compute"))),
        key=lambda pair: pair[0],
    )
    if not computed:
        raise ValueError("there is no record of a task; record them with: with get_task_stream(client) as stream")
    numbers = {address: n for n, address in enumerate(sorted({record["worker"] for _, record in computed}), 1)}
    spans = []
    for task, (computing, record) in enumerate(computed):
        started, finished = (min(max(moment + offset, submitted), delivered) for moment in computing)
        arrived = min([started, *(max(step["start"] + offset, submitted) for step in record["startstops"])])
        spans.append(
            Span(
                task=task, worker=numbers[record["worker"]], submitted=submitted, packed=submitted, sent=submitted,
                arrived=arrived, received=started, started=started, finished=finished,
                returned=finished, replied=finished, landed=finished, delivered=finished,
                cpu=finished - started, bytes_in=0, bytes_out=record.get("nbytes") or 0,
                outcome="ok" if record.get("status") == "OK" else "error",
            )
        )  # fmt: skip
    workers = tuple(Worker(number, submitted) for number in numbers.values())
    return Run(tuple(spans), workers, len(workers), "cluster", submitted, delivered)


def _clock_offsets(client: Client) -> Iterator[tuple[float, float]]:
    """Ask the scheduler for its time, and yield how long the answer took, and what to add to its clock to get ours."""
    for _ in range(CLOCK_READINGS):
        asked = time.perf_counter()
        scheduler_time = client.run_on_scheduler(time.time)
        answered = time.perf_counter()
        yield answered - asked, (asked + answered) / 2 - scheduler_time


def _interval(record: Mapping[str, Any], action: str) -> tuple[float, float] | None:
    """Return when an action of a task began and ended, on the scheduler's clock, or None if it is not in the record."""
    for step in record["startstops"]:
        if step["action"] == action:
            return step["start"], step["stop"]
    return None


@contextmanager
def terminals(*commands: str) -> Iterator[None]:
    """Run each command as if typed into a terminal of its own. All end with the block, or with this process.

    A command begins with `dask`, which is run by this Python.

    Raises RuntimeError, with the end of the command's output, when one has ended by itself with an error.
    """
    with ExitStack() as stack:
        running = [(command, *stack.enter_context(_terminal(command))) for command in commands]
        yield
        for command, process, output in running:
            if process.poll():
                output.seek(0)
                raise RuntimeError(f"{command!r} has ended: {output.read().decode(errors='replace').strip()[-500:]}")


@contextmanager
def _terminal(command: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Run a command, and yield its process and the file of its output."""
    arguments = [sys.executable, "-m", "helpers.dask_process", sys.executable, "-m", *shlex.split(command)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=output, stderr=output, **_NEW_GROUP)
        try:
            yield process, output
        finally:
            process.communicate()  # closes the input, which ends the command, and waits for the end
