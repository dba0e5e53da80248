"""The exercises on tasks that fail: right answers written in different ways, and textbook errors."""

# ruff: noqa: BLE001 - the answers of students catch what a task raises, whatever it is

import copyreg
import threading
import time
from multiprocessing import TimeoutError as PoolTimeout

import pytest

from helpers import checks, failing_tasks


class WithBothArguments(Exception):
    def __init__(self, row, reason):
        super().__init__(row, reason)

    def __str__(self):
        return "row {}: {}".format(*self.args)


class WithReduce(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")
        self.row, self.reason = row, reason

    def __reduce__(self):
        return type(self), (self.row, self.reason)


class WithDefault(Exception):
    def __init__(self, row, reason=None):
        super().__init__(row if reason is None else f"row {row}: {reason}")


class WithAttributes(ValueError):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.row, self.reason = row, reason

    def __str__(self):
        return f"row {self.row}: {self.reason}"


class WithGetnewargs(Exception):
    def __new__(cls, *args):
        return super().__new__(cls, *args)

    def __str__(self):
        return f"row {self.args[0]}: {self.args[1]}"


class WithCopyreg(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")
        self.parts = row, reason


copyreg.pickle(WithCopyreg, lambda error: (WithCopyreg, error.parts))


class LosesTheReason(Exception):
    def __init__(self, row, reason=""):
        super().__init__(row)
        self.text = f"row {row}: {reason}"

    def __str__(self):
        return f"row {self.args[0]}: has no distance"


class NeedsKeywords(Exception):
    def __init__(self, row, reason):
        super().__init__()
        self.row, self.reason = row, reason

    def __str__(self):
        return f"row {self.row}: {self.reason}"


class GrowsWithEachCopy(Exception):
    def __init__(self, row, reason=""):
        super().__init__(f"row {row}: {reason}")


class ReducesToAnother(WithReduce):
    def __reduce__(self):
        return Exception, (str(self),)


class ForgetsItsAttributes(WithReduce):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.when = time.perf_counter()


class ReducesToALambda(WithReduce):
    def __reduce__(self):
        return (lambda row, reason: ReducesToALambda(row, reason)), (self.row, self.reason)


class HoldsALock(WithAttributes):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.lock = threading.Lock()


class IsCopiedOnly(WithReduce):
    def __reduce__(self):
        raise TypeError("this cannot be pickled")

    def __copy__(self):
        return IsCopiedOnly(self.row, self.reason)


def a_built_in_exception(row, reason):
    return ValueError(f"row {row}: {reason}")


class IsNoException:
    def __init__(self, row, reason):
        self.text = f"row {row}: {reason}"


class CallsNothing(Exception):
    def __init__(self, row, reason):
        self.row, self.reason = row, reason

    def __str__(self):
        return f"row {self.row}: {self.reason}"

    def __reduce__(self):
        return type(self), self.args[:1]


RIGHT_EXCEPTIONS = [WithBothArguments, WithReduce, WithDefault, WithAttributes, WithGetnewargs, WithCopyreg]
WRONG_EXCEPTIONS = [
    failing_tasks.UnpicklableError,
    Exception,
    LosesTheReason,
    NeedsKeywords,
    GrowsWithEachCopy,
    ReducesToAnother,
    ForgetsItsAttributes,
    ReducesToALambda,
    HoldsALock,
    IsCopiedOnly,
    a_built_in_exception,
    IsNoException,
    CallsNothing,
]


@pytest.mark.parametrize("answer", RIGHT_EXCEPTIONS)
def test_an_exception_that_pickle_rebuilds_gets_a_tick(answer):
    assert checks.picklable_exception(answer).right, checks.picklable_exception(answer)


@pytest.mark.parametrize("answer", WRONG_EXCEPTIONS)
def test_another_exception_gets_a_hint(answer):
    verdict = checks.picklable_exception(answer)
    assert not verdict.right
    assert "Checking your answer raised" not in verdict.sentence


def by_one_deadline(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    deadline = time.monotonic() + seconds
    entries = []
    for handle in handles:
        try:
            entries.append(handle.get(timeout=max(0, deadline - time.monotonic())))
        except Exception as error:
            entries.append(error)
    return entries


def by_polling(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not all(handle.ready() for handle in handles):
        time.sleep(0.01)
    for handle in handles:
        if not handle.ready():
            yield TimeoutError("it took too long")
            continue
        try:
            yield handle.get()
        except Exception as error:
            yield error


def by_callbacks(pool, function, items, seconds):
    entries = {number: PoolTimeout() for number in range(len(items))}
    handles = [
        pool.apply_async(
            function, (item,), callback=lambda result, n=number: entries.update({n: result}),
            error_callback=lambda error, n=number: entries.update({n: error}),
        )
        for number, item in enumerate(items)
    ]  # fmt: skip
    end = time.monotonic() + seconds
    for handle in handles:
        handle.wait(max(0.0, end - time.monotonic()))
    time.sleep(0.05)
    return tuple(entries.values())


def waits_for_each(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    entries = []
    for handle in handles:
        try:
            entries.append(handle.get(timeout=seconds))
        except Exception as error:
            entries.append(error)
    return entries


def waits_for_ever(pool, function, items, seconds):
    entries = []
    for handle in [pool.apply_async(function, (item,)) for item in items]:
        try:
            entries.append(handle.get())
        except Exception as error:
            entries.append(error)
    return entries


def loses_all_for_one(pool, function, items, seconds):
    return pool.map_async(function, items).get(timeout=seconds)


def leaves_failures_out(pool, function, items, seconds):
    entries = by_one_deadline(pool, function, items, seconds)
    return [entry for entry in entries if not isinstance(entry, Exception)]


def keeps_none(pool, function, items, seconds):
    entries = by_one_deadline(pool, function, items, seconds)
    return [None if isinstance(entry, Exception) else entry for entry in entries]


def stops_at_the_first_failure(pool, function, items, seconds):
    entries = []
    iterator = pool.imap(function, items)
    try:
        for _ in items:
            entries.append(iterator.next(timeout=seconds))
    except Exception as error:
        entries.append(error)
    return entries


def does_not_wait(pool, function, items, seconds):
    return by_one_deadline(pool, function, items, 0.05)


def waits_first(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    time.sleep(seconds)
    return [_entry(handle, 0) for handle in handles]


def waits_nearly_all_the_time_first(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    time.sleep(0.9 * seconds)
    return [_entry(handle, 0) for handle in handles]


def gives_each_a_share(pool, function, items, seconds):
    handles = [pool.apply_async(function, (item,)) for item in items]
    return [_entry(handle, seconds / len(items)) for handle in handles]


def waits_for_each_until_one_is_late(pool, function, items, seconds):
    entries = []
    for handle in [pool.apply_async(function, (item,)) for item in items]:
        late = any(isinstance(entry, PoolTimeout) for entry in entries)
        entries.append(_entry(handle, 0 if late else seconds))
    return entries


def _entry(handle, seconds):
    try:
        return handle.get(timeout=seconds)
    except Exception as error:
        return error


@pytest.mark.parametrize("answer", [by_one_deadline, by_polling, by_callbacks])
def test_a_function_that_collects_results_and_errors_gets_a_tick(answer):
    assert checks.collected(answer).right, checks.collected(answer)


@pytest.mark.parametrize(
    "answer",
    [
        waits_for_each,
        loses_all_for_one,
        leaves_failures_out,
        keeps_none,
        stops_at_the_first_failure,
        does_not_wait,
        waits_for_ever,
        waits_first,
        waits_nearly_all_the_time_first,
        gives_each_a_share,
        waits_for_each_until_one_is_late,
    ],
)
def test_another_function_gets_a_hint(answer):
    assert not checks.collected(answer).right
