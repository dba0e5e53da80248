"""What goes to a worker of a `ProcessPoolExecutor` and comes back, as bytes that note the moments of their tasks.

These messages fail where, and as, those of the stock executor fail: what cannot be pickled is its future's exception,
what cannot be unpickled ends a worker, or the executor. A message is one call, or a chunk of a `map`:

    Tasks     parent: a function and the arguments of its calls; it is what is submitted
    Job       worker: what it becomes there; calling it runs its tasks
    Answer    worker: the results, which become plain values in the parent

An exception of a task is raised, as in the stock executor. Pickle asks an object how it wants to be pickled, and an
exception of its own is asked, too: it takes the moments along, and arrives as if it had not. Workers import this
module: keep it light.
"""

import io
import os
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.pool import worker
from helpers.pool.pickling import Stream, StreamReader, StreamWriter, dumps, loads
from helpers.pool.recorder import ERROR, OK, Recorder, Sending, name_of, pack_work, recorder_of

_now = time.perf_counter


class Tasks:
    """Some calls of one function, on their way to a worker in one message. Its bytes count as the first call's."""

    def __init__(self, recorder: Recorder, function: Callable[..., Any], values: Sequence[Any], chunk: bool) -> None:
        """Chunk: whether values are tuples of arguments, and the result a list; or one pair of arguments, keywords."""
        self.submitted = _now()
        self.recorder = recorder
        self.function = function
        self.values = values
        self.chunk = chunk
        self.first = recorder.number(len(values))

    def __reduce__(self) -> tuple[Any, ...]:
        writer = StreamWriter()
        packed = _now()
        moments: list[float] = []
        sizes: list[int] = []
        size = writer.add(self.function)
        name = name_of(self.function)
        self.recorder.note_function(name, size)
        for value in self.values:
            sizes.append(size + writer.add(value))
            moments.append(_now())
            size = 0
        self.recorder.sending[self.first] = Sending(name, self.submitted, packed, moments, sizes)
        return Job, (self.recorder.key, self.first, len(sizes), self.chunk, writer.stream())


class Job:
    """Tasks that have arrived in a worker. All of them are unpickled at once, and what that raises ends the worker."""

    def __init__(self, recorder: int, first: int, tasks: int, chunk: bool, stream: Stream) -> None:
        self.arrived = _now()
        self.recorder = recorder
        self.first = first
        self.chunk = chunk
        note = worker.note
        note[worker.RECORDER], note[worker.FIRST], note[worker.ARRIVED] = recorder, first, self.arrived
        note[worker.STARTED] = 0.0
        note[worker.TASK] = first
        unpickle = StreamReader(stream).next
        self.function = unpickle()
        self.values: list[Any] = []
        self.received: list[float] = []
        for _ in range(tasks):
            self.values.append(unpickle())
            self.received.append(_now())

    def __call__(self) -> "Answer":
        """Run each task. An exception of one gives up those after it, as in the stock executor."""
        function, chunk, note = self.function, self.chunk, worker.note
        answer = Answer(self)
        moments, results = answer.moments, answer.results
        received = started = cpu = 0.0
        try:
            for task, value, received in zip(self._numbers(), self.values, self.received, strict=True):
                note[worker.TASK] = task
                cpu = time.thread_time()
                note[worker.STARTED] = started = _now()
                result = function(*value) if chunk else function(*value[0], **value[1])
                finished = _now()
                moments += (received, started, finished, time.thread_time() - cpu)
                results.append(result)
        except BaseException as error:
            finished = _now()
            moments += (received, started, finished, time.thread_time() - cpu)
            answer.fail_with(error)
            raise
        return answer

    def _numbers(self) -> Iterable[int]:
        return range(self.first, self.first + len(self.values))


