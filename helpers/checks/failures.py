"""Tasks that fail in a pool."""

import io
import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.pool import Pool, ThreadPool
from typing import Any

from helpers import failing_tasks
from helpers.checks.verdict import exercise_check


@exercise_check(praise="Its copy has the same type, the same text and the same attributes.")
def picklable_exception(answer: type[Exception]) -> str | None:
    if not isinstance(answer, type):
        return f"The answer must be a class of exceptions, and is a {type(answer).__name__}."
    for row, reason in ((2, "has no distance"), (7, "is empty")):
        error = answer(row, reason)
        if not isinstance(error, Exception):
            return f"A task can raise only exceptions, and yours is a {type(error).__name__}."
        if str(error) != f"row {row}: {reason}":
            return f"str() of the exception must be {f'row {row}: {reason}'!r}, and is {str(error)!r}."
        try:
            data = _pickled(error)
        except Exception as problem:  # noqa: BLE001 - pickle runs code of any kind
            return f"It cannot be pickled: {problem}"
        try:
            rebuilt = _unpickled(data, type(error))
        except TypeError as problem:
            return f"It cannot be rebuilt from its arguments, {error.args!r}: {problem}"
        if type(rebuilt) is not type(error) or str(rebuilt) != str(error):
            return f"What pickle rebuilds of {error!r} is {rebuilt!r}, with the text {str(rebuilt)!r}."
        if vars(rebuilt) != vars(error):
            return f"What pickle rebuilds has other attributes: {vars(rebuilt)}, not {vars(error)}."
    return None


def _pickled(error: Exception) -> bytes:
    """Return the pickle of an exception, in which no name stands for its class: a cell's class needs no look-up."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, part: object) -> str | None:
            return "its class" if part is type(error) else None

    file = io.BytesIO()
    Pickler(file).dump(error)
    return file.getvalue()


def _unpickled(data: bytes, kind: type[Exception]) -> Any:
    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> type[Exception]:
            return kind

    return Unpickler(io.BytesIO(data)).load()


@exercise_check(praise="Every item has its entry, whatever happens to the others, and the wait has an end.")
def collected(answer: Callable[[Pool, Callable[..., Any], Sequence[Any], float], Sequence[Any]]) -> str | None:
    return _hint_for_failures(answer) or _hint_for_endless_tasks(answer) or _hint_for_long_tasks(answer)


def _hint_for_failures(answer: Callable[..., Sequence[Any]]) -> str | None:
    found = _call_with_threads(lambda pool: list(answer(pool, failing_tasks.divide, [1, 2, 0, 4], 30.0)))
    if found is None:
        return "It still waited after 10 s for four divisions."
    if len(found) != 4:
        return f"There were 4 items, and your list has {len(found)} entries."
    if not isinstance(found[2], ZeroDivisionError):
        return f"The third division fails, so its entry must be that exception, and is {found[2]!r}."
    return None if [*found[:2], found[3]] == [1, 0.5, 0.25] else f"Three divisions have results, and yours are {found}."


def _hint_for_long_tasks(answer: Callable[..., Sequence[Any]]) -> str | None:
    """Try one task that ends in time, and one that does not, although each takes less than twice the time."""

    def nap(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    found = _call_with_threads(lambda pool: list(answer(pool, nap, [0.7, 1.4], 1.0)))
    if found is None or len(found) != 2:
        return f"For two tasks, of 0.7 s and of 1.4 s, and seconds=1, there must be two entries, and yours are {found}."
    if found[0] != 0.7:
        return f"A task of 0.7 s ends in time, if the limit is 1 s, but its entry is {found[0]!r}."
    if not isinstance(found[1], (TimeoutError, multiprocessing.TimeoutError)):
        return f"Beside a task of 0.7 s, one of 1.4 s does not end within 1 s in all, but its entry is {found[1]!r}."
    return None


def _hint_for_endless_tasks(answer: Callable[..., Sequence[Any]]) -> str | None:
    """Try four tasks that would not end, so that a wait of `seconds` for each task takes too long."""
    seconds, most, end = 1.0, 3.0, threading.Event()

    def endless_but_for_5(number: int) -> int:
        if number != 5:
            end.wait(60)
        return number

    began = time.monotonic()
    try:
        found = _call_with_threads(lambda pool: list(answer(pool, endless_but_for_5, [1, 2, 3, 4, 5], seconds)), most)
    finally:
        end.set()
    took = time.monotonic() - began
    if found is None:
        return f"With four endless tasks and seconds={seconds:g}, it still waited after {most:g} s."
    if took < seconds / 2:
        return f"With four endless tasks and seconds={seconds:g}, it gave up after {took:.1f} s."
    if len(found) != 5 or not all(
        isinstance(entry, (TimeoutError, multiprocessing.TimeoutError)) for entry in found[:4]
    ):
        return f"Four tasks never end, so their entries must be a TimeoutError, and yours are {found}."
    return None if found[4] == 5 else f"The fifth task ends at once, so its entry is 5, and yours is {found[4]!r}."


def _call_with_threads(call: Callable[[Pool], list[Any]], most: float = 10.0) -> list[Any] | None:
    """Return what a call gives with a pool of threads, or None after `most` seconds; raise what it raises."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(call(pool))
        except BaseException as error:  # noqa: BLE001 - it is raised below
            outcome.append(error)

    with ThreadPool(5) as pool:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(most)
        too_long = thread.is_alive()  # read here: once the pool ends, a call that still waits may return something
    if too_long:
        return None
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return list(outcome[0])
