"""The span: one task on one worker, with the moments at which it was sent, computed and returned.

Everything that the course measures or simulates is a `Run` of spans, and every timeline is drawn from one. All
moments are `time.perf_counter()` seconds. That clock is the same for all processes of a machine, so the spans
of different workers share one axis.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from operator import attrgetter, itemgetter
from typing import NamedTuple

from helpers import markup

OUTCOMES = ("ok", "error", "lost", "running")
"""How a task ended: with a result, with an exception, or with the death of its worker; "running" has not ended."""

PHASES = ("computing", "waiting for a CPU", "sending", "returning", "starting", "idle")
"""What a worker's time is spent on; together they make up the whole."""


IN_THREADS = ("threads", "interpreters")
"""The start methods of pools whose workers are threads of this process: they pickle nothing, and have no pipe."""

PIPE = 65_536
"""Bytes: no pipe of Linux, macOS or Windows holds more by default, so whoever writes a larger message waits until most
of it has been read (Linux: man 7 pipe)."""


class Span(NamedTuple):
    """One task on one worker. Moments are seconds; those that a lost task did not reach are when the loss was noticed.

    The moments in order, with the process that notes them:

    - submitted (parent): the caller handed the task to the pool
    - packed (parent): pickling of the task begins
    - sent (parent): pickling has ended; the task is in the pipe
    - arrived (worker): the message has been read from the pipe
    - received (worker): unpickling of the task has ended
    - started, finished (worker): just before and just after the call of the function
    - returned (worker): pickling of the result begins
    - replied (worker): pickling has ended; the result is in the pipe
    - landed (parent): the result has been read from the pipe
    - delivered (parent): unpickling of the result has ended

    task is the task's place in the run: for a single map, its index in the input. worker is the id of a process, or
    of a thread. cpu is the worker's own CPU seconds between started and finished. bytes_in and bytes_out are the sizes
    of the pickled task and result. outcome is one of OUTCOMES.
    """

    task: int
    worker: int
    submitted: float
    packed: float
    sent: float
    arrived: float
    received: float
    started: float
    finished: float
    returned: float
    replied: float
    landed: float
    delivered: float
    cpu: float
    bytes_in: int
    bytes_out: int
    outcome: str = "ok"

    @property
    def computing(self) -> float:
        """CPU seconds of the function itself; never more than its wall seconds, even when the CPU clock is coarse."""
        return min(self.cpu, self.finished - self.started)

    @property
    def waiting_for_cpu(self) -> float:
        """Wall seconds of the function without a CPU: other processes used it, or the function slept."""
        return self.finished - self.started - self.computing


class Worker(NamedTuple):
    """One worker: its id, as in `Span`, and the moment (seconds) at which it was ready for its first task."""

    pid: int
    ready: float


class Load(NamedTuple):
    """CPU seconds while a run was measured: of the whole machine, of the workers with all their threads, of the parent.

    seconds: for how long they were counted, from the beginning of the run to about its end. waited: for how many
    worker-seconds the workers' main threads could have run, and had no CPU. managers: CPU seconds of the processes
    that `multiprocessing.Manager` started for the program.
    """

    seconds: float
    machine: float
    workers: float
    parent: float
    waited: float
    managers: float = 0.0


class Run(NamedTuple):
    """What a pool did, measured or simulated.

    spans are in the order of the tasks, workers in the order in which they were ready (a worker that never
    got a task is not among them). processes is the size of the pool, start_method how it starts its workers.
    began is when the creation of the pool began, or when a pool that already ran was reset; ended is when the
    last result was delivered. Both are seconds on the clock of the spans. load is what the CPUs did meanwhile; None
    where that is not known: of simulated runs, of very short ones, and on other systems than Linux. function_bytes is
    the size of the function, pickled, with what it holds: that much of each message; 0 where it is not known.
    """

    spans: tuple[Span, ...]
    workers: tuple[Worker, ...]
    processes: int
    start_method: str
    began: float
    ended: float
    load: Load | None = None
    function_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Wall seconds from the beginning to the last result."""
        return self.ended - self.began


class Segment(NamedTuple):
    """A stretch of time on one row of the timeline: row 0 is the parent, row n the nth of the run's workers.

    phase is "starting", "sending", "computing" or "returning"; begin and end are seconds; span is the task that
    it belongs to, None while a worker starts. What no segment covers is idle.
    """

    row: int
    phase: str
    begin: float
    end: float
    span: Span | None

    @property
    def seconds(self) -> float:
        """Wall seconds from begin to end."""
        return self.end - self.begin


Stretch = tuple[int, str, float, float, Span | None]
"""The fields of a `Segment`, which takes longer to make: a run may have millions."""


class Breakdown(NamedTuple):
    """Where the time of a pool's workers went, in worker-seconds that add up to whole = wall time x processes."""

    computing: float
    waiting_for_cpu: float
    sending: float
    returning: float
    starting: float
    idle: float
    whole: float

    def items(self) -> list[tuple[str, float]]:
        """Return (phase, worker-seconds) in the order of PHASES."""
        return list(zip(PHASES, self[:-1], strict=True))

    def __repr__(self) -> str:
        lines = [*self.items(), ("whole", self.whole)]
        whole = self.whole or 1.0
        return "\n".join(f"{phase:<18} {seconds:8.3f} s {seconds / whole:6.1%}" for phase, seconds in lines)

    def _repr_html_(self) -> str:
        rows = [(phase, f"{seconds:.3f} s", f"{seconds / (self.whole or 1.0):.1%}") for phase, seconds in self.items()]
        whole = ("whole", f"{self.whole:.3f} s", f"{1:.1%}")
        return markup.table([("", "worker-seconds", "share"), *rows, whole])


