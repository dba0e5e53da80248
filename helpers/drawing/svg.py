"""The pieces that the pictures of a run are made of: words, boxes, an axis, the legend, and the frame."""

import math
from collections.abc import Iterable, Iterator
from html import escape

from helpers.drawing.picture import COLOURS
from helpers.spans import PHASES

LEFT, RIGHT = 104, 18  # room for the rows' names, and at the right; in pixels
_FONT = "font-family='system-ui, sans-serif' font-size='13'"


def words(x: float, y: float, text: str, style: str, fill: str = "currentColor") -> str:
    """Return text at a place, in the theme's colour unless fill says another; style is more of its attributes."""
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{fill}' {style}>{escape(text)}</text>"


def box(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a filled rectangle."""
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{fill}'/>"


def track(x: float, y: float, width: float, height: float) -> str:
    """Return idle time: a faint bar that takes the theme's colour."""
    place = f"x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height}'"
    return f"<rect {place} fill='currentColor' fill-opacity='0.08'/>"


def axis(seconds: float, scale: float, y: float, unit: str = "") -> Iterator[str]:
    """Return ticks from 0 at human steps; scale is pixels a second, y the upper edge, unit is named below."""
    step = _human_step(seconds)
    for n in range(int(seconds / step + 1e-9) + 1):
        x = LEFT + n * step * scale
        yield f"<path d='M{x:.1f} {y - 6}v6' stroke='currentColor' stroke-opacity='0.4'/>"
        if x < LEFT + seconds * scale + 1:
            yield words(x, y + 15, _tick(n * step, step), "text-anchor='middle' opacity='0.75' font-size='12'")
    if unit:
        yield words(LEFT, y + 34, unit, "opacity='0.75' font-size='12'")


def _human_step(seconds: float) -> float:
    """Return 1, 2 or 5 times a power of ten that cuts the time into five to ten steps."""
    if not seconds:
        return 1.0
    power = 10.0 ** math.floor(math.log10(seconds / 5))
    return next(factor * power for factor in (1, 2, 5, 10) if seconds / (factor * power) <= 10)


def _tick(seconds: float, step: float) -> str:
    """Return a moment on the axis, in the unit of its step and as fine as the step: "1.5 s", "20 ms"."""
    factor, unit = (1, "s") if step >= 0.05 else (1e3, "ms") if step >= 5e-5 else (1e6, "µs")
    return f"{seconds * factor:.{max(0, -math.floor(math.log10(step * factor) + 1e-9))}f} {unit}"


def legend(y: float, width: int, hatch: str = "", outcomes: Iterable[str] = ()) -> Iterator[str]:
    """Return what the colours mean: all phases, and the outcomes but ok that occurred; hatch is the pattern of lost tasks."""
    x = float(LEFT) if width > 860 else 12.0
    for phase in [*PHASES, *sorted(outcomes)]:
        fill = f"url(#{hatch})" if phase == "lost" else COLOURS[phase]
        look = "fill='currentColor' fill-opacity='0.08'" if phase == "idle" else f"fill='{fill}'"
        place = f"x='{x:.0f}' y='{y - 11}' width='13' height='13' rx='2'"
        yield f"<rect {place} {look} stroke='currentColor' stroke-opacity='0.3'/>"
        yield words(x + 19, y, phase, "font-size='12'")
        x += 19 + 7 * len(phase) + 22


def frame(parts: Iterable[str], width: int, height: float, title: str, hatch: str = "") -> str:
    """Return the whole SVG, labelled with its title for those who cannot see it."""
    label = escape(title, quote=True)
    lines = f"<path d='M0 8L8 0M-2 2L2 -2M6 10L10 6' stroke='{COLOURS['lost']}' stroke-width='2.5'/>"
    pattern = f"<defs><pattern id='{hatch}' width='8' height='8' patternUnits='userSpaceOnUse'>{lines}</pattern></defs>"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height:.0f}' width='{width}' role='img'"
        f" aria-label='{label}' style='max-width: 100%; height: auto' {_FONT}>"
        f"{pattern if hatch else ''}{''.join(parts)}</svg>"
    )
