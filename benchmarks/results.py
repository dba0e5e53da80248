"""What the benchmarks measured: figures become rows, and rows are kept in a JSON file as they come."""

import datetime
import json
import platform
import re
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from helpers.machine import usable_cpus
from helpers.text import counted, write_whole

HERE = Path(__file__).parent
LATEST = HERE / "latest.json"
"""Where results are kept by default; git ignores it."""

RECORDED = HERE / "recorded.json"
"""The results that the pages quote; they are committed."""

CPU_INFO = Path("/proc/cpuinfo")  # on Linux
SIGNIFICANT = 4  # digits of a value in the file


@dataclass(frozen=True)
class Figure:
    """One repeat of one row. repeats: how many figures the row will have.

    The aim is for the median of the row: the most that it may be, or with at_least the least; None for no aim.
    """

    what: str
    value: float
    unit: str
    repeats: int
    aim: float | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Conditions:
    """Where, how and when rows were measured. disturbed: what speaks against these figures, see `tools.quiet`."""

    machine: str
    python: str
    start_method: str
    date: str
    disturbed: str = ""

    def __str__(self) -> str:
        return f"{self.python}, {self.start_method}, {self.machine}"


@dataclass(frozen=True)
class Row:
    """The values of one row so far, and all that is needed to read them later."""

    part: str
    what: str
    values: tuple[float, ...]
    unit: str
    repeats: int
    aim: float | None
    at_least: bool
    conditions: Conditions

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return statistics.median(self.values)

    @property
    def range(self) -> str:
        """The least and the largest value, as text."""
        return f"{three_figures(min(self.values))} to {three_figures(max(self.values))}"

    @property
    def is_complete(self) -> bool:
        """Whether all repeats were measured."""
        return len(self.values) == self.repeats

    @property
    def is_reached(self) -> bool:
        """Whether the median reaches the aim; True without an aim."""
        if self.aim is None:
            return True
        return self.median >= self.aim if self.at_least else self.median <= self.aim

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return what, median with unit, range, aim, and how many repeats were measured, as text."""
        aim = ""
        if self.aim is not None:
            limit = f"at {'least' if self.at_least else 'most'} {self.aim:g}"
            aim = f"{limit}: {'yes' if self.is_reached else 'no'}"
        repeats = str(self.repeats) if self.is_complete else f"{len(self.values)} of {self.repeats}"
        return self.what, f"{three_figures(self.median)} {self.unit}", self.range, aim, repeats


def this_machine(start_method: str) -> Conditions:
    """Return the conditions of now, for pools that start their workers by the given method."""
    return Conditions(
        machine=machine_name(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        start_method=start_method,
        date=datetime.date.today().isoformat(),
    )


def machine_name() -> str:
    """Return the number of usable CPUs, their model, and the platform."""
    return f"{counted(usable_cpus(), 'CPU')} ({_cpu_model()}), {platform.system()} on {platform.machine()}"


def _cpu_model() -> str:
    found = re.search(r"^model name\s*: (.+)", CPU_INFO.read_text(), re.MULTILINE) if CPU_INFO.exists() else None
    return found[1] if found else platform.processor() or "unknown model"


def three_figures(value: float) -> str:
    """Return a number with three significant figures where it has decimals: "0.96", "15.2", "1,234"."""
    decimals = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:,.{decimals}f}"


class Results:
    """The rows of a file, sorted by part. Each change is written at once, and the file is always whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[tuple[str, str], Row] = {}
        if path.exists():
            for fields in json.loads(path.read_text(encoding="utf-8")):
                conditions = Conditions(**fields.pop("conditions"))
                self._put(Row(**fields | {"values": tuple(fields["values"]), "conditions": conditions}))

    def rows(self, part: str | None = None) -> list[Row]:
        """Return all rows, or those of one part."""
        found = [row for row in self._rows.values() if part in (None, row.part)]
        return sorted(found, key=lambda row: row.part)

    def keep(self, row: Row) -> None:
        """Add a row, or replace the one of the same part and name."""
        self._put(replace(row, values=tuple(float(f"{value:.{SIGNIFICANT}g}") for value in row.values)))
        self._write()

    def finish(self, part: str, names: Iterable[str], disturbed: str) -> None:
        """Keep the named rows of a part, in this order, with what disturbed them, and drop the part's other rows."""
        rows = [self._rows[part, name] for name in names]
        kept = [replace(row, conditions=replace(row.conditions, disturbed=disturbed)) for row in rows]
        self._rows = {key: row for key, row in self._rows.items() if row.part != part}
        for row in kept:
            self._put(row)
        self._write()

    def _put(self, row: Row) -> None:
        self._rows[row.part, row.what] = row

    def _write(self) -> None:
        lines = ",\n".join(json.dumps(asdict(row), ensure_ascii=False) for row in self.rows())
        write_whole(self._path, f"[\n{lines}\n]\n")
