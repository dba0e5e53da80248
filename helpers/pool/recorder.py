"""The moments of tasks, and the recorder that keeps them: a record for each chunk, not an object for each task.

A million tasks would be many millions of objects, which cost memory and keep the garbage collector busy. So the moments
of a chunk are numbers in one `bytes`, until somebody asks for the spans. Workers import this module: keep it light.
"""

import itertools
import threading
import time
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from typing import Any, NamedTuple

OUTCOMES = ("ok", "error", "lost", "running")
OK, ERROR, LOST, RUNNING = range(4)
"""How the last task of a chunk ended; places in OUTCOMES, and in `helpers.spans.OUTCOMES`."""

_OF_ONE = Struct("=20d")
"""The record of a task that came, and went back, in a message of its own."""

_keys = itertools.count()
_recorders: "dict[int, weakref.ref[Recorder]]" = {}


class Held(NamedTuple):
    """The task that a worker (pid) holds: its recorder's key, the number of its chunk's first task, its own number.

    Moments are 0 where the task has not come so far.
    """

    pid: int
    ready: float
    recorder: int
    first: int
    task: int
    arrived: float
    started: float


class Sending:
    """A chunk that was sent: the name of its function, and for each task when it was pickled, and its bytes."""

    __slots__ = ("function", "moments", "tasks")

    def __init__(self, function: str, submitted: float, packed: float, sent: list[float], sizes: list[int]) -> None:
        self.function = function
        self.tasks = len(sent)
        self.moments = array("d", (submitted, packed, *sent, *sizes))

    def of_task(self, place: int) -> "array[float]":
        """Return the moments of one task, as if it were a chunk by itself."""
        submitted, packed, *each = self.moments
        sent, size = each[place], each[self.tasks + place]
        return array("d", (submitted, each[place - 1] if place else packed, sent, size))


class Recorder:
    """What the parent process knows of the tasks of one run. Answers find it by its key, for as long as it lives."""

    def __init__(self) -> None:
        self.sending: dict[int, Sending] = {}
        self.ready: dict[int, float] = {}
        self.on_keep: Callable[[], object] | None = None  # called when tasks have ended
        self.functions: dict[str, int] = {}  # the most bytes of each, which travel with every message
        self.count = 0  # tasks that have ended
        self._records: list[bytes] = []
        self._next = 0
        self._lock = threading.RLock()  # a signal handler may read the run while it is read
        for key in [key for key, known in _recorders.copy().items() if known() is None]:
            _recorders.pop(key, None)
        self.key = next(_keys)
        _recorders[self.key] = weakref.ref(self)

    def number(self, tasks: int) -> int:
        """Number this many tasks, and return the first number."""
        with self._lock:
            first = self._next
            self._next += tasks
        return first

    def note_function(self, name: str, size: int) -> None:
        """Keep how many bytes a function has, pickled: with what it holds, as a `functools.partial` does."""
        if size > self.functions.get(name, -1):
            self.functions[name] = size

    def end(
        self, first: int, worker: int, ready: float, outcome: int, work: bytes, landed: float, delivered: list[float]
    ) -> None:
        """Keep a chunk that has come back. work: as `pack_work` returns it."""
        sending = self.sending.pop(first, None)
        if sending is None:  # it was reported as lost in the meantime
            return
        done = len(delivered)
        head = array("d", (first, worker, outcome, done, sending.tasks, worked_on(work), landed))
        record = b"".join((head, sending.moments, work, array("d", delivered)))
        self._keep(sending.function, worker, ready, record, done)

    def keep(
        self, task: int, worker: int, ready: float, outcome: int, submitted: float, sent: float, taken: float,
        started: float, finished: float, cpu: float, function: str = "",
    ) -> None:  # fmt: skip
        """Keep a task that a thread of this process has done: what is not pickled is sent, and returned, at once."""
        head = (task, worker, outcome, 1, 1, 1, finished)
        work = (taken, finished, taken, started, finished, cpu, finished, 0.0)
        record = array("d", (*head, submitted, sent, sent, 0.0, *work, finished)).tobytes()
        self._keep(function, worker, ready, record, 1)

    def lose(self, held: Held, outcome: int = LOST) -> None:
        """Keep what is known of a task that ends now, with its worker, or else without its answer."""
        sending = self._sending_of(held)
        if sending is not None and self.sending.pop(held.first, None) is not None:
            record = _unfinished(sending, held, outcome, time.perf_counter())
            self._keep(sending.function, held.pid, held.ready, record, 1)

    def _keep(self, function: str, worker: int, ready: float, record: bytes, tasks: int) -> None:
        """Keep the record of a chunk of this function, of which this many tasks have ended."""
        with self._lock:
            self.ready[worker] = ready
            self._records.append(record)
            self.count += tasks
        if self.on_keep is not None:
            self.on_keep()

    def running(self, held: Held, now: float) -> tuple[Any, ...] | None:
        """Return the fields of the span of a task that a worker holds now, or None if it has ended meanwhile."""
        sending = self._sending_of(held)
        return next(decode(_unfinished(sending, held, RUNNING, now))) if sending is not None else None

    def _sending_of(self, held: Held) -> Sending | None:
        """Return the chunk of a task; None if it has come back. A note that is being written may name none."""
        sending = self.sending.get(held.first)
        return sending if sending is not None and 0 <= held.task - held.first < sending.tasks else None

    def snapshot(self) -> tuple[list[bytes], dict[int, float]]:
        """Return the records so far, and when each of their workers was ready."""
        with self._lock:
            return self._records.copy(), self.ready.copy()


