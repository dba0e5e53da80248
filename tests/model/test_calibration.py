"""Known costs are found again in a simulated run; measured ones are those of small messages and of starting."""

import multiprocessing

import pytest
import slow_module

from helpers import tasks
from helpers.machine import start_methods
from helpers.model.calibration import (
    fit_costs,
    has_small_messages,
    measure_costs,
    measure_small_messages,
    measure_start,
)
from helpers.model.costs import Costs, Leg
from helpers.model.simulator import simulate
from helpers.spans import Run
from helpers.xray import XrayPool

KNOWN = Costs(0.0, 0.0, Leg(2e-3, 4e-8), Leg(0.0, 5e-8, 1e-4), Leg(0.0, 6e-8), Leg(3e-3, 7e-8))


def one_by_one(sizes: list[int]) -> Run:
    """The run of a worker that is sent its next task when the parent has the result of the last one."""
    runs = [
        simulate([0.05], processes=1, cpus=4, costs=KNOWN, bytes_in=size, bytes_out=size, warm=True) for size in sizes
    ]
    return runs[0]._replace(spans=tuple(run.spans[0] for run in runs))


def test_the_costs_of_messages_and_bytes_are_found_again_in_a_simulated_run():
    found = fit_costs(one_by_one([20_000, 40_000, 60_000, 80_000]))
    for leg in ("send", "collect"):
        assert getattr(found, leg).message == pytest.approx(getattr(KNOWN, leg).message, rel=1e-6)
        assert getattr(found, leg).byte == pytest.approx(getattr(KNOWN, leg).byte, rel=1e-6)
    assert found.reply.byte == pytest.approx(KNOWN.reply.byte, rel=1e-6)


def test_the_costs_of_small_messages_are_counted_by_the_message():
    found = fit_costs(one_by_one([100] * 4))
    assert found.send == Leg(pytest.approx(KNOWN.send.seconds(1, 100)))


def test_the_cost_of_large_messages_of_one_size_is_counted_by_the_byte():
    found = fit_costs(one_by_one([50_000] * 4))
    assert found.send == Leg(byte=pytest.approx(KNOWN.send.seconds(1, 50_000) / 50_000))


def test_only_messages_of_10_000_bytes_or_more_are_not_small():
    assert has_small_messages(one_by_one([100, 9_999]))
    assert not has_small_messages(one_by_one([100, 10_000]))


def test_costs_of_large_messages_are_those_of_the_run_that_is_given():
    run = one_by_one([20_000, 40_000])
    assert measure_costs(None, tasks.identity, [], run, budget=1.0) == fit_costs(run)


@pytest.mark.parametrize("method", start_methods())
def test_a_small_message_costs_more_than_a_task_of_a_larger_one(method):
    with XrayPool(1, context=multiprocessing.get_context(method)) as pool:
        found = measure_small_messages(pool, tasks.identity, range(500), messages=2000)
    assert found.send.message == found.collect.message > found.send.task > 0
    assert min(found.receive.message, found.receive.task, found.collect.task) > 0
    assert found.send.byte == found.receive.byte == found.reply.byte == found.collect.byte == 0


def test_costs_need_a_task():
    with pytest.raises(ValueError, match="a run without tasks does not show what a pool costs"):
        fit_costs(Run((), (), 1, "fork", 0.0, 0.0))


@pytest.mark.parametrize("method", start_methods())
def test_starting_workers_costs_something_with_every_start_method(method):
    fork, boot = measure_start(method, 2)
    assert fork > 0
    assert boot >= 0


def test_what_a_spawned_worker_imports_to_unpickle_a_task_is_a_part_of_its_boot():
    _, boot = measure_start("spawn", slow_module.nothing, 1)
    assert boot > 0.3  # what the module sleeps
