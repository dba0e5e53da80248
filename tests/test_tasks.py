"""The worker functions give what an independent way of computing gives."""

import math
import os
import sys

import numpy as np
import pytest

from helpers import array_tasks, tasks
from helpers import failing_tasks as mishaps

ROWS = np.random.default_rng(7).standard_normal((50, 10))


def test_distances_are_those_of_math_dist_and_of_numpy():
    found = tasks.distances(ROWS, ROWS[3])
    assert found == pytest.approx([math.dist(row, ROWS[3]) for row in ROWS])
    assert found == pytest.approx(np.linalg.norm(ROWS - ROWS[3], axis=1))
    assert all(type(distance) is float for distance in found)


def test_distances_of_no_rows_are_an_empty_list():
    assert tasks.distances([], [1.0]) == []


def test_draw_tells_how_many_it_drew_and_their_mean():
    iterations, mean = tasks.draw(10_000)
    assert iterations == 10_000
    assert mean == pytest.approx(0.5, abs=0.02)
    assert tasks.draw(0) == (0, 0.0)


def test_draws_depend_on_their_seed_alone():
    assert tasks.draw(5, seed=1) == tasks.draw(5, seed=1) != tasks.draw(5, seed=2)


def test_small_tasks_say_where_they_ran():
    assert tasks.nap(0) == os.getpid()
    assert tasks.loaded_modules() == len(sys.modules)
    assert tasks.identity(tasks) is tasks


def test_draw_globally_draws_from_numpys_global_generator():
    np.random.seed(1)
    first = array_tasks.draw_globally()
    np.random.seed(1)
    assert array_tasks.draw_globally() == first


def test_mishaps_go_right_where_they_do_not_go_wrong():
    assert (mishaps.divide(4), mishaps.stumble(1), mishaps.vanish(1), mishaps.stall(1)) == (0.25, 1, 1, 1)


def test_a_stubborn_exception_cannot_be_rebuilt_from_its_args():
    with pytest.raises(mishaps.Stubborn, match="row 2") as caught:
        mishaps.stumble(2)
    with pytest.raises(TypeError):
        mishaps.Stubborn(*caught.value.args)
