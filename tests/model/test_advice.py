"""The advice names a pool where one helps, and the reason where none does."""

import pickle

import numpy as np
import pytest

from helpers import tasks
from helpers.machine import start_methods
from helpers.model.advice import Advice, advise
from helpers.model.costs import Costs
from helpers.model.sample import Sample


@pytest.mark.parametrize("method", start_methods())
def test_the_advice_for_work_names_a_pool_and_predicts_every_number_of_processes(method):
    advice = advise(tasks.draw, [200_000] * 12, cpus=4, start_method=method)
    assert [choice.processes for choice in advice.choices] == [1, 2, 3, 4]
    assert advice.best in advice.choices
    assert "no pool" in str(advice)
    assert 1 <= advice.sample.timed <= 12


def test_the_advice_for_empty_tasks_is_no_pool():
    assert advise(tasks.identity, range(2000), cpus=4).words.startswith("Take no pool: the work is too short")


def test_the_advice_for_sleeping_tasks_is_threads():
    assert advise(tasks.nap, [0.01] * 20, cpus=2).words.startswith("Take threads: the function waits")


def test_the_advice_is_a_table_that_can_be_read():
    sample = Sample(np.ones(9), np.ones(9), np.ones(9), 3, 1.0, Costs())
    lines = str(Advice(sample, (), None, "Take it.")).splitlines()
    assert lines[0].split() == ["processes", "chunk", "size", "cold", "warm", "speed-up,", "cold"]
    assert lines[-2:] == ["predicted from 3 of 9 items", "Take it."]


def test_a_function_that_cannot_be_sent_is_refused():
    with pytest.raises((pickle.PicklingError, ValueError), match="cannot be sent to a worker"):
        advise(lambda n: n, [1, 2, 3])
