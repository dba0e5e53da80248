"""What every picture of the course shares: colours, sizes of letters, and an SVG together with its text twin."""

import html
import os
from typing import NamedTuple

NOT_TRUSTED = (
    "The drawing is hidden because this notebook is not trusted yet. Run this cell, or choose Trust Notebook in the "
    "command palette (Ctrl+Shift+C; on macOS, Cmd+Shift+C)."
)

COLOURS = {
    "computing": "#0072b2",
    "waiting for a CPU": "#a6cbe3",
    "sending": "#e69f00",
    "returning": "#009e73",
    "starting": "#bdbdbd",
    "idle": "#efefef",
    "running": "#56b4e9",
    "error": "#d55e00",
    "lost": "#cc79a7",
}
"""One colour for one meaning, in every figure: the set of Okabe and Ito, which colour-blind people can tell apart
(M. Okabe, K. Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/)."""

FAMILY, TEXT_SIZE, SMALL_SIZE = "system-ui, sans-serif", 13, 12
"""The font of every picture. Nothing in it is smaller than this."""

FAINT, TICK_OPACITY, IDLE_OPACITY = 0.75, 0.4, 0.11
"""Of words that are not the first to be read; of ticks; and of idle time and grids, seen on white and on black."""


class Picture(NamedTuple):
    """An SVG, and the same facts as text. A notebook shows both; a viewer that removes SVGs shows the text."""

    svg: str
    text: str

    @property
    def html(self) -> str:
        """The SVG inline, so that tooltips work and text takes the theme's colour, and the text folded below it.

        Until a notebook is trusted, JupyterLab removes the SVG but leaves its words; the font size of 0 hides them. It
        removes the tag `noscript`, too, so its words appear; where the drawing is shown, a browser hides them.
        """
        return f"<div style='font-size: 0'>{self.svg}</div><noscript>{NOT_TRUSTED}</noscript>{self.figures}"

    @property
    def figures(self) -> str:
        """The text, folded, as HTML."""
        return f"<details><summary>The same in figures</summary><pre>{html.escape(self.text)}</pre></details>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        """The text: IPython takes this, and not `_repr_mimebundle_`, for the plain text of whatever is a tuple."""
        return self.text
