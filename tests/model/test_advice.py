"""The advice names a pool where one helps, and the reason where none does."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from helpers import tasks
from helpers.machine import start_methods, usable_cpus
from helpers.model.advice import Advice, advice_from, advise
from helpers.model.costs import Costs, Leg
from helpers.model.sample import Sample


@pytest.mark.parametrize("method", start_methods())
def test_the_advice_for_work_names_a_pool_and_predicts_every_number_of_processes(method):
    advice = advise(tasks.draw, [200_000] * 12, cpus=4, start_method=method)
    assert [choice.processes for choice in advice.choices] == [1, 2, 3, 4]
    assert advice.best is min(advice.choices, key=lambda choice: choice.cold)
    assert "no pool" in str(advice)
    assert 1 <= advice.sample.timed <= 12


def test_the_advice_for_empty_tasks_is_no_pool():
    assert advise(tasks.identity, range(2000), cpus=4).words.startswith("Take no pool: the work is too short")


def test_the_advice_for_sleeping_tasks_is_threads():
    assert advise(tasks.nap, [0.01] * 20, cpus=2).words.startswith("Take threads: the function waits")


@pytest.fixture
def busy_machine():
    """Twice as many processes that compute as there are CPUs."""
    commands = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * usable_cpus())]
    yield
    for command in commands:
        command.kill()
        command.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports exactly how long a process waits for a CPU")
def test_on_a_busy_machine_computing_is_told_from_sleeping(busy_machine):
    for draws in (3000, 100_000):
        assert not advise(tasks.draw, [draws] * 50, budget=0.3, cpus=2).sample.waits
    assert advise(tasks.nap, [0.01] * 20, budget=0.3, cpus=2).words.startswith("Take threads: the function waits")


def advice_for(durations, *, cpus=2, bytes_in=0.0, costs=None) -> str:
    durations = np.array(durations, dtype=float)
    sample = Sample(durations, np.full(len(durations), bytes_in), np.zeros(len(durations)), 1, 1.0, costs or Costs())
    return advice_from(sample, cpus).words


def test_the_reason_against_a_pool_is_the_one_that_counts():
    assert advice_for([1.0] * 8).startswith("Take Pool(2)")
    assert advice_for([1.0] * 8, cpus=1).startswith("Take no pool: processes would share the only CPU.")
    assert advice_for([0.001, 1.0]).startswith("Take no pool: one item takes 100% of the time")
    assert advice_for([1e-6] * 100).startswith("Take no pool: the work is too short.")
    costs = Costs(send=Leg(byte=1e-9), receive=Leg(byte=1e-9))
    assert advice_for([0.1] * 8, bytes_in=1e8, costs=costs).startswith("Take no pool: sending the data takes the time")


def test_the_advice_is_a_table_that_can_be_read():
    sample = Sample(np.ones(9), np.ones(9), np.ones(9), 3, 1.0, Costs())
    lines = str(Advice(sample, (), None, "Take it.")).splitlines()
    assert lines[0].split() == ["processes", "chunk", "size", "cold", "warm", "speed-up,", "cold"]
    assert lines[-2:] == ["predicted from 3 of 9 items", "Take it."]


def test_a_function_that_cannot_be_sent_is_refused():
    with pytest.raises((pickle.PicklingError, ValueError), match="cannot be sent to a worker"):
        advise(lambda n: n, [1, 2, 3])
