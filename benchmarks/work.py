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


def first_of(table: np.ndarray, row: int) -> float:
    """Compute for a while, and return one number of a table that comes along."""
    return float(table[row]) + tasks.draw(400_000)[1]


def total(numbers: "np.ndarray | list[float]") -> float:
    """Compute for a while, and return the sum of many numbers, however they came."""
    return float(np.sum(numbers)) + tasks.draw(400_000)[1]


def made_list(size: int) -> list[float]:
    """Compute for a while, and return many floats between 0 and 1 as a list."""
    return made_array(size).tolist()


def made_array(size: int) -> np.ndarray:
    """As `made_list`, as an array."""
    tasks.draw(400_000)
    return np.linspace(0.0, 1.0, size)


def held_first(row: int) -> float:
    """As `first_of`, for the table that this worker holds."""
    return first_of(_held, row)
