"""What a thread notes of its tasks. Nothing is pickled, so a task is sent in no time, and so is its result."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any

from helpers.pool.recorder import ERROR, OK, Recorder, name_of

_now = time.perf_counter
_thread = threading.local()  # ready: since when this thread takes tasks


def note_ready() -> None:
    """Note that this thread is ready for its first task."""
    _thread.ready = _now()


class ThreadStart:
    """The initializer of a thread: that of the program, if it has one, and the moment at which it was done."""

    def __init__(self, initializer: Callable[..., object] | None) -> None:
        self._initializer = initializer

    def __call__(self, *arguments: Any) -> None:
        if self._initializer is not None:
            self._initializer(*arguments)
        note_ready()


def with_start(
    initializer: Callable[..., object] | None, arguments: Iterable[Any]
) -> tuple[Callable[..., object], Iterable[Any]]:
    """Return an initializer that notes when its thread is ready, and its arguments.

    What cannot be called is returned as it is: the stock class says so, in its own order of complaints.
    """
    if initializer is None:
        return ThreadStart(None), ()  # the stock class does not look at the arguments either
    return (ThreadStart(initializer) if callable(initializer) else initializer), arguments


class ThreadTask:
    """One call, which the thread that takes it notes in the recorder."""

    __slots__ = ("arguments", "function", "keywords", "number", "recorder", "sent", "spread", "submitted")

    def __init__(
        self, recorder: Recorder, submitted: float, function: Callable[..., Any], arguments: Any,
        keywords: Mapping[str, Any], spread: bool = False,
    ) -> None:  # fmt: skip
        """Spread: whether the arguments are a value that the thread spreads, as `itertools.starmap` does."""
        self.sent = _now()
        self.submitted = submitted
        self.recorder = recorder
        self.number = recorder.number(1)
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        self.spread = spread

    def __call__(self) -> Any:
        taken = _now()
        recorder, number, submitted, sent = self.recorder, self.number, self.submitted, self.sent
        function, arguments, keywords, spread = self.function, self.arguments, self.keywords, self.spread
        name = name_of(function)
        del self  # the traceback of an exception keeps what is here
        outcome = ERROR
        cpu = time.thread_time()
        started = _now()
        try:
            if spread:
                arguments = tuple(arguments)  # and fails in the words of `itertools.starmap`
            result = function(*arguments, **keywords)
            outcome = OK
            return result
        finally:
            finished = _now()
            cpu = time.thread_time() - cpu
            del function, arguments, keywords
            ready = getattr(_thread, "ready", started)
            worker = threading.get_native_id()
            recorder.keep(number, worker, ready, outcome, submitted, sent, taken, started, finished, cpu, name)
            del recorder


class ThreadTasks:
    """The values of one call of a pool, as tasks that are made when the pool takes them, one by one."""

    def __init__(self, recorder: Recorder, function: Callable[..., Any], values: Any, spread: bool = False) -> None:
        self._submitted = _now()
        self._recorder = recorder
        self._function = function
        self._values: Any = values
        self._spread = spread

    def __len__(self) -> int:
        values: Sized = self._values
        return len(values)

    def __iter__(self) -> Iterator[Any]:
        return map(self._with_spreading if self._spread else self._task, self._values)

    def _task(self, value: Any) -> ThreadTask:
        return ThreadTask(self._recorder, self._submitted, self._function, (value,), {})

    def _with_spreading(self, value: Any) -> tuple[ThreadTask]:
        return (ThreadTask(self._recorder, self._submitted, self._function, value, {}, spread=True),)
