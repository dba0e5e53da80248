"""Run a part of the benchmarks: print each row once it is complete, and keep every figure as it comes."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from benchmarks.results import Conditions, Figure, Results, Row
from helpers.timing import Comparison, compare

WIDTHS = (60, 22, 18, 18, 8)  # of a row's cells on the screen

UNKNOWN = "unknown, since the part did not end"
"""What disturbed the rows of a part until it ends."""


def run(
    part: str,
    figures: Iterator[Figure],
    conditions: Conditions,
    results: Results,
    disturbed: Callable[[], str] = lambda: "",
) -> None:
    """Take the figures of a part as they are measured.

    Whatever ends it early, Ctrl-C for instance, every figure so far is in the results, and on the screen. disturbed:
    what speaks against the figures; it is called when all are there.
    """
    rows: dict[str, Row] = {}
    conditions = replace(conditions, disturbed=UNKNOWN)
    try:
        for figure in figures:
            row = rows[figure.what] = _grown(rows.get(figure.what), figure, part, conditions)
            results.keep(row)
            if row.is_complete:
                _show(row)
            else:
                _show_progress(row)
        found = disturbed()
        results.finish(part, rows, found)
        if found:
            print(f"Disturbed: {found}.", flush=True)
    finally:
        for row in rows.values():
            if not row.is_complete:
                _show(row)


def rounds(candidates: Mapping[str, Callable[[], object]], repeats: int) -> Iterator[Comparison]:
    """As `helpers.timing.compare`, but yield each measured round as soon as it is there."""
    for number in range(repeats):
        yield compare(candidates, repeats=1, warmup=0 if number else 1)


def _grown(row: Row | None, figure: Figure, part: str, conditions: Conditions) -> Row:
    if row is None:
        start = (figure.what, (), figure.unit, figure.repeats, figure.aim, figure.at_least)
        row = Row(part, *start, conditions)
    return replace(row, values=(*row.values, figure.value))


def _show(row: Row) -> None:
    what, *others = row.cells()
    cells = [what.ljust(WIDTHS[0]), *(cell.rjust(width) for cell, width in zip(others, WIDTHS[1:], strict=True))]
    _clear_progress()
    print("  ".join(cells), row.conditions, sep="  ", flush=True)


def _show_progress(row: Row) -> None:
    if sys.stderr.isatty():
        _clear_progress()
        what, median, _, _, repeats = row.cells()
        print(f"{repeats}: {what} {median}", end="", file=sys.stderr, flush=True)


def _clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
