"""Pieces of an SVG: text, rectangles, a time axis, the legend, and the whole document. All lengths are in pixels."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from helpers.drawing.picture import COLOURS, FAINT, FAMILY, IDLE_OPACITY, SMALL_SIZE, TEXT_SIZE, TICK_OPACITY
from helpers.drawing.ticks import tick_step, time_label
from helpers.spans import PHASES

LEFT, RIGHT = 104, 18
"""Room for the names of the rows, and at the right."""

_FONT = f"font-family='{FAMILY}' font-size='{TEXT_SIZE}'"
_IDLE = f"fill='currentColor' fill-opacity='{IDLE_OPACITY}'"

INKS = {"computing": "#fff", "idle": "currentColor"}
"""The colour of words on a phase's bar where it is not `DARK_INK`. Idle time is the page itself, light or dark."""

DARK_INK = "#222"


def text(x: float, y: float, words: str, attributes: str, fill: str = "currentColor") -> str:
    """Return words at a place, by default in the theme's colour; attributes are further attributes of the element."""
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' {attributes}>{escape(words)}</text>"


def heading(words: str) -> str:
    """Return the title of a picture, as a line above everything else."""
    return text(LEFT, 24, words, "font-size='16' font-weight='600'")


def rectangle(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a filled rectangle; x and y are its upper left corner."""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{fill}'/>"


def idle(x: float, y: float, width: float, height: float) -> str:
    """Return a rectangle for idle time: a faint one that takes the theme's colour."""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height}' {_IDLE}/>"


def group(parts: str, tooltip: str = "") -> str:
    """Return parts as one group, with a tooltip if there is one."""
    title = f"<title>{escape(tooltip)}</title>" if tooltip else ""
    return f"<g>{title}{parts}</g>"


def time_axis(seconds: float, scale: float, y: float, unit: str = "") -> Iterator[str]:
    """Return ticks from 0 to seconds; scale is pixels a second, y is the upper edge, unit is named below the ticks."""
    step, style = tick_step(seconds), f"opacity='{FAINT}' font-size='{SMALL_SIZE}'"
    for n in range(int(seconds / step + 1e-9) + 1):
        x = LEFT + n * step * scale
        yield f"<path d='M{x:.1f} {y - 6}v6' stroke='currentColor' stroke-opacity='{TICK_OPACITY}'/>"
        yield text(x, y + 15, time_label(n * step, step), f"text-anchor='middle' {style}")
    if unit:
        yield text(LEFT, y + 34, unit, style)


def legend(
    y: float, width: int, hatch: str = "", outcomes: Iterable[str] = (), names: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Return what the colours mean: every phase, and those outcomes that are given.

    hatch: as for `document`. names: of phases that are called something else in this picture.
    """
    x = float(LEFT) if width > 860 else 12.0
    for meaning in [*PHASES, *sorted(outcomes)]:
        fill = f"fill='{f'url(#{hatch})' if meaning == 'lost' else COLOURS[meaning]}'" if meaning != "idle" else _IDLE
        place = f"x='{x:.0f}' y='{y - 11}' width='13' height='13' rx='2'"
        yield f"<rect {place} {fill} stroke='currentColor' stroke-opacity='0.3'/>"
        name = (names or {}).get(meaning, meaning)
        yield text(x + 19, y, name, f"font-size='{SMALL_SIZE}'")
        x += 19 + 7 * len(name) + 22


def document(parts: Iterable[str], width: int, height: float, title: str, hatch: str = "") -> str:
    """Return the whole SVG, labelled with its title for readers who cannot see it.

    hatch: the id of the pattern for lost tasks, which must be unique on a page; without it there is no pattern.
    """
    label = escape(title, quote=True)
    lines = f"<path d='M0 8L8 0M-2 2L2 -2M6 10L10 6' stroke='{COLOURS['lost']}' stroke-width='2.5'/>"
    pattern = f"<defs><pattern id='{hatch}' width='8' height='8' patternUnits='userSpaceOnUse'>{lines}</pattern></defs>"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height:.0f}' width='{width}' role='img'"
        f" aria-label='{label}' style='max-width: 100%; height: auto' {_FONT}>"
        f"{pattern if hatch else ''}{''.join(parts)}</svg>"
    )
