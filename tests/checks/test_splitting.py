"""The exercise about a pool that splits, maps and joins accepts every right answer, and none of the textbook errors."""

import itertools
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import Pool
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest

from helpers import checks
from helpers.tasks import distances
from helpers.xray import XrayPool

ROWS = np.arange(200.0).reshape(20, 10)
TARGET = np.ones(10)


def in_a_stock_pool(rows, target, processes):
    with Pool(processes) as pool:
        parts = pool.map(partial(distances, target=target), np.array_split(rows, processes))
    return [distance for part in parts for distance in part]


def closed_and_joined(rows, target, processes):
    pool = multiprocessing.get_context("spawn").Pool(processes)
    parts = pool.starmap(distances, [(chunk, target) for chunk in np.array_split(rows, processes)])
    pool.close()
    pool.join()
    return sum(parts, [])  # noqa: RUF017 - as a student may write it


def as_a_generator(rows, target, processes):
    with XrayPool(processes) as pool:
        yield from itertools.chain.from_iterable(pool.imap(partial(distances, target=target), [[row] for row in rows]))


def as_an_array(rows, target, processes):
    with Pool(processes) as pool:
        return np.concatenate(pool.map(partial(distances, target=target), np.array_split(rows, processes)))


def in_an_executor(rows, target, processes):
    with ProcessPoolExecutor(processes) as executor:
        parts = executor.map(distances, np.array_split(rows, processes), itertools.repeat(target))
        return [distance for part in parts for distance in part]


@pytest.mark.parametrize("answer", [in_a_stock_pool, closed_and_joined, as_a_generator, as_an_array, in_an_executor])
def test_right_pool_distances(answer):
    assert repr(checks.pool_distances(answer, ROWS, TARGET)).startswith("✓")


def lists_of_chunks(rows, target, processes):
    with Pool(processes) as pool:
        return pool.map(partial(distances, target=target), np.array_split(rows, processes))


def without_the_target(rows, target, processes):
    with Pool(processes) as pool:
        return pool.map(distances, np.array_split(rows, processes))


def with_a_lambda(rows, target, processes):
    with Pool(processes) as pool:
        return pool.map(lambda chunk: distances(chunk, target), np.array_split(rows, processes))


def in_threads(rows, target, processes):
    with ThreadPool(processes) as pool:
        parts = pool.map(partial(distances, target=target), np.array_split(rows, processes))
    return [distance for part in parts for distance in part]


def backwards(rows, target, processes):
    return in_a_stock_pool(rows, target, processes)[::-1]


def chunks_backwards(rows, target, processes):
    with Pool(processes) as pool:
        parts = pool.map(partial(distances, target=target), np.array_split(rows, processes)[::-1])
    return [distance for part in parts for distance in part]


def without_the_remainder(rows, target, processes):
    size = len(rows) // processes
    return in_a_stock_pool(rows[: size * processes], target, processes)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda rows, target, processes: distances(rows, target), "no worker process"),
        (in_threads, "no worker process"),
        (lambda rows, target, processes: in_a_stock_pool(rows, target, 2), "started 2"),
        (lambda rows, target, processes: in_a_stock_pool(rows, target, 1), "started 1"),
        (lists_of_chunks, "one list for each chunk"),
        (without_the_target, "raised TypeError"),
        (with_a_lambda, "raised"),
        (backwards, "differs"),
        (chunks_backwards, "differs"),
        (without_the_remainder, "differs"),
        (in_a_stock_pool(ROWS, TARGET, 2), "raised TypeError"),
    ],
)
def test_wrong_pool_distances(wrong, hint):
    verdict = checks.pool_distances(wrong, ROWS, TARGET)
    assert not verdict.right
    assert hint in verdict.sentence


def test_a_pool_that_is_left_running_is_seen():
    pools = []

    def left(rows, target, processes):
        pools.append(Pool(processes))
        return pools[-1].apply(distances, (rows, target))

    verdict = checks.pool_distances(left, ROWS, TARGET)
    for pool in pools:
        pool.terminate()
        pool.join()
    assert not verdict.right
    assert "still there" in verdict.sentence


def test_a_pool_that_only_the_garbage_collector_ends_is_seen():
    def unclosed(rows, target, processes):
        pool = Pool(processes)
        parts = pool.map(partial(distances, target=target), np.array_split(rows, processes))
        return [distance for part in parts for distance in part]

    before = set(multiprocessing.active_children())
    verdict = checks.pool_distances(unclosed, ROWS, TARGET)
    assert not verdict.right
    assert "still there" in verdict.sentence
    assert set(multiprocessing.active_children()) <= before


def cell_function(rows):
    return distances(rows, TARGET)


def cell_initializer():
    pass


@pytest.fixture
def notebook(monkeypatch):
    """Put the functions of this module into `__main__`, as if a cell had defined them."""
    for function in (cell_function, cell_initializer):
        monkeypatch.setattr(function, "__module__", "__main__")
        monkeypatch.setattr(sys.modules["__main__"], function.__name__, function, raising=False)


def mapped(pool, rows, processes):
    parts = pool.map(cell_function, np.array_split(rows, processes))
    return [distance for part in parts for distance in part]


def with_a_cell_function(rows, target, processes):
    with Pool(processes) as pool:
        return mapped(pool, rows, processes)


def with_a_partial_of_it(rows, target, processes):
    with Pool(processes) as pool:
        parts = pool.imap(partial(cell_function), np.array_split(rows, processes))
        return [distance for part in parts for distance in part]


def in_a_pool_that_nobody_ends(rows, target, processes):
    return mapped(Pool(processes), rows, processes)


def with_a_cell_function_in_an_executor(rows, target, processes):
    with ProcessPoolExecutor(processes) as executor:
        return mapped(executor, rows, processes)


def with_a_cell_initializer(rows, target, processes):
    with Pool(processes, cell_initializer) as pool:
        parts = pool.map(partial(distances, target=target), np.array_split(rows, processes))
    return [distance for part in parts for distance in part]


@pytest.mark.parametrize(
    "wrong",
    [
        with_a_cell_function,
        with_a_partial_of_it,
        in_a_pool_that_nobody_ends,
        with_a_cell_function_in_an_executor,
        with_a_cell_initializer,
    ],
)
def test_what_only_a_forked_worker_has_is_refused_under_every_start_method(wrong, notebook):
    before = set(multiprocessing.active_children())
    verdict = checks.pool_distances(wrong, ROWS, TARGET)
    assert not verdict.right
    assert "only a forked one has it" in verdict.sentence
    assert set(multiprocessing.active_children()) <= before
