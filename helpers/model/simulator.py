"""Simulate a `multiprocessing.Pool`: what would happen on any number of workers and CPUs, as a `Run` like a measured one.

It does as CPython's pool does (Lib/multiprocessing/pool.py): the tasks are cut into chunks; one thread of the parent
pickles chunk after chunk into a pipe, and waits while the pipe is full; a worker that is free takes the next chunk,
opens and computes its tasks one after another, and returns all their results in one message; another thread of the
parent unpickles message after message. The workers and the parent share the CPUs evenly, as an operating system
does. The same input always gives the same run.
"""

import heapq
import itertools
import math
import numbers
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from helpers.spans import Run, Span, Worker

PIPE = 65_536
"""Bytes that a pipe holds on Linux (man 7 pipe): a smaller message is put there, a larger one waits for its reader."""


@dataclass(frozen=True)
class Costs:
    """What a pool itself costs, in CPU seconds.

    fork: in the parent, for each worker that it makes. boot: in a worker, from its birth until it is ready.
    send, deliver: in the parent, for each message out and home. receive, reply: in a worker, for each message.
    pack, unpack: for each byte on the way out, in the parent and in the worker. repack, open: for each byte on the way
    home, in the worker and in the parent. For each task: post, fetch in the parent, on the way out and home; call in a
    worker, beside its own duration.

    Raises ValueError for a cost below 0.
    """

    fork: float = 1e-3
    boot: float = 5e-3
    send: float = 3e-5
    receive: float = 3e-5
    reply: float = 3e-5
    deliver: float = 3e-5
    pack: float = 5e-10
    unpack: float = 5e-10
    repack: float = 5e-10
    open: float = 5e-10
    call: float = 2e-6
    post: float = 5e-7
    fetch: float = 5e-7

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name), least=0.0)


def simulate(
    durations: Sequence[float],
    *,
    processes: int,
    cpus: int,
    chunksize: int | None = None,
    bytes_in: Sequence[int] | int = 0,
    bytes_out: Sequence[int] | int = 0,
    costs: Costs | None = None,
    warm: bool = False,
    whole_chunks: bool = False,
) -> Run:
    """Return the run of `map` over tasks with these durations.

    durations: CPU seconds of each task. processes: the workers. cpus: how many are usable; what is at work shares
    them. chunksize: tasks a message; None as `Pool.map` does. bytes_in, bytes_out: the sizes of the pickled
    arguments and results, one for each task or one for all. warm: the workers are ready when the clock starts.
    whole_chunks: a chunk is told as one span, of the chunk's number, with all that its tasks need.

    Raises ValueError, which names the item, for no tasks, a duration or size that is not a number of 0 or more, and
    processes, cpus or chunksize below 1.
    """
    if not len(durations):
        raise ValueError("there are no tasks to simulate; durations needs one number of seconds or more")
    _check_all("the duration", durations)
    for name, number in (
        ("processes", processes),
        ("cpus", cpus),
        ("chunksize", 1 if chunksize is None else chunksize),
    ):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number of 1 or more, not {number!r}")
    sizes = [_sizes("bytes_in", bytes_in, len(durations)), _sizes("bytes_out", bytes_out, len(durations))]
    if chunksize is None:
        chunksize = default_chunksize(len(durations), processes)
    return _Pool(durations, *sizes, processes, cpus, chunksize, costs or Costs(), warm).run(whole_chunks)


def default_chunksize(tasks: int, processes: int) -> int:
    """Return the chunk size that `Pool.map` takes: a quarter of each worker's share, rounded up."""
    return max(1, math.ceil(tasks / (4 * processes)))


@dataclass(slots=True)
class _Chunk:
    first: int
    last: int
    bytes_in: int
    bytes_out: int
    work: float
    packed: float = 0.0
    sent: float = 0.0
    taken: float = 0.0
    done: float = 0.0
    landed: float = 0.0
    delivered: float = 0.0
    worker: int = -1


class _Cpus:
    """CPUs that all jobs share evenly: a job's share of time is the same as that of every other job at work.

    It keeps time in two ways: `now`, in seconds, and `served`, the CPU seconds that every job at work has got since the
    beginning. A job ends when served has grown by its work, so the next to end is always the top of a heap.
    """

    def __init__(self, cpus: int) -> None:
        self.cpus = cpus
        self.now = 0.0
        self.served = 0.0
        self._jobs: list[tuple[float, int, object, object]] = []
        self._count = itertools.count()

    def add(self, work: float, after: object, about: object = None) -> None:
        """Begin a job of so many CPU seconds; `next` gives back after and about when it has ended."""
        heapq.heappush(self._jobs, (self.served + work, next(self._count), after, about))

    def next(self) -> tuple[object, object] | None:
        """Let time pass until a job ends; None when none is at work."""
        if not self._jobs:
            return None
        at_work = len(self._jobs)
        end, _, after, about = heapq.heappop(self._jobs)
        self.now += (end - self.served) * max(1.0, at_work / self.cpus)
        self.served = end
        return after, about


