"""The worker functions return what an independent computation returns."""

import io
import math
import multiprocessing
import os
import random
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import array_tasks, failing_tasks, tasks

ROWS = np.random.default_rng(7).standard_normal((50, 10))


def test_distances_are_those_of_math_dist_and_of_numpy():
    found = tasks.distances(ROWS, ROWS[3])
    assert found == pytest.approx([math.dist(row, ROWS[3]) for row in ROWS])
    assert found == pytest.approx(np.linalg.norm(ROWS - ROWS[3], axis=1))
    assert all(type(distance) is float for distance in found)


@pytest.mark.parametrize(
    "function", [tasks.flat_distances, tasks.flat_dist_distances, array_tasks.flat_vector_distances]
)
def test_distances_of_rows_in_one_block_of_bytes_are_the_same(function):
    target = tuple(ROWS[3].tolist())
    assert np.frombuffer(function(ROWS.tobytes(), target)) == pytest.approx(tasks.distances(ROWS, ROWS[3]))
    assert function(b"", target) == b""


def test_distances_of_a_held_table_are_the_same_in_every_form():
    array_tasks.hold_table(ROWS)
    right = tasks.distances(ROWS[10:30], ROWS[3])
    assert array_tasks.held_distances((10, 30), ROWS[3]) == right
    assert array_tasks.held_distances_as_array((10, 30), ROWS[3]).tolist() == right
    assert array_tasks.held_distances_of_floats((10, 30), ROWS[3]) == pytest.approx(right)


def test_distances_of_no_rows_are_an_empty_list():
    assert tasks.distances([], [1.0]) == []


def test_draw_returns_how_many_numbers_it_drew_and_their_mean():
    iterations, mean = tasks.draw(10_000)
    assert iterations == 10_000
    assert mean == pytest.approx(0.5, abs=0.02)
    assert tasks.draw(0) == (0, 0.0)


def test_draws_depend_on_their_seed_alone():
    assert tasks.draw(5, seed=1) == tasks.draw(5, seed=1) != tasks.draw(5, seed=2)


def test_draw_and_print_writes_each_line_in_one_piece(monkeypatch):
    pieces = []
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(write=pieces.append, flush=lambda: pieces.append("flushed")))
    assert tasks.draw_and_print(1000) == tasks.draw(1000)
    assert [piece for piece in pieces if piece] == [
        "1,000 draws started\n",
        "flushed",
        "1,000 draws finished\n",
        "flushed",
    ]


def test_a_timed_task_returns_its_result_with_the_clocks_of_its_process():
    before = time.perf_counter()
    found = tasks.timed(time.sleep, 0.05)
    assert (found.result, found.process) == (None, os.getpid())
    assert before <= found.started < found.finished - 0.04 <= time.perf_counter()
    assert 0 <= found.cpu < 0.05


def test_a_loop_is_timed_as_a_whole():
    wall, cpu, waited = tasks.seconds_of_loop(tasks.nap, [0.02, 0.02])
    assert wall > 0.03
    assert cpu < 0.03
    assert waited is None or 0 <= waited < wall


def test_a_loop_that_never_waits_has_the_cpu_that_it_can_get():
    began = time.perf_counter()
    assert 0 < tasks.compute_for(0.05) <= 1
    assert time.perf_counter() - began >= 0.05


def test_small_tasks_return_facts_about_their_process():
    assert tasks.nap(0) == os.getpid()
    assert tasks.loaded_modules() == len(sys.modules)
    assert tasks.identity(tasks) is tasks


def test_draws_with_a_pid_belong_to_their_seed():
    assert array_tasks.draw_with_pid(7) == (os.getpid(), np.random.default_rng(7).random())
    assert array_tasks.add_draws_with_pid(7, 3) == (os.getpid(), 3, np.random.default_rng(7).random(3).sum())


def test_draw_globally_draws_from_numpys_global_generator():
    np.random.seed(1)
    first = array_tasks.draw_globally()
    np.random.seed(1)
    assert array_tasks.draw_globally() == first


def test_workers_in_step_do_the_same_number_of_tasks():
    context = multiprocessing.get_context()
    with context.Pool(2, array_tasks.keep_in_step, (context.Barrier(2), 7)) as pool:
        estimates = pool.map(array_tasks.estimate_pi_in_step, range(4), chunksize=1)
        draws = pool.map(array_tasks.draw_in_step, range(2), chunksize=1)
    assert len(set(estimates)) == 2
    assert draws[0][0] == draws[1][0]
    assert draws[0][1] != draws[1][1]


