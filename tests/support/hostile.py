"""Values, inputs and worker functions that nobody expects in a pool. Standard library only."""

import _thread
import copyreg
import io
import itertools
import multiprocessing
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.reduction import ForkingPickler


class CountsItsCalls:
    """A function object that is true or false, or refuses to say, and counts how often this copy of it was called."""

    def __init__(self, truth: object) -> None:
        self.truth = truth
        self.calls = 0

    def __bool__(self) -> bool:
        if self.truth == "refused":
            raise RuntimeError("neither true nor false")
        return bool(self.truth)

    def __call__(self, number: int) -> tuple[int, int]:
        self.calls += 1
        return number, self.calls


class Empty(CountsItsCalls):
    """A function object of length 0."""

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return len(self) > 0


class OwnIter(list):
    def __iter__(self) -> Iterator[int]:
        return iter([10, 20, 30])


class NoSlices(list):
    def __getitem__(self, place: object) -> object:
        if isinstance(place, slice):
            raise TypeError("no slices")
        return super().__getitem__(place)


class ReversedSlices(list):
    def __getitem__(self, place: object) -> object:
        found = super().__getitem__(place)
        return found[::-1] if isinstance(place, slice) else found


class WrongLength:
    """An input of four values that says that it has another number of them."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[int]:
        return iter(range(4))


class ByIndex:
    """An input without `__iter__`."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, place: int) -> int:
        return range(4)[place]


class NeedsReducer:
    """A value that can be pickled only with the reducer that is registered for it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce_ex__(self, protocol: object) -> tuple:
        raise TypeError("pickled without its reducer")


REGISTRIES = {"copyreg": copyreg.pickle, "ForkingPickler": ForkingPickler.register}


def reduce_to_more(value: NeedsReducer) -> tuple:
    return NeedsReducer, (value.number + 100,)


def register_and_return(value: tuple[str, int]) -> NeedsReducer:
    registry, number = value
    REGISTRIES[registry](NeedsReducer, reduce_to_more)
    return NeedsReducer(number)


def number_of(value: NeedsReducer) -> int:
    return value.number


def forget_reducers() -> None:
    copyreg.dispatch_table.pop(NeedsReducer, None)
    ForkingPickler._extra_reducers.pop(NeedsReducer, None)


class Thing:
    """An argument, or a function, that a weak reference can watch."""

    def __call__(self, value: object = None) -> int:
        return 1


class Things(list):
    """An input that a weak reference can watch."""


class HoldsQueue:
    """Its method is an initializer, and takes with it what only a starting process may be given."""

    def __init__(self, context: multiprocessing.context.BaseContext) -> None:
        self.queue = context.SimpleQueue()

    def start(self, value: object) -> None:
        self.queue.put(value)


def raise_timeout_at_three(number: int) -> int:
    if number == 3:
        raise multiprocessing.TimeoutError("the task's own")
    return number


def raise_value(value: BaseException) -> None:
    raise value


def raising_input(error: BaseException) -> Iterator[int]:
    yield from range(3)
    raise error


def slow_count() -> Iterator[int]:
    """Count without end, a little slower than a pool can send: to take turns with other calls is possible."""
    for number in itertools.count():
        time.sleep(0.0005)
        yield number


def blocked() -> Iterator[int]:
    """One value, and then a wait without end."""
    yield 0
    threading.Event().wait()


def from_pool(function: Callable[..., object], values: Iterable[object]) -> Iterator[object]:
    """An input each of whose values is a result."""
    for value in values:
        yield function(value)


# ---- workers that leave, or cannot


class LeavesWhilePickled:
    def __reduce__(self) -> tuple:
        os._exit(0)


def leave_while_pickled(number: int) -> object:
    return LeavesWhilePickled() if number == 3 else number


def cut_pipes(number: int) -> int:
    if number == 3:
        os.closerange(3, 256)
    return number


def cut_pipes_and_leave(number: int) -> int:
    if number == 3:
        os.closerange(3, 256)
        os._exit(0)
    return number


def leave_later(number: int) -> int:
    threading.Timer(0.5, os._exit, (0,)).start()
    return number


def start_endless_thread(number: int) -> int:
    threading.Thread(target=threading.Event().wait, daemon=False).start()
    return number


def die_within_an_answer(number: int) -> int:
    """Send half of an answer, and die with the lock held that the other workers need."""
    frame = sys._getframe()
    while "outqueue" not in frame.f_locals:
        frame = frame.f_back
    queue = frame.f_locals["outqueue"]
    queue._wlock.acquire()
    os.write(queue._writer.fileno(), struct.pack("!i", 1000) + b"half")
    os._exit(1)


# ---- signals


def interrupt_a_program(_: object) -> int:
    """Send SIGINT to a program that this task starts, and return its exit code."""
    with subprocess.Popen(["sleep", "10"]) as program:
        program.send_signal(signal.SIGINT)
        return program.wait()


def handle_sigint(_: object) -> int:
    """Return how often a handler of this task's own was called."""
    calls: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)
    return len(calls)