class _Pool:
    def __init__(self, durations, bytes_in, bytes_out, processes, cpus, chunksize, costs, warm) -> None:
        self.durations, self.bytes_in, self.bytes_out = durations, bytes_in, bytes_out
        self.processes, self.costs = processes, costs
        self.sums = [[0.0, *itertools.accumulate(each)] for each in (durations, bytes_in, bytes_out)]
        self.cpus = _Cpus(cpus)
        self.ready = [0.0] * processes
        self.chunks = [
            self._chunk(at, min(at + chunksize, len(durations))) for at in range(0, len(durations), chunksize)
        ]
        self.to_pack = deque(self.chunks)
        self.held: _Chunk | None = None  # packed, but the pipe is full
        self.pipe: deque[_Chunk] = deque()
        self.in_pipe = 0
        self.free: deque[int] = deque()
        self.home: deque[_Chunk] = deque()
        self.parent_busy = False
        self.warm = warm

    def run(self, whole_chunks: bool) -> Run:
        if self.warm:
            self.free.extend(range(self.processes))
            self._parent()
        else:
            self._fork(0)
        while (ended := self.cpus.next()) is not None:
            after, about = ended
            after(about)
        return self._told(self._one_span if whole_chunks else self._spans_of)

    def _chunk(self, first: int, last: int) -> _Chunk:
        costs, tasks = self.costs, last - first
        duration, bytes_in, bytes_out = (sums[last] - sums[first] for sums in self.sums)
        work = duration + costs.receive + tasks * costs.call + costs.reply
        return _Chunk(first, last, bytes_in, bytes_out, work + bytes_in * costs.unpack + bytes_out * costs.repack)

    def _fork(self, worker: int) -> None:
        """The parent makes one worker after another, and then begins to send."""
        if worker < self.processes:
            self.cpus.add(self.costs.fork, self._born, worker)
        else:
            self._parent()

    def _born(self, worker: int) -> None:
        self.cpus.add(self.costs.boot, self._up, worker)
        self._fork(worker + 1)

    def _up(self, worker: int) -> None:
        self.ready[worker] = self.cpus.now
        self._free(worker)

    def _free(self, worker: int) -> None:
        self.free.append(worker)
        self._take()

    def _parent(self) -> None:
        """Python code of the parent runs in one thread at a time: an answer first, for its worker waits."""
        if self.parent_busy:
            return
        costs = self.costs
        if self.home:
            chunk = self.home.popleft()
            chunk.landed = self.cpus.now
            self.parent_busy = True
            work = costs.deliver + (chunk.last - chunk.first) * costs.fetch + chunk.bytes_out * costs.open
            self.cpus.add(work, self._delivered, chunk)
        elif self.to_pack and self.held is None:
            chunk = self.to_pack.popleft()
            chunk.packed = self.cpus.now
            self.parent_busy = True
            work = costs.send + (chunk.last - chunk.first) * costs.post + chunk.bytes_in * costs.pack
            self.cpus.add(work, self._packed, chunk)

    def _packed(self, chunk: _Chunk) -> None:
        chunk.sent = self.cpus.now
        self.parent_busy = False
        self.held = chunk
        self._put()
        self._parent()

    def _put(self) -> None:
        """Put what is packed into the pipe, if it has room; a message that never fits waits for a free worker."""
        chunk = self.held
        if chunk is not None and (self.in_pipe + chunk.bytes_in <= PIPE or not self.pipe and self.free):
            self.held = None
            self.pipe.append(chunk)
            self.in_pipe += chunk.bytes_in
            self._take()

    def _take(self) -> None:
        """Give the free workers what lies in the pipe."""
        while self.free and (self.pipe or self.held is not None):
            if not self.pipe:
                self._put()
                continue
            chunk, worker = self.pipe.popleft(), self.free.popleft()
            self.in_pipe -= chunk.bytes_in
            chunk.worker, chunk.taken = worker, self.cpus.now
            self.cpus.add(chunk.work, self._computed, chunk)
            self._put()
        self._parent()

    def _computed(self, chunk: _Chunk) -> None:
        chunk.done = self.cpus.now
        self.home.append(chunk)
        if chunk.bytes_out <= PIPE:
            self._free(chunk.worker)
        self._parent()

    def _delivered(self, chunk: _Chunk) -> None:
        chunk.delivered = self.cpus.now
        self.parent_busy = False
        if chunk.bytes_out > PIPE:  # its worker could write only while the parent read
            self._free(chunk.worker)
        self._parent()

    def _told(self, tell: Callable[[int, _Chunk], list[Span]]) -> Run:
        spans = list(itertools.chain.from_iterable(map(tell, itertools.count(), self.chunks)))
        used = sorted({chunk.worker for chunk in self.chunks}, key=self.ready.__getitem__)
        workers = tuple(Worker(worker + 1, self.ready[worker]) for worker in used)
        ended = max(chunk.delivered for chunk in self.chunks)
        return Run(tuple(spans), workers, self.processes, "simulated", 0.0, ended)

    def _one_span(self, number: int, chunk: _Chunk) -> list[Span]:
        costs = self.costs
        stretch = (chunk.done - chunk.taken) / chunk.work if chunk.work else 0.0
        duration = self.sums[0][chunk.last] - self.sums[0][chunk.first]
        arrived = max(chunk.taken, chunk.sent)
        started = arrived + (costs.receive + (chunk.last - chunk.first) * costs.call) * stretch
        started += chunk.bytes_in * costs.unpack * stretch
        finished = min(chunk.done, started + duration * stretch)
        return [
            Span(
                number, chunk.worker + 1, 0.0, chunk.packed, chunk.sent, arrived, min(started, finished),
                min(started, finished), finished, finished, chunk.done, chunk.landed, chunk.delivered, duration,
                round(chunk.bytes_in), round(chunk.bytes_out),
            )
        ]  # fmt: skip

    def _spans_of(self, _: int, chunk: _Chunk) -> list[Span]:
        """Lay the tasks of a chunk out in the time that its worker had for it, and in that of the parent."""
        costs, n = self.costs, chunk.last - chunk.first
        stretch = (chunk.done - chunk.taken) / chunk.work if chunk.work else 0.0
        at = chunk.taken + costs.receive * stretch
        work = []
        for task in range(chunk.first, chunk.last):
            received = at + self.bytes_in[task] * costs.unpack * stretch
            started = received + costs.call * stretch
            finished = started + self.durations[task] * stretch
            work.append((at if work else max(chunk.taken, chunk.sent), received, started, finished))
            at = finished
        returned = max(at, chunk.done - (costs.reply + chunk.bytes_out * costs.repack) * stretch)
        out = _steps(chunk.packed, chunk.sent, n, costs.send, n * costs.post + chunk.bytes_in * costs.pack)
        reply = _steps(returned, max(returned, chunk.done), n, costs.reply, chunk.bytes_out * costs.repack)
        home = _steps(chunk.landed, chunk.delivered, n, costs.deliver, n * costs.fetch + chunk.bytes_out * costs.open)
        return [
            Span(
                task, chunk.worker + 1, 0.0, *out[place], *work[place], *reply[place], *home[place],
                self.durations[task], self.bytes_in[task], self.bytes_out[task],
            )
            for place, task in enumerate(range(chunk.first, chunk.last))
        ]  # fmt: skip


