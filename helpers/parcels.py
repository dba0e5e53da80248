"""What travels between an `XrayPool` and its workers, and notes when.

Pickle asks an object how it wants to be pickled (`__reduce__`), and calls a function of its choice to rebuild it.
So an argument travels in a `_Parcel`, which notes when it is packed; a result in a `_Reply`, which notes when it is
packed and, rebuilt in the parent, reports to the `Recorder` and turns into the plain value. The function opens
each message: a `Call` in the parent becomes a `_Job` in the worker, whose replies go home with one `_Answer`.

The stock pool pickles a chunk of tasks as one message, in which an object that several tasks share travels once.
It is so here too: one `_Packer` serves one message, with the pickler and the protocol of the stock pool.

Moments travel as bytes, not as objects: many small objects are slow to pickle and keep the garbage collector busy.
Workers import this module, so it imports nothing that they do not have already.
"""

import io
import itertools
import os
import pickle
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.reduction import ForkingPickler
from struct import Struct
from typing import Any

_now = time.perf_counter
_keys = itertools.count()
_recorders: "weakref.WeakValueDictionary[int, Recorder]" = weakref.WeakValueDictionary()
_reducers = ForkingPickler(io.BytesIO()).dispatch_table  # how the stock pool pickles connections, methods and so on
_ready = 0.0  # in a worker: the moment at which it was ready for its first task

_OUT = Struct("=qqddd")  # task, bytes in, submitted, packed, sent
_WORK = Struct("=ddddd")  # arrived, received, started, finished, CPU seconds
_HOME = Struct("=qdddd")  # bytes out, returned, replied, landed, delivered
_TASK = Struct(_OUT.format + _WORK.format[1:] + _HOME.format[1:])


def start_worker(initializer: Callable[..., object] | None, initargs: Iterable[Any]) -> None:
    """Initialize a worker as its pool was asked to, and note when it was ready."""
    global _ready
    if initializer is not None:
        initializer(*initargs)
    _ready = _now()


class Recorder:
    """What the parent knows of the tasks of one run. Answers find it by its key, for as long as it lives."""

    def __init__(self) -> None:
        self.key = next(_keys)
        self.tasks = itertools.count()
        self.packed: dict[int, bytes] = {}
        self.ready: dict[int, float] = {}
        self._delivered: list[tuple[int, str, bytes]] = []
        _recorders[self.key] = self

    def deliver(self, answer: "_Answer", task: int, work: bytes, home: bytes, outcome: str) -> None:
        """Keep what is known of a task: from its sending, its worker, and its way home."""
        self.ready[answer.worker] = answer.ready
        self._delivered.append((answer.worker, outcome, self.packed.pop(task) + work + home))

    def tasks_delivered(self) -> Iterator[tuple[Any, ...]]:
        """Yield (worker, outcome, *numbers) of every task delivered so far, the numbers in the order of _TASK."""
        for worker, outcome, record in self._delivered.copy():
            yield worker, outcome, *_TASK.unpack(record)


class _Packer:
    """Pickle the values of one message as the stock pool does: what they share is written once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.write = self.pieces.append  # a pickler wants a file; small things come in one piece, big ones uncopied
        self.pickler = pickle.Pickler(self)
        self.pickler.dispatch_table = _reducers

    def pack(self, value: object) -> list[bytes]:
        self.pickler.dump(value)
        pieces = self.pieces[:]
        self.pieces.clear()
        return pieces


class _Unpacker:
    """Unpickle the values of one message, in the order in which they were packed."""

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self.unpickler = pickle.Unpickler(self.file)

    def unpack(self, pieces: list[bytes]) -> Any:
        self.file.seek(0)
        self.file.writelines(pieces)
        self.file.seek(0)
        return self.unpickler.load()


def _size(pieces: list[bytes]) -> int:
    return len(pieces[0]) if len(pieces) == 1 else sum(memoryview(piece).nbytes for piece in pieces)


class Call:
    """The user's function on its way to a worker. It is pickled first in every message, so it opens the message.

    how says which method of the pool was called: "map", "starmap" or "apply".
    """

    def __init__(self, function: Callable[..., Any], how: str, recorder: Recorder) -> None:
        self.function = function
        self.how = how
        self.recorder = recorder

    def __reduce__(self) -> tuple[Any, ...]:
        self.opened = _now()
        self.packer = _Packer()
        data = self.packer.pack(self.function)
        self.weight = _size(data)
        return _Job, (data, self.how, self.recorder.key)

    def parcels(self, values: Iterable[Any]) -> "Iterator[_Parcel]":
        """Wrap each value for its journey, taking the next one only when it is asked for."""
        return (_Parcel(self, next(self.recorder.tasks), value) for value in values)


class _Parcel:
    """One task's argument on its way to a worker. The first of a message answers for the function too."""

    __slots__ = ("call", "submitted", "task", "value")

    def __init__(self, call: Call, task: int, value: object) -> None:
        self.call = call
        self.task = task
        self.value = value
        self.submitted = _now()

    def __reduce__(self) -> tuple[Any, ...]:
        call = self.call
        packed, call.opened = call.opened or _now(), 0.0
        data = call.packer.pack(self.value)
        size, call.weight = _size(data) + call.weight, 0
        call.recorder.packed[self.task] = _OUT.pack(self.task, size, self.submitted, packed, _now())
        return _arrive, (self.task, data)


