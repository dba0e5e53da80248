"""The functions that workers run and that need NumPy."""

import os
import random
import sys
from collections.abc import Sequence
from multiprocessing.shared_memory import SharedMemory
from threading import Barrier

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.tasks import distances, nap

# What an initializer keeps in its worker, for the tasks that follow.
_table: np.ndarray
_memory: SharedMemory
_blas_limits: threadpool_limits
_barrier: Barrier


def draw_globally(_: object = None) -> float:
    """Return a number of NumPy's global generator, whatever the argument; sleep, so that each worker gets a task."""
    nap(0.1)
    return float(np.random.random())  # that the generator is global is the point


def keep_in_step(barrier: Barrier, seed: int | None = None) -> None:
    """Keep a barrier for the tasks that go in step, and seed NumPy's global generator if asked: an initializer."""
    global _barrier
    _barrier = barrier
    if seed is not None:
        np.random.seed(seed)


def estimate_pi_in_step(_: object = None) -> float:
    """As `estimate_pi_globally`, when every worker has taken a task: so all do the same number of tasks.

    The number of tasks must be a multiple of the number of workers, and each task a chunk of its own.
    """
    _barrier.wait(30.0)
    return estimate_pi_globally()


def draw_in_step(_: object = None) -> tuple[float, float]:
    """Return a number of NumPy's global generator and one of `random`'s, when every worker has taken a task."""
    _barrier.wait(30.0)
    return float(np.random.random()), random.random()


def draw_with_pid(seed: "np.random.SeedSequence | int | None") -> tuple[int, float]:
    """Return the number (pid) of the process, and a number between 0 and 1 that belongs to the seed."""
    return os.getpid(), float(np.random.default_rng(seed).random())


def add_draws_with_pid(seed: "np.random.SeedSequence | int | None", points: int) -> tuple[int, int, float]:
    """Return the number (pid) of the process, how many numbers it drew, and their sum, which belongs to the seed."""
    return os.getpid(), points, float(np.random.default_rng(seed).random(points).sum())


def estimate_pi_globally(_: object = None, points: int = 1_000_000) -> float:
    """Estimate pi from points of NumPy's global generator, whatever the argument. Forked workers repeat each other."""
    x, y = np.random.random((2, points))
    return float(4 * np.mean(x * x + y * y < 1))


def estimate_pi(seed: "np.random.SeedSequence | int", points: int = 1_000_000) -> float:
    """Estimate pi from points of a stream of its own: the same seed gives the same estimate, in any worker."""
    x, y = np.random.default_rng(seed).random((2, points))
    return float(4 * np.mean(x * x + y * y < 1))


def slice_distances(bounds: tuple[int, int], table: np.ndarray, target: np.ndarray) -> list[float]:
    """Return the distances of the rows from bounds[0] up to bounds[1] of a table, in plain Python: a list of floats."""
    return distances(table[slice(*bounds)], target)  # type: ignore[arg-type]  # an array is no declared Sequence


def hold_table(table: np.ndarray) -> None:
    """Keep a table in this worker, for `held_distances`: an initializer."""
    global _table
    _table = table


def hold_file(path: str) -> None:
    """Keep a table from a .npy file, without reading it: an initializer. Pages are read when they are used."""
    hold_table(np.asarray(np.load(path, mmap_mode="r")))  # as a plain array: rows of a memmap are slow to make


def hold_shared(name: str, shape: tuple[int, int]) -> None:
    """Keep a table of floats in shared memory: an initializer. The process that made the memory has to unlink it."""
    global _memory
    _memory = attach(name)
    hold_table(np.ndarray(shape, buffer=_memory.buf))


def attach(name: str) -> SharedMemory:
    """Attach to shared memory that another process owns, and has to unlink."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)  # else an unrelated process would unlink it at its end
    return SharedMemory(name)


def held_distances(bounds: tuple[int, int], target: np.ndarray) -> list[float]:
    """As `slice_distances`, of the table that this worker holds."""
    return slice_distances(bounds, _table, target)


def held_distances_as_array(bounds: tuple[int, int], target: np.ndarray) -> np.ndarray:
    """As `held_distances`, as an array of shape (rows,): eight bytes a number."""
    return np.array(held_distances(bounds, target))


def held_distances_of_floats(bounds: tuple[int, int], target: np.ndarray) -> np.ndarray:
    """As `held_distances_as_array`, of Python's floats instead of NumPy's: the same loop takes less time."""
    return np.array(distances(_table[slice(*bounds)].tolist(), target.tolist()))


def vector_distances(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """As `helpers.tasks.distances`, without a loop in Python. rows: shape (n, d). The answer has shape (n,)."""
    found: np.ndarray = np.sqrt(((rows - target) ** 2).sum(axis=1))
    return found


def flat_vector_distances(numbers: bytes, target: Sequence[float]) -> bytes:
    """As `helpers.tasks.flat_distances`, without a loop in Python."""
    return vector_distances(np.frombuffer(numbers).reshape(-1, len(target)), np.asarray(target)).tobytes()


def multiply(size: int) -> float:
    """Multiply two square matrices of this size a few times, with as many BLAS threads as this process may use."""
    matrix = np.ones((size, size))
    for _ in range(4):
        product = matrix @ matrix
    return float(product[0, 0])


def limit_blas(threads: int | None) -> None:
    """Limit the threads that NumPy's BLAS uses in this worker, None for no limit: an initializer."""
    global _blas_limits
    _blas_limits = threadpool_limits(threads)