def _steps(begin: float, end: float, number: int, message: float, tasks: float) -> list[tuple[float, float]]:
    """Cut the time from begin to end: what the message costs goes to the first task, the rest to all alike."""
    head = (end - begin) * message / (message + tasks) if message else 0.0
    edges = [begin + head + (end - begin - head) * n / number for n in range(1, number)]
    return list(itertools.pairwise([begin, *edges, end]))


def _sizes(name: str, sizes: Sequence[int] | int, tasks: int) -> Sequence[int]:
    if isinstance(sizes, numbers.Real):
        sizes = [sizes] * tasks
    if len(sizes) != tasks:
        raise ValueError(f"{name} has {len(sizes)} sizes for {tasks} tasks")
    _check_all(name, sizes)
    return sizes


def _check_all(name: str, numbers_: Sequence[float]) -> None:
    if set(map(type, numbers_)) <= {int, float} and min(numbers_) >= 0 and sum(numbers_) < math.inf:
        return  # the quick way; nan is not below anything
    for place, number in enumerate(numbers_):
        _check(f"{name} of task {place}", number, least=0.0)


def _check(name: str, number: object, least: float) -> None:
    if not isinstance(number, numbers.Real) or isinstance(number, bool) or not least <= number < math.inf:
        raise ValueError(f"{name} must be a number of {least:g} or more, not {number!r}")
