"""The million rows by the course's pools and by their peers, on two workers: cold and warm, in turn, and the memory of each.

    python -m benchmarks.peers              the peers
    python -m benchmarks.peers --growth     the course's two pools, as rows and tasks grow

dask comes with the course. For the others: pip install -e ".[peers]"; what is not installed is named and left out. Every
candidate computes the same floats with the same function, which is checked. Each peer is called as its own pages recommend for
arrays; how, stands below the table.
"""

import argparse
import importlib.util
import inspect
import itertools
import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing import Pool

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from helpers import tasks
from helpers.array_tasks import held_distances_as_array, hold_table
from helpers.machine import PeakMemory, describe
from helpers.text import aligned, format_seconds
from helpers.timing import Comparison, Timing, compare, measure, warm_up

WORKERS, CHUNKS = 2, 32
Run = Callable[[], list]
Candidate = Callable[[np.ndarray], AbstractContextManager[Run]]


def as_array(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the distances of the lessons as an array of shape (n,): the same floats, eight bytes each."""
    return np.array(tasks.distances(rows, target))


@contextmanager
def lesson_02(table: np.ndarray) -> Iterator[Run]:
    with Pool(5) as pool:  # as the lesson has it, on two CPUs
        warm_up(pool, 5)
        yield lambda: pool.map(partial(tasks.distances, target=table[0]), np.array_split(table, 5))


@contextmanager
def best_recipe(table: np.ndarray) -> Iterator[Run]:
    edges = np.linspace(0, len(table), CHUNKS + 1).astype(int).tolist()
    held = partial(held_distances_as_array, target=table[0])
    with Pool(WORKERS, hold_table, (table,)) as pool:
        warm_up(pool, WORKERS)
        yield lambda: pool.map(held, list(itertools.pairwise(edges)), chunksize=1)


@contextmanager
def executor(table: np.ndarray) -> Iterator[Run]:
    with ProcessPoolExecutor(WORKERS) as pool:
        yield lambda: list(pool.map(partial(as_array, target=table[0]), np.array_split(table, CHUNKS)))


@contextmanager
def joblib(table: np.ndarray) -> Iterator[Run]:
    task = delayed(partial(as_array, target=table[0]))
    yield lambda: Parallel(WORKERS)(task(chunk) for chunk in np.array_split(table, CHUNKS))
    get_reusable_executor().shutdown(wait=True)


@contextmanager
def dask(table: np.ndarray) -> Iterator[Run]:
    from distributed import Client

    options = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with Client(n_workers=WORKERS, threads_per_worker=1, **options) as client:

        def run() -> list:
            chunks = client.scatter(np.array_split(table, CHUNKS), hash=False)
            return client.gather(client.map(partial(as_array, target=table[0]), chunks, pure=False))

        yield run


@contextmanager
def ray(table: np.ndarray) -> Iterator[Run]:
    import ray as library

    library.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL)
    remote = library.remote(as_array)
    yield lambda: library.get([remote.remote(chunk, table[0]) for chunk in np.array_split(table, CHUNKS)])
    library.shutdown()


@contextmanager
def mpire(table: np.ndarray) -> Iterator[Run]:
    from mpire import WorkerPool

    with WorkerPool(WORKERS, keep_alive=True) as pool:
        arguments = [(chunk, table[0]) for chunk in np.array_split(table, CHUNKS)]
        yield lambda: pool.map(as_array, arguments, chunk_size=1, concatenate_numpy_output=False)


CANDIDATES: dict[str, Candidate] = {
    "lesson 02: Pool(5), 5 chunks": lesson_02,
    "the course's best recipe": best_recipe,
    "ProcessPoolExecutor": executor,
    "joblib": joblib,
    "dask.distributed": dask,
    "ray": ray,
    "mpire": mpire,
}


def peers(rows: int, repeats: int) -> None:
    """Measure everybody who is there, and print the tables."""
    table = np.random.default_rng(0).normal(size=(rows, 10))
    missing = [name for name in ("ray", "mpire") if importlib.util.find_spec(name) is None]
    there = {label: made for label, made in CANDIDATES.items() if label not in missing}
    loop = {"serial loop": lambda: [tasks.distances(table, table[0])]}
    cold = compare(loop | {label: partial(_cold, made, table) for label, made in there.items()}, repeats, warmup=0)
    warm = _warm(loop, there, table, repeats)
    _check(cold)
    _check(warm)
    memory = {label: _memory(made, table) for label, made in there.items()}
    print(
        describe(),
        f"{rows:,} rows, {WORKERS} workers, {repeats} repeats in turn; not installed: {missing or 'none'}",
        sep="\n",
    )
    for name, comparison in (("cold, with start and end", cold), ("warm", warm)):
        print(f"\n{name}\n{comparison}")
    rows_of_text = [("MB of their own at most", "notebook", "largest worker")]
    rows_of_text += [(label, f"{mine / 1e6:.0f}", f"{theirs / 1e6:.0f}") for label, (mine, theirs) in memory.items()]
    print("", *aligned(rows_of_text), "\nHow each was called:\n", sep="\n")
    print(*(inspect.getsource(made) for made in there.values()), sep="\n")


def _cold(made: Candidate, table: np.ndarray) -> list:
    with made(table) as run:
        return run()


def _warm(loop: dict[str, Run], there: dict[str, Candidate], table: np.ndarray, repeats: int) -> Comparison:
    """Measure in turn, with the others' workers gone: they would keep memory, and some of them keep a CPU."""
    rounds = []
    for _ in range(repeats):
        timings = [compare(loop, 1, warmup=0)["serial loop"]]
        for label, made in there.items():
            with made(table) as run:
                timings.append(measure(run, repeats=1, label=label))
        rounds.append(timings)
    joined = [
        Timing(same[0].label, tuple(one.seconds[0] for one in same), tuple(one.cpu[0] for one in same), same[-1].result)
        for same in zip(*rounds, strict=True)
    ]
    return Comparison(tuple(joined))


def _check(comparison: Comparison) -> None:
    serial, *others = comparison
    for timing in others:
        same = np.array_equal(np.concatenate([np.asarray(part) for part in timing.result]), serial.result[0])
        if not same:
            raise AssertionError(f"{timing.label} gives other results than the loop")


def _memory(made: Candidate, table: np.ndarray) -> tuple[int, int]:
    with PeakMemory() as peak, made(table) as run:
        run()
    return peak.parent, peak.worker


def growth() -> None:
    """Measure the lesson's pool and the best recipe from 10,000 to 10,000,000 rows, and from 1 to 100,000 tasks."""
    print(f"{describe()}\n\nrows: seconds, and MB in the notebook and the largest worker; warm")
    lines = [("rows", "lesson 02", "notebook", "worker", "best recipe", "notebook", "worker")]
    for rows in (10_000, 100_000, 1_000_000, 10_000_000):
        table = np.random.default_rng(0).normal(size=(rows, 10))
        cells = itertools.chain.from_iterable(_grown(made, table) for made in (lesson_02, best_recipe))
        lines.append((f"{rows:,}", *cells))
    print(*aligned(lines), "\ntasks of a million draws in all, Pool(2), warm", sep="\n")
    lines = [("tasks", "default chunks", "one a message", "MB in the notebook")]
    for number in (1, 10, 100, 1000, 10_000, 100_000):
        items = [1_000_000 // number] * number
        with Pool(WORKERS) as pool:
            warm_up(pool, WORKERS)
            by_default, one_by_one = partial(pool.map, tasks.draw, items), partial(pool.map, tasks.draw, items, 1)
            both = compare({"default": by_default, "one": one_by_one}, 3)
            with PeakMemory() as peak:
                one_by_one()
        lines.append((f"{number:,}", *(format_seconds(timing.median) for timing in both), f"{peak.parent / 1e6:.0f}"))
    print(*aligned(lines), sep="\n")


def _grown(made: Candidate, table: np.ndarray) -> tuple[str, str, str]:
    with PeakMemory() as peak, made(table) as run:
        timing = measure(run, repeats=3 if len(table) < 10_000_000 else 1, warmup=0)
    return format_seconds(timing.median), f"{peak.parent / 1e6:.0f}", f"{peak.worker / 1e6:.0f}"


def main() -> None:
    """Read the command line, measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--growth", action="store_true", help="the cost as the work grows, instead of the peers")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    growth() if options.growth else peers(options.rows, options.repeats)


if __name__ == "__main__":
    sys.exit(main())
