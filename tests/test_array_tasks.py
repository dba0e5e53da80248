"""NumPy's worker functions return what a few lines of plain Python return from the same random numbers and rows."""

import math
import os
import random
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from helpers import array_tasks

ROWS = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [5.0, 12.0]])
ORIGIN = np.zeros(2)


class Barrier:
    """In the place of a barrier: notes for how long each task would wait."""

    def __init__(self) -> None:
        self.waits = []

    def wait(self, timeout: float) -> None:
        self.waits.append(timeout)


def share_in_the_quarter_circle(points: np.ndarray) -> float:
    return sum(math.hypot(x, y) < 1 for x, y in zip(*points, strict=True)) / points.shape[1]


def test_distances_of_a_3_4_5_triangle_and_its_likes_are_whole():
    right = [0.0, 5.0, 10.0, 13.0]
    assert array_tasks.vector_distances(ROWS, ORIGIN).tolist() == right
    assert np.frombuffer(array_tasks.flat_vector_distances(ROWS.tobytes(), (0.0, 0.0))).tolist() == right
    assert array_tasks.slice_distances((1, 3), ROWS, ORIGIN) == [5.0, 10.0]
    assert array_tasks.vector_distances(ROWS, np.array([3.0, 4.0])).tolist() == [5.0, 0.0, 5.0, math.sqrt(68)]


def test_pi_is_four_times_the_share_of_points_in_the_quarter_circle():
    points = np.random.default_rng(7).random((2, 1000))
    assert array_tasks.estimate_pi(7, points=1000) == 4 * share_in_the_quarter_circle(points)
    np.random.seed(7)
    points = np.random.random((2, 1000))
    np.random.seed(7)
    assert array_tasks.estimate_pi_globally(points=1000) == 4 * share_in_the_quarter_circle(points)


def test_an_estimate_takes_a_million_points():
    assert (
        array_tasks.estimate_pi(7) == array_tasks.estimate_pi(7, points=1_000_000) == pytest.approx(math.pi, abs=0.01)
    )
    np.random.seed(7)
    first = array_tasks.estimate_pi_globally()
    np.random.seed(7)
    assert array_tasks.estimate_pi_globally(points=1_000_000) == first == pytest.approx(math.pi, abs=0.01)


def test_a_global_draw_naps_a_tenth_of_a_second_so_that_each_worker_gets_a_task(monkeypatch):
    naps = []
    monkeypatch.setattr(array_tasks, "nap", naps.append)
    np.random.seed(7)
    right = float(np.random.random())
    np.random.seed(7)
    assert array_tasks.draw_globally() == right
    assert naps == [0.1]


def test_tasks_in_step_wait_for_all_workers_and_draw_from_the_global_generators():
    barrier = Barrier()
    array_tasks.keep_in_step(barrier, seed=7)
    random.seed(7)
    drawn = array_tasks.draw_in_step()
    estimate = array_tasks.estimate_pi_in_step()
    np.random.seed(7)
    random.seed(7)
    assert drawn == (float(np.random.random()), random.random())
    assert estimate == array_tasks.estimate_pi_globally()
    assert barrier.waits == [30.0, 30.0]


@pytest.mark.parametrize("seed", [None, 0, 7])
def test_a_worker_in_step_is_seeded_only_if_asked(seed):
    np.random.seed(8)
    array_tasks.keep_in_step(Barrier(), seed)
    drawn = float(np.random.random())
    np.random.seed(8 if seed is None else seed)
    assert drawn == float(np.random.random())


def test_a_draw_with_a_seed_is_of_that_seed_and_has_the_pid():
    assert array_tasks.draw_with_pid(7) == (os.getpid(), float(np.random.default_rng(7).random()))


def test_a_table_from_a_file_is_held_without_being_read(tmp_path):
    np.save(tmp_path / "table.npy", ROWS)
    array_tasks.hold_file(str(tmp_path / "table.npy"))
    assert array_tasks.held_distances((1, 4), ORIGIN) == [5.0, 10.0, 13.0]
    assert type(array_tasks._table) is np.ndarray
    assert isinstance(array_tasks._table.base, np.memmap)


def test_a_table_in_shared_memory_is_held_and_shows_what_its_owner_changes():
    memory = SharedMemory(create=True, size=ROWS.nbytes)
    table = np.ndarray(ROWS.shape, buffer=memory.buf)
    try:
        table[:] = ROWS
        array_tasks.hold_shared(memory.name, ROWS.shape)
        assert array_tasks.held_distances((1, 4), ORIGIN) == [5.0, 10.0, 13.0]
        table[1] = (8.0, 6.0)
        assert array_tasks.held_distances_as_array((1, 2), ORIGIN).tolist() == [10.0]
    finally:
        del table
        array_tasks.hold_table(ROWS)
        array_tasks._memory.close()
        memory.close()
        memory.unlink()


def test_a_product_of_two_matrices_of_ones_is_their_size_and_is_computed_four_times(monkeypatch):
    assert array_tasks.multiply(3) == 3.0
    products = []

    class Matrix:
        def __matmul__(self, other):
            products.append(other)
            return {(0, 0): 9.0}

    monkeypatch.setattr(array_tasks.np, "ones", lambda shape: Matrix())
    assert array_tasks.multiply(3) == 9.0
    assert len(products) == 4


def test_the_blas_of_a_worker_has_as_many_threads_as_it_is_told():
    before = [pool["num_threads"] for pool in threadpool_info()]
    array_tasks.limit_blas(1)
    try:
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
    finally:
        array_tasks._blas_limits.restore_original_limits()
    assert [pool["num_threads"] for pool in threadpool_info()] == before
