"""Curves of seconds over anything, and histograms."""

import itertools
from collections.abc import Mapping, Sequence

from matplotlib.ticker import LogLocator, NullFormatter

from helpers.axes import GREY, INK, new_figure, svg_of
from helpers.picture import COLOURS, Picture
from helpers.timing import aligned, format_seconds


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
