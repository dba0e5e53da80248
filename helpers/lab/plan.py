"""A plan: which tasks a pool should run, and how. It can be turned into tasks, into a label and into plain Python."""

import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers import tasks
from helpers.machine import free_memory, start_methods, usable_cpus
from helpers.own_function import load_function
from helpers.text import counted

Work = tuple[Callable[[Any], Any], Sequence[Any]]
"""A function, and its arguments: one for each task."""

EVEN, SORTED, SHUFFLED, DRAWS, OWN = TASKS = (
    "even distances",
    "skewed distances, sorted",
    "skewed distances, shuffled",
    "random draws",
    "your own function",
)
"""What a plan can run. The user's own function is given by its dotted name, such as `helpers.tasks.nap`."""

METHODS = ("map", "imap", "imap_unordered")
"""The methods of the pool that a plan can use."""

COLUMNS = 10
"""The columns of the table whose rows are shared among the tasks."""

BYTES_PER_ROW = 3 * 8 * COLUMNS + 2 * 32
"""Memory for a row: in the table, its chunk and the chunk's pickle; and for its distance, in worker and parent."""


@dataclass(frozen=True)
class Plan:
    """What to run (task, function, rows, chunks), on how many processes, and how.

    task: one of TASKS. rows: divided into `chunks` tasks, evenly or in sizes that rise as 1, 2, 3, ...; for random
    draws, the number of draws. function: the dotted name of the user's own function, called with 0, 1, ..., chunks - 1.
    chunksize: how many tasks are sent in one message. warm: the workers are ready before the clock starts.

    Raises ValueError for a number out of range, and for a name that is not among TASKS, METHODS or the start methods.
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
    def work_key(self) -> tuple[object, ...]:
        """What decides which tasks run: plans with the same key have the same serial time."""
        return (self.task, self.function, self.rows, self.chunks)

    @property
    def whole(self) -> tuple[object, ...]:
        """What is done in all, however it is cut: plans with the same have comparable speed-ups."""
        return (self.task, self.function, self.chunks if self.task == OWN else self.rows)

    @property
    def size(self) -> str:
        """How many tasks on how many processes, in words."""
        return f"{counted(self.chunks, 'task')} on {counted(self.processes, 'process')}"

    @property
    def label(self) -> str:
        """The plan in a few words."""
        what = self.function if self.task == OWN else f"{self.task}, {self.rows:,}"
        size = f" by {self.chunksize}" if self.chunksize > 1 else ""
        how = f"{self.method}, {self.start_method}, {'warm' if self.warm else 'cold'}"
        return f"{what}; {counted(self.chunks, 'task')}{size} on {counted(self.processes, 'process')}; {how}"


def sweep_processes(plan: Plan) -> list[Plan]:
    """Return the plan for 1, 2, ... up to its number of processes."""
    return [replace(plan, processes=processes) for processes in range(1, plan.processes + 1)]


def sweep_start_methods(plan: Plan) -> list[Plan]:
    """Return the plan for each start method of this platform."""
    return [replace(plan, start_method=method) for method in start_methods()]


def prepare_work(plan: Plan) -> Work:
    """Return the function that a plan runs, and its arguments.

    Raises MemoryError if the rows do not fit into the free memory, and ValueError, TypeError, ImportError or
    AttributeError if there is no function of the plan's name.
    """
    if plan.task == OWN:
        return load_function(plan.function), range(plan.chunks)
    if plan.task == DRAWS:
        each, more = divmod(plan.rows, plan.chunks)
        return tasks.draw, [each + 1] * more + [each] * (plan.chunks - more)
    needed, free = plan.rows * BYTES_PER_ROW / 1e9, free_memory() / 1e9
    if needed > free:
        raise MemoryError(f"{plan.rows:,} rows need about {needed:,.1f} GB, and {free:,.1f} GB are free; take fewer")
    table = _random_table(plan.rows)
    function = functools.partial(tasks.distances, target=table[0])
    if plan.task == EVEN:
        return function, np.array_split(table, plan.chunks)
    chunks = np.split(table, _skewed_ends(plan.rows, plan.chunks))
    if plan.task == SHUFFLED:
        random.Random(0).shuffle(chunks)
    return function, chunks


@functools.lru_cache(maxsize=1)
def _random_table(rows: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(rows, COLUMNS))


def _skewed_ends(rows: int, chunks: int) -> list[int]:
    """Return where to split the rows into chunks whose sizes rise as 1, 2, 3, ..."""
    return [rows * n * (n + 1) // (chunks * (chunks + 1)) for n in range(1, chunks)]


def write_code(plan: Plan) -> str:
    """Return plain Python that runs the plan without the lab; its last two lines are the pool."""
    imports, setup, function, items = _write_work(plan)
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


def _write_work(plan: Plan) -> tuple[list[str], list[str], str, str]:
    """Return the imports, the lines that make the table, and the expressions for the function and its arguments."""
    if plan.task == OWN:
        module, _, function = plan.function.rpartition(".")
        return [f"from {module} import {function}"], [], function, f"range({plan.chunks})"
    if plan.task == DRAWS:
        each, more = divmod(plan.rows, plan.chunks)
        items = f"[{each + 1}] * {more} + [{each}] * {plan.chunks - more}" if more else f"[{each}] * {plan.chunks}"
        return ["from helpers.tasks import draw"], [], "draw", items
    imports = ["from functools import partial", "import numpy as np", "from helpers.tasks import distances"]
    setup = [f"X = np.random.default_rng(0).normal(size=({plan.rows}, {COLUMNS}))"]
    function = "partial(distances, target=X[0])"
    if plan.task == EVEN:
        return imports, setup, function, f"np.array_split(X, {plan.chunks})"
    n = plan.chunks
    setup += [f"chunks = np.split(X, [{plan.rows} * n * (n + 1) // {n * (n + 1)} for n in range(1, {n})])"]
    if plan.task == SHUFFLED:
        imports, setup = ["import random", *imports], [*setup, "random.Random(0).shuffle(chunks)"]
    return imports, setup, function, "chunks"
