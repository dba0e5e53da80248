"""What workers run in the benchmarks. They import this module, so it imports NumPy and the lessons' function only."""

import numpy as np

from helpers import tasks

_held: np.ndarray  # what a worker keeps for its tasks


def as_array(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the distances of the lessons as an array of shape (n,): the same floats, eight bytes each."""
    return np.array(tasks.distances(rows, target))  # type: ignore[arg-type]  # an array is no declared Sequence


def from_lists(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """As `as_array`, but iterate over lists of Python's floats, which is faster than to iterate over NumPy's."""
    return np.array(tasks.distances(rows.tolist(), target.tolist()))


def hold(table: np.ndarray) -> None:
    """Keep a table in this worker, for `from_held_lists`: an initializer."""
    global _held
    _held = table


def from_held_lists(bounds: tuple[int, int]) -> np.ndarray:
    """As `from_lists`, for rows of the table that this worker holds; the target is its first row."""
    return from_lists(_held[slice(*bounds)], _held[0])
