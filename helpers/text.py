"""Words and figures for people: seconds, plurals, tables; and writing a text file as a whole. Standard library only."""

import contextlib
import os
from collections.abc import Sequence


def format_seconds(seconds: float) -> str:
    """Return seconds with three significant figures, in s, ms or µs: "1.50 s", "20.0 ms"."""
    if not seconds:
        return "0 s"
    factor, unit, decimals = _scale(seconds)
    return f"{seconds * factor:.{decimals}f} {unit}"


def format_interval(seconds: float, low: float, high: float) -> str:
    """Return seconds with the two between which they lie, in the same unit: "1.20 s (1.14 to 1.31)"."""
    factor, unit, decimals = _scale(seconds)
    figure, least, most = (f"{value * factor:.{decimals}f}" for value in (seconds, low, high))
    return f"{figure} {unit} ({least} to {most})"


def _scale(seconds: float) -> tuple[float, str, int]:
    """Return the factor to the unit in which a time is shown, that unit, and how many decimals make three figures."""
    factor, unit = (1, "s") if seconds >= 0.9995 else (1e3, "ms") if seconds >= 0.9995e-3 else (1e6, "µs")
    value = seconds * factor
    return factor, unit, 0 if value >= 99.95 else 1 if value >= 9.995 else 2


def cpus_in_words(number: float, cpus: int | None = None) -> str:
    """Return how many CPUs were used on average, of how many: "1.4 of 2 CPUs", "0.7 CPUs", "less than 0.1 CPUs"."""
    words = f"{number:.1f}" if number >= 0.05 else "less than 0.1"
    return words + (f" of {counted(cpus, 'CPU')}" if cpus else " CPUs")


def bytes_in_words(number: float) -> str:
    """Return a number of bytes in words: "80 MB", "1.5 MB", "120 KB"."""
    if number < 1e6:
        return f"{number / 1e3:.0f} KB"
    return f"{number / 1e6:,.0f} MB" if number >= 9.5e6 else f"{number / 1e6:.1f} MB"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1: "1 task", "2,000 tasks", "2 processes"."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines: the first column is aligned to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file as a whole: if this fails, a file that was there before is unchanged."""
    part = f"{os.fspath(path)}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
