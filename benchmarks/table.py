"""A benchmark's figures against its aim, as rows of a table."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from helpers.text import aligned


@dataclass(frozen=True)
class Row:
    """One claim: values hold one figure for each pair of runs; the aim is for their median, None for no aim.

    The aim is the most that the median may be, or with at_least the least.
    """

    what: str
    values: tuple[float, ...]
    unit: str
    aim: float | None = None
    at_least: bool = False

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return statistics.median(self.values)

    @property
    def reached(self) -> str:
        """Whether the median reaches the aim, in a word."""
        if self.aim is None:
            return ""
        return "yes" if (self.median >= self.aim if self.at_least else self.median <= self.aim) else "no"

    def cells(self) -> tuple[str, ...]:
        """Return what, median, range, aim, reached, as text."""
        spread = f"{min(self.values):.2f} to {max(self.values):.2f}"
        aim = "" if self.aim is None else f"{'>=' if self.at_least else '<='} {self.aim:g} {self.unit}"
        return (self.what, f"{self.median:.2f} {self.unit}", spread, aim, self.reached)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as an aligned table with a header."""
    return "\n".join(aligned([("what", "median", "range", "aim", "reached"), *(row.cells() for row in rows)]))
