"""What was measured of a plan, what the model says of it, and the laws that fit a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from helpers.lab.plan import Plan
from helpers.machine import usable_cpus
from helpers.model import Law, Sample, amdahl, with_overhead
from helpers.spans import Run
from helpers.timing import Timing, efficiency, speedup


@dataclass(frozen=True)
class Result:
    """What was measured of one plan: a figure for each repeat in timing, and its last run.

    serial: the same tasks in one process, one after another. predicted: the seconds that somebody expected, or None.
    sample: what the model knows of the tasks; None where the serial timing was given.
    """

    plan: Plan
    timing: Timing
    run: Run
    serial: Timing
    predicted: float | None = None
    sample: Sample | None = None

    @cached_property
    def modelled(self) -> float | None:
        """The seconds that the model predicts; it knows the serial loop and the start of a pool, not this run."""
        return self.simulate(self.plan.processes, usable_cpus()).seconds if self.sample else None

    def simulate(self, processes: int, cpus: int) -> Run:
        """Return what the plan would do with other numbers of processes and CPUs; errors as in `helpers.model.simulator`."""
        if self.sample is None:
            raise ValueError("the model knows nothing of these tasks, as their serial timing was given, not measured")
        return self.sample.simulate(processes, chunksize=self.plan.chunksize, cpus=cpus, warm=self.plan.warm)

    @property
    def speedup(self) -> float:
        """How many times as fast as the serial loop."""
        return speedup(self.serial, self.timing)

    @property
    def efficiency(self) -> float:
        """The speed-up as a share of the CPUs that the plan's processes can use."""
        return efficiency(self.speedup, self.plan.processes, usable_cpus())


def again(result: Result, seconds: float, run: Run) -> Result:
    """Return the result with one more repeat."""
    timing = result.timing
    cpu = sum(span.cpu for span in run.spans)
    timing = Timing(timing.label, (*timing.seconds, seconds), (*timing.cpu, cpu))
    return replace(result, timing=timing, run=run)


def laws_of(results: Sequence[Result]) -> list[Law]:
    """Return Amdahl's law and the law with overhead, fitted to the last plan with all its numbers of processes.

    None of them where there are fewer than three numbers of processes: a line goes through any two points.
    """
    same = [result for result in results if replace(result.plan, processes=1) == replace(results[-1].plan, processes=1)]
    seconds: dict[int, list[float]] = {}
    for result in same:
        seconds.setdefault(result.plan.processes, []).extend(result.timing.seconds)
    if len(seconds) < 3 or sum(map(len, seconds.values())) < 4:
        return []
    return [amdahl(results[-1].serial.median, seconds), with_overhead(seconds)]
