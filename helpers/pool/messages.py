"""What goes to a worker and comes back, so that nothing on the way can end a worker or the pool.

The stock pool unpickles a task outside its `try`: a function that cannot be imported, an argument or a result that
cannot be rebuilt ends a worker or the pool's own thread, and everybody waits. So here function, arguments and results
are sent as bytes, which are unpickled where an error is a task's, and a failure is a value. A message is a chunk of
tasks:

    Chunk     parent: the user's function and the arguments of some tasks of a `Call`
    Job       worker: what a chunk becomes there; it unpickles its tasks, and then runs one after another
    Answer    worker: the results of a job, which become a list of plain values in the parent, or a `Failure`

Pickle asks an object how it wants to be pickled (`__reduce__`), and calls a function of its choice to rebuild it. That
is where the moments of a task are noted. Workers import this module: keep it light.
"""

import itertools
import math
import os
import reprlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from helpers.pool import worker
from helpers.pool.errors import ResultNotPicklable, TaskFailed, brief
from helpers.pool.exceptions import pack_exception, unpack_exception
from helpers.pool.pickling import Stream, StreamReader, StreamWriter, dumps
from helpers.pool.recorder import ERROR, OK, Recorder, Sending, name_of, pack_work, recorder_of

_now = time.perf_counter


class Call:
    """One call of a pool's method. how says which: "map", "starmap" or "apply"."""

    def __init__(self, function: Callable[..., Any], how: str, recorder: Recorder) -> None:
        self.function = function
        self.how = how
        self.recorder = recorder
        self.input_error: BaseException | None = None
        self.consumed = False  # whether somebody has taken a result of its iterator

    @property
    def name(self) -> str:
        """The name of the function, for a message."""
        return name_of(self.function)

    def one(self, value: object) -> "Chunk":
        """Return a message with one task."""
        return Chunk(self, [value], _now())

    def chunks(self, values: Iterable[Any], chunksize: int, wanted: Callable[[], bool]) -> "Iterator[Chunk]":
        """Return messages with this many tasks each, taking the values only as they are asked for, while wanted.

        It is the pool's own thread that asks, and an exception of the input must not end it: it is kept.
        """
        try:
            values = iter(values)
            while wanted() and (some := list(itertools.islice(values, chunksize))):
                yield Chunk(self, some, _now())
        except BaseException as error:  # noqa: BLE001 (it is raised when the iterator gets there)
            self.input_error = error


class Chunks:
    """The messages of a call whose values are at hand. The pool counts them at once and takes them one by one."""

    def __init__(self, call: Call, values: Sequence[Any], chunksize: int) -> None:
        self.call = call
        self.values = values
        self.chunksize = chunksize
        self.submitted = _now()

    def __len__(self) -> int:
        return math.ceil(len(self.values) / self.chunksize)

    def __iter__(self) -> "Iterator[Chunk]":
        for begin in range(0, len(self.values), self.chunksize):
            yield Chunk(self.call, self.values[begin : begin + self.chunksize], self.submitted)


class NotSent(Exception):
    """What the stock pool gets instead of the error that an argument raised while it was pickled."""

    def __init__(self, original: BaseException) -> None:
        super().__init__(original)
        self.original = original


class Chunk:
    """Some tasks of a call, on their way to a worker in one message. The function's bytes count as the first task's."""

    def __init__(self, call: Call, values: Sequence[Any], submitted: float) -> None:
        self.call = call
        self.values = values
        self.first = call.recorder.number(len(values))
        self.submitted = submitted

    def __reduce__(self) -> tuple[Any, ...]:
        call, recorder = self.call, self.call.recorder
        writer = StreamWriter()
        packed = _now()
        moments: list[float] = []
        sizes: list[int] = []
        try:
            size = writer.add(call.function)
            recorder.note_function(call.name, size)
            for value in self.values:
                sizes.append(size + writer.add(value))
                moments.append(_now())
                size = 0
        except BaseException as error:  # noqa: BLE001 (the caller raises it; here it would end the pool's own thread)
            raise NotSent(error) from None
        recorder.sending[self.first] = Sending(call.name, self.submitted, packed, moments, sizes)
        return Job, (recorder.key, call.how, self.first, len(sizes), writer.stream())


