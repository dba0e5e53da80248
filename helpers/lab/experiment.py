"""An experiment runs plans in turn, reports its progress, can be stopped at any moment, and keeps the results.

It knows nothing of widgets: `helpers.lab.base` shows its progress, and a cell can iterate over it too.
"""

import itertools
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path

from helpers.lab.plan import OWN, Plan, Work, prepare_work
from helpers.lab.result import Result, cpu_seconds
from helpers.lab.running import (
    POLL_INTERVAL,
    SERIAL_LOOP,
    Progress,
    Stoppable,
    Stopped,
    report,
    run_one_by_one,
    run_tasks,
    warm,
)
from helpers.machine import usable_cpus
from helpers.model import Costs, Sample
from helpers.model.calibration import has_small_messages, measure_costs, measure_start
from helpers.model.learning import measure_cpu_share, waited_share
from helpers.model.sample import sample_from_run
from helpers.model.trials import measure_spread
from helpers.other_programs import Others, Watch
from helpers.own_function import must_be_imported, try_import, version_of
from helpers.spans import Run
from helpers.tasks import seconds_waited_for_cpu
from helpers.timing import Timing, save
from helpers.trace import new_folder, save_run

__all__ = ["Experiment", "Progress", "Stopped"]

FIRST_TASKS = 20
"""How many tasks run first, one per message, to measure the size of their messages."""

COSTS_BUDGET = 0.1
"""Seconds for measuring the costs of small messages."""

SPREAD_BUDGET = 0.6
"""Seconds for the small pools that show how sure the model is."""

_Serial = tuple[Run, Costs, float, float, Others | None]


