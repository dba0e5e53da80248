"""Words and figures for people: seconds, tables, plurals; and a text file that is written as a whole. Standard library only."""

import os
from collections.abc import Sequence
from pathlib import Path


def format_seconds(seconds: float) -> str:
    """Return a time for human eyes: three figures, in s, ms or µs."""
    if not seconds:
        return "0 s"
    factor, unit = next(((f, u) for f, u in ((1, "s"), (1e3, "ms")) if seconds * f >= 0.9995), (1e6, "µs"))
    value = seconds * factor
    return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1: "1 task", "2,000 tasks", "2 processes"."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def write_whole(path: Path, text: str) -> None:
    """Write a text file as a whole: if this fails, a file that was there before is unchanged."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