def test_failing_tasks_fail_for_row_2_only():
    assert failing_tasks.divide(4) == 0.25
    for function in (failing_tasks.raise_unpicklable, failing_tasks.kill_worker, failing_tasks.never_end):
        assert function(1) == 1


def test_an_unpicklable_error_cannot_be_rebuilt_from_its_arguments():
    with pytest.raises(failing_tasks.UnpicklableError, match="row 2") as caught:
        failing_tasks.raise_unpicklable(2)
    with pytest.raises(TypeError):  # from what unpickling does, unless a library such as tblib has changed it
        failing_tasks.UnpicklableError(*caught.value.args)


class Clocks:
    """In the place of `time`: the clocks stand still until something takes time."""

    def __init__(self) -> None:
        self.wall, self.cpu = 10.0, 2.0

    def perf_counter(self) -> float:
        return self.wall

    def process_time(self) -> float:
        return self.cpu

    def sleep(self, seconds: float) -> None:
        self.wall += seconds

    def compute(self, seconds: float) -> float:
        """Take this many seconds, with a CPU for half of them."""
        self.wall += seconds
        self.cpu += seconds / 2
        return seconds


@pytest.fixture
def clocks(monkeypatch):
    found = Clocks()
    monkeypatch.setattr(tasks, "time", found)
    return found


def test_a_nap_lasts_as_long_as_it_is_told(clocks):
    tasks.nap(3.0)
    assert clocks.wall == 13.0


def test_a_timed_task_has_the_moments_of_its_beginning_and_its_end(clocks):
    assert tasks.timed(clocks.compute, 4.0) == tasks.Timed(4.0, os.getpid(), started=10.0, finished=14.0, cpu=2.0)


@pytest.mark.parametrize(
    ("before", "after", "waited"), [(1.0, 3.5, 2.5), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (None, None, None)]
)
def test_a_loop_has_its_wall_its_cpu_and_what_it_waited_during_the_loop(clocks, monkeypatch, before, after, waited):
    answers = iter([before, after])
    monkeypatch.setattr(tasks, "seconds_waited_for_cpu", lambda: next(answers))
    assert tasks.seconds_of_loop(clocks.compute, [1.0, 2.0, 5.0]) == (8.0, 4.0, waited)


def test_linux_reports_the_wait_for_a_cpu_as_the_second_of_three_figures_in_nanoseconds(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.StringIO("5000000000 2000000000 7"))
    assert tasks.seconds_waited_for_cpu() == 2.0


def test_where_nothing_reports_the_wait_for_a_cpu_it_is_unknown(monkeypatch):
    def no_such_file(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", no_such_file)
    assert tasks.seconds_waited_for_cpu() is None


def test_computing_ends_when_its_time_has_passed_and_returns_the_share_with_a_cpu(clocks, monkeypatch):
    moments = iter([10.0, 11.0, 12.0, 13.0, 15.0, 99.0])
    spent = iter([2.0, 4.5])
    monkeypatch.setattr(
        tasks, "time", SimpleNamespace(perf_counter=lambda: next(moments), process_time=lambda: next(spent))
    )
    assert tasks.compute_for(5.0) == 2.5 / 5.0
    assert next(moments) == 99.0


def test_a_share_of_a_cpu_is_never_more_than_the_whole(monkeypatch):
    moments, spent = iter([10.0, 11.0]), iter([2.0, 3.5])
    monkeypatch.setattr(
        tasks, "time", SimpleNamespace(perf_counter=lambda: next(moments), process_time=lambda: next(spent))
    )
    assert tasks.compute_for(1.0) == 1.0


def test_distances_are_those_of_a_3_4_5_triangle_from_any_corner():
    assert tasks.distances([(0, 0), (3, 4), (6, 8)], (3, 4)) == [5.0, 0.0, 5.0]
    numbers = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]).tobytes()
    for function in (tasks.flat_distances, tasks.flat_dist_distances):
        assert np.frombuffer(function(numbers, (3.0, 4.0))).tolist() == [5.0, 0.0, 5.0]


def test_draws_are_of_seed_0_unless_another_is_given():
    assert tasks.draw(5) == tasks.draw(5, seed=0) != tasks.draw(5, seed=1)
    generator = random.Random(3)
    assert tasks.draw(2, seed=3) == (2, (generator.random() + generator.random()) / 2)
