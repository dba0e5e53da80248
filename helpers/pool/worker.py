"""What a worker process does besides its tasks: it starts, keeps a note of what it holds, and ends with its parent.

The note is shared memory: writing there costs next to nothing, needs no lock that a killed worker could leave locked,
leaves nothing behind, and can be read after the worker was killed. Workers import this module: keep it light.
"""

import _thread
import builtins
import mmap
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.heap import Arena
from typing import Any

from helpers.pool.pickling import dumps, loads
from helpers.pool.recorder import Held

# The places of a note. Moments are time.perf_counter() seconds, or 0. TASK is -1 while the worker holds no task.
PID, READY, RECORDER, FIRST, TASK, ARRIVED, STARTED, ANSWERS, LEAVING, FAILED = range(10)
_TEXT_AT = 80
_NUMBERS = 512  # of 8 bytes each; what follows the places above holds the text of a failure

ASKING = ("builtins", "ipykernel", "google", "xpython")
"""Whose `input` asks at a terminal, or in a notebook: Python's, Jupyter's, Colab's, xeus-python's."""

note = memoryview(bytearray(8 * _NUMBERS)).cast("d")  # in a worker: the numbers of its note


class Note:
    """A worker's note, as its parent reads it."""

    def __init__(self, start_method: str) -> None:
        """Make the note, as memory that the worker inherits, or as a file without a name that is mapped by both."""
        self.memory: Any = mmap.mmap(-1, 8 * _NUMBERS) if start_method == "fork" else Arena(8 * _NUMBERS)
        self._numbers = numbers_of(self.memory)
        self._numbers[TASK] = -1

    @property
    def ready(self) -> float:
        """The moment at which the worker was ready for its first task; 0 before."""
        return self._numbers[READY]

    @property
    def leaving(self) -> bool:
        """Whether the worker was told to leave, or has done its number of tasks."""
        return bool(self._numbers[LEAVING])

    @property
    def held(self) -> Held | None:
        """The task that the worker holds: it is cleared when the answer has been sent."""
        pid, ready, recorder, first, task, arrived, started = self._numbers[: STARTED + 1]
        return Held(int(pid), ready, int(recorder), int(first), int(task), arrived, started) if task >= 0 else None

    @property
    def failure(self) -> str:
        """The traceback of the initializer, if it failed."""
        size = int(self._numbers[FAILED])
        return bytes(self._numbers.cast("B")[_TEXT_AT : _TEXT_AT + size]).decode(errors="replace")


def numbers_of(memory: Any) -> "memoryview[float]":
    """Return the numbers of a note."""
    return memoryview(getattr(memory, "buffer", memory)).cast("d")


class Initializer:
    """The initializer and its arguments, pickled while the worker starts, as locks and queues ask for.

    They are unpickled where an error is the initializer's, instead of the end of the worker.
    """

    def __init__(self, function: Callable[..., object], arguments: Iterable[Any]) -> None:
        self.parts: Any = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return Initializer._from_bytes, (dumps(self.parts),)

    @classmethod
    def _from_bytes(cls, data: bytes) -> "Initializer":
        initializer = cls.__new__(cls)
        initializer.parts = data
        return initializer

    def run(self) -> None:
        """Call the function, and keep nothing: the worker would hold the pickled arguments as long as it lives."""
        parts, self.parts = self.parts, ()
        function, arguments = loads(parts) if isinstance(parts, bytes) else parts
        del parts
        function(*arguments)


class NotedQueue:
    """The queue of a worker's tasks, or of its answers; it notes that there are no more, or that one has been sent."""

    def __init__(self, queue: Any, max_messages: int | None = None) -> None:
        self._queue = queue
        self._max_messages = max_messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def get(self) -> Any:
        task = self._queue.get()
        if task is None:
            note[LEAVING] = 1
        return task

    def put(self, answer: object) -> None:
        self._queue.put(answer)
        note[TASK] = -1
        note[ANSWERS] += 1
        if note[ANSWERS] == self._max_messages:
            note[LEAVING] = 1


