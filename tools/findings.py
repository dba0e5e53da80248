"""Run lessons again and again, and count how often each finding holds (✓), is unclear (≈) or fails (✗).

    python -m tools.findings --runs 10                     all lessons, ten times
    python -m tools.findings --runs 5 --busy 06_what_travels   with one busy process on each CPU
    python -m tools.findings --runs 5 --cpus 1             on one CPU (Linux)
    python -m tools.findings --runs 5 --record             add what was counted to the record: see tools.hit_rates

After every round it prints the table so far; Ctrl-C ends it with the table of what was counted. No notebook is written.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from benchmarks.results import machine_name
from helpers.findings import FAILS, HOLDS
from helpers.machine import usable_cpus
from helpers.text import aligned, counted
from tools import hit_rates
from tools.cells import VERDICTS, is_solution, passes, shows_a_finding, verdict_lines
from tools.quiet import State, disturbances, measure_state
from tools.run_notebooks import FOLDER, execute

BUSY = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
"""A process that uses a CPU until its parent ends."""

AIM = 0.95
"""The share of the runs on a quiet machine in which a finding should hold."""

NO_LESSONS = ("index", "pool_lab", "template")


class Tally:
    """How often each finding had each verdict. A finding is known by its lesson and its claim, without its numbers."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Counter[str]] = {}
        self.claims: dict[tuple[str, str], str] = {}

    def add(self, lesson: str, claim: str, verdict: str, same: str | None = None) -> None:
        """Count one verdict. same: what is the same in every run; None: the whole claim."""
        key = lesson, claim if same is None else same
        self.claims.setdefault(key, claim)
        self.counts.setdefault(key, Counter())[verdict] += 1

    def merge(self, other: "Tally") -> None:
        """Add the counts of another tally."""
        for key, count in other.counts.items():
            self.claims.setdefault(key, other.claims[key])
            self.counts.setdefault(key, Counter()).update(count)

    def add_notebook(self, lesson: str, notebook: NotebookNode) -> Iterator[str]:
        """Count what an executed notebook shows, and yield the sentences of what does not hold."""
        for number, cell in enumerate(notebook.cells):
            if is_solution(cell):
                right = passes(cell.outputs)
                self.add(lesson, f"the solution in cell {number}", HOLDS if right else FAILS)
                if not right:
                    yield f"{FAILS} the solution in cell {number} does not pass its check"
            elif shows_a_finding(cell):
                for line in verdict_lines(cell.outputs):
                    claim = line[1:].strip().partition(": ")[0]
                    self.add(lesson, claim, line[0], re.sub(r"\d[\d.,]*", "N", claim))
                    if line[0] != HOLDS:
                        yield line

    @property
    def summary(self) -> str:
        """How many of the findings held as often as they should."""
        often = sum(count[HOLDS] >= AIM * count.total() for count in self.counts.values())
        return f"{often} of {counted(len(self.counts), 'finding')} held in at least {AIM:.0%} of their runs."

    def __repr__(self) -> str:
        rows: list[tuple[str, ...]] = [("lesson", *VERDICTS, "claim")]
        for key, count in self.counts.items():
            rows.append((key[0], *(str(count[verdict]) for verdict in VERDICTS), self.claims[key]))
        return "\n".join(
            f"{row} {claims[-1]}" for row, claims in zip(aligned([row[:-1] for row in rows]), rows, strict=True)
        )


def count_findings(
    paths: Sequence[Path],
    runs: int,
    run: Callable[[Path], NotebookNode] | None = None,
    show: Callable[[object], None] = print,
    keep: Callable[[Path, Tally], None] = lambda path, once: None,
) -> Tally:
    """Run each notebook the given number of times, in turn; show each run as it ends, and the table after every round.

    A notebook that cannot be run to its end is counted as a ✗ of its own. Ctrl-C ends the counting, and what was
    counted is returned. keep: called after each run with its own counts. run: for the tests.
    """
    tally, run = Tally(), run or execute_until_ctrl_c
    try:
        for number in range(1, runs + 1):
            for path in paths:
                began = time.monotonic()
                once = Tally()
                wrong = list(_count_one(once, path, run))
                keep(path, once)
                tally.merge(once)
                show(f"run {number} of {runs}, {path.stem}: {time.monotonic() - began:.0f} s")
                for line in wrong:
                    show(f"  {line}")
            show(f"{tally}\n{tally.summary}")
    except KeyboardInterrupt:
        show(f"Stopped. What was counted so far:\n{tally}\n{tally.summary}")
    return tally


