"""Simulate a `multiprocessing.Pool` on any number of workers and CPUs; the result is a `Run` like a measured one.

The simulated pool works as CPython's does (Lib/multiprocessing/pool.py). A cold pool first starts all of its workers,
one after another; the parent does nothing else until the last one has been forked. The tasks are cut into chunks. One
thread of the parent pickles chunk after chunk into a pipe, and waits while the pipe is full. An idle worker takes the
next chunk, unpickles it, computes its tasks one after another, and returns all their results in one message. Another
thread of the parent unpickles message after message. The workers and the parent share the CPUs evenly, as under an
operating system. The same input always gives the same run.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from functools import partial

from helpers.model.costs import Costs, require_not_negative
from helpers.spans import PIPE, Run, Span, Worker

MOST_PROCESSES = 4096
"""A pool of more processes is not simulated: each costs memory and time here, too, and few systems allow as many."""


def simulate(
    durations: Sequence[float],
    *,
    processes: int,
    cpus: int,
    chunksize: int | None = None,
    bytes_in: Sequence[float] | float = 0,
    bytes_out: Sequence[float] | float = 0,
    function_bytes: float = 0,
    costs: Costs | None = None,
    warm: bool = False,
    on_step: Callable[[], object] = lambda: None,
) -> Run:
    """Return the run of `map` over tasks with these durations: one span for each chunk, numbered from 0.

    durations: CPU seconds of each task. processes: the number of workers. cpus: how many are usable; all that is
    running shares them. chunksize: tasks in a message; None: as `Pool.map` chooses. bytes_in, bytes_out: the sizes of
    the pickled arguments and results, one for each task or one for all. function_bytes: the size of the pickled
    function, which each message carries. warm: the workers are ready when the clock starts. on_step: called at every
    step of the simulation, which ends with an exception that it raises.

    Raises ValueError, which names the item, for no tasks, a duration or size that is not a number of 0 or more,
    processes, cpus or chunksize below 1, and more than MOST_PROCESSES processes.
    """
    tasks = len(durations)
    if not tasks:
        raise ValueError("there are no tasks to simulate; durations needs at least one number of seconds")
    _check_all("the duration", durations)
    for name, number in (
        ("processes", processes),
        ("cpus", cpus),
        ("chunksize", 1 if chunksize is None else chunksize),
    ):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number of 1 or more, not {number!r}")
    if processes > MOST_PROCESSES:
        raise ValueError(f"a simulated pool has at most {MOST_PROCESSES:,} processes, not {processes:,}")
    sizes_in, sizes_out = _size_of_each("bytes_in", bytes_in, tasks), _size_of_each("bytes_out", bytes_out, tasks)
    require_not_negative("function_bytes", function_bytes)
    costs = costs or Costs()
    chunksize = chunksize or default_chunksize(tasks, processes)
    chunks = _cut(durations, sizes_in, sizes_out, function_bytes, chunksize, costs)
    return _Pool(chunks, processes, _Cpus(cpus, on_step), costs).run(warm)


def default_chunksize(tasks: int, processes: int) -> int:
    """Return the chunk size that `Pool.map` takes: a quarter of each worker's share, rounded up."""
    return max(1, math.ceil(tasks / (4 * processes)))


@dataclass(slots=True)
class _Chunk:
    """Tasks that are sent in one message; the moments have the same names as those of a `Span`."""

    tasks: int
    duration: float
    bytes_in: float
    bytes_out: float
    work: float  # CPU seconds that its worker needs for all of it
    worker: int = -1
    packed: float = 0.0
    sent: float = 0.0
    arrived: float = 0.0
    replied: float = 0.0
    landed: float = 0.0
    delivered: float = 0.0


def _cut(
    durations: Sequence[float],
    bytes_in: Sequence[float],
    bytes_out: Sequence[float],
    function_bytes: float,
    chunksize: int,
    costs: Costs,
) -> list[_Chunk]:
    totals = [[0.0, *itertools.accumulate(each)] for each in (durations, bytes_in, bytes_out)]
    receive, reply = costs.receive, costs.reply
    chunks = []
    for first in range(0, len(durations), chunksize):
        last = min(first + chunksize, len(durations))
        duration, size_in, size_out = (total[last] - total[first] for total in totals)
        size_in += function_bytes
        tasks = last - first
        work = duration + receive.message + tasks * receive.task + reply.message + tasks * reply.task
        work = work + size_in * receive.byte + size_out * reply.byte
        chunks.append(_Chunk(tasks, duration, size_in, size_out, work))
    return chunks


class _Cpus:
    """CPUs that all running jobs share evenly.

    There are two clocks: `now`, in seconds, and `served`, the CPU seconds that every running job has received since the
    beginning. A job ends when `served` has grown by its work, so the next job to end is always the first of a heap.
    """

    def __init__(self, cpus: int, on_step: Callable[[], object]) -> None:
        self.cpus = cpus
        self.on_step = on_step
        self.now = 0.0
        self.served = 0.0
        self._jobs: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def start(self, work: float, then: Callable[[], None]) -> None:
        """Start a job of this many CPU seconds; `then` is called when it ends."""
        heapq.heappush(self._jobs, (self.served + work, next(self._count), then))

    def run(self) -> None:
        """Let time pass until no job is left."""
        while self._jobs:
            self.on_step()
            running = len(self._jobs)
            end, _, then = heapq.heappop(self._jobs)
            self.now += (end - self.served) * max(1.0, running / self.cpus)
            self.served = end
            then()


