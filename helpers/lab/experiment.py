"""An experiment: plans are carried out in turn, watched while they run, stopped at any moment, and kept.

It knows nothing of widgets: `helpers.lab.labs` shows it, and so can a cell.
"""

import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from helpers.lab.plan import Plan, prepare
from helpers.lab.result import Result, again
from helpers.lab.trace import save_run
from helpers.machine import start_methods, usable_cpus
from helpers.model.calibration import has_small_messages, measure_costs, measure_start
from helpers.model.costs import Costs
from helpers.model.sample import Sample, sample_from_run
from helpers.pool.errors import PoolStopped
from helpers.spans import Run
from helpers.timing import Timing, save, warm_up
from helpers.xray import XrayPool

LOOK = 0.24
"""Seconds between two looks at a run that goes on."""

FEW = 20
"""Tasks; of more, so many are measured first, to see how large their messages are."""

BUDGET = 0.1
"""Seconds for measuring what small messages cost."""

Work = tuple[Callable[[Any], Any], Sequence[Any]]
"""A function, and its arguments: one a task."""


class Stopped(Exception):
    """Somebody pressed Stop."""


@dataclass(frozen=True)
class News:
    """How far things are: in run `number` (from 1) of `runs`, with so many tasks of its plan done.

    seconds: since this run began. left: seconds that all the runs are still expected to take; 0 if nobody knows.
    what: the run in words. pool: what is at work.
    """

    what: str
    number: int
    runs: int
    done: int
    tasks: int
    seconds: float
    left: float
    pool: XrayPool | None = None


Tell = Callable[[News], None]
Waiting = Callable[[XrayPool, Plan, Callable[[Any], Any], Sequence[Any]], Iterator[None]]