def execute_until_ctrl_c(path: Path) -> NotebookNode:
    """Run one notebook as `execute` does, which would take Ctrl-C for a kernel that died, and so runs in a thread."""
    with ThreadPoolExecutor(1) as executor:
        try:
            return executor.submit(execute, path).result()
        except KeyboardInterrupt:
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()  # the kernel is one of them; its end also ends the thread
            raise


def _count_one(tally: Tally, path: Path, run: Callable[[Path], NotebookNode]) -> Iterable[str]:
    try:
        yield from tally.add_notebook(path.stem, run(path))
    except (CellExecutionError, DeadKernelError, CellTimeoutError) as error:
        tally.add(path.stem, "the lesson runs to its end", FAILS)
        yield f"{FAILS} the lesson stopped: {str(error).strip().splitlines()[-1]}"


@contextmanager
def busy_neighbours(number: int) -> Iterator[None]:
    """Let this many other processes use a CPU each."""
    neighbours = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


def restrict_to(cpus: int) -> None:
    """Let this process, and all that it starts from now on, use only the given number of CPUs.

    Raises OSError on a system that cannot (only Linux can), and ValueError for fewer than 1 or more than there are.
    """
    if not hasattr(os, "sched_setaffinity"):
        raise OSError(f"{sys.platform} cannot restrict a process to some CPUs; --cpus needs Linux")
    usable = sorted(os.sched_getaffinity(0))
    if not 1 <= cpus <= len(usable):
        raise ValueError(f"--cpus must be from 1 to {len(usable)}, the CPUs that are usable here, not {cpus}")
    os.sched_setaffinity(0, usable[:cpus])


class Recorder:
    """Adds the counts of each run to the record, with what the machine was like while it ran."""

    def __init__(self, busy: int) -> None:
        self.condition = hit_rates.BUSY if busy else hit_rates.ONE_CPU if usable_cpus() == 1 else hit_rates.QUIET
        self.before = self._measure()

    def __call__(self, path: Path, once: Tally) -> None:
        """Keep the counts of one run."""
        after, condition = self._measure(), self.condition
        if self.before and after and disturbances(self.before, after):
            condition = hit_rates.DISTURBED
        self.before = after
        verdicts = {key[1]: [count[verdict] for verdict in VERDICTS] for key, count in once.counts.items()}
        code = hit_rates.code_of(nbformat.read(path, as_version=4))
        count = hit_rates.Count(path.stem, code, condition, platform.python_version(), machine_name(), 1, verdicts)
        hit_rates.write(hit_rates.added(hit_rates.read(), count))

    def _measure(self) -> State | None:
        """Return the state of the machine, where it decides whether a run counts as quiet."""
        return measure_state() if self.condition == hit_rates.QUIET else None


def main() -> None:
    """Count the findings of the lessons that the command line names, or of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="names without .ipynb")
    parser.add_argument("--runs", type=int, default=10, help="how often each lesson runs (default: 10)")
    parser.add_argument("--busy", action="store_true", help="start one busy process for each CPU")
    parser.add_argument("--cpus", type=int, help="use only this many CPUs (Linux)")
    parser.add_argument("--record", action="store_true", help="add the counts to the record")
    options = parser.parse_args()
    names = options.names or sorted(path.stem for path in FOLDER.glob("*.ipynb") if path.stem not in NO_LESSONS)
    paths = [FOLDER / f"{name}.ipynb" for name in names]
    if missing := [path.stem for path in paths if not path.exists()]:
        parser.error(f"there is no lesson {', '.join(missing)} in {FOLDER.name}")
    if options.cpus is not None:
        try:
            restrict_to(options.cpus)
        except (OSError, ValueError) as error:
            parser.error(str(error))
    busy = usable_cpus() if options.busy else 0
    print(
        f"{counted(usable_cpus(), 'CPU')}, {counted(busy, 'busy neighbour')}, Python {sys.version.split()[0]}",
        flush=True,
    )
    with busy_neighbours(busy):
        keep = [Recorder(busy)] if options.record else []
        count_findings(paths, options.runs, None, lambda text: print(text, flush=True), *keep)


if __name__ == "__main__":
    main()
