"""Plots: speed-up over the number of processes, seconds over anything, and histograms."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from helpers.drawing.figure import GREY, INK, new_figure, svg_of
from helpers.drawing.picture import COLOURS, Picture
from helpers.machine import usable_cpus
from helpers.text import aligned, format_seconds
from helpers.timing import Timing, efficiency, speedup


@dataclass(frozen=True)
class Point:
    """A measured run: its number of processes, its speed-up with the least and most of its repeats, and a label.

    seconds: what it took (median). predicted, modelled: the speed-up that somebody, or the model, expected, or None.
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
    """Draw the speed-up over the number of processes: each a dot, with its spread, beside the ideal line.

    serial: the timing of the serial program. measured: the timing of the pool, by number of processes; none yet is fine.
    cpus: how many CPUs are usable (by default, of this computer); the ideal line ends its climb there. prediction: the
    speed-up that the student expects, by number of processes.

    A dot is the ratio of the medians. Its spread is the serial median over the slowest and the fastest repeat.

    Raises ValueError if a number of processes is not a whole number of 1 or more, or a prediction not more than 0.
    """
    cpus, prediction = cpus or usable_cpus(), prediction or {}
    _check(cpus, measured, prediction)
    points = [_point(serial, processes, timing) for processes, timing in measured.items()]
    figure = _drawn(points, prediction, cpus)
    return Picture(svg_of(figure, _title(points, cpus)), _text(serial, measured, cpus, prediction))


def runs_plot(
    points: Sequence[Point],
    *,
    laws: Mapping[str, Mapping[int, float]] | None = None,
    cpus: int | None = None,
    size: tuple[float, float] = (6.4, 4.0),
) -> Picture:
    """Draw runs of any kind in the plot of `speedup_plot`: a dot with its spread and its label for each.

    A prediction is an open circle, joined to its dot; what the model said is a cross. laws: the speed-up by number of
    processes of each law that was fitted, by its label. size: width and height, in inches of 72 points. Raises ValueError as
    `speedup_plot` does.
    """
    laws = laws or {}
    cpus = cpus or usable_cpus()
    _check(cpus, {point.processes: point for point in points}, {})
    figure = _drawn(points, {}, cpus, size, laws)
    rows = [("run", "processes", "seconds", "speed-up", "efficiency", "prediction", "model")]
    for point in points:
        share = f"{efficiency(point.speedup, point.processes, cpus):.0%}"
        expected = [f"{ratio:.2f}" if ratio else "-" for ratio in (point.predicted, point.modelled)]
        figures = (str(point.processes), format_seconds(point.seconds), f"{point.speedup:.2f}", share, *expected)
        rows.append((point.label, *figures))
    text = aligned(rows) if points else ["nothing measured yet"]
    for label, curve in laws.items():
        text.append(f"{label}: {', '.join(f'{ratio:.2f} with {places}' for places, ratio in curve.items())}")
    return Picture(svg_of(figure, _title(points, cpus)), "\n".join([_cpus(cpus), *text]))


def _point(serial: Timing, processes: int, timing: Timing) -> Point:
    least, most = serial.median / max(timing.seconds), serial.median / timing.minimum
    return Point(processes, speedup(serial, timing), least, most, timing.median)


def _drawn(
    points: Sequence[Point],
    prediction: Mapping[int, float],
    cpus: int,
    size: tuple[float, float] = (6.4, 4.0),
    laws: Mapping[str, Mapping[int, float]] | None = None,
) -> Figure:
    figure, (axes,) = new_figure(*size)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("processes", color=INK)
    axes.set_ylabel("speed-up (times as fast as serial)", color=INK)
    _draw_limits(axes, cpus, most=max([cpus, 1, *prediction, *(point.processes for point in points)]))
    for (label, curve), line in zip((laws or {}).items(), itertools.cycle(("--", "-."))):
        axes.plot(*zip(*curve.items()), line, color=GREY, linewidth=1.5, label=label)
    _draw_measured(axes, points)
    _draw_modelled(axes, points)
    circles = [(processes, expected) for processes, expected in prediction.items()]
    circles += [(point.processes, point.predicted) for point in points if point.predicted]
    joined = [(point, point.predicted or prediction.get(point.processes)) for point in points]
    _draw_prediction(axes, circles, [(point, expected) for point, expected in joined if expected])
    axes.set_ylim(bottom=0)
    if points or prediction:
        figure.legend(loc="outside lower center", ncols=2, reverse=True, frameon=False, labelcolor=INK)
    return figure


def _title(points: Sequence[Point], cpus: int) -> str:
    return f"Speed-up over the number of processes, on {_cpus(cpus)}; {len(points)} measured"


def _check(cpus: int, measured: Mapping[int, Timing], prediction: Mapping[int, float]) -> None:
    for number in (cpus, *measured, *prediction):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"a number of processes or CPUs must be a whole number of 1 or more, not {number!r}")
    for expected in prediction.values():
        if not expected > 0:
            raise ValueError(f"a predicted speed-up must be a number above 0, not {expected!r}")


def _draw_limits(axes: Axes, cpus: int, most: int) -> None:
    axes.set_xlim(0.5, most + 1)
    axes.plot([1, cpus, most + 1], [1, cpus, cpus], color=GREY, linewidth=1)
    axes.annotate("ideal", (most + 1, cpus), (4, 0), textcoords="offset points", color=INK, va="center")
    axes.axvline(cpus, color=GREY, linewidth=1, linestyle="dotted")
    axes.annotate(_cpus(cpus), (cpus, 1.02), xycoords=("data", "axes fraction"), color=INK, ha="center")


