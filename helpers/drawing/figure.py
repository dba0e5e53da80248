"""What every matplotlib plot shares: a new figure in the timeline's style, and its SVG in the colours of the page.

Figures are made without pyplot, so that threads can draw too.
"""

import io
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from helpers.drawing.labels import Box, Dot, place_labels
from helpers.drawing.picture import FAINT, FAMILY, IDLE_OPACITY, SMALL_SIZE, TICK_OPACITY

INK = "#010203"
"""The text colour of the page: the SVG has currentColor in its place."""

GREY = "#8c8c8c"
POINT = 72 / 96
"""A pixel, in the points in which matplotlib measures."""

SMALL = SMALL_SIZE * POINT
RADIUS, LETTER = 6.0, 7.5
"""Pixels that a dot takes around its middle, and that a letter of its label takes at most, on average."""

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "inside-the-pool"}  # text stays text; ids are the same each time
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)  # its rule for * would apply to the whole page
_FONT = re.compile(r"""(font-family: |font: [^;"]*?px )[^;"]*""")  # matplotlib names its own fonts, one by one
_lock = threading.Lock()


def new_figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure, its width and height in inches of 72 points, and its axes from top to bottom; they share x."""
    figure = Figure(figsize=(width, height))
    top = 1 - 7 * POINT / 72 / height  # half of a name above an axis is no part of matplotlib's layout
    figure.set_layout_engine("constrained", rect=(0, 0, 1, top))
    figure.patch.set_alpha(0)
    every = list(figure.subplots(rows, sharex=True, squeeze=False)[:, 0])
    for axes in every:
        axes.patch.set_alpha(0)
        axes.margins(y=0.1)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
        axes.grid(axis="y", color=INK, alpha=IDLE_OPACITY, linewidth=1)
        axes.tick_params(
            color=(INK, TICK_OPACITY), labelcolor=(INK, FAINT), labelsize=SMALL, width=POINT, length=6 * POINT
        )
        axes.tick_params(axis="y", length=0)
    return figure, every


def name_axes(axes: Axes, across: str, up: str, above: float = 6.0) -> None:
    """Name what is on the axes: below the ticks at the left, as on a timeline, and upright above the vertical axis.

    above: from the upper edge of the axes to the name of the vertical one, in pixels.
    """
    axes.set_xlabel(across, color=INK, fontsize=SMALL, alpha=FAINT, loc="left")
    axes.set_ylabel(up, color=INK, fontsize=SMALL, alpha=FAINT, rotation="horizontal", ha="left", va="bottom")
    edge = axes.transAxes + ScaledTranslation(0, above * POINT / 72, axes.figure.dpi_scale_trans)
    axes.yaxis.set_label_coords(0, 1, transform=edge)


def set_ticks(axis: Axis, ticks: Sequence[float], label: Callable[[float], str]) -> None:
    """Mark these places on an axis and no others, each with its label."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda place, _: label(place)))


def label_dots(
    figure: Figure,
    axes: Axes,
    dots: Sequence[tuple[float, float, str]],
    taken: Sequence[tuple[float, float, float]],
) -> None:
    """Write the label of each dot beside it, or near it and joined to it where that place is taken.

    The plot must be complete, because the layout of the figure stays as it is from now on. dots: x, y and label.
    taken: x, and the y from which to which there is something that no label may cover.
    """
    if not dots:
        return
    layout = figure.get_layout_engine()
    assert layout is not None
    layout.execute(figure)
    figure.set_layout_engine("none")

    def pixels(x: float, y: float) -> tuple[float, float]:
        across, up = axes.transData.transform((x, y)) * 96 / figure.dpi
        return float(across), float(up)

    marks = []
    for x, low, high in taken:
        (middle, least), (_, most) = pixels(x, low), pixels(x, high)
        marks.append(Box(middle - RADIUS, least - RADIUS, middle + RADIUS, most + RADIUS))
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    room = Box(*pixels(left, bottom), *pixels(right, top))
    wanted = [Dot(*pixels(x, y), LETTER * len(label)) for x, y, label in dots]
    for (x, y, label), dot, box in zip(dots, wanted, place_labels(wanted, marks, room), strict=True):
        if box is None:
            continue
        away = ((box.left - dot.x) * POINT, ((box.bottom + box.top) / 2 - dot.y) * POINT)
        end = (0.0 if box.left > dot.x else 1.0, 0.5)
        line: dict[str, Any] = {"arrowstyle": "-", "color": GREY, "relpos": end, "shrinkA": 1, "shrinkB": 0}
        joined = line if abs(away[1]) > 5 * POINT else None
        style: dict[str, Any] = {"va": "center", "color": INK, "fontsize": SMALL, "arrowprops": joined}
        axes.annotate(label, (x, y), away, textcoords="offset points", **style)


def add_legend(figure: Figure, **more: Any) -> Legend:
    """Say below the plot what its marks and lines mean; more: further arguments for matplotlib."""
    place: dict[str, Any] = {"loc": "outside lower left", "ncols": 2, "frameon": False, "borderpad": 0.2}
    return figure.legend(**place, labelcolor=INK, fontsize=SMALL, **more)


def to_svg(figure: Figure, label: str) -> str:
    """Return the figure as an SVG; label describes it for readers who cannot see it."""
    file = io.StringIO()
    with _svg_settings():
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = _FONT.sub(rf"\1{FAMILY}", _STYLE.sub("", file.getvalue())).replace(INK, "currentColor")
    attributes = f'role="img" aria-label="{escape(label)}" style="max-width: 100%; height: auto"'
    return svg[svg.index("<svg") :].replace("<svg", f"<svg {attributes}", 1)


@contextmanager
def _svg_settings() -> Iterator[None]:
    settings = cast(dict[str, Any], matplotlib.rcParams)  # newer stubs allow no variable as its key
    with _lock:  # the settings are global
        before = {name: settings[name] for name in _SETTINGS}
        settings.update(_SETTINGS)
        try:
            yield
        finally:
            settings.update(before)
