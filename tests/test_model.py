"""The fitted model: known costs and laws are found again, and the advice names what is wrong with its input."""

import functools
import math
import pickle

import numpy as np
import pytest
import workers

from helpers import tasks
from helpers.machine import start_methods
from helpers.model import Advice, advise, amdahl, costs_of, starting_costs, with_overhead
from helpers.simulate import Costs, simulate
from helpers.spans import Run

KNOWN = Costs(0.0, 0.0, 2e-3, 0.0, 0.0, 3e-3, 4e-8, 5e-8, 6e-8, 7e-8, 1e-4)


def test_the_costs_of_a_simulated_run_are_found_again():
    sizes = [20_000, 40_000, 60_000, 80_000]
    run = simulate(
        [0.05] * 4, processes=1, cpus=4, chunksize=1, costs=KNOWN, bytes_in=sizes, bytes_out=sizes, warm=True
    )
    found = costs_of(run)
    for name in ("send", "deliver", "pack", "unpack", "repack", "open", "call"):
        assert getattr(found, name) == pytest.approx(getattr(KNOWN, name), rel=1e-6, abs=1e-9), name


def test_the_costs_of_small_messages_are_counted_by_the_message():
    found = costs_of(simulate([0.05] * 4, processes=1, cpus=4, chunksize=1, costs=KNOWN, bytes_in=100, warm=True))
    assert found.send == pytest.approx(KNOWN.send + 100 * KNOWN.pack)
    assert found.pack == 0.0


def test_costs_need_a_task():
    with pytest.raises(ValueError, match="a run without tasks does not show what a pool costs"):
        costs_of(Run((), (), 1, "fork", 0.0, 0.0))


@pytest.mark.parametrize("method", start_methods())
def test_starting_workers_costs_something_with_every_start_method(method):
    fork, boot = starting_costs(method, 2)
    assert fork > 0
    assert boot >= 0


def test_amdahls_law_is_found_again_from_its_own_times():
    """By hand: f = 0.1, T(1) = 10 s: T(2) = 5.5 s, T(4) = 3.25 s; Amdahl's limit is 1 / f = 10 times."""
    law = amdahl(10.0, {1: [10.0], 2: [5.5], 4: [3.25]}, cpus=100)
    (f, error) = law.parameters["f"]
    assert (f, error) == (pytest.approx(0.1), pytest.approx(0.0, abs=1e-9))
    seconds, errors = law.seconds([4, 100])
    assert seconds.tolist() == pytest.approx([3.25, 1.09])
    assert errors.tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_law_with_overhead_is_found_again_from_its_own_times():
    sweep = {p: [0.5 + 8 / min(p, 4) + 0.1 * p] for p in (1, 2, 3, 4, 6, 8)}
    law = with_overhead(sweep, cpus=4)
    assert [value for value, _ in law.parameters.values()] == pytest.approx([0.5, 8.0, 0.1])
    assert law.seconds([16])[0].tolist() == pytest.approx([0.5 + 2 + 1.6])


def test_the_uncertainty_of_a_law_grows_with_the_spread_of_the_measurements():
    calm, noisy = ({p: [10 / p + d, 10 / p - d] for p in (1, 2, 4)} for d in (0.01, 0.5))
    calm_error, noisy_error = (amdahl(10.0, sweep, cpus=8).parameters["f"][1] for sweep in (calm, noisy))
    assert 10 * calm_error < noisy_error


def test_a_law_needs_more_figures_than_it_has_parameters():
    with pytest.raises(ValueError, match="With overhead needs more than 3 measured figures, not 2"):
        with_overhead({1: [1.0], 2: [0.5]})


@pytest.mark.parametrize("method", start_methods())
def test_the_advice_for_work_names_a_pool_and_predicts_every_number_of_processes(method):
    advice = advise(tasks.draw, [200_000] * 12, cpus=4, start_method=method)
    assert [choice.processes for choice in advice.choices] == [1, 2, 3, 4]
    assert advice.best in advice.choices
    assert "no pool" in str(advice)
    assert 1 <= advice.sampled <= 12


def test_the_advice_for_empty_tasks_is_no_pool():
    assert advise(tasks.identity, range(2000), cpus=4).words.startswith("Take no pool: the work is too short")


def test_the_advice_for_sleeping_tasks_is_threads():
    assert advise(tasks.nap, [0.01] * 20, cpus=2).words.startswith("Take threads: the function waits")


def test_the_items_between_the_timed_ones_are_interpolated():
    advice = advise(workers.nap_or_leave, np.linspace(0.001, 0.02, 200), budget=0.2, cpus=2)
    assert advice.sampled < 200
    assert advice.durations[150] > 3 * advice.durations[20]


def test_the_advice_is_a_table_that_can_be_read():
    lines = str(Advice(1.0, (), None, "Take it.", 3, Costs(), np.ones(9), np.ones(9), np.ones(9))).splitlines()
    assert lines[0].split() == ["processes", "chunk", "size", "cold", "warm", "speed-up,", "cold"]
    assert lines[-2:] == ["predicted from 3 of 9 items", "Take it."]


def test_a_function_that_cannot_be_sent_is_refused():
    with pytest.raises((pickle.PicklingError, ValueError), match="cannot be sent to a worker"):
        advise(lambda n: n, [1, 2, 3])


@pytest.mark.parametrize("items, place", [([-1, 1, 1], 0), ([1, 1, -1], 2)])
def test_an_item_for_which_the_function_fails_is_named(items, place):
    with pytest.raises(ValueError, match=f"the function fails for item {place}: ValueError: math domain error"):
        advise(math.sqrt, items)


def test_no_items_are_refused():
    with pytest.raises(ValueError, match="advise needs at least one item to time"):
        advise(functools.partial(tasks.draw), [])