def _draw_measured(axes: Axes, points: Sequence[Point]) -> None:
    if not points:
        return
    spread = [[point.speedup - point.least for point in points], [point.most - point.speedup for point in points]]
    places = [point.processes for point in points], [point.speedup for point in points]
    axes.errorbar(*places, spread, fmt="o", color=INK, capsize=3, label="measured: median and spread")
    for point in points:
        beside = {"textcoords": "offset points", "va": "center", "color": INK}
        axes.annotate(point.label, (point.processes, point.speedup), (7, 0), **beside)


def _draw_modelled(axes: Axes, points: Sequence[Point]) -> None:
    crosses = [(point.processes, point.modelled) for point in points if point.modelled]
    if crosses:
        axes.plot(*zip(*crosses), label="the model's prediction", marker="x", color=INK, linestyle="none")


def _draw_prediction(axes: Axes, circles: Sequence[tuple[int, float]], joined: Sequence[tuple[Point, float]]) -> None:
    for point, expected in joined:
        ends = [expected, point.speedup]
        axes.plot([point.processes, point.processes], ends, color=GREY, linewidth=1.5, zorder=1)
    if circles:
        style = {"marker": "o", "markersize": 8, "linestyle": "none", "color": INK, "markerfacecolor": "none"}
        axes.plot(*zip(*circles), label="your prediction", **style)


def _text(serial: Timing, measured: Mapping[int, Timing], cpus: int, prediction: Mapping[int, float]) -> str:
    rows = [("processes", "seconds", "speed-up", "efficiency", "prediction")]
    for processes in sorted(measured.keys() | prediction.keys()):
        figures = ("-", "-", "-")
        if processes in measured:
            ratio = speedup(serial, measured[processes])
            seconds = format_seconds(measured[processes].median)
            figures = (seconds, f"{ratio:.2f}", f"{efficiency(ratio, processes, cpus):.0%}")
        rows.append((str(processes), *figures, f"{prediction[processes]:.2f}" if processes in prediction else "-"))
    table = aligned(rows) if rows[1:] else ["nothing measured yet"]
    return "\n".join([f"serial: {format_seconds(serial.median)}; {_cpus(cpus)}", *table])


def _cpus(cpus: int) -> str:
    return f"{cpus} usable CPU{'s' * (cpus != 1)}"


def curves_plot(
    measured: Mapping[str, Mapping[float, float]],
    predicted: Mapping[str, Mapping[float, float]] | None = None,
    *,
    across: str,
    log: bool = True,
) -> Picture:
    """Draw seconds over something: measured ones as marks, predicted ones as a line in the same shade.

    measured, predicted: for each label, seconds by what is laid off to the right; across says what that is. log: both
    axes are logarithmic.

    Raises ValueError when nothing was measured, or something that a logarithm cannot show.
    """
    predicted = predicted or {}
    points = [pair for curve in (*measured.values(), *predicted.values()) for pair in curve.items()]
    if not points or log and not all(x > 0 and y > 0 for x, y in points):
        raise ValueError("curves_plot needs measured seconds, all of them and of what they are drawn over above 0")
    figure, (axes,) = new_figure(6.8, 4.0)
    labels = list(dict.fromkeys([*measured, *predicted]))
    for label, marker, line in zip(labels, itertools.cycle("o^sDv"), itertools.cycle(("-", "--", ":", "-."))):
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
    series = len(measured) + len(predicted)
    return Picture(svg_of(figure, f"Seconds over {across}; {series} series"), _curves_text(measured, predicted, across))


def _sorted(curve: Mapping[float, float]) -> tuple[list[float], list[float]]:
    places = sorted(curve)
    return places, [curve[place] for place in places]


def _curves_text(measured: Mapping[str, Mapping], predicted: Mapping[str, Mapping], across: str) -> str:
    curves = [(f"{label}, measured", curve) for label, curve in measured.items()]
    curves += [(f"{label}, predicted", curve) for label, curve in predicted.items()]
    rows = [(across, *(name for name, _ in curves))]
    for place in sorted({place for curve in measured.values() for place in curve}):
        seconds = (format_seconds(curve[place]) if place in curve else "-" for _, curve in curves)
        rows.append((f"{place:,g}", *seconds))
    return "\n".join(aligned(rows))


def histogram_plot(values: Mapping[str, Sequence[float]], *, across: str, bins: int = 60) -> Picture:
    """Draw how often values fall into each of so many equal bins: one row for each label, all on the same axis.

    values: numbers by their label; across says what they are. Raises ValueError for a label without numbers.
    """
    if not values or not all(map(len, values.values())):
        raise ValueError("histogram_plot needs one number or more for every label")
    figure, rows = new_figure(6.8, 1.0 + 1.4 * len(values), rows=len(values))
    ends = min(map(min, values.values())), max(map(max, values.values()))
    for axes, (label, numbers) in zip(rows, values.items()):
        axes.hist(numbers, bins=bins, range=ends, color=COLOURS["computing"])
        axes.set_ylabel(label, color=INK)
        axes.yaxis.get_major_locator().set_params(integer=True)
    rows[-1].set_xlabel(across, color=INK)
    table = [("", "values", "different", "smallest", "largest")]
    for label, numbers in values.items():
        ends_of_row = (f"{min(numbers):.6g}", f"{max(numbers):.6g}")
        table.append((label, f"{len(numbers):,}", f"{len(set(numbers)):,}", *ends_of_row))
    return Picture(svg_of(figure, f"Histogram of the {across}; {len(values)} series"), "\n".join(aligned(table)))