class _Pool:
    """A simulated pool: where its messages are, and what its parent and its workers do next."""

    def __init__(self, chunks: list[_Chunk], processes: int, cpus: _Cpus, costs: Costs) -> None:
        self.chunks, self.costs = chunks, costs
        self.cpus = cpus
        self.ready = [0.0] * processes
        self.idle: deque[int] = deque()
        self.unsent = deque(chunks)
        self.blocked: _Chunk | None = None  # pickled, but the pipe is full
        self.pipe: deque[_Chunk] = deque()
        self.bytes_in_pipe = 0.0
        self.replies: deque[_Chunk] = deque()
        self.parent_busy = False

    def run(self, warm: bool) -> Run:
        if warm:
            self.idle.extend(range(len(self.ready)))
            self._advance()
        else:
            self.parent_busy = True
            self._fork(0)
        self.cpus.run()
        used = sorted({chunk.worker for chunk in self.chunks}, key=self.ready.__getitem__)
        workers = tuple(Worker(worker + 1, self.ready[worker]) for worker in used)
        ended = max(chunk.delivered for chunk in self.chunks)
        return Run(
            tuple(map(self._span, itertools.count(), self.chunks)), workers, len(self.ready), "simulated", 0.0, ended
        )

    def _fork(self, worker: int) -> None:
        """The parent starts one worker after another, as `Pool.__init__` does; only then can `map` send anything."""
        if worker < len(self.ready):
            self.cpus.start(self.costs.fork, partial(self._forked, worker))
        else:
            self.parent_busy = False
            self._advance()

    def _forked(self, worker: int) -> None:
        self.cpus.start(self.costs.boot, partial(self._booted, worker))
        self._fork(worker + 1)

    def _booted(self, worker: int) -> None:
        self.ready[worker] = self.cpus.now
        self.idle.append(worker)
        self._advance()

    def _advance(self) -> None:
        """Move messages into the pipe and to idle workers as far as possible; then the parent takes its next job."""
        self._fill_pipe()
        while self.idle and self.pipe:
            chunk = self.pipe.popleft()
            self.bytes_in_pipe -= chunk.bytes_in
            chunk.worker, chunk.arrived = self.idle.popleft(), self.cpus.now
            self.cpus.start(chunk.work, partial(self._replied, chunk))
            self._fill_pipe()
        self._continue_parent()

    def _fill_pipe(self) -> None:
        """Write the pickled message if it fits into the pipe; one that never fits needs an idle worker to read it."""
        chunk = self.blocked
        if chunk is None:
            return
        if self.bytes_in_pipe + chunk.bytes_in <= PIPE or (self.idle and not self.pipe):
            self.blocked = None
            self.pipe.append(chunk)
            self.bytes_in_pipe += chunk.bytes_in

    def _continue_parent(self) -> None:
        """Only one thread of the parent runs at a time; collecting comes first, as a worker may wait for it."""
        if self.parent_busy:
            return
        if self.replies:
            chunk = self.replies.popleft()
            chunk.landed = self.cpus.now
            self.parent_busy = True
            self.cpus.start(self.costs.collect.seconds(chunk.tasks, chunk.bytes_out), partial(self._delivered, chunk))
        elif self.unsent and self.blocked is None:
            chunk = self.unsent.popleft()
            chunk.packed = self.cpus.now
            self.parent_busy = True
            self.cpus.start(self.costs.send.seconds(chunk.tasks, chunk.bytes_in), partial(self._sent, chunk))

    def _sent(self, chunk: _Chunk) -> None:
        chunk.sent = self.cpus.now
        self.parent_busy = False
        self.blocked = chunk
        self._advance()

    def _replied(self, chunk: _Chunk) -> None:
        chunk.replied = self.cpus.now
        self.replies.append(chunk)
        if chunk.bytes_out <= PIPE:
            self.idle.append(chunk.worker)
        self._advance()

    def _delivered(self, chunk: _Chunk) -> None:
        chunk.delivered = self.cpus.now
        self.parent_busy = False
        if chunk.bytes_out > PIPE:  # its worker could write only while the parent read
            self.idle.append(chunk.worker)
        self._advance()

    def _span(self, number: int, chunk: _Chunk) -> Span:
        receive = self.costs.receive
        stretch = (chunk.replied - chunk.arrived) / chunk.work if chunk.work else 0.0
        started = chunk.arrived + (receive.message + chunk.tasks * receive.task) * stretch
        started += chunk.bytes_in * receive.byte * stretch
        finished = min(chunk.replied, started + chunk.duration * stretch)
        started = min(started, finished)
        return Span(
            number, chunk.worker + 1, 0.0, chunk.packed, chunk.sent, chunk.arrived, started, started, finished,
            finished, chunk.replied, chunk.landed, chunk.delivered, chunk.duration, round(chunk.bytes_in),
            round(chunk.bytes_out),
        )  # fmt: skip


def _size_of_each(name: str, sizes: Sequence[float] | float, tasks: int) -> Sequence[float]:
    each = sizes if isinstance(sizes, Sized) else [sizes] * tasks
    if len(each) != tasks:
        raise ValueError(f"{name} has {len(each)} sizes for {tasks} tasks")
    _check_all(name, each)
    return each


def _check_all(name: str, values: Sequence[float]) -> None:
    if set(map(type, values)) <= {int, float} and min(values) >= 0 and sum(values) < math.inf:
        return  # the quick way: a nan makes the sum a nan, which is not below infinity
    for task, number in enumerate(values):
        require_not_negative(f"{name} of task {task}", number)