def _arrive(task: int, data: list[bytes]) -> tuple[int, list[bytes], float]:
    return task, data, _now()


class _Job:
    """The user's function in a worker, for the tasks of one message."""

    def __init__(self, data: list[bytes], how: str, key: int) -> None:
        self.data = data
        self.how = how
        self.key = key
        self.function: Callable[..., Any] | None = None
        self.unpacker = _Unpacker()
        self.packer = _Packer()
        self.done: list[tuple[int, bytes]] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return _Answer, (self.key, os.getpid(), _ready)

    def __call__(self, parcel: tuple[int, list[bytes], float]) -> "_Reply":
        task, data, arrived = parcel
        received = started = cpu = 0.0
        try:
            if self.function is None:
                self.function = self.unpacker.unpack(self.data)
            value = self.unpacker.unpack(data)
            received = _now()
            cpu = time.thread_time()
            started = _now()
            result = self._call(value)
            finished = _now()
        except Exception as error:
            finished = _now()
            cpu = time.thread_time() - cpu if started else 0.0
            work = _WORK.pack(arrived, received or finished, started or finished, finished, cpu)
            error.__dict__["xray"] = _Failure(self, task, work)
            raise
        work = _WORK.pack(arrived, received, started, finished, time.thread_time() - cpu)
        self.done.append((task, work))
        return _Reply(self, task, work, result)

    def _call(self, value: Any) -> Any:
        if self.how == "map":
            return self.function(value)
        if self.how == "starmap":
            return self.function(*value)
        arguments, keywords = value
        return self.function(*arguments, **keywords)


class _Answer:
    """The message that brings home the replies of one job; made anew in the parent."""

    def __init__(self, key: int, worker: int, ready: float) -> None:
        self.recorder = _recorders.get(key)
        self.worker = worker
        self.ready = ready
        self.unpacker = _Unpacker()


class _Reply:
    """One task's result on its way home."""

    __slots__ = ("job", "result", "task", "work")

    def __init__(self, job: _Job, task: int, work: bytes, result: object) -> None:
        self.job = job
        self.task = task
        self.work = work
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        returned = _now()
        data = self.job.packer.pack(self.result)
        return _deliver, (self.job, self.task, self.work, returned, _now(), data)

    def __repr__(self) -> str:  # the stock pool quotes a result that cannot be pickled
        return repr(self.result)


def _deliver(answer: _Answer, task: int, work: bytes, returned: float, replied: float, data: list[bytes]) -> Any:
    landed = _now()
    value = answer.unpacker.unpack(data)
    if answer.recorder is not None:
        home = _HOME.pack(_size(data), returned, replied, landed, _now())
        answer.recorder.deliver(answer, task, work, home, "ok")
    return value


class _Failure:
    """Rides home on an exception. It reports the tasks of the chunk that were done before, whose results are lost."""

    def __init__(self, job: _Job, task: int, work: bytes) -> None:
        self.job = job
        self.task = task
        self.work = work

    def __reduce__(self) -> tuple[Any, ...]:
        return _deliver_failure, (self.job, self.job.done, self.task, self.work, _now())


def _deliver_failure(answer: _Answer, done: list[tuple[int, bytes]], task: int, work: bytes, returned: float) -> int:
    now = _now()
    if answer.recorder is not None:
        home = _HOME.pack(0, returned, returned, now, now)
        for earlier in done:
            answer.recorder.deliver(answer, *earlier, home, "ok")
        answer.recorder.deliver(answer, task, work, home, "error")
    return task
