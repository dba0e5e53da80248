"""The result of a plan: what was measured, what the model predicts, and the laws that fit several results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from helpers.diagnosis import Diagnosis, explain
from helpers.lab.plan import Plan
from helpers.machine import usable_cpus
from helpers.model import Law, Sample, amdahl, with_overhead
from helpers.other_programs import Others, words_of
from helpers.spans import Run
from helpers.text import counted, format_interval, format_seconds
from helpers.timing import Timing, efficiency, speedup


@dataclass(frozen=True)
class Result:
    """What was measured of one plan: its timing, with a figure for each repeat, and the run of its last repeat.

    serial: the same tasks in one process, one after another. predicted: the seconds that the user expects, or None.
    sample: what the model needs to know of the tasks; None if the serial timing was given, not measured.
    """

    plan: Plan
    timing: Timing
    run: Run
    serial: Timing
    predicted: float | None = None
    sample: Sample | None = None

    def with_repeat(self, seconds: float, run: Run, others: Others | None = None) -> "Result":
        """Return the result with one more repeat. others: what other programs took of the CPUs meanwhile."""
        timing = self.timing
        both = timing.others + others if timing.others is not None and others is not None else None
        figures = (*timing.seconds, seconds), (*timing.cpu, cpu_seconds(run))
        return replace(self, timing=Timing(timing.label, *figures, others=both), run=run)

    @property
    def predicted_by_model(self) -> float | None:
        """The seconds that the model predicts from the serial loop and the start of a pool, not from this run."""
        return self._prediction[0] if self._prediction else None

    @property
    def model_in_words(self) -> str:
        """What the model predicts, with its interval; "" if it knows nothing of these tasks."""
        return format_interval(*self._prediction) if self._prediction else ""

    @property
    def model_sentence(self) -> str:
        """What the model predicts, how sure it is, and whether it was right; "" if it knows nothing of these tasks."""
        if self._prediction is None:
            return ""
        seconds, low, high = map(format_seconds, self._prediction)
        says = f"From the loop and the start of a pool, the model says {seconds}, and expects nine in ten runs "
        says += f"from {low} to {high}"
        was = self.inside_in_words
        return f"{says}; {f'this one is {was}' if self.timing.repeats == 1 else was}."

    @property
    def others_in_words(self) -> str:
        """What other programs took of the CPUs while this ran, and while the loop ran; "" if it does not matter."""
        loop = words_of(self.serial.others, "while the loop ran")
        return f"{words_of(self.timing.others)} {loop}".strip()

    @property
    def inside_in_words(self) -> str:
        """Whether the repeats lie within the interval of the model's prediction; "" if there is none."""
        if self._prediction is None:
            return ""
        _, low, high = self._prediction
        inside = sum(low <= seconds <= high for seconds in self.timing.seconds)
        if self.timing.repeats == 1:
            return "inside" if inside else "outside"
        return f"{inside} of {counted(self.timing.repeats, 'run')} inside"

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """What cost the last repeat most, and what to change (`helpers.diagnosis`); None if it had no task."""
        return explain(self.run) if self.run.spans else None

    @cached_property
    def _prediction(self) -> tuple[float, float, float] | None:
        """The predicted seconds, and those from and to which the model expects nine in ten runs."""
        if self.sample is None:
            return None
        run = self.simulate(self.plan.processes, usable_cpus())
        return run.seconds, *self.interval(run)

    def _known(self) -> Sample:
        if self.sample is None:
            raise ValueError("the model knows nothing of these tasks, as their serial timing was given, not measured")
        return self.sample

    def simulate(self, processes: int, cpus: int, on_step: Callable[[], object] = lambda: None) -> Run:
        """Return what the plan would do on other numbers of processes and CPUs. on_step: as for `model.simulate`.

        Raises ValueError if the serial timing was given, not measured, and for a number that cannot be simulated.
        """
        size, warm = self.plan.chunksize, self.plan.warm
        return self._known().simulate(processes, chunksize=size, cpus=cpus, warm=warm, on_step=on_step)

    def interval(self, run: Run) -> tuple[float, float]:
        """Return the seconds from and to which the model expects nine in ten runs.

        run: what `simulate` returned. Raises ValueError as `simulate` does.
        """
        return self._known().interval(run)

    def speedup_of(self, run: Run) -> float:
        """Return how many times as fast as the loop a simulated run is; run: what `simulate` returned.

        Both times are the model's: a measured one may have been disturbed when the other was not. Raises ValueError as
        `simulate` does.
        """
        return self._known().serial / run.seconds

    @property
    def speedup(self) -> float:
        """How many times as fast as the serial loop."""
        return speedup(self.serial, self.timing)

    @property
    def efficiency(self) -> float:
        """The speed-up divided by the processes of the plan."""
        return efficiency(self.speedup, self.plan.processes)


def cpu_seconds(run: Run) -> float:
    """Return the CPU seconds of all tasks of a run."""
    return sum(span.cpu for span in run.spans)


def fit_laws(results: Sequence[Result]) -> list[Law]:
    """Return Amdahl's law and the law with overhead, fitted to all results that differ from the last in processes only.

    The list is empty if they have fewer than three numbers of processes, because a line fits any two points.
    """
    same = [result for result in results if replace(result.plan, processes=1) == replace(results[-1].plan, processes=1)]
    seconds: dict[int, list[float]] = {}
    for result in same:
        seconds.setdefault(result.plan.processes, []).extend(result.timing.seconds)
    if len(seconds) < 3 or sum(map(len, seconds.values())) < 4:
        return []
    return [amdahl(results[-1].serial.median, seconds), with_overhead(seconds)]