class SigintHandler:
    """The first argument of `serve`: as soon as a worker unpickles it, Stop is left to the parent."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _handle_sigint, ()


def _handle_sigint() -> SigintHandler:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as in a shell's background job, and for its programs
        signal.signal(signal.SIGINT, _leave_to_parent)
    return SigintHandler()


def serve(
    _: SigintHandler,
    memory: Any,
    unblock: bool,
    initializer: Initializer | None,
    max_messages: int | None,
    stock_worker: Callable[..., None],
    inqueue: Any,
    outqueue: Any,
    *rest: Any,
) -> None:
    """Make this process a worker that a notebook can live with, and run the stock pool's worker in it.

    memory: its note. unblock: whether the interrupt signal is blocked because the pool did so. max_messages:
    after how many it leaves, None for no limit. The others are the stock pool's target and its arguments.
    """
    global note
    _handle_sigint()
    if unblock:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    note = numbers_of(memory)
    note[PID] = os.getpid()
    _refuse_input()
    _thread.interrupt_main = _interrupt_task
    _end_with_parent()
    if initializer is not None:
        try:
            initializer.run()
        except BaseException:
            if not is_worker():
                raise
            _report_failure(traceback.format_exc())
    note[READY] = time.perf_counter()
    stock_worker(NotedQueue(inqueue), NotedQueue(outqueue, max_messages), *rest)


def is_worker() -> bool:
    """Whether this process is the worker that the note belongs to, and not a process that a task has forked."""
    return os.getpid() == note[PID]


_interrupt_main = _thread.interrupt_main
_interrupts_itself = False


def _interrupt_task(signum: int = signal.SIGINT) -> None:
    """In place of `_thread.interrupt_main`, with which a task limits its own time: this interrupt is not Stop."""
    global _interrupts_itself
    _interrupts_itself = signum == signal.SIGINT
    _interrupt_main(signal.Signals(signum))


def _leave_to_parent(signal_number: int, frame: object) -> None:
    """Stop is for the parent, which ends its workers. It is not ignored: what a task starts would inherit that."""
    global _interrupts_itself
    itself, _interrupts_itself = _interrupts_itself, False
    if itself and note[TASK] >= 0 and note[STARTED]:  # else it comes too late, and would end the worker
        raise KeyboardInterrupt


def _refuse_input() -> None:
    """Let `input` fail while it would ask the terminal, or the notebook of which this is a fork, and wait."""
    stdin = sys.stdin
    if str(getattr(builtins.input, "__module__", "")).partition(".")[0] not in ASKING:
        return  # the program's own

    def read(prompt: object = "") -> str:
        if sys.stdin is stdin or sys.stdin is None:
            raise EOFError(
                "input() does not work in a worker: nobody is there to answer; ask first, and pass the answer on"
            )
        print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line.removesuffix("\n")

    builtins.input = read


def _report_failure(text: str) -> None:
    """Note that the initializer failed, and wait for the end: a worker that leaves is replaced, again and again."""
    data = text.encode(errors="backslashreplace")[_TEXT_AT - 8 * _NUMBERS :]
    note.cast("B")[_TEXT_AT : _TEXT_AT + len(data)] = data
    note[FAILED] = len(data)
    threading.Event().wait()


def _end_with_parent() -> None:
    """Let this worker end when its parent has ended, however it ended.

    On Linux the system kills it as the pipe to the parent closes, even while compiled code holds the interpreter's
    lock. Elsewhere, and where a sibling process holds that pipe open, a thread looks.
    """
    parent = parent_process()
    assert parent is not None
    if sys.platform == "linux":
        import fcntl  # not there on Windows

        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(parent.sentinel, fcntl.F_GETFL)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
        if wait([parent.sentinel], 0):  # it ended before that
            os._exit(1)
    with suppress(RuntimeError):  # no more threads are to be had
        threading.Thread(target=_watch_parent, args=(parent.sentinel, os.getppid()), daemon=True).start()


def _watch_parent(sentinel: int, parent: int) -> None:
    while not wait([sentinel], timeout=0.5) and os.getppid() == parent:
        pass
    os._exit(1)
