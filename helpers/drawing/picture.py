"""What every picture of the course shares: its colours, and the pair of an SVG and its text twin."""

import html
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Picture:
    """An SVG, and the same facts as text. A notebook shows both; a viewer that strips drawings shows the text."""

    svg: str
    text: str

    @property
    def html(self) -> str:
        """The SVG in line, so that tooltips work and text takes the theme's colour, and the text folded below it.

        Before a notebook is trusted, JupyterLab takes the drawing away and leaves its words; these have no size of their
        own then.
        """
        figures = html.escape(self.text)
        return f"<div style='font-size: 0'>{self.svg}</div><details><summary>The same in figures</summary><pre>{figures}</pre></details>"

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text
