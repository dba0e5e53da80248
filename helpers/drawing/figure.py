"""What every matplotlib plot shares: a new figure in the course's style, and its SVG in the colours of the page.

Figures are made without pyplot, so that threads can draw too.
"""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#010203"
"""The text colour of the page: the SVG has currentColor in its place."""

GREY = "#8c8c8c"
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "inside-the-pool"}  # text stays text; ids are the same each time
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)  # its rule for * would apply to the whole page
_lock = threading.Lock()


def new_figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure, its width and height in inches of 72 points, and its axes from top to bottom; they share x."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    every = list(figure.subplots(rows, sharex=True, squeeze=False)[:, 0])
    for axes in every:
        axes.patch.set_alpha(0)
        axes.margins(y=0.1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(INK)
        axes.tick_params(colors=INK)
    return figure, every


def to_svg(figure: Figure, label: str) -> str:
    """Return the figure as an SVG; label describes it for readers who cannot see it."""
    file = io.StringIO()
    with _svg_settings():
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = _STYLE.sub("", file.getvalue()).replace(INK, "currentColor")
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
