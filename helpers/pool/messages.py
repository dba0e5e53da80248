"""What travels between a `GuardedPool` and its workers, so that nothing on the way can end a worker or the pool.

The stock pool unpickles a task outside its `try`: a function that cannot be imported, an argument or a result that
cannot be rebuilt ends a worker or the pool's own thread, and everybody waits. So here function, arguments and results
travel as bytes, which are opened where an error is a task's. A message is a chunk of tasks, as in the stock pool:

    Chunk     parent: the user's function and the arguments of some tasks of a `Call`
    Job       worker: what a chunk becomes there; it opens and runs one task after another
    Replies   worker: the results of a job, which become a list of plain values in the parent

Pickle asks an object how it wants to be pickled (`__reduce__`), and calls a function of its choice to rebuild it. That
is where the moments of a task's journey are noted, for the recorder of an `XrayPool` (`helpers.pool.recorder`).

Workers import this module: keep it light.
"""

import itertools
import math
import os
import pickle
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.pool import worker as notes
from helpers.pool.errors import TaskFailed, brief
from helpers.pool.pickling import Packer, Pickled, Unpacker, size_of
from helpers.pool.recorder import ERROR, HOME, OK, OUT, WORK, Recorder, recorder_of

_now = time.perf_counter
_keys = itertools.count()
_calls: "weakref.WeakValueDictionary[int, Call]" = weakref.WeakValueDictionary()


class Call:
    """One call of a pool's method.

    how says which method: "map", "starmap" or "apply". A recorder numbers the tasks through its whole run; else they
    are numbered in each call.
    """

    def __init__(self, function: Callable[..., Any], how: str, recorder: Recorder | None = None) -> None:
        self.key = next(_keys)
        self.function = function
        self.how = how
        self.recorder = recorder
        self.numbers = itertools.count() if recorder is None else recorder.tasks
        self.input_error: BaseException | None = None
        _calls[self.key] = self

    def one(self, value: object) -> "Chunk":
        """Return a message with one task."""
        return Chunk(self, [value], _now())

    def chunks(self, values: Iterable[Any], chunksize: int) -> "Iterator[Chunk]":
        """Return messages with so many tasks each, taking the values only as they are asked for.

        It is the pool's own thread that asks, and an exception of the input must not end it: it is kept.
        """
        values = iter(values)
        try:
            while some := list(itertools.islice(values, chunksize)):
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


class Chunk:
    """Some tasks of a call, on their way to a worker in one message. The first of them answers for the function too."""

    def __init__(self, call: Call, values: Sequence[Any], submitted: float) -> None:
        self.call = call
        self.values = values
        self.tasks = list(itertools.islice(call.numbers, len(values)))
        self.submitted = submitted

    def __reduce__(self) -> tuple[Any, ...]:
        call, recorder = self.call, self.call.recorder
        packer = Packer()
        packed = _now()
        function = packer.pack(call.function)
        size = size_of(function)
        arguments = []
        for task, value in zip(self.tasks, self.values):
            data = packer.pack(value)
            arguments.append(data)
            sent = _now()
            if recorder is not None:
                recorder.packed[task] = OUT.pack(size + size_of(data), self.submitted, packed, sent)
            packed, size = sent, 0
        return Job, (call.key, recorder.key if recorder else -1, call.how, self.tasks, function, arguments)


class Job:
    """A chunk that has arrived in a worker."""

    def __init__(
        self, call: int, recorder: int, how: str, tasks: list[int], function: Pickled, arguments: list[Pickled]
    ) -> None:
        self.arrived = _now()
        self.call = call
        self.how = how
        self.tasks = tasks
        self.function = function
        self.arguments = arguments
        self.sender = (recorder, os.getpid(), notes.ready)

    def run(self) -> "Replies":
        """Open and run each task. An exception brings the moments of its task home, and of those that were done."""
        replies = Replies(self.sender)
        unpack, how, arrived = Unpacker().unpack, self.how, self.arrived
        function: Any = None
        for task, data in zip(self.tasks, self.arguments):
            notes.hold(self.call, task, arrived)
            received = started = cpu = 0.0
            try:
                function = function or unpack(self.function)
                value = unpack(data)
                received = _now()
                cpu = time.thread_time()
                started = _now()
                notes.note_start(received, started)
                result = function(value) if how == "map" else _spread(function, how, value)
                finished = _now()
            except BaseException as error:  # noqa: BLE001 (whatever it is, the worker must live)
                finished = _now()
                cpu = time.thread_time() - cpu if started else 0.0
                moments = (arrived, received or finished, started or finished, finished, cpu)
                notes.let_go()
                raise replies.with_failure(task, moments, sendable(error))
            replies.add(task, (arrived, received, started, finished, time.thread_time() - cpu), result)
        return replies


def run(job: Job) -> "Replies":
    """Run a chunk: the function that a guarded pool gives to the stock pool. A `Chunk` arrives as a `Job`."""
    return job.run()


def _spread(function: Callable[..., Any], how: str, value: Any) -> Any:
    if how == "starmap":
        return function(*value)
    arguments, keywords = value
    return function(*arguments, **keywords)


