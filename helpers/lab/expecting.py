"""What the model expects of a plan before it runs: learned quickly from some of its tasks, in a thread of its own."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from helpers.lab.experiment import COSTS_BUDGET, Experiment
from helpers.lab.plan import OWN, Plan
from helpers.lab.running import Stoppable, Stopped, warm
from helpers.machine import usable_cpus
from helpers.model import Sample
from helpers.model.calibration import measure_costs, measure_start
from helpers.model.learning import measure_cpu_share, waited_share
from helpers.model.sample import sample_from_run
from helpers.spans import Run
from helpers.tasks import seconds_waited_for_cpu

LEARNING_BUDGET = 0.4
"""Seconds for timing some of the tasks."""

MOST_TIMED = 100
"""More tasks are not timed to learn quickly."""


@dataclass(frozen=True)
class Expectation:
    """What the model expects of a plan. run: simulated. interval: the seconds between which it expects nine in ten
    runs; None when it learned in a hurry. loop: the model's seconds of the serial loop, with which it compares.
    """

    plan: Plan
    run: Run
    loop: float
    interval: tuple[float, float] | None

    @property
    def speedup(self) -> float:
        """How many times as fast as the loop."""
        return self.loop / self.run.seconds if self.run.seconds else 0.0


class Unknown(ValueError):
    """The model knows nothing of a plan, and must not find out by itself; the text says why."""


class Forecast:
    """Says what the model expects of the plan that was wanted last; whatever was wanted before is dropped.

    show: called with the expectation, or with a sentence that says why there is none. learns: called with True before
    tasks run, and with False afterwards. Both are called in a thread.
    """

    def __init__(
        self,
        experiment: Experiment,
        show: Callable[[Expectation | str], None],
        learns: Callable[[bool], None],
    ) -> None:
        self._experiment, self._show, self._learns = experiment, show, learns
        self._samples: dict[object, Sample] = {}
        self._lock = threading.Lock()
        self._wanted: Plan | None = None
        self._dropped = False  # whether what is at work was wanted before `drop`
        self._thread: threading.Thread | None = None
        self._learning: tuple[object, Stoppable] | None = None

    def want(self, plan: Plan) -> None:
        """Let the expectation of this plan be shown soon. Returns at once."""
        with self._lock:
            self._wanted = plan
            if self._learning is not None and self._learning[0] != _key(plan):
                threading.Thread(target=self._learning[1].stop, daemon=True).start()  # takes a moment
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def drop(self) -> None:
        """Let nothing be shown that was wanted so far. Returns at once."""
        with self._lock:
            self._wanted, self._dropped = None, True
            if self._learning is not None:
                threading.Thread(target=self._learning[1].stop, daemon=True).start()

    def stop(self) -> bool:
        """End what is at work, wait until it has ended, and return whether there was anything."""
        with self._lock:
            self._wanted, thread, learning = None, self._thread, self._learning
        if learning is not None:
            learning[1].stop()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        return thread is not None

    def expect(self, plan: Plan) -> Expectation:
        """Return what the model expects of a plan. Raises Unknown, Stopped, and whatever a task raises."""
        known = self._experiment.known(plan)
        sample = known or self._samples.get(_key(plan)) or self._learn(plan)
        run = sample.simulate(plan.processes, chunksize=plan.chunksize, cpus=usable_cpus(), warm=plan.warm)
        return Expectation(plan, run, sample.serial, sample.interval(run) if known else None)

    def _work(self) -> None:
        while True:
            with self._lock:
                plan, self._wanted, self._dropped = self._wanted, None, False
                if plan is None:
                    self._thread = None
                    return
            found: Expectation | str
            try:
                found = self.expect(plan)
            except Stopped:
                continue
            except Unknown as unknown:
                found = str(unknown)
            except Exception as error:  # noqa: BLE001 - the user sees it, whatever it is
                found = f"The model cannot say what to expect. {type(error).__name__}: {error}"
            if self._wanted is None and not self._dropped:
                self._show(found)

    def _learn(self, plan: Plan) -> Sample:
        """Time some tasks of a plan in one worker, and start a few, unless they are the user's own."""
        if plan.task == OWN:
            raise Unknown("The model knows nothing of your function before its first run. Press Run.")
        self._learns(True)
        learning = Stoppable()
        with self._lock:
            self._learning = (_key(plan), learning)
        try:
            with learning.stoppable():
                sample = self._time_some(plan, learning)
        finally:
            with self._lock:
                self._learning = None
            self._learns(False)
        self._samples[_key(plan)] = sample
        return sample

    def _time_some(self, plan: Plan, learning: Stoppable) -> Sample:
        function, items = self._experiment.prepare(plan)
        with learning.open_pool(replace(plan, processes=1)) as pool:
            before = pool.apply(seconds_waited_for_cpu)
            began = warm(pool)
            pool.apply(function, (items[0],))
            pool.reset()
            number = int(LEARNING_BUDGET / (time.perf_counter() - began))
            number = max(2, min(number, MOST_TIMED, len(items)))
            places = sorted({round(n * (len(items) - 1) / (number - 1)) for n in range(number)})
            timed = [items[place] for place in places]
            for item in timed:
                learning.raise_if_stopped()
                pool.apply(function, (item,))
            run = pool.run
            costs = measure_costs(pool, function, timed, run, COSTS_BUDGET, waited_share(pool, began, before))
            share = measure_cpu_share(pool, function, timed, run)
        learning.raise_if_stopped()
        cpus = usable_cpus()
        start = measure_start(
            plan.start_method,
            (function, items[0]),
            cpus,
            lambda: learning.open_pool(replace(plan, processes=cpus)),
        )
        return sample_from_run(run, costs, start, share, places=places, tasks=len(items))


def _key(plan: Plan) -> tuple[object, ...]:
    return (*plan.work_key, plan.start_method)
