"""Plots: speed-up over the number of processes, seconds over anything, and histograms."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.ticker import MaxNLocator

from helpers.drawing.figure import (
    GREY,
    INK,
    add_legend,
    name_axes,
    new_figure,
    set_ticks,
    to_svg,
)
from helpers.drawing.picture import COLOURS, Picture
from helpers.drawing.speedups import Point, speedup_figure
from helpers.drawing.ticks import linear_ticks, log_ticks, plain_number, short_time, time_label
from helpers.machine import usable_cpus
from helpers.text import aligned, counted, format_seconds
from helpers.timing import Timing, efficiency, speedup

__all__ = ["Point", "curves_plot", "histogram_plot", "runs_plot", "speedup_plot"]


def speedup_plot(
    serial: Timing,
    measured: Mapping[int, Timing],
    *,
    cpus: int | None = None,
    prediction: Mapping[int, float] | None = None,
) -> Picture:
    """Draw the speed-up over the number of processes: a dot with its spread for each, and the ideal line.

    serial: the timing of the serial program. measured: the timing of the pool, by number of processes; may be empty.
    cpus: how many CPUs are usable (by default, of this computer); the ideal line is flat from there on. prediction: the
    speed-up that the student expects, by number of processes.

    A dot is the ratio of the medians. Its spread is the serial median over the slowest and the fastest repeat.

    Raises ValueError if a number of processes is not a whole number of 1 or more, or a prediction is not above 0.
    """
    cpus, prediction = cpus or usable_cpus(), prediction or {}
    _check([cpus, *measured, *prediction], prediction.values())
    points = []
    for processes, timing in measured.items():
        least, most = serial.median / max(timing.seconds), serial.median / timing.minimum
        ratio, expected = speedup(serial, timing), prediction.get(processes)
        points.append(Point(processes, ratio, least, most, timing.median, predicted=expected))
    unmeasured = [(processes, expected) for processes, expected in prediction.items() if processes not in measured]
    figure = speedup_figure(points, unmeasured, cpus)
    text = [f"serial: {format_seconds(serial.median)}; {_usable(cpus)}", *_speedup_table(points, unmeasured)]
    return Picture(to_svg(figure, _speedup_title(points, cpus)), "\n".join(text))


def runs_plot(
    points: Sequence[Point],
    *,
    laws: Mapping[str, Mapping[int, float]] | None = None,
    expected: Mapping[int, float] | None = None,
    cpus: int | None = None,
    size: tuple[float, float] = (6.4, 4.0),
    log: bool = False,
) -> Picture:
    """Draw runs of any kind in the plot of `speedup_plot`: a dot with its spread and its label for each.

    A prediction is an open circle, joined to its dot; what the model expected is a cross. laws: the speed-up by number
    of processes of each law that was fitted, by its label. expected: the speed-up that the model expects of what has
    not run, by number of processes. size: width and height, in inches of 72 points. log: both axes are logarithmic, so
    that speed-ups far below 1 can be read beside large ones. Raises ValueError as `speedup_plot` does.
    """
    laws, expected, cpus = laws or {}, expected or {}, cpus or usable_cpus()
    predicted = [point.predicted for point in points if point.predicted is not None]
    _check([cpus, *expected, *(point.processes for point in points)], [*expected.values(), *predicted])
    figure = speedup_figure(points, [], cpus, size, laws, expected, log)
    text = [_usable(cpus), *_runs_table(points)]
    text += [f"the model expects {ratio:.2f} with {counted(n, 'process')}" for n, ratio in expected.items()]
    for label, curve in laws.items():
        text.append(f"{label}: {', '.join(f'{ratio:.2f} with {processes}' for processes, ratio in curve.items())}")
    return Picture(to_svg(figure, _speedup_title(points, cpus)), "\n".join(text))


def curves_plot(
    measured: Mapping[str, Mapping[float, float]],
    predicted: Mapping[str, Mapping[float, float]] | None = None,
    *,
    across: str,
    log: bool = True,
) -> Picture:
    """Draw seconds over something: measured ones as marks, predicted ones as a line in the same style of its label.

    measured, predicted: for each label, the seconds by what is on the x axis; across names that. log: both axes are
    logarithmic.

    Raises ValueError without a point, or for one that a logarithm cannot show.
    """
    predicted = predicted or {}
    points = [pair for curve in (*measured.values(), *predicted.values()) for pair in curve.items()]
    if not points or log and not all(x > 0 and y > 0 for x, y in points):
        raise ValueError("curves_plot needs measured seconds, all of them and of what they are drawn over above 0")
    figure, (axes,) = new_figure(6.8, 4.0)
    labels = dict.fromkeys([*measured, *predicted])
    markers, lines = itertools.cycle("o^sDv"), itertools.cycle(("-", "--", ":", "-."))
    for label, marker, line in zip(labels, markers, lines, strict=False):
        if label in measured:
            axes.plot(*_sorted(measured[label]), marker, color=INK, markersize=6, label=f"{label}: measured")
        if label in predicted:
            axes.plot(*_sorted(predicted[label]), line, color=GREY, linewidth=1.5, label=f"{label}: predicted")
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
        set_ticks(axes.xaxis, log_ticks(*axes.get_xlim()), plain_number)
        set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), short_time)
    else:
        ticks = linear_ticks(*axes.get_ylim())
        set_ticks(axes.yaxis, ticks, lambda seconds: time_label(seconds, ticks[1] - ticks[0]))
        axes.xaxis.set_major_formatter(lambda place, _: plain_number(place))
    name_axes(axes, across, "time")
    add_legend(figure)
    title = f"Seconds over {across}; {len(measured) + len(predicted)} series"
    return Picture(to_svg(figure, title), "\n".join(_curves_table(measured, predicted, across)))


def histogram_plot(values: Mapping[str, Sequence[float]], *, across: str, bins: int = 60) -> Picture:
    """Draw how many values are in each of a number of equal bins: one row for each label, all on the same axes.

    values: numbers by their label; across names them. Raises ValueError for a label without numbers.
    """
    if not values or not all(map(len, values.values())):
        raise ValueError("histogram_plot needs one number or more for every label")
    figure, rows = new_figure(6.8, 0.7 + 1.8 * len(values), rows=len(values))
    ends = min(map(min, values.values())), max(map(max, values.values()))
    names = [""] * (len(rows) - 1) + [across]
    for axes, name, (label, numbers) in zip(rows, names, values.items(), strict=True):
        axes.hist(numbers, bins=bins, range=ends, color=COLOURS["computing"])
        name_axes(axes, name, f"{label}: number of values")
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(lambda count, _: plain_number(count))
    highest = max(axes.get_ylim()[1] for axes in rows)
    for axes in rows:
        axes.set_ylim(0, highest)
    table = [["", "values", "different", "smallest", "largest"]]
    for label, numbers in values.items():
        counts = (f"{len(numbers):,}", f"{len(set(numbers)):,}")
        table.append([label, *counts, f"{min(numbers):.6g}", f"{max(numbers):.6g}"])
    return Picture(to_svg(figure, f"Histogram of the {across}; {len(values)} series"), "\n".join(aligned(table)))


def _check(processes: Iterable[int], predictions: Iterable[float] = ()) -> None:
    for number in processes:
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"a number of processes or CPUs must be a whole number of 1 or more, not {number!r}")
    for expected in predictions:
        if not expected > 0:
            raise ValueError(f"a predicted speed-up must be a number above 0, not {expected!r}")


def _speedup_title(points: Sequence[Point], cpus: int) -> str:
    return f"Speed-up over the number of processes, on {_usable(cpus)}; {len(points)} measured"


def _usable(cpus: int) -> str:
    return counted(cpus, "usable CPU")


def _speedup_table(points: Sequence[Point], unmeasured: Sequence[tuple[int, float]]) -> list[str]:
    rows = [(point.processes, *_figures(point), _ratio(point.predicted)) for point in points]
    rows += [(processes, "-", "-", "-", _ratio(expected)) for processes, expected in unmeasured]
    if not rows:
        return ["nothing measured yet"]
    head = ["processes", "seconds", "speed-up", "efficiency", "prediction"]
    columns = len(head) if any(row[-1] != "-" for row in rows) else len(head) - 1
    return aligned(
        [head[:columns], *([str(processes), *figures[: columns - 1]] for processes, *figures in sorted(rows))]
    )


def _runs_table(points: Sequence[Point]) -> list[str]:
    if not points:
        return ["nothing measured yet"]
    rows = [["run", "processes", "seconds", "speed-up", "efficiency", "prediction", "model"]]
    for point in points:
        expected = _ratio(point.predicted), _ratio(point.modelled)
        rows.append([point.label, str(point.processes), *_figures(point), *expected])
    return aligned(rows)


def _figures(point: Point) -> tuple[str, str, str]:
    share = efficiency(point.speedup, point.processes)
    return format_seconds(point.seconds), _ratio(point.speedup), f"{share:.0%}"


def _ratio(number: float | None) -> str:
    return f"{number:.2f}" if number else "-"


def _sorted(curve: Mapping[float, float]) -> tuple[list[float], list[float]]:
    places = sorted(curve)
    return places, [curve[place] for place in places]


def _curves_table(
    measured: Mapping[str, Mapping[float, float]], predicted: Mapping[str, Mapping[float, float]], across: str
) -> list[str]:
    curves = [(f"{label}, measured", curve) for label, curve in measured.items()]
    curves += [(f"{label}, predicted", curve) for label, curve in predicted.items()]
    rows = [[across, *(name for name, _ in curves)]]
    for place in sorted({place for curve in measured.values() for place in curve}):
        seconds = (format_seconds(curve[place]) if place in curve else "-" for _, curve in curves)
        rows.append([f"{place:,g}", *seconds])
    return aligned(rows)
