"""What the model expects is shown before anything runs; what was learned for another plan is dropped."""

import re
import threading
import time

import pytest

from helpers.lab import PoolLab
from helpers.lab.experiment import Experiment
from helpers.lab.plan import DRAWS, OWN, Plan
from helpers.lab.pool_lab import Forecast


def until(true, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def lab():
    made = PoolLab()
    made.rows.value = 2000
    yield made
    made.forecast.stop()


def wait(lab) -> str:
    until(lambda: lab.forecast._thread is None)
    return lab.status.value


def test_moving_the_processes_shows_what_the_model_expects(lab):
    lab.processes.value = 1
    words = wait(lab)
    assert "The model expects about " in words
    assert "for 8 tasks on 1 process. Press Run." in words
    assert re.search("Expected: about [0-9.]+ m?s; 8 tasks on 1 process", lab.picture.value)
    assert "expected by the model" in lab.stage.figure.value
    assert "the model" in lab.plot.value
    assert lab.experiment.results == []
    lab.processes.value = 3
    assert "on 3 processes" in wait(lab)


def test_after_a_run_the_model_knows_more_and_the_run_can_be_shown_again(lab):
    lab.run_button.click()
    lab.thread.join(timeout=50)
    lab.processes.value = 1
    assert " to " in wait(lab)  # an interval
    assert lab.shown_run.value is None
    lab.shown_run.value = 1
    assert "Run 1: " in lab.picture.value
    assert "Run 1, 8 tasks" in lab.status.value


@pytest.mark.parametrize(("control", "value"), [("chunks", 1), ("warm", True), ("rows", 3000), ("chunksize", 2)])
def test_every_choice_that_changes_the_run_changes_what_is_expected(lab, control, value):
    getattr(lab, control).value = value
    assert "The model expects" in wait(lab)


def test_a_guess_is_no_reason_to_say_what_is_expected(lab):
    wait(lab)
    lab.prediction.value = "3"
    assert wait(lab) == "<span role='status'>Press Run.</span>"


def test_clear_takes_away_what_is_expected_and_what_the_model_still_learns(lab):
    lab.processes.value = 1
    lab.clear_button.click()
    wait(lab)
    until(lambda: "Expected: " not in lab.picture.value and "All runs are forgotten." in lab.status.value)


def test_another_field_that_is_wrong_does_not_keep_back_what_is_expected(lab):
    lab.what_if_cpus.value = "-3"
    lab.rows.value = 3000
    assert "The model expects" in wait(lab)


def test_a_choice_right_after_clear_is_answered(lab):
    lab.processes.value = 1
    lab.clear_button.click()
    lab.processes.value = 3
    until(lambda: "on 3 processes" in lab.status.value)


def test_what_is_expected_stays_when_a_guess_is_none(lab):
    lab.processes.value = 1
    wait(lab)
    lab.prediction.value = "soon"
    assert "I think it takes: " in wait(lab)
    assert "Expected: " in lab.picture.value


def test_what_was_expected_leaves_the_stage_when_the_next_choice_makes_no_sense(lab):
    lab.processes.value = 1
    wait(lab)
    assert "Expected: " in lab.picture.value
    lab.rows.value = "many"
    assert "Rows: a whole number" in wait(lab)
    assert "Expected: " not in lab.picture.value


def test_the_users_own_function_does_not_run_unasked(lab):
    lab.task.value, lab.function.value = OWN, "workers.leave"
    lab.processes.value = 1
    assert "before its first run. Press Run." in wait(lab)
    assert lab.more.value


def test_stop_ends_the_learning(lab, monkeypatch):
    lab.task.value, lab.rows.value, lab.chunks.value = DRAWS, 100_000_000, 1
    lab.processes.value = 1
    until(lambda: not lab.stop_button.disabled)
    lab.stop_button.click()
    until(lambda: "Stopped." in lab.status.value)
    wait(lab)
    assert lab.stop_button.disabled
    assert not lab.run_button.disabled


def test_run_ends_the_learning_and_runs(lab):
    lab.task.value, lab.rows.value, lab.chunks.value = DRAWS, 100_000_000, 1
    lab.processes.value = 1
    until(lambda: not lab.stop_button.disabled)
    lab.rows.value = 1000
    lab.run_button.click()
    lab.thread.join(timeout=50)
    assert "Run 1, " in lab.status.value


def test_only_what_was_wanted_last_is_shown():
    shown, begun, go = [], threading.Event(), threading.Event()
    forecast = Forecast(Experiment(), shown.append, lambda learning: None)

    def expect(plan):
        begun.set()
        go.wait(10)
        return plan

    forecast.expect = expect
    plans = [Plan(rows=rows) for rows in (1, 2, 3)]
    forecast.want(plans[0])
    begun.wait(10)
    for plan in plans[1:]:
        forecast.want(plan)
    go.set()
    until(lambda: forecast._thread is None)
    assert shown == [plans[2]]
