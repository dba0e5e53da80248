"""The widget of lesson 02, driven as a student does it: set the slider, press Run, read what it shows."""

import threading
from functools import partial

import numpy as np
import pytest

from helpers import tasks
from helpers.lab import SpeedupLab
from helpers.timing import Timing

ROWS = np.random.default_rng(1).standard_normal((200, 3))
SERIAL = Timing("loop", (1.0,), (1.0,))


@pytest.fixture
def lab():
    return SpeedupLab(partial(tasks.distances, target=ROWS[0]), ROWS, serial=SERIAL)


def press_run(lab: SpeedupLab, processes: int) -> None:
    lab.processes.value = processes
    lab.run_button.click()
    lab.thread.join(timeout=30)


def test_each_run_adds_a_point_to_the_plot(lab):
    before = lab.plot.value
    press_run(lab, 1)
    after_one = lab.plot.value
    press_run(lab, 3)
    assert list(lab.measured) == [1, 3]
    assert len({before, after_one, lab.plot.value}) == 3


def test_a_run_shows_the_timeline_of_its_workers(lab):
    press_run(lab, 3)
    assert "worker 3" in lab.picture.value
    assert "worker 4" not in lab.picture.value


def test_the_same_number_of_processes_twice_is_one_point_with_two_repeats(lab):
    press_run(lab, 2)
    press_run(lab, 2)
    assert lab.measured[2].repeats == 2


def test_run_is_disabled_while_a_run_is_under_way(lab):
    release = threading.Event()
    lab._run_pool = lambda processes: release.wait(timeout=10) and lab.unknown
    lab.run_button.click()
    assert lab.run_button.disabled
    release.set()
    lab.thread.join(timeout=30)
    assert not lab.run_button.disabled


def test_a_failed_run_is_told_and_earlier_runs_stay(lab):
    press_run(lab, 2)
    lab.function = partial(tasks.distances, target=None)
    press_run(lab, 3)
    assert "TypeError" in lab.status.value
    assert list(lab.measured) == [2]
    assert not lab.run_button.disabled


def test_a_function_that_cannot_travel_is_told_in_the_status_line(lab):
    lab.function = lambda rows: rows
    press_run(lab, 2)
    assert "cannot be sent to a worker" in lab.status.value
