"""How sure the model is: between which two times a run lies, nine times in ten.

What a run takes is the sum of three parts, as seen by the worker whose result comes last: starting, its tasks, and all
that it waits for messages. For each part, the measured seconds of a few small pools over the simulated ones show how
far off the model may be. The ends of a run's interval are the ends of its parts, added up: that takes no further
simulation, and a part that is known worse can never make an interval narrower.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from helpers.spans import Run

NORMAL_QUANTILE = 1.645
"""Nine in ten values of a normal distribution lie within so many standard deviations of its mean."""

PRIOR_SPREAD = 0.03
"""How far runs are at least from their simulation (relative standard deviation), before any was measured.

It stands for what none of the small pools shows, such as the drift of the machine's speed until the real run. It is an
assumption, the one figure of the model that is not measured where it is used. What all runs of a benchmark show, with
what is badly known in it, `python -m benchmarks model` prints as "measured over predicted, its standard deviation"."""

PRIOR_ROUNDS = 2
"""As many measured runs count as much as PRIOR_SPREAD."""

MOST_REACH = math.log(10)
"""No interval reaches farther than ten times from the mean of the ratios: beyond that, the figure says nothing."""

Factors = tuple[float, float]
"""The measured seconds over the simulated ones, from 0 to 1 and from 1: what nine in ten runs lie between."""


@dataclass(frozen=True)
class Spread:
    """How sure the model is of each part of a run; by default, of all of them.

    work, messages, start: the factors between which nine in ten measured runs lie, of the simulated seconds. scatter:
    how far an item that was not timed is from what its neighbours suggest: the standard deviation, over the mean of all
    items.

    Raises ValueError, with the name, for factors that do not contain 1, and for a scatter below 0.
    """

    work: Factors = (1.0, 1.0)
    messages: Factors = (1.0, 1.0)
    start: Factors = (1.0, 1.0)
    scatter: float = 0.0

    def __post_init__(self) -> None:
        for name in ("work", "messages", "start"):
            low, high = getattr(self, name)
            if not (0 < low <= 1 <= high < math.inf):
                raise ValueError(f"{name} must be two factors around 1, such as (0.9, 1.2), not {(low, high)}")
        if not 0 <= self.scatter < math.inf:
            raise ValueError(f"scatter must be a number of 0 or more, not {self.scatter!r}")

    def beside_others(self, waited: float) -> "Spread":
        """Return the spread where the timed tasks waited for this share of their time for a CPU that others used.

        That waiting is not the tasks' own: at the next run it may be gone, or be twice as long, for all parts of a run
        alike.
        """
        work, messages, start = (
            ((1 - waited) * low, (1 + waited) * high) for low, high in (self.work, self.messages, self.start)
        )
        return replace(self, work=work, messages=messages, start=start)

    def interval(self, run: Run, timed: int, tasks: int) -> tuple[float, float]:
        """Return the seconds between which nine in ten measured runs lie, if the simulated one is the given run.

        timed: how many of its tasks were timed. tasks: how many there are.
        """
        parts = parts_of(run)
        share_of_worker = max(1.0, timed / run.processes)  # of the timed tasks: the fewer, the less they average out
        untimed = self.scatter * math.sqrt((1 - timed / tasks) / share_of_worker)
        work = [math.hypot(math.log(factor), NORMAL_QUANTILE * untimed) for factor in self.work]
        low = parts.start * self.start[0] + parts.work * math.exp(-work[0]) + parts.messages * self.messages[0]
        high = parts.start * self.start[1] + parts.work * math.exp(work[1]) + parts.messages * self.messages[1]
        return min(low, run.seconds), max(high, run.seconds)


class Parts(NamedTuple):
    """The seconds of a run, as the worker spent them whose result came last: they add up to the whole."""

    start: float
    work: float
    messages: float


def parts_of(run: Run) -> Parts:
    """Split the seconds of a simulated run into starting, the tasks, and sending, returning and waiting for messages.

    A cold pool sends nothing before it has started all of its workers, so what a worker waits for that is starting,
    too.
    """
    last = max(run.spans, key=lambda span: span.delivered)
    ready = {worker.pid: worker.ready for worker in run.workers}[last.worker]
    start = max(0.0, ready - run.began, min(span.packed for span in run.spans) - run.began)
    work = sum(span.finished - span.started for span in run.spans if span.worker == last.worker)
    return Parts(start, work, max(0.0, run.seconds - start - work))


def factors_of(ratios: Sequence[float]) -> Factors:
    """Return the factors between which nine in ten further runs lie; ratios: measured over simulated seconds of some.

    The logarithms are taken to be normal. Their variance is estimated from the ratios and from PRIOR_SPREAD, which
    counts as PRIOR_ROUNDS of them; the next value then has Student's distribution (A. Gelman et al., Bayesian Data
    Analysis, 3rd edition, sections 2.6 and 3.2). The interval is widened to contain 1, the simulation itself.

    Raises ValueError without a ratio, and for one that is not above 0.
    """
    if not ratios or not all(0 < ratio < math.inf for ratio in ratios):
        raise ValueError(f"the factors need one ratio above 0 or more, not {list(ratios)}")
    logs = [math.log(ratio) for ratio in ratios]
    mean, count = statistics.fmean(logs), len(logs)
    freedom = PRIOR_ROUNDS + count - 1
    squares = PRIOR_ROUNDS * PRIOR_SPREAD**2 + sum((log - mean) ** 2 for log in logs)
    reach = min(MOST_REACH, _student_quantile(freedom) * math.sqrt(squares / freedom * (1 + 1 / count)))
    return min(1.0, math.exp(mean - reach)), max(1.0, math.exp(mean + reach))


def _student_quantile(freedom: int) -> float:
    """Return what nine in ten values of Student's distribution are within (Abramowitz, Stegun: 26.7.5, to 2
    % from 2 on)."""
    z = NORMAL_QUANTILE
    terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + sum(term * (1.0 / freedom) ** power for power, term in enumerate(terms, 1))
