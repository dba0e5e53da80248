"""The fitted model: known costs are found again, and the advice names what is wrong with its input."""

import functools
import math
import multiprocessing
import pickle
from dataclasses import replace

import numpy as np
import pytest
import slow_module
import workers

from helpers import tasks
from helpers.machine import start_methods
from helpers.model.advice import Advice, Sample, advise, learn
from helpers.model.calibration import costs_of, costs_of_small, starting_costs
from helpers.model.simulator import Costs, simulate
from helpers.spans import Run
from helpers.xray import XrayPool

KNOWN = Costs(0.0, 0.0, 2e-3, 0.0, 0.0, 3e-3, 4e-8, 5e-8, 6e-8, 7e-8, 1e-4, 0.0, 0.0)


def one_by_one(sizes: list[int]) -> Run:
    """The run of a worker that gets its next task when the last one's result is home."""
    every = [
        simulate([0.05], processes=1, cpus=4, costs=KNOWN, bytes_in=size, bytes_out=size, warm=True) for size in sizes
    ]
    return replace(every[0], spans=tuple(run.spans[0] for run in every))


def test_the_costs_of_a_simulated_run_are_found_again():
    found = costs_of(one_by_one([20_000, 40_000, 60_000, 80_000]))
    for name in ("send", "deliver", "pack", "unpack", "repack", "open", "call"):
        assert getattr(found, name) == pytest.approx(getattr(KNOWN, name), rel=1e-6, abs=1e-9), name


def test_the_costs_of_small_messages_are_counted_by_the_message():
    found = costs_of(one_by_one([100] * 4))
    assert found.send == pytest.approx(KNOWN.send + 100 * KNOWN.pack)
    assert found.pack == 0.0


@pytest.mark.parametrize("method", start_methods())
def test_a_small_message_costs_more_than_a_task_in_company(method):
    with XrayPool(1, context=multiprocessing.get_context(method)) as pool:
        found = costs_of_small(pool, tasks.identity, range(500), messages=2000)
    assert found.send == found.deliver > found.post > 0
    assert min(found.receive, found.call, found.fetch) > 0
    assert found.pack == found.unpack == found.repack == found.open == 0


def test_costs_need_a_task():
    with pytest.raises(ValueError, match="a run without tasks does not show what a pool costs"):
        costs_of(Run((), (), 1, "fork", 0.0, 0.0))


@pytest.mark.parametrize("method", start_methods())
def test_starting_workers_costs_something_with_every_start_method(method):
    fork, boot = starting_costs(method, 2)
    assert fork > 0
    assert boot >= 0


def test_what_a_spawned_worker_imports_to_open_a_task_is_a_part_of_its_start():
    _, boot = starting_costs("spawn", slow_module.nothing, 1)
    assert boot > 0.3  # what the module sleeps


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


def test_tasks_that_wait_are_simulated_side_by_side_on_one_cpu():
    sample = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 0.01, Costs(*[0.0] * 13))
    assert sample.simulate(8, cpus=1, chunksize=1, warm=True).seconds == 1.0


def test_the_items_between_the_timed_ones_are_interpolated():
    sample = learn(workers.nap_or_leave, np.linspace(0.001, 0.06, 200), budget=0.4)
    assert sample.timed < 200
    assert sample.durations[150] > sample.durations[80] > sample.durations[10]


def test_a_sample_is_simulated_for_any_pool_with_all_its_work():
    sample = Sample(np.ones(1000), np.full(1000, 10.0), np.full(1000, 20.0), 5, 1.0, Costs(*[0.0] * 13))
    run = sample.simulate(64, cpus=64, chunksize=5, warm=True)
    assert run.seconds == 20.0
    assert sum(span.cpu for span in run.spans) == sample.serial == 1000.0
    assert {span.bytes_out for span in run.spans} == {100.0}


def test_the_advice_is_a_table_that_can_be_read():
    sample = Sample(np.ones(9), np.ones(9), np.ones(9), 3, 1.0, Costs())
    lines = str(Advice(sample, (), None, "Take it.")).splitlines()
    assert lines[0].split() == ["processes", "chunk", "size", "cold", "warm", "speed-up,", "cold"]
    assert lines[-2:] == ["predicted from 3 of 9 items", "Take it."]


def test_a_function_that_cannot_be_sent_is_refused():
    with pytest.raises((pickle.PicklingError, ValueError), match="cannot be sent to a worker"):
        advise(lambda n: n, [1, 2, 3])


@pytest.mark.parametrize("items, place", [([-1, 1, 1], 0), ([1, 1, -1], 2)])
def test_an_item_for_which_the_function_fails_is_named(items, place):
    with pytest.raises(ValueError, match=f"the function fails for item {place}: ValueError: "):
        advise(math.sqrt, items)


def test_no_items_are_refused():
    with pytest.raises(ValueError, match="at least one item must be there to be timed"):
        advise(functools.partial(tasks.draw), [])
