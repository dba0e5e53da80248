"""Is `explain` right? Runs with one known fault each: which cause it names first, and whether its promise is kept."""

import multiprocessing
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from benchmarks.results import Figure
from benchmarks.work import first_of, held_first, hold, made_array, made_list, total
from helpers import array_tasks, tasks
from helpers.diagnosis import Diagnosis, explain
from helpers.machine import usable_cpus
from helpers.model import Costs, simulate
from helpers.spans import Run
from helpers.timing import warm_up
from helpers.xray import XrayPool
from helpers.xray_threads import XrayThreadPool

ARGUMENTS = {"there are CPUs": "processes"}
"""Which argument of `simulate` is the number that follows these words of a remedy."""

RIGHT = 90.0
"""Percent of the runs whose cause should be the first."""

KEPT = 15.0
"""Percent that a promise may be off, at the median."""


@dataclass(frozen=True)
class Case:
    """A run with a known fault. cause: its name in `helpers.diagnosis`, or "" for none.

    run: makes it. cured: runs it again as the remedy says, from the remedy's words; None where nothing is promised.
    """

    name: str
    cause: str
    run: Callable[[], Run]
    cured: Callable[[str], Run] | None = None
    cpus: int | None = None


def diagnose(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """Which cause `explain` names first for runs with a known fault, and how far its promises are from what comes."""
    right: list[bool] = []
    off: dict[str, list[float]] = {"measured here": [], "on paper": []}
    cases = [("measured here", case) for case in measured_cases(context)]
    cases += [("on paper", case) for case in simulated_cases()]
    for kind, case in cases:
        run = case.run()
        found = explain(run, cpus=case.cpus)
        right.append(named_first(found) == case.cause)
        yield Figure(
            f"{case.name}: the right cause first ({named_first(found) or 'nothing to gain'})", right[-1], "", 1
        )
        if right[-1] and found.causes and case.cured is not None and found.causes[0].expected is not None:
            cured = case.cured(found.causes[0].remedy)
            off[kind].append(100 * abs(found.causes[0].expected / cured.seconds - 1))
            yield Figure(f"{case.name}: promise over what came", found.causes[0].expected / cured.seconds, "times", 1)
    yield Figure("the right cause first", 100 * sum(right) / len(right), "%", 1, RIGHT, True)
    for kind, values in off.items():
        for each in values:
            yield Figure(f"a promise for a run {kind} is off by", each, "%", len(values), KEPT)


def named_first(found: Diagnosis) -> str:
    """Return the name of the first cause, or nothing."""
    return found.causes[0].name if found.causes else ""


def mapped(
    context: BaseContext,
    processes: int,
    function: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    chunksize: int | None = None,
    cold: bool = False,
    **more: Any,
) -> Run:
    """Return the run of one map."""
    with XrayPool(processes, context=context, **more) as pool:
        if not cold:
            warm_up(pool, processes)
            pool.reset()
        pool.map(function, items, chunksize=chunksize)
        return pool.run


def number_in(remedy: str, name: str) -> int:
    """Return the number that a remedy gives after some words: `chunksize=20`, `Pool(2)`, `there are CPUs: 2`."""
    found = re.search(rf"{name}\D{{1,2}}(\d+)", remedy)
    assert found is not None, remedy
    return int(found[1])


def measured_cases(context: BaseContext) -> Iterator[Case]:
    """Yield the runs that are measured here."""
    run = partial(mapped, context)
    spawn = partial(mapped, multiprocessing.get_context("spawn"))
    cpus = usable_cpus()

    def rechunked(function: Callable[[Any], Any], items: Sequence[Any], **more: Any) -> Callable[[str], Run]:
        return lambda remedy: run(cpus, function, items, chunksize=number_in(remedy, "chunksize"), **more)

    loops, small, late = [600_000] * (5 * cpus), [300] * 20_000, [200_000] * 30 + [4_000_000]
    few = 4 * cpus - 1 if cpus > 1 else 3
    yield Case(
        "many empty tasks, one in a message",
        "too many small messages",
        partial(run, cpus, tasks.draw, small, chunksize=1),
        rechunked(tasks.draw, small),
    )
    yield Case(
        "one chunk more than workers",
        "too few chunks",
        partial(run, cpus, tasks.draw, [300_000] * few * (cpus + 1), chunksize=few),
        rechunked(tasks.draw, [300_000] * few * (cpus + 1)),
    )
    yield Case(
        "the longest task last",
        "a long task came late",
        partial(run, cpus, tasks.draw, late, chunksize=1),
        lambda _: run(cpus, tasks.draw, sorted(late, reverse=True), chunksize=1),
    )
    table = np.zeros(2_000_000)
    rows = list(range(40))
    yield Case(
        "a table of 16 MB in a partial",
        "the same large object sent again and again",
        partial(run, cpus, partial(first_of, table), rows, chunksize=2),
        lambda _: run(cpus, held_first, rows, chunksize=2, initializer=hold, initargs=(table,)),
    )
    lists = [np.random.default_rng(n).normal(size=300_000).tolist() for n in range(12)]
    arrays = [np.array(each) for each in lists]
    yield Case(
        "lists of floats as arguments",
        "lists sent where arrays would do",
        partial(run, cpus, total, lists, chunksize=1),
        lambda _: run(cpus, total, arrays, chunksize=1),
    )
    yield Case(
        "lists of floats as results",
        "lists returned where arrays would do",
        partial(run, cpus, made_list, [300_000] * 16, chunksize=1),
        lambda _: run(cpus, made_array, [300_000] * 16, chunksize=1),
    )
    yield Case(
        "a spawned pool for a moment's work",
        "starting the workers",
        partial(spawn, cpus, tasks.draw, [100_000] * 12, chunksize=1, cold=True),
        lambda _: spawn(cpus, tasks.draw, [100_000] * 12, chunksize=1),
    )
    yield Case(
        "a thousand empty tasks",
        "too little work for a pool",
        partial(run, cpus, tasks.identity, range(1000), cold=True),
        lambda _: in_a_loop(tasks.identity, range(1000)),
    )
    yield Case(
        "tasks that sleep",
        "tasks that wait",
        partial(run, cpus, tasks.nap, [0.02] * 60, chunksize=1),
        lambda remedy: mapped(context, number_in(remedy, "Pool"), tasks.nap, [0.02] * 60, chunksize=1),
    )
    yield Case(
        "apply in a loop",
        "one task at a time",
        partial(applied, context, cpus, [600_000] * 24),
        lambda _: run(cpus, tasks.draw, [600_000] * 24),
    )
    yield Case("an input that comes slowly", "the program hands in too little", partial(fed_slowly, context, cpus))
    yield Case(
        "more workers than CPUs",
        "more workers than CPUs",
        partial(spawn, 6 * cpus, tasks.draw, loops * 6, chunksize=1, cold=True),
        lambda _: spawn(cpus, tasks.draw, loops * 6, chunksize=1, cold=True),
    )
    yield Case("nothing wrong", "", partial(run, cpus, tasks.draw, loops * 4, chunksize=1))
    yield Case("two calls that are cut in different ways", "", partial(twice, context, cpus, loops * 2))
    if cpus > 1:
        yield Case(
            "threads that compute",
            "the interpreter's lock",
            partial(in_threads, 2 * cpus, loops),
            lambda _: run(cpus, tasks.draw, loops, chunksize=1, cold=True),
        )
        yield Case(
            "one worker",
            "CPUs that nobody used",
            partial(run, 1, tasks.draw, loops, chunksize=1),
            lambda _: run(cpus, tasks.draw, loops, chunksize=1),
        )
        yield Case(
            "other programs",
            "CPUs taken by others",
            partial(beside_others, cpus, partial(run, cpus, tasks.draw, loops * 2, chunksize=1)),
        )
        yield Case(
            "BLAS threads",
            "threads inside the workers",
            partial(run, cpus, array_tasks.multiply, [1000] * 24, chunksize=1),
        )


def in_a_loop(function: Callable[[Any], Any], items: Iterable[Any]) -> Run:
    """Return an empty run that lasts as long as a plain loop."""
    began = time.perf_counter()
    for item in items:
        function(item)
    return Run((), (), 1, "none", began, time.perf_counter())


def applied(context: BaseContext, processes: int, items: Sequence[int]) -> Run:
    """Return the run of a pool that is called anew for each item."""
    with XrayPool(processes, context=context) as pool:
        warm_up(pool, processes)
        pool.reset()
        for item in items:
            pool.apply(tasks.draw, (item,))
        return pool.run


def in_threads(threads: int, items: Sequence[int]) -> Run:
    """Return the run of a pool of threads."""
    with XrayThreadPool(threads) as pool:
        pool.map(tasks.draw, items, chunksize=1)
        return pool.run


def twice(context: BaseContext, processes: int, items: Sequence[int]) -> Run:
    """Return the run of a pool that has two calls: one of long tasks, in small chunks, and one of empty tasks."""
    with XrayPool(processes, context=context) as pool:
        warm_up(pool, processes)
        pool.reset()
        pool.map(tasks.draw, items, chunksize=1)
        pool.map(tasks.identity, range(2000))
        return pool.run


def fed_slowly(context: BaseContext, processes: int) -> Run:
    """Return the run of a pool whose input is slower than its workers."""
    with XrayPool(processes, context=context) as pool:
        warm_up(pool, processes)
        pool.reset()
        for _ in pool.imap(tasks.draw, slowly([60_000] * 60)):
            pass
        return pool.run


def slowly(items: Iterable[int]) -> Iterator[int]:
    """Yield the items after a pause each."""
    for item in items:
        time.sleep(0.02)
        yield item


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Let another program compute meanwhile."""
    neighbour = multiprocessing.get_context("spawn").Process(target=tasks.compute_for, args=(60.0,), daemon=True)
    neighbour.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        neighbour.kill()
        neighbour.join()


def beside_others(neighbours: int, run: Callable[[], Run]) -> Run:
    """Return a run that shares the CPUs with other programs."""
    with ExitStack() as stack:
        for _ in range(neighbours):
            stack.enter_context(busy_neighbour())
        return run()


def simulated_cases() -> Iterator[Case]:
    """Yield runs on paper, of machines with more CPUs: what is changed there is changed in the simulator, too."""
    slow_start = Costs(fork=2e-3, boot=0.15)
    for cpus in (4, 8, 16):
        yield simulated(
            cpus, "many small messages", "too many small messages", ("chunksize",), durations=[4e-5] * 8000, chunksize=1
        )
        yield simulated(
            cpus,
            "one chunk more than workers",
            "too few chunks",
            ("chunksize",),
            durations=[0.01] * 24 * (cpus + 1),
            chunksize=24,
        )
        yield simulated(
            cpus,
            "sleepy start",
            "starting the workers",
            (),
            {"warm": True},
            durations=[0.02] * 5 * cpus,
            chunksize=1,
            costs=slow_start,
            warm=False,
        )
        yield simulated(
            cpus,
            "too many workers",
            "more workers than CPUs",
            ("there are CPUs",),
            durations=[0.05] * 6 * cpus,
            processes=8 * cpus,
            chunksize=1,
            costs=slow_start,
            warm=False,
        )
        yield simulated(
            cpus,
            "a table in each message",
            "the same large object sent again and again",
            (),
            {"bytes_in": 200},
            durations=[0.01] * 160,
            bytes_in=4_000_000,
            chunksize=1,
        )
    yield simulated(
        8,
        "the longest task last",
        "a long task came late",
        (),
        {"durations": [1.0] + [0.02] * 300},
        durations=[0.02] * 300 + [1.0],
        chunksize=1,
    )
    yield simulated(8, "nothing wrong", "", (), durations=[0.05] * 320, chunksize=1)
    yield simulated(
        8,
        "large results",
        "large results",
        (),
        {"bytes_out": 200},
        durations=[0.004] * 160,
        bytes_out=4_000_000,
        chunksize=1,
    )


def simulated(
    cpus: int, name: str, cause: str, numbers: Sequence[str], changes: dict[str, Any] | None = None, **given: Any
) -> Case:
    """Return a case on paper. numbers: which numbers are taken from the remedy; changes: what else is changed."""
    arguments: dict[str, Any] = {"processes": cpus, "cpus": cpus, "warm": True} | given

    def run() -> Run:
        return split(simulate(**arguments), len(arguments["durations"]))

    def cured(remedy: str) -> Run:
        taken = {ARGUMENTS.get(name, name): number_in(remedy, name) for name in numbers}
        return simulate(**arguments | (changes or {}) | taken)

    return Case(f"{cpus} CPUs, {name}", cause, run, cured, cpus)


def split(run: Run, tasks: int) -> Run:
    """Return a simulated run of equal tasks with a span for each task, as a measured one has, not for each chunk."""
    each = -(-tasks // len(run.spans))
    spans = []
    for chunk in run.spans:
        count = min(each, tasks - len(spans))
        wall = (chunk.finished - chunk.started) / count
        for place in range(count):
            began, ended = chunk.started + place * wall, chunk.started + (place + 1) * wall
            cpu, size_in, size_out = chunk.cpu / count, chunk.bytes_in // count, chunk.bytes_out // count
            spans.append(
                chunk._replace(
                    task=len(spans),
                    received=began,
                    started=began,
                    finished=ended,
                    cpu=cpu,
                    bytes_in=size_in,
                    bytes_out=size_out,
                )
            )
    return run._replace(spans=tuple(spans))