class Experiment(Stoppable):
    """Runs plans, and holds a result for each of them.

    prepare: makes the function and its arguments for a plan. serial: how long the same work takes without a pool;
    measured if it is not given.
    """

    def __init__(self, prepare: Callable[[Plan], Work] = prepare_work, serial: Timing | None = None) -> None:
        super().__init__()
        self.results: list[Result] = []
        self.prepare = prepare
        self._serial = serial
        self._serial_runs: dict[object, _Serial] = {}
        self._samples: dict[object, Sample] = {}

    def run(
        self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None
    ) -> Generator[Progress, None, None]:
        """Run the plans in turn, A B A B, repeat after repeat; yield the progress every POLL_INTERVAL seconds.

            for progress in experiment.run([plan]):
                print(progress.done)

        The first repeat of a plan appends its result, and later ones add to it. predicted: the seconds that the user
        expects of the first plan. Closing the generator ends the pool.

        Raises Stopped after `stop`, and whatever a task or its pool raises. Earlier results are kept.
        """
        with self.stoppable():
            yield from self._run_in_turn(plans, repeats, predicted)

    def simulate(self, result: Result, processes: int, cpus: int) -> Run:
        """Return what a result's plan would do on other numbers of processes and CPUs; see `Result.simulate`.

        Raises Stopped after `stop`, and ValueError for what cannot be simulated.
        """
        with self.stoppable():
            return result.simulate(processes, cpus, self.raise_if_stopped)

    def known(self, plan: Plan) -> Sample | None:
        """Return what the model knows of a plan's tasks, if they ran with its start method."""
        return self._samples.get((_work_key(plan), plan.start_method))

    def clear(self) -> None:
        """Remove all results."""
        self.results.clear()

    def save(self, folder: Path, on_result: Callable[[int], object] = lambda number: None) -> list[Path]:
        """Write timings.csv and, for each result, run_1.json and run_1.trace.json (for Perfetto) into a new folder.

        The next free number is added to the folder's name, so no file is ever replaced. Returns the files.
        on_result: called with the number of a result, from 1, before it is written.

        Raises ValueError if there are no results, and Stopped after `stop`: then the folder is gone again.
        """
        if not self.results:
            raise ValueError("there is nothing to save yet; run something first")
        folder = new_folder(folder)
        files = [folder / "timings.csv"]
        timings = [result.timing for result in self.results]
        save([replace(timing, label=f"{number}: {timing.label}") for number, timing in enumerate(timings, 1)], files[0])
        try:
            for number, result in enumerate(self.results, 1):
                self.raise_if_stopped()
                on_result(number)
                files += save_run(result.run, folder, f"run_{number}")
        except Stopped:
            shutil.rmtree(folder)
            raise
        return files

    def _run_in_turn(
        self, plans: Sequence[Plan], repeats: int, predicted: float | None
    ) -> Generator[Progress, None, None]:
        first = len(self.results)
        turns = list(itertools.product(range(repeats), range(len(plans))))
        for number, (repeat, index) in enumerate(turns, 1):
            plan = plans[index]
            work = yield from self._prepare(plan)
            serial, sample = yield from self._measure_work(plan, work)
            remaining = sum(self._expected_seconds(plans[i], serial, first + i) for _, i in turns[number - 1 :])
            start = Progress(plan.label, number, len(turns), tasks=len(work[1]), remaining=remaining, plan=plan)
            watch = Watch()
            seconds, run = yield from self._run_plan(plan, work, start)
            others = watch.others()
            if repeat:
                self.results[first + index] = self.results[first + index].with_repeat(seconds, run, others)
            else:
                timing = Timing(plan.label, (seconds,), (cpu_seconds(run),), others=others)
                self.results.append(Result(plan, timing, run, serial, None if index else predicted, sample))

    def _prepare(self, plan: Plan) -> Generator[Progress, None, Work]:
        """Return the work of a plan. A module of the user's is imported in a worker first: it may end its process."""
        if plan.task != OWN or not must_be_imported(plan.function):
            return self.prepare(plan)
        importing = Progress(f"importing {plan.function.rpartition('.')[0]}")
        yield importing
        with self.open_pool(replace(plan, processes=1)) as pool:
            pool.apply(try_import, (plan.function,))
        with ThreadPool(1) as thread:  # after `stop`, nobody waits for it
            made = thread.apply_async(self.prepare, (plan,))
            while not made.ready():
                made.wait(POLL_INTERVAL)
                self.raise_if_stopped()
                yield importing
            return made.get()

    def _expected_seconds(self, plan: Plan, serial: Timing, index: int) -> float:
        if index < len(self.results):
            return self.results[index].timing.median
        return serial.median / min(plan.processes, usable_cpus())

    def _run_plan(self, plan: Plan, work: Work, start: Progress) -> Generator[Progress, None, tuple[float, Run]]:
        """Run the plan on a new pool; return its wall seconds, which include the start of a cold pool, and its run."""
        began = time.perf_counter()
        with self.open_pool(plan) as pool:
            if plan.warm:
                began = warm(pool)
            seconds = yield from report(start, pool, began, run_tasks(pool, plan, work))
            return seconds, pool.run

    def _measure_work(self, plan: Plan, work: Work) -> Generator[Progress, None, tuple[Timing, Sample | None]]:
        """Return the serial timing of the work, and what the model needs to know; measured once for the same work."""
        if self._serial is not None:
            return self._serial, None
        work_key = _work_key(plan)
        if work_key not in self._serial_runs:
            self._serial_runs[work_key] = yield from self._run_serially(plan, work)
        run, costs, share, waited, others = self._serial_runs[work_key]
        key = (work_key, plan.start_method)
        if key not in self._samples:
            yield Progress(f"how long {plan.start_method} takes to start a worker")
            open_pool = partial(self.open_pool, replace(plan, processes=usable_cpus()))
            start = measure_start(plan.start_method, (work[0], work[1][0]), usable_cpus(), open_pool)
            sample = sample_from_run(run, costs, start, share)
            yield Progress("how far a few small pools are from the model")
            whole = sample.simulate(usable_cpus(), warm=True).seconds
            spread = measure_spread(open_pool, *work, sample, usable_cpus(), SPREAD_BUDGET, whole)
            self._samples[key] = replace(sample, spread=spread.beside_others(waited), others=others)
        return Timing("serial", (_seconds_of(run),), (cpu_seconds(run),), others=others), self._samples[key]

    def _run_serially(self, plan: Plan, work: Work) -> Generator[Progress, None, _Serial]:
        """Run the serial loop in one worker, where it can be stopped.

        Return its run, the costs of its messages, its share of a CPU (`measure_cpu_share`), its `waited_share`, and
        what others took meanwhile.
        Many tasks with small messages are sent in chunks, because a message would cost more than its task.
        """
        function, items = work
        start = Progress(SERIAL_LOOP, tasks=len(items))
        with self.open_pool(replace(plan, processes=1)) as pool:
            before = pool.apply(seconds_waited_for_cpu)
            began, watch = warm(pool), Watch()
            yield from report(start, pool, began, run_one_by_one(pool, (function, items[:FIRST_TASKS])))
            run = first = pool.run
            if len(items) > FIRST_TASKS:
                in_chunks = replace(plan, method="map", chunksize=len(items) // FIRST_TASKS)
                pool.reset()
                small = has_small_messages(first)
                running = run_tasks(pool, in_chunks, work) if small else run_one_by_one(pool, work)
                yield from report(start, pool, time.perf_counter(), running)
                run = pool.run
            others, waited = watch.others(), waited_share(pool, began, before)
            costs = measure_costs(pool, function, items, first, COSTS_BUDGET, waited)
            return run, costs, measure_cpu_share(pool, function, items, run), waited, others


def _work_key(plan: Plan) -> tuple[object, ...]:
    """Return what decides which tasks run, as they are now: the user may have edited the function meanwhile."""
    return (*plan.work_key, version_of(plan.function))


def _seconds_of(run: Run) -> float:
    return sum(span.finished - span.started for span in run.spans)
