"""A plan: which tasks a pool shall run, and how. The bench turns one into work, into words, and into plain Python."""

import functools
import importlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers import tasks
from helpers.machine import free_memory, start_methods, usable_cpus

FEATURES = 10
EVEN, SORTED, SHUFFLED, DRAWS, OWN = TASKS = (
    "even distances",
    "skewed distances, sorted",
    "skewed distances, shuffled",
    "random draws",
    "your own function",
)
"""What the bench can run. The own function is named by its dots, as in `helpers.tasks.nap`."""

METHODS = ("map", "imap", "imap_unordered")
BYTES_A_ROW = 3 * 8 * FEATURES + 2 * 32  # the table, its chunks, their pickles; the distances, here and in a worker


@dataclass(frozen=True)
class Plan:
    """What to run (task, function, rows, chunks), on how many processes, and how.

    task is one of TASKS. rows are shared among chunks tasks, evenly or with sizes that rise as 1, 2, 3, ...; of random
    draws, rows is the number of draws. The own function (a dotted name) is called with 0, 1, ..., chunks - 1.
    chunksize is how many tasks travel in one message. warm: the pool is up before the clock starts.

    Raises ValueError for a number out of range, and for what is not among TASKS, METHODS or the start methods.
    """

    task: str = EVEN
    function: str = ""
    rows: int = 1_000_000
    processes: int = field(default_factory=usable_cpus)
    chunks: int = 8
    chunksize: int = 1
    method: str = "map"
    start_method: str = field(default_factory=lambda: start_methods()[0])
    warm: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("task", TASKS), ("method", METHODS), ("start_method", start_methods())):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        for name in ("rows", "processes", "chunks", "chunksize"):
            number = getattr(self, name)
            if not isinstance(number, int) or number < 1:
                raise ValueError(f"{name} must be a whole number of 1 or more, not {number!r}")

    @property
    def work(self) -> tuple[object, ...]:
        """What the tasks are, however they are run: plans with the same work have the same serial time."""
        return (self.task, self.function, self.rows, self.chunks)

    @property
    def label(self) -> str:
        """The plan in a few words."""
        what = self.function if self.task == OWN else f"{self.task}, {self.rows:,}"
        size = f" by {self.chunksize}" if self.chunksize > 1 else ""
        how = f"{self.method}, {self.start_method}, {'warm' if self.warm else 'cold'}"
        return f"{what}; {self.chunks:,} tasks{size} on {count(self.processes)}; {how}"


def count(processes: int) -> str:
    """Return "1 process", "2 processes"."""
    return f"{processes} process{'es' * (processes != 1)}"


def prepare(plan: Plan) -> tuple[Callable[[Any], Any], Sequence[Any]]:
    """Return the function and the list of its arguments, one a task.

    Raises MemoryError when the rows would not fit into the memory that is free, and ValueError, TypeError, ImportError
    or AttributeError when there is no function of that name.
    """
    if plan.task == OWN:
        return function_named(plan.function), range(plan.chunks)
    if plan.task == DRAWS:
        return tasks.draw, [plan.rows // plan.chunks] * plan.chunks
    need, free = plan.rows * BYTES_A_ROW, free_memory()
    if need > free:
        raise MemoryError(
            f"{plan.rows:,} rows need about {_gigabytes(need)}, and {_gigabytes(free)} are free; take fewer"
        )
    table = _table(plan.rows)
    function = functools.partial(tasks.distances, target=table[0])
    if plan.task == EVEN:
        return function, np.array_split(table, plan.chunks)
    chunks = np.split(table, skewed_ends(plan.rows, plan.chunks))
    if plan.task == SHUFFLED:
        random.Random(0).shuffle(chunks)
    return function, chunks


@functools.lru_cache(maxsize=1)
def _table(rows: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, FEATURES))


def skewed_ends(rows: int, chunks: int) -> list[int]:
    """Return where to split so many rows into chunks whose sizes rise as 1, 2, 3, ..."""
    return [rows * n * (n + 1) // (chunks * (chunks + 1)) for n in range(1, chunks)]


def function_named(name: str) -> Callable[[Any], Any]:
    """Import and return the function with this dotted name, such as `helpers.tasks.nap`."""
    module, _, function = name.strip().rpartition(".")
    if not module or not all(part.isidentifier() for part in name.strip().split(".")):
        raise ValueError(f"name a function of a module with a dot between, such as helpers.tasks.nap, not {name!r}")
    found = getattr(importlib.import_module(module), function)
    if not callable(found):
        raise TypeError(f"{name} is no function, but of type {type(found).__name__}")
    return found


def code(plan: Plan) -> str:
    """Return plain Python that does the same without the bench; its last two lines are the pool."""
    imports, setup, function, items = _code_of_work(plan)
    call = f"pool.{plan.method}({function}, {items}, chunksize={plan.chunksize})"
    lines = [
        "from multiprocessing import get_context",
        *imports,
        "",
        *setup,
        f'with get_context("{plan.start_method}").Pool({plan.processes}) as pool:',
        f"    results = {call if plan.method == 'map' else f'list({call})'}",
    ]
    return "\n".join(lines)


def _code_of_work(plan: Plan) -> tuple[list[str], list[str], str, str]:
    """Return imports, what makes the table, and the expressions for the function and its arguments."""
    if plan.task == OWN:
        module, _, function = plan.function.rpartition(".")
        return [f"from {module} import {function}"], [], function, f"range({plan.chunks})"
    if plan.task == DRAWS:
        return ["from helpers.tasks import draw"], [], "draw", f"[{plan.rows // plan.chunks}] * {plan.chunks}"
    imports = ["from functools import partial", "import numpy as np", "from helpers.tasks import distances"]
    setup = [f"X = np.random.default_rng(0).normal(size=({plan.rows}, {FEATURES}))"]
    function = "partial(distances, target=X[0])"
    if plan.task == EVEN:
        return imports, setup, function, f"np.array_split(X, {plan.chunks})"
    n = plan.chunks
    setup += [f"chunks = np.split(X, [{plan.rows} * n * (n + 1) // {n * (n + 1)} for n in range(1, {n})])"]
    if plan.task == SHUFFLED:
        imports, setup = ["import random", *imports], [*setup, "random.Random(0).shuffle(chunks)"]
    return imports, setup, function, "chunks"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
