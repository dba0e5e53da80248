"""The span: one task on one worker, with the moments at which it changed hands.

Everything that the course measures or simulates is a `Run` of spans, and everything that it draws is drawn
from one. All moments are `time.perf_counter()` seconds. That clock is the same for all processes of a
machine, so the spans of different workers share one axis.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

OUTCOMES = ("ok", "error", "lost", "running")
"""How a task can end: with a result, with an exception, or with its worker; or that it has not ended yet."""

PHASES = ("computing", "waiting for a CPU", "sending", "returning", "starting", "idle")
"""What a worker's time can go to; together they make up the whole."""


class Span(NamedTuple):
    """One task on one worker. Moments are seconds; a moment that a lost task never reached is when the loss showed.

    The moments in order, with the process that notes them:

    - submitted (parent): the caller handed the task over
    - packed (parent): pickling of the task begins
    - sent (parent): pickling is done; from here the task is in the pipe
    - arrived (worker): the message is out of the pipe
    - received (worker): unpickling of the task is done
    - started, finished (worker): around the call of the function
    - returned (worker): pickling of the result begins
    - replied (worker): pickling is done; the result is in the pipe
    - landed (parent): the result is out of the pipe
    - delivered (parent): unpickling of the result is done

    task is the task's place in the run: for a single map, its index in the input. worker is a process id.
    cpu is the worker's own CPU seconds between started and finished. bytes_in and bytes_out are the sizes of
    the pickled task and result. outcome is one of OUTCOMES.
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
    def waiting(self) -> float:
        """Seconds in the parent, from the hand-over until pickling begins."""
        return self.packed - self.submitted

    @property
    def sending(self) -> float:
        """Seconds from the beginning of pickling in the parent to the end of unpickling in the worker."""
        return self.received - self.packed

    @property
    def computing(self) -> float:
        """CPU seconds of the function itself; never more than its wall seconds, whatever a coarse clock says."""
        return min(self.cpu, self.finished - self.started)

    @property
    def waiting_for_cpu(self) -> float:
        """Seconds in which the function was under way but had no CPU: others had it, or the function slept."""
        return self.finished - self.started - self.computing

    @property
    def returning(self) -> float:
        """Seconds from the end of the function until the parent holds the result."""
        return self.delivered - self.finished


class Worker(NamedTuple):
    """One worker process: its process id, and the moment (seconds) at which it was ready for its first task."""

    pid: int
    ready: float


@dataclass(frozen=True, slots=True)
class Run:
    """What a pool did, measured or simulated.

    spans are in the order of the tasks, workers in the order in which they were ready (a worker that never
    got a task is not among them). processes is the size of the pool, start_method how it starts its workers.
    began is when the pool's creation began, or for a warm pool when watching began; ended is when the last
    result was delivered. Both are seconds on the clock of the spans.
    """

    spans: tuple[Span, ...]
    workers: tuple[Worker, ...]
    processes: int
    start_method: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Wall seconds from the beginning to the last result."""
        return self.ended - self.began


class Segment(NamedTuple):
    """A stretch of time on one row of the picture: row 0 is the parent, row n the nth of the run's workers.

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


@dataclass(frozen=True, slots=True)
class Breakdown:
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
        return [(phase, getattr(self, phase.replace(" a ", " ").replace(" ", "_").lower())) for phase in PHASES]

    def __str__(self) -> str:
        lines = [f"{phase:<18} {seconds:8.3f} s {_share(seconds, self.whole):6.1%}" for phase, seconds in self.items()]
        return "\n".join([*lines, f"{'whole':<18} {self.whole:8.3f} s {_share(self.whole, self.whole):6.1%}"])

    __repr__ = __str__


def segments(run: Run) -> list[Segment]:
    """Return what the parent and each worker did, as stretches of time; those of one worker never overlap.

    A worker is *sending* from the moment when it is free and its next task is being packed until the function
    starts, and *returning* from the end of the function until its answer has left; its last answer counts until
    the parent holds it.
    """
    return list(each_segment(run))


def each_segment(run: Run) -> Iterator[Segment]:
    """Yield `segments`: row after row, and those of a row in the order of time."""
    yield from sorted(_parent_segments(run), key=lambda segment: segment.begin)
    yield from _all_worker_segments(run)


def breakdown(run: Run) -> Breakdown:
    """Split wall time x processes into what the workers did with it; what is left over is idle."""
    rows = no_sums(run)
    for _ in summed(_all_worker_segments(run), rows):
        pass
    return whole_of(run, rows)


def no_sums(run: Run) -> list[dict[str, float]]:
    """Return 0 seconds for every phase but idle, for each row: the parent's first, then the workers'."""
    return [dict.fromkeys(PHASES[:-1], 0.0) for _ in range(1 + max(run.processes, len(run.workers)))]


def summed(pieces: Iterable[Segment], rows: list[dict[str, float]]) -> Iterator[Segment]:
    """Pass the segments on, and add the seconds of each to its phase and row."""
    for piece in pieces:
        row, phase, begin, end, span = piece
        if phase == "computing":
            computing = span.computing
            rows[row]["computing"] += computing
            rows[row]["waiting for a CPU"] += end - begin - computing
        else:
            rows[row][phase] += end - begin
        yield piece


def whole_of(run: Run, rows: list[dict[str, float]]) -> Breakdown:
    """Return the breakdown that the `summed` rows of all workers make up."""
    parts = [sum(sums[phase] for sums in rows[1:]) for phase in PHASES[:-1]]
    whole = run.seconds * run.processes
    return Breakdown(*parts, idle=whole - sum(parts), whole=whole)


def events(run: Run) -> list[tuple[float, str, int]]:
    """Return (seconds since the run began, "started" or "finished", task) for every task, in the order of time.

    It is the log that `print` in a worker would give if it reached the notebook, which on Windows it does not.
    """
    moments = [(span.started - run.began, "started", span.task) for span in run.spans]
    moments += [(span.finished - run.began, "finished", span.task) for span in run.spans]
    return sorted(moments)


def _parent_segments(run: Run) -> Iterator[Segment]:
    for span in run.spans:
        yield Segment(0, "sending", span.packed, span.sent, span)
        yield Segment(0, "returning", span.landed, span.delivered, span)


def _all_worker_segments(run: Run) -> Iterator[Segment]:
    tasks: dict[int, list[Span]] = {worker.pid: [] for worker in run.workers}
    for span in run.spans:
        tasks[span.worker].append(span)
    for row, worker in enumerate(run.workers, 1):
        began = run.began if row <= run.processes else worker.ready  # a replacement's birth is not known
        yield from _worker_segments(row, worker, tasks[worker.pid], began)


def _worker_segments(row: int, worker: Worker, spans: list[Span], began: float) -> Iterator[Segment]:
    free = max(began, worker.ready)
    if free > began:
        yield Segment(row, "starting", began, free, None)
    calls = [(span.started, 0, span.task, span) for span in spans]
    answers = [(span.returned, 1, span.task, span) for span in spans]
    for begin, answered, _, span in sorted(calls + answers):
        if not answered:
            yield Segment(row, "sending", min(begin, max(free, span.packed)), begin, span)
            free = span.finished
            yield Segment(row, "computing", begin, free, span)
        else:
            yield Segment(row, "returning", free, max(free, span.replied), span)
            free = max(free, span.replied)
    if spans:
        last = max(spans, key=lambda span: span.replied)
        yield Segment(row, "returning", free, max(free, last.delivered), last)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
