"""What every plot shares: its ink and its frame, and the way from a matplotlib figure to an SVG of the page's theme.

It is drawn with matplotlib's object API: no pyplot, so that a thread may draw too.
"""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010203"  # stands for the theme's text colour, and turns into currentColor in the SVG
GREY = "#8c8c8c"
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "inside-the-pool"}  # text stays text; the same ids on every run
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)  # in a page, its rule for * would hold for every other drawing
_lock = threading.Lock()


def new_figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many inches (of 72 points), and its axes from top to bottom, on a common x axis."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = list(figure.subplots(rows, sharex=True, squeeze=False)[:, 0])
    for one in axes:
        frame(one)
    return figure, axes


def frame(axes: Axes) -> None:
    """Leave the left and the lower edge, in the ink of the theme."""
    axes.patch.set_alpha(0)
    axes.margins(y=0.1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK)


def svg_of(figure: Figure, label: str) -> str:
    """Return the figure as an SVG, labelled for those who cannot see it."""
    file = io.StringIO()
    with _svg_settings():
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = _STYLE.sub("", file.getvalue()).replace(INK, "currentColor")
    attributes = f'role="img" aria-label="{label}" style="max-width: 100%; height: auto"'
    return svg[svg.index("<svg") :].replace("<svg", f"<svg {attributes}", 1)


@contextmanager
def _svg_settings() -> Iterator[None]:
    with _lock:  # the settings are matplotlib's own, and global
        before = {name: matplotlib.rcParams[name] for name in _SETTINGS}
        matplotlib.rcParams.update(_SETTINGS)
        try:
            yield
        finally:
            matplotlib.rcParams.update(before)
