"""The speed-up plot: runs as dots over the ideal line, with what was expected of them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.drawing.figure import (
    GREY,
    INK,
    SMALL,
    add_legend,
    label_dots,
    name_axes,
    new_figure,
    set_ticks,
)
from helpers.drawing.picture import FAINT
from helpers.drawing.ticks import linear_ticks, log_ticks, plain_number, whole_ticks
from helpers.text import counted

WIDE = 5.0
"""Inches; in a narrower plot there is no room for long names in the legend."""


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


def speedup_figure(
    points: Sequence[Point],
    further: Sequence[tuple[int, float]],
    cpus: int,
    size: tuple[float, float] = (6.4, 4.0),
    laws: Mapping[str, Mapping[int, float]] | None = None,
    expected: Mapping[int, float] | None = None,
    log: bool = False,
) -> Figure:
    """Draw the points, and further predictions as processes and speed-up. The rest is as for `plots.runs_plot`."""
    figure, (axes,) = new_figure(*size)
    expected = expected or {}
    most = max([cpus, *(point.processes for point in points), *(processes for processes, _ in further), *expected])
    most = max([most, *(processes for curve in (laws or {}).values() for processes in curve)])
    _draw_limits(axes, cpus, most)
    for (label, curve), line in zip((laws or {}).items(), itertools.cycle(("--", "-.", ":")), strict=False):
        axes.plot([*curve], [*curve.values()], line, color=GREY, linewidth=1.5, label=label)
    _draw_measured(axes, points, "measured: median and spread" if size[0] >= WIDE else "measured")
    _draw_modelled(axes, points, expected)
    _draw_predicted(axes, points, further)
    if log:
        _make_logarithmic(axes, most)
    else:
        axes.set_ylim(0, 1.1 * axes.dataLim.y1)
        set_ticks(axes.xaxis, whole_ticks(most), plain_number)
        set_ticks(axes.yaxis, linear_ticks(*axes.get_ylim()), plain_number)
    name_axes(axes, "processes", "speed-up (times as fast as serial)", above=20)
    if points or further or expected:
        add_legend(figure, reverse=True)
    dots = [(point.processes, point.speedup, point.label) for point in points if point.label]
    label_dots(figure, axes, dots, _marks(points, [*further, *expected.items()]))
    return figure


def _draw_limits(axes: Axes, cpus: int, most: int) -> None:
    """Draw the ideal line and the usable CPUs; most: the largest number of processes in the plot."""
    words: dict[str, Any] = {"color": INK, "alpha": FAINT, "fontsize": SMALL}
    axes.set_xlim(0.5, most + 1)
    axes.plot([1, cpus, most + 1], [1, cpus, cpus], color=GREY, linewidth=1)
    axes.annotate("ideal", (most + 1, cpus), (4, 0), textcoords="offset points", va="center", **words)
    axes.axvline(cpus, color=GREY, linewidth=1, linestyle="dotted")
    share = (cpus - 0.5) / (most + 0.5)
    side = "left" if share < 0.2 else "right" if share > 0.8 else "center"  # so that the words stay above the plot
    axes.annotate(counted(cpus, "usable CPU"), (cpus, 1.02), xycoords=("data", "axes fraction"), ha=side, **words)


def _make_logarithmic(axes: Axes, most: int) -> None:
    """Make both axes logarithmic, with a line where a pool is as fast as the serial program."""
    axes.axhline(1, color=GREY, linewidth=1, linestyle="dotted")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.9, 1.1 * most)
    set_ticks(axes.xaxis, log_ticks(1, most), plain_number)
    set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), plain_number)


def _draw_measured(axes: Axes, points: Sequence[Point], label: str) -> None:
    if points:
        spread = [[point.speedup - point.least for point in points], [point.most - point.speedup for point in points]]
        places = [point.processes for point in points], [point.speedup for point in points]
        axes.errorbar(*places, spread, fmt="o", color=INK, capsize=3, label=label)


def _marks(points: Sequence[Point], further: Sequence[tuple[int, float]]) -> list[tuple[float, float, float]]:
    """Return what no label may cover: processes, and the speed-ups from which to which there is something."""
    marks: list[tuple[float, float, float]] = [(point.processes, point.least, point.most) for point in points]
    marks += [(processes, expected, expected) for processes, expected in further]
    for point in points:
        marks += [(point.processes, each, each) for each in (point.speedup, point.predicted, point.modelled) if each]
    return marks


def _draw_modelled(axes: Axes, points: Sequence[Point], expected: Mapping[int, float]) -> None:
    crosses = [(point.processes, point.modelled) for point in points if point.modelled] + [*expected.items()]
    if crosses:
        x, y = zip(*crosses, strict=True)
        axes.plot(x, y, "x", label="the model", color=INK)


def _draw_predicted(axes: Axes, points: Sequence[Point], further: Sequence[tuple[int, float]]) -> None:
    circles = []
    for point in points:
        if point.predicted:
            ends = [point.predicted, point.speedup]
            axes.plot([point.processes, point.processes], ends, color=GREY, linewidth=1.5, zorder=1)
            circles.append((point.processes, point.predicted))
    if circles or further:
        x, y = zip(*circles, *further, strict=True)
        axes.plot(x, y, "o", label="your prediction", color=INK, markersize=8, markerfacecolor="none")
