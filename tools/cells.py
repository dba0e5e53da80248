"""What the tools and the tests read from a cell of a notebook: its tags, and the lines that its outputs show."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from helpers.findings import FAILS, HOLDS, UNCLEAR

SHOWS_A_FINDING = re.compile(r"\b(finding|judge)\(")
VERDICTS = (HOLDS, UNCLEAR, FAILS)
DISTURBED = re.compile(r"(Other programs used|The host gave) [\d.]+ of your ")
"""How a line begins that `helpers.other_programs` adds to figures."""


def is_solution(cell: Any) -> bool:
    """Return whether the cell is the solution of an exercise."""
    return "solution" in cell.metadata.get("tags", [])


def shows_a_finding(cell: Any) -> bool:
    """Return whether the cell is code that calls `finding`."""
    return bool(cell.cell_type == "code" and SHOWS_A_FINDING.search(cell.source))


def verdict_lines(outputs: Iterable[Any]) -> Iterator[str]:
    """Yield the lines of these outputs, whether printed or displayed, that begin with a verdict: ✓, ≈ or ✗."""
    yield from (line for line in _lines(outputs) if line.startswith(VERDICTS))


def disturbed_lines(outputs: Iterable[Any]) -> Iterator[str]:
    """Yield the lines of these outputs that say what others took of the CPUs meanwhile."""
    yield from filter(DISTURBED.match, _lines(outputs))


def _lines(outputs: Iterable[Any]) -> Iterator[str]:
    for output in outputs:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        yield from text.splitlines()


def passes(outputs: Iterable[Any]) -> bool:
    """Return whether the outputs show a ✓ and no other verdict."""
    lines = list(verdict_lines(outputs))
    return bool(lines) and all(line.startswith(HOLDS) for line in lines)