def sleep_until_stopped(up: object) -> None:
    """Set the event; return if Stop comes, and else leave with another exit code."""
    try:
        up.set()
        time.sleep(10)
    except KeyboardInterrupt:
        os._exit(77)


def hold_the_interpreter(_: object = None) -> None:
    """Compiled code that releases the interpreter's lock to nobody, for a very long time."""
    re.match(r"(a+)+b", "a" * 64)


def stop_this_process(_: object = None) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def begin(begun: object, function: Callable[[], None]) -> None:
    """An initializer that says when it has begun."""
    begun.set()
    function()


def limit_itself(seconds: float) -> str:
    """The well-known recipe for a time limit inside of a task."""
    timer = threading.Timer(0.1, _thread.interrupt_main)
    timer.start()
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.01)
    except KeyboardInterrupt:
        return "stopped at its limit"
    finally:
        timer.cancel()
    return "ran to its end"


def interrupt_later(seconds: float) -> None:
    """A time limit that the task forgets to cancel."""
    threading.Timer(seconds, _thread.interrupt_main).start()


def fork_and_exit(code: int) -> int:
    """The exit code of a process that this one forks, and that ends as a script does."""
    child = os.fork()
    if not child:
        sys.exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def read_numbers(text: str) -> int:
    """Ask for two numbers, as a checker of homework lets programs do."""
    sys.stdin = io.StringIO(text)
    first, second = input("Two numbers? ").split()
    return int(first) + int(second)


def ask(_: object) -> str:
    return input()


class Translated(Exception):
    """An exception that arrives as another one."""

    def __reduce__(self) -> tuple:
        return RuntimeError, (str(self),)


class Vanished(Exception):
    """An exception that arrives as something else."""

    def __reduce__(self) -> tuple:
        return str, ("no exception",)


class WithConnection(Exception):
    """An exception with a connection, which can be taken over once only."""


def raise_translated(text: str) -> None:
    raise Translated(text)


def raise_vanished(text: str) -> None:
    raise Vanished(text)


def raise_with_connection(text: str) -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.send(text)
    error = WithConnection()
    error.connection = ours
    raise error


UNPICKLED: list[int] = []


class NotesItsUnpickling:
    """A value that notes, in the process that unpickles it, how many tasks of this process have run before."""

    def __init__(self, before: int = -1) -> None:
        self.before = before

    def __reduce__(self) -> tuple:
        return _note_unpickling, ()


def _note_unpickling() -> NotesItsUnpickling:
    return NotesItsUnpickling(len(UNPICKLED))


def tasks_before(value: NotesItsUnpickling) -> int:
    UNPICKLED.append(1)
    return value.before


def raise_lone_surrogate() -> None:
    raise ValueError("no such name: caf\udce9.txt")


class HidesItsName:
    """A function object that raises when it is asked for its name, its function or its module."""

    def __getattr__(self, name: str) -> object:
        if name in ("__name__", "func"):
            raise RuntimeError("not bound to anything")
        raise AttributeError(name)

    def __call__(self, number: int) -> int:
        return number + 1


class FailsHalfWay(list):
    def __iter__(self) -> Iterator[int]:
        yield 1
        raise ValueError("half way")