class Job:
    """A chunk that has arrived in a worker."""

    def __init__(self, recorder: int, how: str, first: int, tasks: int, stream: Stream) -> None:
        self.arrived = _now()
        self.recorder = recorder
        self.how = how
        self.first = first
        self.tasks = tasks
        self.stream = stream

    def run(self) -> "Answer":
        """Unpickle the tasks, and run each. A failure gives up those that have not run, as in the stock pool."""
        answer = Answer(self)
        results, moments, how, note = answer.results, answer.moments, self.how, worker.note
        note[worker.RECORDER], note[worker.FIRST], note[worker.ARRIVED] = self.recorder, self.first, self.arrived
        note[worker.STARTED] = 0.0
        note[worker.TASK] = self.first
        received = started = cpu = 0.0
        try:
            unpickle = StreamReader(self.stream).next
            self.stream = b""
            function = unpickle()
            values: deque[tuple[Any, float]] = deque()  # all of them before the first task runs, as in the stock pool
            for task in range(self.first, self.first + self.tasks):
                note[worker.TASK] = task
                values.append((unpickle(), _now()))
            del unpickle  # and with it the pickled message, which may be large
            for task in range(self.first, self.first + self.tasks):
                note[worker.STARTED] = started = 0.0
                note[worker.TASK] = task
                value, received = values.popleft()
                cpu = time.thread_time()
                note[worker.STARTED] = started = _now()
                result = function(value) if how == "map" else _spread(function, how, value)
                finished = _now()
                moments += (received, started, finished, time.thread_time() - cpu)
                results.append(result)
        except BaseException as error:
            if not worker.is_worker():
                raise  # it ends a process that the task has forked
            finished = _now()
            if started:
                moments += (received, started, finished, time.thread_time() - cpu)
            else:
                moments += (finished, finished, finished, 0.0)
            answer.failure = pack_exception(error)
        return answer


def run(job: Job) -> "Answer":
    """Run a chunk: the function that an `XrayPool` gives to the stock pool. A `Chunk` arrives as a `Job`."""
    return job.run()


def _spread(function: Callable[..., Any], how: str, value: Any) -> Any:
    if how == "starmap":
        return function(*value)
    arguments, keywords = value
    return function(*arguments, **keywords)


class Answer:
    """The results of a job, on their way back in one message; or the failure of its last task."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.results: list[Any] = []
        self.moments: list[float] = []
        self.failure: tuple[Any, ...] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the results, until one cannot be pickled: as in the stock pool, it takes its chunk with it."""
        writer = StreamWriter()
        replied: list[float] = []
        sizes: list[int] = []
        returned = _now()
        for result in self.results if self.failure is None else ():
            try:
                sizes.append(writer.add(result))
            except BaseException as error:  # noqa: BLE001 (the caller raises it)
                text = f"of type {type(result).__qualname__}, {_shown(result)},"
                self.failure = dumps(ResultNotPicklable(brief(error), text)), "", ""
                sizes.append(0)
            replied.append(_now())
            if self.failure is not None:
                break
        stream: Any = writer.stream()
        if self.failure is not None:
            stream = self.failure
            done = len(sizes) or len(self.moments) // 4
            sizes = [0] * (done - 1) + [len(self.failure[0])]
            replied = replied or [_now()] * done
        work = pack_work(self.job.arrived, returned, self.moments[: 4 * len(sizes)], replied, sizes)
        sender = (self.job.recorder, os.getpid(), worker.note[worker.READY])
        return _deliver, (*sender, self.job.first, work, len(sizes), stream)


class Failure:
    """What the parent gets in place of the results of a chunk, one of whose tasks failed."""

    def __init__(self, error: BaseException, landed: float) -> None:
        self.error = error
        self.landed = landed


def _deliver(
    key: int, pid: int, ready: float, first: int, work: bytes, done: int, stream: Any
) -> "list[Any] | Failure":
    """Return the plain values of an answer, or its failure. It must not raise: that would end the pool's own thread."""
    landed = _now()
    values: list[Any] = []
    delivered: list[float] = []
    failure: BaseException | None = None
    try:
        if isinstance(stream, tuple):
            failure = unpack_exception(stream[0], stream[1], stream[2], first + done - 1)
        else:
            unpickle = StreamReader(stream).next
            for _ in range(done):
                values.append(unpickle())
                delivered.append(_now())
    except BaseException as error:  # noqa: BLE001 (the caller raises it)
        text = f"a result {_types_in(stream)}cannot be unpickled ({brief(error)})"
        failure = TaskFailed(f"{text}; let the task return something that pickle can copy")
        done = len(values) + 1
    delivered += [_now()] * (done - len(delivered))
    recorder = recorder_of(key)
    if recorder is not None:
        recorder.end(first, pid, ready, OK if failure is None else ERROR, work, landed, delivered)
    return values if failure is None else Failure(failure, landed)


def _types_in(stream: Any) -> str:
    """Name what the first value of a stream is made of."""
    import pickletools  # only ever needed for this message

    try:
        codes = pickletools.genops(stream if isinstance(stream, bytes) else b"".join(stream))
        strings = [str(argument) for code, argument, _ in codes if code.name.endswith("UNICODE")]
    except BaseException:  # noqa: BLE001 (it is no pickle)
        return ""
    return f"({'.'.join(strings[:2])}) " if len(strings) > 1 else ""


def _shown(value: object) -> str:
    try:
        return reprlib.repr(value)
    except BaseException:  # noqa: BLE001 (its own __repr__ may do anything)
        return "which cannot be shown"
