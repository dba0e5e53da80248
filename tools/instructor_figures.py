"""Write the table of expected figures into INSTRUCTORS.md: measured on this machine, simulated for 2, 4 and 8 CPUs.

python -m tools.instructor_figures
"""

import math
import multiprocessing
import re
import sys
from dataclasses import replace
from functools import partial
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from helpers import tasks
from helpers.array_tasks import held_distances_as_array, hold_table
from helpers.machine import usable_cpus
from helpers.model import Sample, learn
from helpers.text import format_seconds
from helpers.timing import compare, warm_up

PAGE = Path(__file__).parents[1] / "INSTRUCTORS.md"
BLOCK = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
ROWS, CPUS = 1_000_000, (2, 4, 8)
TINY = [100] * 30_000
SCENES = {
    "loop": "lesson 1: the loop over a million rows",
    "five": "as in lesson 2, but on the whole table: `Pool(5)`, 5 chunks, cold: times as fast",
    "cut": "a million rows, a cold pool of all CPUs, 4 chunks each: times as fast",
    "tiny_tasks": "lesson 4: 30,000 messages against four for each worker: times as long",
    "held": "as in lesson 6, but on the whole table: rows in the workers already, arrays returned, warm: times as fast",
}
"""The first words of each row."""

MOST_OFF = 1.2
"""A simulation that differs from the measurement by more than this factor is marked."""


def lines() -> list[str]:
    """Measure, simulate, and return the table as lines of Markdown."""
    table = np.random.default_rng(0).normal(size=(ROWS, 10))
    here = usable_cpus()
    task = partial(tasks.distances, target=table[0])
    measured = _measured(table, task, here)
    loop = measured["loop"].median
    five = learn(task, np.array_split(table, 5))
    cut = {cpus: learn(task, np.array_split(table, 4 * cpus)) for cpus in {here, *CPUS}}
    fine = {cpus: _with_rows_in_workers(learn(_array, _chunks(table, task, 16 * cpus))) for cpus in {here, *CPUS}}
    tiny = learn(tasks.draw, TINY)

    def row(name: str, here_is: str, simulated: list[str]) -> str:
        remark = _remark(here_is, dict(zip(CPUS, simulated, strict=True)).get(here))
        return f"| {name}{remark} | {here_is} | {' | '.join(simulated)} |"

    def ratio(label: str) -> str:
        return f"{loop / measured[label].median:.2f}"

    def times(samples: dict[int, Sample], warm: bool, processes: int | None = None) -> list[str]:
        runs = [samples[n].simulate(processes or n, chunksize=1, cpus=n, warm=warm) for n in CPUS]
        return [f"{samples[n].serial / run.seconds:.2f}" for n, run in zip(CPUS, runs, strict=True)]

    ends = [[tiny.simulate(n, chunksize=size, cpus=n, warm=True).seconds for size in (1, _four_each(n))] for n in CPUS]
    return [
        f"| scene | measured: {here} CPUs, {_python()} | {' | '.join(f'{n} CPUs, simulated' for n in CPUS)} |",
        "|---|---|---|---|---|",
        row(SCENES["loop"], format_seconds(loop), ["the same"] * 3),
        row(
            SCENES["five"],
            ratio("five"),
            times(dict.fromkeys(CPUS, five), False, 5),
        ),
        row(SCENES["cut"], ratio("cut"), times(cut, False)),
        row(
            SCENES["tiny_tasks"],
            f"{measured['tiny, one a message'].median / measured['tiny, four each'].median:.1f}",
            [f"{many / few:.1f}" for many, few in ends],
        ),
        row(SCENES["held"], ratio("fine"), times(fine, True)),
    ]  # fmt: skip


def _remark(measured: str, simulated: str | None) -> str:
    """Return a remark for a row in which the simulation of this machine is far from what was measured on it."""
    try:
        ratio = float(simulated or "") / float(measured)
    except ValueError:
        return ""  # no number, or this machine has a number of CPUs that is not simulated
    if 1 / MOST_OFF <= ratio <= MOST_OFF:
        return ""
    return f" (the simulation says {ratio:.1f} times as much as was measured)"


def _python() -> str:
    return f"Python {sys.version_info[0]}.{sys.version_info[1]}, {multiprocessing.get_start_method()}"


def _measured(table: np.ndarray, task: partial, cpus: int):
    edges = np.linspace(0, len(table), 16 * cpus + 1).astype(int).tolist()
    bounds, held = list(pairwise(edges)), partial(held_distances_as_array, target=table[0])

    def cold(processes: int, chunks: list) -> None:
        with Pool(processes) as pool:
            pool.map(task, chunks, chunksize=1)

    with Pool(cpus, hold_table, (table,)) as best, Pool(cpus) as small:
        warm_up(best, cpus)
        warm_up(small, cpus)
        candidates = {
            "loop": lambda: task(table),
            "five": lambda: cold(5, np.array_split(table, 5)),
            "cut": lambda: cold(cpus, np.array_split(table, 4 * cpus)),
            "fine": lambda: best.map(held, bounds, chunksize=1),
            "tiny, one a message": lambda: small.map(tasks.draw, TINY, chunksize=1),
            "tiny, four each": lambda: small.map(tasks.draw, TINY, chunksize=_four_each(cpus)),
        }
        return compare(candidates, repeats=5)


def _four_each(workers: int) -> int:
    """Return the chunk size that gives each worker four messages of tiny tasks."""
    return math.ceil(len(TINY) / (4 * workers))


def _array(call: partial) -> np.ndarray:
    return np.array(call())


def _chunks(table: np.ndarray, task: partial, number: int) -> list[partial]:
    return [partial(task, chunk) for chunk in np.array_split(table, number)]


def _with_rows_in_workers(sample: Sample) -> Sample:
    """Return the sample as if the workers had its rows already."""
    return replace(sample, bytes_in=np.full_like(sample.bytes_in, 100.0))


def main() -> None:
    """Replace the table in the page."""
    text = PAGE.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        raise ValueError(f"{PAGE.name} has no block between <!-- figures --> and <!-- end of figures -->")
    new = "\n".join(lines()) + "\n"
    PAGE.write_text(BLOCK.sub(lambda _: new, text), encoding="utf-8", newline="\n")
    print(new)


if __name__ == "__main__":
    main()
