"""The plot of the speed-up that a lab shows: the runs of one and the same work, and what the model expects of it."""

import html
from collections.abc import Sequence

from helpers.lab.expecting import Expectation
from helpers.lab.plan import OWN, Plan
from helpers.lab.result import Result, fit_laws
from helpers.machine import usable_cpus
from helpers.model import Law
from helpers.plots import Point, runs_plot
from helpers.text import counted

MOST_TIMES = 2.0
"""A prediction of more than this many times what all else in the plot reaches is left out: it would be all one sees."""


def speedup_html(
    results: Sequence[Result],
    shown: Result | None = None,
    expected: Expectation | None = None,
    *,
    inches: float = 4.3,
) -> str:
    """Return the plot as HTML, with the laws that were fitted.

    shown: the run that is shown. Only runs that do the same in all are in the plot, each beside its own serial loop.
    expected: what the model expects of a plan that has not run. inches: the width; the plot is shown as wide as there
    is room, so fewer make its letters larger.
    """
    plan = shown.plan if shown else expected.plan if expected else None
    numbered = [(n, result) for n, result in enumerate(results, 1) if plan and _does_the_same(result, plan, shown)]
    same = sorted((result for _, result in numbered), key=lambda result: result is shown)
    points = _points(numbered)
    processes = range(1, max((point.processes for point in points), default=0) + 1)
    laws = fit_laws(same) if same else []
    sensible = laws if all(law.makes_sense for law in laws) else []
    curves = {law.name: _speedups(same[-1].serial.median, law, processes) for law in sensible}
    cross = {expected.plan.processes: expected.speedup} if expected and not shown else {}
    size = inches, (0.86 if sensible else 0.75) * inches
    picture = runs_plot(points, laws=curves, expected=cross, cpus=usable_cpus(), size=size)
    notes = [law.short for law in sensible]
    if laws and not sensible:
        notes.append("Neither law fits these times: a share or a time would be below 0, or a share above 1.")
    others = len(results) - len(points)
    if others:
        notes.append(f"{counted(others, 'run')} of other work {'is' if others == 1 else 'are'} not in this plot.")
    return picture.svg + "".join(f"<div class='note'>{html.escape(note)}</div>" for note in notes)


def _does_the_same(result: Result, plan: Plan, shown: Result | None) -> bool:
    """Whether a result did the same in all as a plan does; a function that was edited since does something else."""
    edited = plan.task == OWN and shown is not None and result.serial.median != shown.serial.median
    return result.plan.whole == plan.whole and not edited


def _speedups(serial: float, law: Law, processes: Sequence[int]) -> dict[int, float]:
    return dict(zip(processes, serial / law.seconds(processes)[0], strict=True))


def _points(numbered: Sequence[tuple[int, Result]]) -> list[Point]:
    most = max([usable_cpus(), *(result.speedup for _, result in numbered)]) * MOST_TIMES
    points = []
    for number, result in numbered:
        serial, timing = result.serial.median, result.timing
        ratios = [serial / seconds for seconds in timing.seconds]
        times = [result.predicted, result.predicted_by_model]
        predicted, modelled = (serial / seconds if seconds and serial / seconds <= most else None for seconds in times)
        ends = min(ratios), max(ratios)
        points.append(
            Point(result.plan.processes, result.speedup, *ends, timing.median, str(number), predicted, modelled)
        )
    return points