def recorder_of(key: int) -> Recorder | None:
    """Return the recorder with this key, if anybody still wants to know."""
    known = _recorders.get(key)
    return known() if known is not None else None


def name_of(function: Any) -> str:
    """Return the name of a function, for a message; of a `functools.partial` that of its function."""
    try:
        function = getattr(function, "func", function)
        return str(getattr(function, "__name__", type(function).__name__))
    except Exception:  # noqa: BLE001 (an object may do anything when it is asked for an attribute)
        return type(function).__name__


def pack_work(
    arrived: float, returned: float, moments: Iterable[float], replied: Iterable[float], sizes: Iterable[int]
) -> bytes:
    """Return what a worker knows of its chunk. moments: received, started, finished and CPU seconds, task by task."""
    return array("d", (arrived, returned, *moments, *replied, *sizes)).tobytes()


def worked_on(work: bytes) -> int:
    """Return how many tasks are in what `pack_work` returned."""
    return (len(work) // 8 - 2) // 6


def decode(record: bytes) -> Iterator[tuple[Any, ...]]:
    """Yield the fields of a span (`helpers.spans.Span`) for each task of a record."""
    if len(record) == _OF_ONE.size and (fields := _OF_ONE.unpack(record))[3:6] == (1, 1, 1):
        return iter((_span_of_one(*fields),))
    numbers = array("d")
    numbers.frombytes(record)
    first, worker, outcome, done, tasks, worked = map(int, numbers[:6])
    landed, submitted, packed = numbers[6:9]
    sent, sizes = numbers[9 : 9 + tasks], numbers[9 + tasks : 9 + 2 * tasks]
    at = 9 + 2 * tasks
    arrived, returned = numbers[at : at + 2]
    at += 2
    received, started, finished, cpu = (numbers[at + n : at + 4 * worked : 4] for n in range(4))
    replied, sizes_out = (numbers[at + n * worked : at + (n + 1) * worked] for n in (4, 5))
    delivered = numbers[at + 6 * worked :]
    return zip(
        range(first, first + done),
        itertools.repeat(worker),
        itertools.repeat(submitted),
        itertools.chain((packed,), sent),
        sent,
        itertools.repeat(arrived),
        received,
        started,
        finished,
        itertools.chain((returned,), replied),
        replied,
        itertools.chain((landed,), delivered),
        delivered,
        cpu,
        map(int, sizes),
        map(int, sizes_out),
        itertools.chain(itertools.repeat("ok", done - 1), (OUTCOMES[outcome],)),
        strict=False,
    )


def _span_of_one(
    first: float, worker: float, outcome: float, _1: float, _2: float, _3: float, landed: float, submitted: float,
    packed: float, sent: float, size: float, arrived: float, returned: float, received: float, started: float,
    finished: float, cpu: float, replied: float, size_out: float, delivered: float,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the fields of the only task of a record: most of a million tasks come so, and this is quicker."""
    return (
        int(first), int(worker), submitted, packed, sent, arrived, received, started, finished, returned, replied,
        landed, delivered, cpu, int(size), int(size_out), OUTCOMES[int(outcome)],
    )  # fmt: skip


def _unfinished(sending: Sending, held: Held, outcome: int, now: float) -> bytes:
    """Return the record of a task that has not come back: what it did not reach, it reaches now."""
    arrived = held.arrived or now
    started = held.started if held.started >= arrived else now
    head = array("d", (held.task, held.pid, outcome, 1, 1, 1, now))
    work = pack_work(arrived, now, (started, started, now, 0.0), (now,), (0,))
    return b"".join((head, sending.of_task(held.task - held.first), work, array("d", (now,))))
