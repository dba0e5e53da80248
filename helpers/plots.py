"""The speed-up plot: runs over the number of processes, beside the ideal line."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.axes import GREY, INK, new_figure, svg_of
from helpers.machine import usable_cpus
from helpers.picture import Picture
from helpers.timing import Timing, aligned, efficiency, format_seconds, speedup


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
