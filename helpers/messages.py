"""What travels between a `GuardedPool` and its workers, so that nothing on the way can end a worker or the pool.

The stock pool unpickles a task outside its `try`: a function that cannot be imported, an argument or a result that
cannot be rebuilt ends a worker or the pool's own thread, and everybody waits. So here function, arguments and results
travel as bytes, which are opened where an error is a task's:

    Call, Parcel   parent: the user's function and one task's argument, which pickle packs when the message leaves
    Job, Reply     worker: the function, which opens and runs each task, and one task's result on its way home
    Answer         parent: opens the replies of one message; each becomes the plain value

The stock pool pickles a chunk of tasks as one message, in which an object that several tasks share travels once.
It is so here too: one `Packer` serves one message, with the pickler and the protocol of the stock pool.

Workers import this module: keep it light.
"""

import io
import itertools
import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers import notes
from helpers.errors import TaskFailed, brief

_keys = itertools.count()
_calls: "weakref.WeakValueDictionary[int, Call]" = weakref.WeakValueDictionary()
_reducers = ForkingPickler(io.BytesIO()).dispatch_table  # how the stock pool pickles connections, methods and so on


class Packer:
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


class Unpacker:
    """Unpickle the values of one message, in the order in which they were packed."""

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self.unpickler = pickle.Unpickler(self.file)

    def unpack(self, pieces: list[bytes]) -> Any:
        self.file.seek(0)
        self.file.writelines(pieces)
        self.file.seek(0)
        return self.unpickler.load()


class Call:
    """One call of a pool's method. It is pickled first in every message, so it opens the message.

    how says which method: "map", "starmap" or "apply". broken is set as soon as a result cannot come home.
    """

    def __init__(self, function: Callable[..., Any], how: str) -> None:
        self.key = next(_keys)
        self.function = function
        self.how = how
        self.numbers = itertools.count()
        self.input_error: BaseException | None = None
        self.broken: TaskFailed | None = None
        _calls[self.key] = self

    def __reduce__(self) -> tuple[Any, ...]:
        self.packer = Packer()
        return Job, (self.key, self.how, self.packer.pack(self.function))

    def parcels(self, values: Iterable[Any]) -> "Iterator[Parcel]":
        """Wrap each value for its journey, taking the next one only when it is asked for."""
        return (Parcel(self, next(self.numbers), value) for value in values)

    def lazy_parcels(self, values: Iterator[Any]) -> "Iterator[Parcel]":
        """As `parcels`, for the pool's own thread, which an exception of the input must not end: it is kept."""
        try:
            yield from self.parcels(values)
        except BaseException as error:  # noqa: BLE001 (it is raised when the iterator gets there)
            self.input_error = error


class Parcel:
    """One task's argument on its way to a worker."""

    __slots__ = ("call", "task", "value")

    def __init__(self, call: Call, task: int, value: object) -> None:
        self.call = call
        self.task = task
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, ((self.task, self.call.packer.pack(self.value)),)


class Job:
    """The user's function in a worker, for the tasks of one message."""

    def __init__(self, key: int, how: str, data: list[bytes]) -> None:
        self.key = key
        self.how = how
        self.data = data
        self.function: Callable[..., Any] | None = None
        self.unpacker = Unpacker()
        self.packer = Packer()
        self.unsendable = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return Answer, (self.key,)

    def __call__(self, parcel: tuple[int, list[bytes]]) -> "Reply":
        task, data = parcel
        notes.HELD.pack_into(notes.page, 0, self.key, task)
        try:
            result = self.run(self.open(data))
        except BaseException as error:  # noqa: BLE001 (whatever it is, the worker must live)
            raise sendable(error)
        finally:
            notes.HELD.pack_into(notes.page, 0, self.key, ~task)
        return Reply(self, result)

    def each(self, parcels: Iterable[Any]) -> list["Reply"]:
        """Run every task of a chunk of `imap`."""
        return [self(parcel) for parcel in parcels]

    def open(self, data: list[bytes]) -> Any:
        """Unpickle the argument, and before the first one the function."""
        if self.function is None:
            self.function = self.unpacker.unpack(self.data)
        return self.unpacker.unpack(data)

    def run(self, value: Any) -> Any:
        """Call the function as the method of the pool would."""
        if self.how == "map":
            return self.function(value)
        if self.how == "starmap":
            return self.function(*value)
        arguments, keywords = value
        return self.function(*arguments, **keywords)

    def pack(self, result: object) -> list[bytes] | str:
        """Pickle a result; or say why it cannot be pickled, also for those after it: they may refer to it."""
        if not self.unsendable:
            try:
                return self.packer.pack(result)
            except BaseException as error:  # noqa: BLE001 (the caller raises it)
                self.unsendable = f"a result of type {type(result).__qualname__} cannot be pickled ({brief(error)})"
        return self.unsendable


class Reply:
    """One task's result on its way home."""

    __slots__ = ("job", "result")

    def __init__(self, job: Job, result: object) -> None:
        self.job = job
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return _deliver, (self.job, self.job.pack(self.result))


class Answer:
    """The message that brings home the replies of one job; made anew in the parent."""

    def __init__(self, key: int) -> None:
        self.call = _calls.get(key)
        self.unpacker = Unpacker()

    def open(self, data: list[bytes] | str) -> Any:
        """Return the plain value. An error here would end the pool's own thread, so it is kept for the caller."""
        try:
            if isinstance(data, str):
                raise pickle.PicklingError(data)
            return self.unpacker.unpack(data)
        except BaseException as error:  # noqa: BLE001 (the caller raises it)
            text = data if isinstance(data, str) else f"a result {_named(data)}cannot be unpickled ({brief(error)})"
            if self.call is not None and self.call.broken is None:
                self.call.broken = TaskFailed(f"{text}; let the task return something that pickle can copy")
            return None


def _deliver(answer: Answer, data: list[bytes] | str) -> Any:
    return answer.open(data)


def _named(data: list[bytes]) -> str:
    import pickletools  # only ever needed for this message

    strings = [argument for code, argument, _ in pickletools.genops(b"".join(data)) if code.name.endswith("UNICODE")]
    return f"({'.'.join(strings[:2])}) " if len(strings) > 1 else ""


def sendable(error: BaseException) -> Exception:
    """Return the exception if it survives the journey, else a `TaskFailed` whose cause it is.

    What is not an `Exception` would end the worker, and `StopIteration` would end the list of results.
    """
    reason = "which would end more than its task"
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        try:
            if type(pickle.loads(ForkingPickler.dumps(error))) is type(error):
                return error
            reason = "which pickle turns into something else"
        except BaseException as problem:  # noqa: BLE001 (any error means the same)
            reason = f"which cannot be sent home by pickle ({brief(problem)})"
    failed = TaskFailed(f"the task raised {brief(error)}, {reason}")
    failed.__cause__ = error
    return failed


def function_name(key: int) -> str:
    """Return the name of the function of a call, for a message; of a `functools.partial` that of its function."""
    call = _calls.get(key)
    function = getattr(call and call.function, "func", call and call.function)
    return getattr(function, "__name__", type(function).__name__)