def segments(run: Run) -> list[Segment]:
    """Return what the parent and each worker did, row after row, and each row in the order of time.

    Segments of one worker never overlap. A worker is *sending* from the moment when it is free and its next task is
    being pickled until the function starts, and *returning* from the end of the function until the result has been
    sent; its last result counts until the parent has received it. The parent is *sending* while it pickles a task, and
    while it writes a message that a pipe cannot hold (`PIPE`): until the worker has read it, or the parent pickles the
    next one. It is *returning* while it unpickles; how long it reads, and writes small messages, is not known.
    """
    return [segment for row in segments_by_row(run) for segment in row]


def segments_by_row(run: Run) -> list[list[Segment]]:
    """Return `segments` as one list for each row; processes that never were ready have an empty row each."""
    return [list(map(Segment._make, row)) for row in stretches_by_row(run)]


def stretches_by_row(run: Run) -> list[list[Stretch]]:
    """Return what `segments_by_row` returns, as plain tuples."""
    parent = sorted([*_sending(run.spans), *_returning(run.spans)], key=itemgetter(2))
    return [parent, *map(list, _rows_of_workers(run)), *([] for _ in range(run.processes - len(run.workers)))]


def seconds_by_phase(pieces: Iterable[Stretch]) -> dict[str, float]:
    """Return the seconds that segments add up to, for every phase but idle, in the order of PHASES."""
    sums = dict.fromkeys(PHASES[:-1], 0.0)
    computing = waiting = 0.0
    for _, phase, begin, end, span in pieces:
        if phase == "computing" and span is not None:
            wall = end - begin
            ran = min(span.cpu, span.finished - span.started)  # as in Span.computing: this runs millions of times
            computing += ran
            waiting += wall - ran
        else:
            sums[phase] += end - begin
    sums["computing"] += computing
    sums["waiting for a CPU"] += waiting
    return sums


def seconds_idle(row: Iterable[Stretch], run: Run) -> float:
    """Return the seconds of a run that no segment of a row covers; the parent may send and return at the same time."""
    idle, free = 0.0, run.began
    for _, _, begin, end, _ in sorted(row, key=itemgetter(2)):
        idle += max(0.0, min(begin, run.ended) - free)
        free = max(free, end)
    return idle + max(0.0, run.ended - free)


def breakdown(run: Run) -> Breakdown:
    """Split wall time x processes into what the workers did with it; the rest is idle."""
    return breakdown_of(run, list(map(seconds_by_phase, _rows_of_workers(run))))


def breakdown_of(run: Run, workers: Sequence[Mapping[str, float]]) -> Breakdown:
    """Return the breakdown of a run from the `seconds_by_phase` of each of its workers."""
    parts = [sum((sums[phase] for sums in workers), 0.0) for phase in PHASES[:-1]]
    whole = run.seconds * run.processes
    return Breakdown._make([*parts, whole - sum(parts), whole])


def events(run: Run) -> list[tuple[float, str, int]]:
    """Return (seconds since the run began, "started" or "finished", task) for every task, in the order of time.

    It is the log that `print` in a worker would give if its output reached the notebook, which it does not on Windows.
    """
    moments = [(span.started - run.began, "started", span.task) for span in run.spans]
    moments += [(span.finished - run.began, "finished", span.task) for span in run.spans]
    return sorted(moments)


_MESSAGE = attrgetter("worker", "arrived")  # the same for all tasks of one message


def _sending(spans: Iterable[Span]) -> Iterator[Stretch]:
    """Yield what the parent did for each task: pickling it, and, with the last one of a large message, writing it."""
    messages = [list(message) for _, message in groupby(sorted(spans, key=attrgetter("packed")), key=_MESSAGE)]
    for message, following in zip_longest(messages, messages[1:]):
        *others, last = message
        yield from ((0, "sending", span.packed, span.sent, span) for span in others)
        end = last.sent
        if sum(span.bytes_in for span in message) > PIPE and last.outcome != "lost":
            end = max(end, min(last.arrived, following[0].packed if following else last.arrived))
        yield 0, "sending", last.packed, end, last


def _returning(spans: Iterable[Span]) -> Iterator[Stretch]:
    return ((0, "returning", span.landed, span.delivered, span) for span in spans)


def _rows_of_workers(run: Run) -> Iterator[Iterator[Stretch]]:
    spans: dict[int, list[Span]] = {worker.pid: [] for worker in run.workers}
    for span in run.spans:
        spans[span.worker].append(span)
    for number, worker in enumerate(run.workers, 1):
        began = run.began if number <= run.processes else worker.ready  # when a replacement was started is not known
        yield _stretches(number, worker, spans[worker.pid], began)


def _stretches(row: int, worker: Worker, spans: list[Span], began: float) -> Iterator[Stretch]:
    """Yield what one worker did, in the order of time: its calls and its results, as they came."""
    free = max(began, worker.ready)
    if free > began:
        yield row, "starting", began, free, None
    results = sorted(spans, key=attrgetter("returned"))
    sent = 0  # how many of them
    for span in sorted(spans, key=attrgetter("started")):
        begin = span.started
        while sent < len(results) and results[sent].returned < begin:
            yield row, "returning", free, (free := max(free, results[sent].replied)), results[sent]
            sent += 1
        yield row, "sending", min(begin, max(free, span.packed)), begin, span
        yield row, "computing", begin, span.finished, span
        free = span.finished
    for result in results[sent:]:
        yield row, "returning", free, (free := max(free, result.replied)), result
    if spans:
        last = max(spans, key=attrgetter("replied"))
        yield row, "returning", free, max(free, last.delivered), last