class Answer:
    """The results of a job, on their way back in one message."""

    def __init__(self, job: Job) -> None:
        self.recorder = job.recorder
        self.first = job.first
        self.arrived = job.arrived
        self.chunk = job.chunk
        self.results: list[Any] = []
        self.moments: list[float] = []

    def __reduce__(self) -> tuple[Any, ...]:
        writer = StreamWriter()
        replied: list[float] = []
        sizes: list[int] = []
        returned = _now()
        try:
            for result in self.results:
                sizes.append(writer.add(result))
                replied.append(_now())
        except BaseException as error:  # the stock executor sends it instead
            del self.moments[4 * (len(replied) + 1) :]  # as in a pool, nothing is known of the tasks after it
            self.fail_with(error)
            raise
        work = pack_work(self.arrived, returned, self.moments, replied, sizes)
        return _deliver, (*self._sender(), work, len(sizes), self.chunk, writer.stream())

    def fail_with(self, error: BaseException) -> None:
        """Let an exception take along what is known of the tasks so far, of which the last has failed with it."""
        try:
            if type(error) not in ForkingPickler(io.BytesIO()).dispatch_table:  # or nobody would ask the exception
                error.__dict__["__reduce_ex__"] = _Failure(self, error)
        except Exception:  # noqa: BLE001, S110 (its class may forbid it: the task has fewer moments)
            pass

    def reduce_error(self, error: BaseException) -> tuple[Any, ...]:
        """Pickle the exception of the last task."""
        returned = _now()
        try:
            data = dumps(error)
        except BaseException as problem:  # the stock executor sends that one instead
            self.fail_with(problem)
            raise
        tasks = len(self.moments) // 4
        sizes = [0] * (tasks - 1) + [len(data)]
        work = pack_work(self.arrived, returned, self.moments, [_now()] * tasks, sizes)
        return _deliver_error, (*self._sender(), work, tasks, data)

    def _sender(self) -> tuple[int, int, float, int]:
        return self.recorder, os.getpid(), worker.note[worker.READY], self.first


class _Failure:
    """The `__reduce_ex__` of an exception of a task, for once."""

    def __init__(self, answer: Answer, error: BaseException) -> None:
        self.answer = answer
        self.error = error
        answer.results.clear()

    def __call__(self, protocol: int) -> tuple[Any, ...]:
        error = self.error
        del error.__dict__["__reduce_ex__"]
        return self.answer.reduce_error(error)


def _deliver(key: int, pid: int, ready: float, first: int, work: bytes, tasks: int, chunk: bool, stream: Stream) -> Any:
    """Return the plain result of a call, or the list of those of a chunk."""
    landed = _now()
    unpickle = StreamReader(stream).next
    values: list[Any] = []
    delivered: list[float] = []
    for _ in range(tasks):
        values.append(unpickle())
        delivered.append(_now())
    recorder = recorder_of(key)
    if recorder is not None:
        recorder.end(first, pid, ready, OK, work, landed, delivered)
    return values if chunk else values[0]


def _deliver_error(key: int, pid: int, ready: float, first: int, work: bytes, tasks: int, data: bytes) -> Any:
    """Return the exception of a task as it was."""
    landed = _now()
    error = loads(data)
    recorder = recorder_of(key)
    if recorder is not None:
        recorder.end(first, pid, ready, ERROR, work, landed, [_now()] * tasks)
    return error


class WorkerStart:
    """The initializer of a worker: that of the program, if it has one, and the moment at which it was done."""

    def __init__(self, initializer: Callable[..., object] | None) -> None:
        self.initializer = initializer

    def __call__(self, *arguments: Any) -> None:
        if self.initializer is not None:
            self.initializer(*arguments)
        worker.note[worker.READY] = _now()


def serve(memory: Any, stock_worker: Callable[..., None], *rest: Any) -> None:
    """Run the stock executor's worker in this process, which keeps a note of what it holds. memory: that note."""
    worker.note = worker.numbers_of(memory)
    worker.note[worker.PID] = os.getpid()
    stock_worker(*rest)