class Experiment:
    """All that was measured so far.

    prepare: makes the work of a plan. serial: how long the same work takes without a pool; measured where it is
    not given.
    """

    def __init__(self, prepare: Callable[[Plan], Work] = prepare, serial: Timing | None = None) -> None:
        self.results: list[Result] = []
        self._prepare = prepare
        self._serial = serial
        self._serials: dict[object, tuple[Timing, Run, Costs]] = {}
        self._starts: dict[object, tuple[float, float]] = {}
        self._stopping = Event()
        self._pool: XrayPool | None = None

    def carry_out(self, plans: Sequence[Plan], tell: Tell, repeats: int = 1, predicted: float | None = None) -> None:
        """Run the plans in turn, A B A B, so many times; each plan gets one result, with a figure for each repeat.

        tell hears the news every LOOK seconds. predicted: the seconds that somebody expects of the first plan.

        Raises Stopped, and whatever a task or its pool raises. What was measured until then stays in results.
        """
        try:
            self._carry_out(plans, tell, repeats, predicted)
        except PoolStopped:
            if self._stopping.is_set():
                raise Stopped from None
            raise
        finally:
            self._pool = None
            self._stopping.clear()

    def stop(self) -> None:
        """End what runs, at once; call it from another thread."""
        self._stopping.set()
        pool = self._pool
        if pool is not None:
            pool.terminate()

    def _carry_out(self, plans: Sequence[Plan], tell: Tell, repeats: int, predicted: float | None) -> None:
        first = len(self.results)
        runs = list(itertools.product(range(repeats), range(len(plans))))
        for number, (repeat, place) in enumerate(runs, 1):
            plan = plans[place]
            work = self._prepare(plan)
            serial, sample = self._known(plan, work, tell)
            left = sum(self._expected(plans[later], serial, first + later) for _, later in runs[number - 1 :])

            look = _teller(tell, News(plan.label, number, len(runs), 0, len(work[1]), 0.0, left))
            seconds, run = self._run(plan, work, look)
            if repeat == 0:
                timing = Timing(plan.label, (seconds,), (sum(span.cpu for span in run.spans),))
                expected = predicted if place == 0 else None
                self.results.append(Result(plan, timing, run, serial, expected, sample))
            else:
                self.results[first + place] = again(self.results[first + place], seconds, run)

    def clear(self) -> None:
        """Forget the results."""
        self.results.clear()

    def save(self, folder: Path) -> list[Path]:
        """Write timings.csv and, for each result, run_1.json and run_1.trace.json (for Perfetto) into a new folder.

        The next free number is added to the folder's name, so no file is ever replaced. Returns the files.
        Raises ValueError when there is nothing to save.
        """
        if not self.results:
            raise ValueError("there is nothing to save yet; run something first")
        folder = _new_folder(folder)
        files = [folder / "timings.csv"]
        save([replace(result.timing, label=f"{n}: {result.timing.label}") for n, result in self._numbered()], files[0])
        for number, result in self._numbered():
            for suffix in ("json", "trace.json"):
                files.append(folder / f"run_{number}.{suffix}")
                save_run(result.run, files[-1])
        return files

    def _numbered(self) -> Iterator[tuple[int, Result]]:
        return enumerate(self.results, 1)

    def _run(
        self, plan: Plan, work: Work, look: Callable[[XrayPool, float], None], waiting: Waiting | None = None
    ) -> tuple[float, Run]:
        """Run the work on a pool of its own; return the wall seconds, and the run.

        The clock starts before the pool does; for a warm pool, when all its workers have answered. look is called with
        the pool and the seconds so far, every LOOK seconds and at the end. waiting: hands the tasks over, and yields while
        they run; by default as the plan says.
        """
        context = multiprocessing.get_context(plan.start_method)
        began = time.perf_counter()
        with XrayPool(plan.processes, context=context) as pool:
            self._pool = pool
            if self._stopping.is_set():
                raise Stopped
            if plan.warm:
                warm_up(pool, plan.processes)
                pool.reset()
                began = time.perf_counter()
            look(pool, 0.0)
            for _ in (waiting or _waiting)(pool, plan, *work):
                look(pool, time.perf_counter() - began)
            seconds = time.perf_counter() - began
            look(pool, seconds)
            return seconds, pool.run

    def _known(self, plan: Plan, work: Work, tell: Tell) -> tuple[Timing, Sample | None]:
        """Return the serial timing of the work, and what the model knows of it; measured once for the same work."""
        if self._serial is not None:
            return self._serial, None
        if plan.work not in self._serials:
            self._serials[plan.work] = self._measure_serial(plan, work, tell)
        about = (plan.work, plan.start_method)
        if about not in self._starts:
            tell(News(f"how long {plan.start_method} takes to start a worker", 1, 1, 0, 0, 0.0, 0.0))
            self._starts[about] = measure_start(plan.start_method, (work[0], work[1][0]))
        timing, run, costs = self._serials[plan.work]
        return timing, sample_from_run(run, costs, self._starts[about])

    def _measure_serial(self, plan: Plan, work: Work, tell: Tell) -> tuple[Timing, Run, Costs]:
        """Measure the serial loop in one worker, where it can be stopped: one task after another, each alone.

        Many small tasks go in large messages, as a message would cost more than its task.
        """
        function, items = work
        look = _teller(tell, News("the serial loop first, to compare with", 1, 1, 0, len(items), 0.0, 0.0))
        alone = replace(plan, processes=1, warm=True, method="map")
        _, first = self._run(alone, (function, items[:FEW]), look, _one_by_one)
        with XrayPool(1, context=multiprocessing.get_context(plan.start_method)) as pool:
            warm_up(pool, 1)
            costs = measure_costs(pool, function, items, first, BUDGET)
        run = first
        if len(items) > FEW:
            waiting = _waiting if has_small_messages(first) else _one_by_one
            _, run = self._run(replace(alone, chunksize=len(items) // FEW), work, look, waiting)
        seconds = sum(span.finished - span.started for span in run.spans)
        return Timing("serial", (seconds,), (sum(span.cpu for span in run.spans),)), run, costs

    def _expected(self, plan: Plan, serial: Timing, place: int) -> float:
        if place < len(self.results):
            return self.results[place].timing.median
        return serial.median / min(plan.processes, usable_cpus())


def sweep(plan: Plan) -> list[Plan]:
    """Return the plan for 1, 2, ... up to its number of processes."""
    return [replace(plan, processes=processes) for processes in range(1, plan.processes + 1)]


def every_start(plan: Plan) -> list[Plan]:
    """Return the plan for each start method of this platform."""
    return [replace(plan, start_method=method) for method in start_methods()]


def _teller(tell: Tell, before: News) -> Callable[[XrayPool, float], None]:
    """Return what looks at a pool and tells how far it is. before: the news as the run begins."""

    def look(pool: XrayPool, seconds: float) -> None:
        done = pool.tasks_done
        left = before.left or (seconds / done * before.tasks if done else 0.0)
        tell(replace(before, done=done, seconds=seconds, left=max(0.0, left - seconds), pool=pool))

    return look


def _one_by_one(pool: XrayPool, _: Plan, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[None]:
    """Run each task when the one before it is home, and yield every LOOK seconds."""
    looked = time.monotonic()
    for item in items:
        result = pool.apply_async(function, (item,))
        while not result.ready():
            result.wait(LOOK)
            if time.monotonic() - looked >= LOOK:
                looked = time.monotonic()
                yield
        result.get()


def _waiting(pool: XrayPool, plan: Plan, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[None]:
    """Run the tasks, and yield every LOOK seconds until their last result is there."""
    if plan.method == "map":
        result = pool.map_async(function, items, plan.chunksize)
        while result.wait(LOOK) or not result.ready():
            yield
        result.get()
        return
    results = getattr(pool, plan.method)(function, items, plan.chunksize)
    looked = time.monotonic()
    while True:
        try:
            results.next(timeout=LOOK)
        except multiprocessing.TimeoutError:
            pass
        except StopIteration:
            return
        if time.monotonic() - looked >= LOOK:
            looked = time.monotonic()
            yield


def _new_folder(folder: Path) -> Path:
    for number in itertools.count(1):
        new = folder.with_name(f"{folder.name}_{number}")
        try:
            new.mkdir(parents=True)
            return new
        except FileExistsError:
            continue