class Replies:
    """The results of a job, on their way home in one message."""

    def __init__(self, sender: tuple[int, int, float]) -> None:
        self.sender = sender
        self.tasks: list[int] = []
        self.moments: list[tuple[float, ...]] = []
        self.results: list[Any] = []

    def add(self, task: int, moments: tuple[float, ...], result: object) -> None:
        self.tasks.append(task)
        self.moments.append(moments)
        self.results.append(result)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pack the results, until one cannot be pickled: as in the stock pool, it takes its chunk with it."""
        notes.let_go()
        packer = Packer()
        works: list[bytes] = []
        packed: list[Pickled] = []
        problem = ""
        returned = _now()
        for moments, result in zip(self.moments, self.results):
            try:
                packed.append(packer.pack(result))
            except BaseException as error:  # noqa: BLE001 (the caller raises it)
                problem = f"a result of type {type(result).__qualname__} cannot be pickled ({brief(error)})"
            replied = _now()
            works.append(WORK.pack(*moments, returned, replied))
            returned = replied
            if problem:
                break
        return _deliver, (self.sender, self.tasks, works, packed, problem)

    def with_failure(self, task: int, moments: tuple[float, ...], error: Exception) -> Exception:
        """Let an exception travel as bytes, whatever its class has to say: pickle asks the exception itself first."""

        def reduce(protocol: int) -> tuple[Any, ...]:
            error.__dict__.pop("__reduce_ex__", None)
            returned = _now()
            data = Packer().pack(error)
            replied = _now()
            works = [WORK.pack(*of_task, returned, replied) for of_task in [*self.moments, moments]]
            return _deliver_failure, (self.sender, [*self.tasks, task], works, data)

        error.__dict__["__reduce_ex__"] = reduce
        ForkingPickler.register(type(error), _by_its_own_word)
        return error


def _by_its_own_word(error: Exception) -> str | tuple[Any, ...]:
    """Pickle an exception as it says itself, though a library (tblib, which Dask brings) has a say for every exception."""
    return error.__reduce_ex__(pickle.DEFAULT_PROTOCOL)


def _deliver(
    sender: tuple[int, int, float], tasks: list[int], works: list[bytes], packed: list[Pickled], problem: str
) -> list[Any] | TaskFailed:
    """Return the plain values of the replies, or what the caller must raise: here it would end the pool's own thread."""
    key, worker, ready = sender
    recorder = recorder_of(key)
    unpack = Unpacker().unpack
    values = []
    landed = _now()
    for task, work, data in zip(tasks, works, packed):
        try:
            values.append(unpack(data))
        except BaseException as error:  # noqa: BLE001 (the caller raises it)
            problem = f"a result {_named(data)}cannot be unpickled ({brief(error)})"
            break
        if recorder is not None:
            delivered = _now()
            recorder.end(task, work, HOME.pack(worker, OK, size_of(data), landed, delivered))
            landed = delivered
    if recorder is not None:
        recorder.ready[worker] = ready
        if problem:
            recorder.end(tasks[len(values)], works[len(values)], HOME.pack(worker, ERROR, 0, landed, _now()))
    return TaskFailed(f"{problem}; let the task return something that pickle can copy") if problem else values


def _deliver_failure(
    sender: tuple[int, int, float], tasks: list[int], works: list[bytes], data: Pickled
) -> BaseException:
    """Return the exception of the last of these tasks; those before it were done, and their results are given up."""
    landed = _now()
    try:
        error = Unpacker().unpack(data)
        error.__dict__["xray"] = tasks[-1]
    except BaseException as problem:  # noqa: BLE001 (the caller raises it)
        error = TaskFailed(f"the task raised an exception {_named(data)}that cannot be unpickled ({brief(problem)})")
    key, worker, ready = sender
    recorder = recorder_of(key)
    if recorder is not None:
        recorder.ready[worker] = ready
        for task, work in zip(tasks, works):
            failed = task == tasks[-1]
            home = HOME.pack(worker, ERROR if failed else OK, size_of(data) if failed else 0, landed, _now())
            recorder.end(task, work, home)
    return error


def _named(data: Pickled) -> str:
    import pickletools  # only ever needed for this message

    codes = pickletools.genops(data if type(data) is bytes else b"".join(data))
    strings = [argument for code, argument, _ in codes if code.name.endswith("UNICODE")]
    return f"({'.'.join(strings[:2])}) " if len(strings) > 1 else ""


def sendable(error: BaseException) -> Exception:
    """Return the exception if it survives the journey, else a `TaskFailed` whose cause it is.

    What is not an `Exception` would end the worker, and `StopIteration` would end the list of results.
    """
    reason = "which would end more than its task"
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        try:
            arrived = pickle.loads(ForkingPickler.dumps(error))
            arrived.__cause__ = None  # the pool puts the worker's traceback there, and would die of an error
            if type(arrived) is type(error):
                return error
            reason = "which pickle turns into something else"
        except BaseException as problem:  # noqa: BLE001 (any error means the same)
            reason = f"which cannot be sent home by pickle ({brief(problem)})"
    failed = TaskFailed(f"the task raised {brief(error)}, {reason}")
    failed.__cause__ = error
    return failed


def call_of(key: int) -> Call | None:
    """Return the call with this key, if it is still waited for."""
    return _calls.get(key)


def function_name(key: int) -> str:
    """Return the name of the function of a call, for a message; of a `functools.partial` that of its function."""
    call = call_of(key)
    function = getattr(call and call.function, "func", call and call.function)
    return getattr(function, "__name__", type(function).__name__)
