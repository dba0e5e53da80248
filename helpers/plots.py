"""Plots: speed-up over the number of processes, seconds over anything, and histograms."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from helpers.drawing.figure import GREY, INK, new_figure, to_svg
from helpers.drawing.picture import COLOURS, Picture
from helpers.machine import usable_cpus
from helpers.text import aligned, counted, format_seconds
from helpers.timing import Timing, efficiency, speedup


@dataclass(frozen=True)
class Point:
    """A measured run: its number of processes, its speed-up with the least and most of its repeats, and a label.

    seconds: its wall time (median). predicted, modelled: the speed-up that the student, or the model, expected, or
    None.
    """

    processes: int
    speedup: float
    least: float
    most: float
    seconds: float
    label: str = ""
    predicted: float | None = None
    modelled: float | None = None


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
    figure = _speedup_figure(points, unmeasured, cpus)
    text = [f"serial: {format_seconds(serial.median)}; {_usable(cpus)}", *_speedup_table(points, unmeasured)]
    return Picture(to_svg(figure, _speedup_title(points, cpus)), "\n".join(text))


def runs_plot(
    points: Sequence[Point],
    *,
    laws: Mapping[str, Mapping[int, float]] | None = None,
    cpus: int | None = None,
    size: tuple[float, float] = (6.4, 4.0),
) -> Picture:
    """Draw runs of any kind in the plot of `speedup_plot`: a dot with its spread and its label for each.

    A prediction is an open circle, joined to its dot; what the model expected is a cross. laws: the speed-up by number
    of processes of each law that was fitted, by its label. size: width and height, in inches of 72 points. Raises
    ValueError as `speedup_plot` does.
    """
    laws, cpus = laws or {}, cpus or usable_cpus()
    _check([cpus, *(point.processes for point in points)])
    figure = _speedup_figure(points, [], cpus, size, laws)
    text = [_usable(cpus), *_runs_table(points)]
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

    Raises ValueError when nothing was measured, or something that a logarithm cannot show.
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
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda seconds, _: format_seconds(seconds))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(across, color=INK)
    axes.set_ylabel("seconds", color=INK)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, labelcolor=INK)
    title = f"Seconds over {across}; {len(measured) + len(predicted)} series"
    return Picture(to_svg(figure, title), "\n".join(_curves_table(measured, predicted, across)))


def histogram_plot(values: Mapping[str, Sequence[float]], *, across: str, bins: int = 60) -> Picture:
    """Draw how many values are in each of a number of equal bins: one row for each label, all on the same axis.

    values: numbers by their label; across names them. Raises ValueError for a label without numbers.
    """
    if not values or not all(map(len, values.values())):
        raise ValueError("histogram_plot needs one number or more for every label")
    figure, rows = new_figure(6.8, 1.0 + 1.4 * len(values), rows=len(values))
    ends = min(map(min, values.values())), max(map(max, values.values()))
    for axes, (label, numbers) in zip(rows, values.items(), strict=True):
        axes.hist(numbers, bins=bins, range=ends, color=COLOURS["computing"])
        axes.set_ylabel(label, color=INK)
        axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    rows[-1].set_xlabel(across, color=INK)
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


def _speedup_figure(
    points: Sequence[Point],
    unmeasured: Sequence[tuple[int, float]],
    cpus: int,
    size: tuple[float, float] = (6.4, 4.0),
    laws: Mapping[str, Mapping[int, float]] | None = None,
) -> Figure:
    """Draw the points; unmeasured: further predictions, as processes and speed-up. The rest is as for `runs_plot`."""
    figure, (axes,) = new_figure(*size)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("processes", color=INK)
    axes.set_ylabel("speed-up (times as fast as serial)", color=INK)
    most = max([cpus, *(point.processes for point in points), *(processes for processes, _ in unmeasured)])
    most = max([most, *(processes for curve in (laws or {}).values() for processes in curve)])
    _draw_limits(axes, cpus, most)
    for (label, curve), line in zip((laws or {}).items(), itertools.cycle(("--", "-.", ":")), strict=False):
        axes.plot([*curve], [*curve.values()], line, color=GREY, linewidth=1.5, label=label)
    _draw_measured(axes, points)
    _draw_modelled(axes, points)
    _draw_predicted(axes, points, unmeasured)
    axes.set_ylim(bottom=0)
    if points or unmeasured:
        figure.legend(loc="outside lower center", ncols=2, reverse=True, frameon=False, labelcolor=INK)
    return figure


def _draw_limits(axes: Axes, cpus: int, most: int) -> None:
    """Draw the ideal line and the usable CPUs; most: the largest number of processes in the plot."""
    axes.set_xlim(0.5, most + 1)
    axes.plot([1, cpus, most + 1], [1, cpus, cpus], color=GREY, linewidth=1)
    axes.annotate("ideal", (most + 1, cpus), (4, 0), textcoords="offset points", color=INK, va="center")
    axes.axvline(cpus, color=GREY, linewidth=1, linestyle="dotted")
    axes.annotate(_usable(cpus), (cpus, 1.02), xycoords=("data", "axes fraction"), color=INK, ha="center")


def _draw_measured(axes: Axes, points: Sequence[Point]) -> None:
    if not points:
        return
    spread = [[point.speedup - point.least for point in points], [point.most - point.speedup for point in points]]
    places = [point.processes for point in points], [point.speedup for point in points]
    axes.errorbar(*places, spread, fmt="o", color=INK, capsize=3, label="measured: median and spread")
    for point in points:
        place = (point.processes, point.speedup)
        axes.annotate(point.label, place, (7, 0), textcoords="offset points", va="center", color=INK)


def _draw_modelled(axes: Axes, points: Sequence[Point]) -> None:
    crosses = [(point.processes, point.modelled) for point in points if point.modelled]
    if crosses:
        x, y = zip(*crosses, strict=True)
        axes.plot(x, y, "x", label="the model's prediction", color=INK)


def _draw_predicted(axes: Axes, points: Sequence[Point], unmeasured: Sequence[tuple[int, float]]) -> None:
    circles = []
    for point in points:
        if point.predicted:
            ends = [point.predicted, point.speedup]
            axes.plot([point.processes, point.processes], ends, color=GREY, linewidth=1.5, zorder=1)
            circles.append((point.processes, point.predicted))
    if circles or unmeasured:
        x, y = zip(*circles, *unmeasured, strict=True)
        axes.plot(x, y, "o", label="your prediction", color=INK, markersize=8, markerfacecolor="none")


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
    return aligned([head, *([str(processes), *figures] for processes, *figures in sorted(rows))])


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
