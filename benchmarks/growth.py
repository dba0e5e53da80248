"""What the course's pools cost as the work grows: in rows, and in tasks."""

from collections.abc import Iterator
from functools import partial
from multiprocessing.context import BaseContext

from benchmarks.peers import WORKERS, held_rows, lesson_02, run_apart
from benchmarks.results import Figure
from benchmarks.running import rounds
from helpers import tasks
from helpers.machine import PeakMemory
from helpers.text import counted
from helpers.timing import warm_up

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
TASKS = (1, 10, 100, 1000, 10_000, 100_000)
DRAWS = 1_000_000  # in all tasks together


def more_rows(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """Seconds and memory of lesson 02 and of the best recipe, from 10,000 to 10,000,000 rows, cold."""
    for rows in ROWS:
        times = repeats if rows < ROWS[-1] else 1
        for label, opened in (("lesson 02", lesson_02), ("best recipe", held_rows)):
            for _ in range(times):
                seconds, parent, worker = run_apart(opened, context, rows)
                yield Figure(f"{rows:,} rows, {label}", seconds, "s", times)
                yield Figure(f"{rows:,} rows, {label}: parent process", parent, "MB", times)
                yield Figure(f"{rows:,} rows, {label}: largest worker", worker, "MB", times)


def more_tasks(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """Seconds and memory of a million draws in 1 to 100,000 tasks, on two warm workers."""
    for number in TASKS:
        items = [DRAWS // number] * number
        with context.Pool(WORKERS) as pool:
            warm_up(pool, WORKERS)
            one_by_one = partial(pool.map, tasks.draw, items, 1)
            candidates = {"default chunks": partial(pool.map, tasks.draw, items), "one a message": one_by_one}
            for comparison in rounds(candidates, repeats):
                for timing in comparison:
                    yield Figure(f"{counted(number, 'task')}, {timing.label}", timing.median, "s", repeats)
            with PeakMemory() as peak:
                one_by_one()
            yield Figure(f"{counted(number, 'task')}, one a message: parent process", peak.parent / 1e6, "MB", 1)
