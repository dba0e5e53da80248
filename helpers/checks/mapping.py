"""Mapping a function over many items: the methods of a pool, and the order of their results."""

import contextlib
import gc
import heapq
import itertools
import multiprocessing
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.pool import ThreadPool
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from helpers.checks.verdict import exercise_check
from helpers.tasks import distances
from helpers.text import counted

MEETING_TIMEOUT = 1.0
"""Seconds for which a task waits until all others of its exercise run as well."""


class _NeedsFork(Exception):
    """A worker is to be sent the name of something in the notebook."""

    def __init__(self) -> None:
        super().__init__("it is in this notebook, where only a forked worker finds it")


@exercise_check(praise="The same list as the loop's, from a pool of every size, and no process is left.")
def pool_distances(answer: Callable[..., Sequence[float]], rows: Any, target: Any) -> str | None:
    right = distances(rows, target)
    for processes in (1, 2, 3):
        before = set(multiprocessing.active_children())
        with _started_processes() as started, _names_of_the_notebook_refused(), _unclosed_pools_kept() as _kept:
            try:
                found = list(answer(rows, target, processes))
            except _NeedsFork as error:
                error.__traceback__ = None  # it would keep the answer's pool, and its workers
                gc.collect()
                return (
                    "A worker needs something that is in this notebook, and only a forked one has it. "
                    "Which module has a function for it?"
                )
        size = counted(processes, "process")
        if set(multiprocessing.active_children()) - before:
            return "Your function has returned, and its worker processes are still there. Who ends them?"
        if found != right:
            if len(found) == processes:
                came = f"From {size} came {counted(len(found), 'result')}"
                return f"{came}: one list for each chunk, not one number for each row."
            return f"With {size} the list differs from the loop's."
        if not started:
            return "The distances are right, and no worker process computed them."
        if len(started) > processes or len(started) == 1 < processes:
            return f"Asked for {size}, your function started {len(started)}."
    return None


@contextlib.contextmanager
def _started_processes() -> Iterator[list[BaseProcess]]:
    """Note every process that `multiprocessing` starts in the block, whichever kind of pool asks for it."""
    started: list[BaseProcess] = []
    start = BaseProcess.start

    def start_and_note(process: BaseProcess) -> None:
        sent = vars(process)  # with the function that it runs, and its arguments: for a pool's worker, the initializer
        if any(getattr(part, "__module__", None) == "__main__" for part in (sent["_target"], *sent["_args"])):
            raise _NeedsFork
        start(process)
        started.append(process)

    BaseProcess.start = start_and_note  # type: ignore[method-assign, assignment]
    try:
        yield started
    finally:
        BaseProcess.start = start  # type: ignore[method-assign]


@contextlib.contextmanager
def _names_of_the_notebook_refused() -> Iterator[None]:
    """Raise _NeedsFork for a message that names something in `__main__`, whatever the start method.

    A forked worker has it, so that answer would look right; with any other worker, a stock pool would wait for ever.
    """
    original, dumps = vars(ForkingPickler)["dumps"], ForkingPickler.dumps

    def dumps_or_refuse(value: object, protocol: int | None = None) -> Any:
        pickled = dumps(value, protocol)
        if b"__main__" in bytes(pickled):
            pickled.release()  # the traceback would keep the view, and its buffer cannot be freed before it
            raise _NeedsFork
        return pickled

    ForkingPickler.dumps = staticmethod(dumps_or_refuse)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ForkingPickler.dumps = original  # type: ignore[method-assign]


@contextlib.contextmanager
def _unclosed_pools_kept() -> Iterator[list[warnings.WarningMessage]]:
    """Keep the pools that nobody closed: CPython ends them as soon as the last name for them is gone, and warns.

    The documentation of `multiprocessing.pool` says not to rely on that. The warnings in the list hold the pools.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield caught


@exercise_check(
    praise="Each result comes when its task has finished, and a free worker takes the next task of the input."
)
def unordered_order(answer: Sequence[float], naps: Sequence[float], processes: int) -> str | None:
    free = [0.0] * processes  # when each worker can take its next nap
    ends = []
    for nap in naps:
        ends.append(heapq.heappop(free) + nap)
        heapq.heappush(free, ends[-1])
    order = list(answer)
    if order == [nap for _, nap in sorted(zip(ends, naps, strict=True))]:
        return None
    if sorted(order) != sorted(naps):
        return "Name each of the naps once."
    if order == list(naps):
        return "That is the order of the input, in which imap would give them."
    if order == sorted(naps):
        return f"So they would come if all naps began at once; but there are only {processes} workers."
    return "Write down for each worker when its naps begin and end."


@exercise_check(praise="All tasks were under way at the same time, and their results are in the order of the items.")
def side_by_side(answer: Callable[..., Iterable[Any]]) -> str | None:
    items = ["second", "third", "first"]
    all_run = threading.Barrier(len(items))

    def meet_the_others(item: str) -> str:
        all_run.wait(MEETING_TIMEOUT)
        time.sleep(0.02 * (len(items) - items.index(item)))  # the last one finishes first
        return item.upper()

    with ThreadPool(len(items)) as pool:
        try:
            found = list(answer(pool, meet_the_others, items))
        except threading.BrokenBarrierError:
            return "The tasks do not run at the same time: each one is waited for before the next one has started."
    if any(hasattr(result, "get") for result in found):
        return "These are handles; the results are still to be had."
    right = [item.upper() for item in items]
    if found == right:
        return None
    if sorted(map(repr, found)) == sorted(map(repr, right)):
        return "The results are all there, but not in the order of the items."
    return f"{len(items)} items must give {len(items)} results, one for each; yours gives {found}."


@exercise_check(praise="Each result comes as soon as those before it are there. That is how imap keeps the order.")
def put_in_order(answer: Callable[[Iterator[tuple[int, Any]]], Iterable[Any]]) -> str | None:
    kinds: list[Sequence[Any]] = ["abcdefghijklmnopqrst", [None, 0, "", False, *[{}] * 16]]
    for places in ([2, 0, 1], [0, 1, 2], [3, 1, 0, 2], [], list(range(20))[::-1]):
        for results in kinds:
            if hint := _hint_for_order(answer, [(place, results[place]) for place in places]):
                return hint
    return None


def _hint_for_order(
    answer: Callable[[Iterator[tuple[int, Any]]], Iterable[Any]], pairs: list[tuple[int, Any]]
) -> str | None:
    """Return what is wrong with the results that an answer yields for these pairs, or None."""
    taken: list[int] = []

    def feed() -> Iterator[tuple[int, Any]]:
        for place, result in pairs:
            taken.append(place)
            yield place, result

    found, taken_before = [], []
    for result in itertools.islice(answer(feed()), len(pairs) + 1):
        found.append(result)
        taken_before.append(len(taken))
    right = [result for _, result in sorted(pairs, key=lambda pair: pair[0])]
    if list(map(repr, found)) != list(map(repr, right)):  # True == 1, but is another result
        return f"The pairs {pairs} must give {right}; yours give {found}."
    arrived = [place for place, _ in pairs]
    soonest = [max(map(arrived.index, range(place + 1))) + 1 for place in range(len(pairs))]
    if taken_before != soonest:
        return "The order is right, but a result that could be given at once waits until later pairs have come."
    return None
