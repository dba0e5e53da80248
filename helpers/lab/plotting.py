"""The plot of the speed-up that a lab shows: the runs of one and the same work, and what the model expects of it."""

import html
from collections.abc import Sequence

from helpers.lab.expecting import Expectation
from helpers.lab.result import Result, fit_laws
from helpers.machine import usable_cpus
from helpers.plots import Point, runs_plot
from helpers.text import counted

EXPECTED = "expected"

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

    shown: the run that is shown. Only runs with the same serial loop are in the plot, because others would be measured
    by another. expected: what the model expects, as a line; where nothing is shown, its loop is the one that counts.
    inches: the width; the plot is shown as wide as there is room, so fewer make its letters larger.
    """
    serial = shown.serial.median if shown else expected.serial if expected else 0.0
    numbered = [(number, result) for number, result in enumerate(results, 1) if result.serial.median == serial]
    same = sorted((result for _, result in numbered), key=lambda result: result is shown)
    points = _points(numbered)
    processes = range(1, max((point.processes for point in points), default=0) + 1)
    laws = fit_laws(same) if same else []
    curves: dict[str, dict[int, float]] = {EXPECTED: expected.curve} if expected else {}
    curves |= {law.name: dict(zip(processes, serial / law.seconds(processes)[0], strict=True)) for law in laws}
    picture = runs_plot(points, laws=curves, cpus=usable_cpus(), size=(inches, (0.86 if laws else 0.75) * inches))
    notes = [law.short for law in laws]
    if expected and not points:
        notes.append("Dashed: what the model expects.")
    others = len(results) - len(points)
    if others:
        notes.append(f"{counted(others, 'run')} of other work {'is' if others == 1 else 'are'} not in this plot.")
    return picture.svg + "".join(f"<div class='note'>{html.escape(note)}</div>" for note in notes)


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
