"""A sample knows every item, also those that were not timed, and simulates any pool for them."""

import functools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import workers

from helpers import tasks
from helpers.model.advice import advice_from
from helpers.model.costs import Costs, Leg
from helpers.model.learning import learn, measure_cpu_share, waited_share
from helpers.model.sample import Sample, _scatter, sample_from_run
from helpers.model.simulator import simulate
from helpers.model.spread import Spread
from helpers.other_programs import Others, Watch
from helpers.spans import Run, Span, Worker

FREE = Costs(0.0, 0.0, *[Leg()] * 4)


def test_tasks_that_wait_are_simulated_side_by_side_on_one_cpu():
    sample = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 0.01, FREE)
    assert sample.simulate(8, cpus=1, chunksize=1, warm=True).seconds == 1.0


def test_a_sample_is_simulated_for_any_pool_with_all_its_work():
    sample = Sample(np.ones(1000), np.full(1000, 10.0), np.full(1000, 20.0), 5, 1.0, FREE)
    run = sample.simulate(64, cpus=64, chunksize=5, warm=True)
    assert run.seconds == 20.0
    assert sum(span.cpu for span in run.spans) == sample.serial == 1000.0
    assert {span.bytes_out for span in run.spans} == {100.0}


@pytest.fixture
def asked(monkeypatch):
    """What the simulator is asked for."""
    calls = []
    monkeypatch.setattr("helpers.model.sample.simulate", lambda durations, **given: calls.append((durations, given)))
    return calls


def test_the_simulator_is_given_all_that_a_sample_knows(asked):
    costs, done = Costs(boot=2.0), object()
    sample = Sample(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0]), 2, 1.0, costs, function_bytes=7.0)
    sample.simulate(3, chunksize=4, cpus=5, warm=True, on_step=done)
    given = {"processes": 3, "chunksize": 4, "cpus": 5, "warm": True, "on_step": done, "costs": costs}
    sizes = {"bytes_in": [3.0, 4.0], "bytes_out": [5.0, 6.0], "function_bytes": 7.0}
    assert asked == [([1.0, 2.0], given | sizes)]


@pytest.mark.parametrize(
    ("share", "processes", "cpus"),
    [(1.0, 20, 2), (0.25, 3, 4), (0.25, 20, 8), (0.25, 1, 2), (1e-9, 3000, 2000)],
)
def test_tasks_that_wait_leave_a_cpu_to_as_many_others_as_they_do_not_use_it(share, processes, cpus, asked):
    """By hand, on 2 CPUs: 2 / 0.25 = 8, or one for each process and one for the parent."""
    Sample(np.ones(1), np.ones(1), np.ones(1), 1, share, Costs()).simulate(processes, cpus=2)
    assert asked[0][1]["cpus"] == cpus


def test_pickling_counts_every_byte_on_both_sides():
    costs = Costs(send=Leg(byte=1.0), receive=Leg(byte=2.0), reply=Leg(byte=4.0), collect=Leg(byte=8.0))
    sample = Sample(np.ones(2), np.full(2, 10.0), np.full(2, 100.0), 2, 1.0, costs, function_bytes=1000.0)
    assert sample.pickling(messages=1) == (20 + 1000) * 3 + 200 * 12
    assert sample.pickling(messages=2) == (20 + 2000) * 3 + 200 * 12


def test_a_sample_prints_its_items_their_time_and_their_bytes():
    sample = Sample(np.full(1000, 0.002), np.full(1000, 10.0), np.full(1000, 20.0), 5, 1.0, FREE)
    assert repr(sample) == "1,000 items, 2.00 ms each (5 timed); 10,000 bytes sent, 20,000 bytes returned"


def test_a_sample_says_what_a_large_function_adds_to_each_message():
    sample = Sample(np.ones(2), np.ones(2), np.ones(2), 2, 1.0, FREE, function_bytes=8e6)
    assert repr(sample).endswith("; 8,000,000 more for the function, with each message")
    assert "function" not in repr(replace(sample, function_bytes=100.0))


@pytest.mark.parametrize("size", [3_000, 500_000])
def test_what_a_function_holds_travels_with_each_message_and_with_no_item(size):
    """Small messages are learned from one that holds all tasks, large ones from a message for each task."""
    sample = learn(functools.partial(tasks.distances, target=[0.0] * (size // 9)), [[]] * 40, budget=0.2)
    assert sample.function_bytes == pytest.approx(size, rel=0.1)
    assert sample.bytes_in.max() < 100
    for chunksize in (20, 1):
        run = sample.simulate(2, chunksize=chunksize)
        assert min(span.bytes_in for span in run.spans) > sample.function_bytes


def test_a_sample_and_an_advice_say_what_others_took_where_it_matters():
    quiet = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 1.0, FREE, others=Others(10.0, 0.5, 0.0, 2))
    busy = replace(quiet, others=Others(10.0, 11.0, 0.0, 2))
    sentence = "Other programs used 1.1 of your 2 CPUs while this ran."
    assert repr(busy).splitlines() == [repr(quiet), sentence]
    advices = [advice_from(sample, 2) for sample in (quiet, busy)]
    assert advices[1].others == busy.others
    lines = [repr(advice).splitlines() for advice in advices]
    assert lines[1] == [*lines[0][:5], sentence, *lines[0][5:]]


def test_learn_watches_the_others_from_its_beginning_to_its_end(monkeypatch):
    monkeypatch.setattr(Watch, "others", lambda watch: Others(1.0, 1.0, 0.0, 2))
    assert learn(tasks.draw, [1000] * 3, budget=0.1).others == Others(1.0, 1.0, 0.0, 2)


def test_the_items_between_the_timed_ones_are_interpolated():
    sample = learn(workers.nap_or_leave, np.linspace(0.001, 0.06, 200), budget=0.4)
    assert sample.timed < 200
    assert sample.durations[150] > sample.durations[80] > sample.durations[10]


def test_a_sample_of_a_run_has_each_figure_from_its_own_moments_and_bytes():
    """Tasks 0, 10 and 20 of 21 were timed, in another order; the first two were sent in one message."""

    def span(place: int, arrived: float, wall: float, size_in: int, size_out: int) -> Span:
        moments = {"started": 5.0, "finished": 5.0 + wall, "arrived": arrived}
        given = dict.fromkeys(Span._fields[2:13], 0.0) | moments
        return Span(task=place, worker=1, cpu=0.0, bytes_in=size_in, bytes_out=size_out, **given)

    spans = (span(0, 1.0, 3.0, 1030, 7), span(1, 1.0, 1.0, 10, 5), span(2, 2.0, 2.0, 900, 6))
    run = Run(spans, (Worker(1, 0.0),), 1, "fork", 0.0, 9.0, function_bytes=1000)
    sample = sample_from_run(run, FREE, (0.5, 0.25), 0.75, places=[20, 0, 10], tasks=21)
    assert sample.durations[[0, 10, 20]].tolist() == [1.0, 2.0, 3.0]
    assert sample.durations[5] == 1.5
    assert sample.bytes_in[[0, 10, 20]].tolist() == [10.0, 0.0, 30.0]
    assert sample.bytes_out[[0, 10, 20]].tolist() == [5.0, 6.0, 7.0]
    assert (sample.timed, sample.cpu_share, sample.function_bytes) == (3, 0.75, 1000.0)
    assert sample.costs == replace(FREE, fork=0.5, boot=0.25)
    assert sample.spread == Spread(scatter=0.0)


def test_the_interval_of_a_run_is_that_of_the_spread():
    sample = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 1.0, FREE, Spread(work=(0.9, 1.2)))
    run = sample.simulate(2, cpus=2, chunksize=1, warm=True)
    assert sample.interval(run) == (pytest.approx(3.6), pytest.approx(4.8))
    assert replace(sample, spread=Spread()).interval(run) == (4.0, 4.0)


def test_a_sample_of_some_items_has_their_figures_in_that_order():
    sample = Sample(np.arange(4.0), np.arange(4.0) * 10, np.arange(4.0) * 100, 2, 0.7, FREE, Spread(scatter=0.1))
    some = sample.only([2, 0, 2])
    assert some.durations.tolist() == [2.0, 0.0, 2.0]
    assert (some.bytes_in.tolist(), some.bytes_out.tolist()) == ([20.0, 0.0, 20.0], [200.0, 0.0, 200.0])
    assert (some.timed, some.cpu_share, some.costs, some.spread) == (3, 0.7, FREE, Spread(scatter=0.1))


@pytest.mark.parametrize(
    ("places", "seconds", "scatter"),
    [
        ([0], [3.0], 1.0),  # it could be anything
        ([0, 9], [1.0, 3.0], 0.5 * 2**0.5),  # their standard deviation, over their mean
        ([0, 4, 9], [0.0, 4.0, 9.0], 0.0),  # a line is no scatter
        ([3, 7, 12], [0.0, 4.0, 9.0], 0.0),  # wherever it begins
        (
            [0, 1, 2],
            [1.0, 4.0, 1.0],
            3 / 1.5**0.5 / 2,
        ),  # off by 3, of which half as much again is its neighbours' variance
        ([0, 1], [0.0, 0.0], 1.0),
    ],
)
def test_the_scatter_is_how_far_items_are_from_the_line_between_their_neighbours(places, seconds, scatter):
    assert _scatter(np.array(places), np.array(seconds)) == pytest.approx(scatter)


def test_two_items_are_timed_however_long_they_take_and_small_pools_are_tried():
    sample = learn(tasks.nap, [0.05] * 9, budget=0.01)
    assert sample.timed == 2
    assert sample.spread.work[0] < sample.spread.work[1]


class Waiting:
    """In the place of a pool of one worker: says for how long it has waited for a CPU."""

    def __init__(self, waited: float | None) -> None:
        self.waited = waited

    def apply(self, function):
        assert function is tasks.seconds_waited_for_cpu
        return self.waited


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [(1.0, 6.0, 0.5), (1.0, 900.0, 0.9), (6.0, 1.0, 0.0), (None, 1.0, 0.0), (1.0, None, 0.0)],
)
def test_the_share_of_waiting_for_a_cpu_is_that_of_the_time_since_the_beginning(before, after, share):
    assert waited_share(Waiting(after), time.perf_counter() - 10, before) == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize(("items", "place"), [([-1, 1, 1], 0), ([1, 1, -1], 2)])
def test_an_item_for_which_the_function_fails_is_named(items, place):
    with pytest.raises(ValueError, match=f"the function fails for item {place}: ValueError: "):
        learn(math.sqrt, items)


def test_what_noting_moments_costs_is_no_part_of_a_short_task():
    numbers = range(2000)
    loop = min(tasks.seconds_of_loop(tasks.identity, numbers)[0] for _ in range(20))
    assert learn(tasks.identity, numbers, budget=0.3).serial < 5 * loop


class OneWorker:
    """In place of a pool of one worker: says how long the function took, and the share of a loop that never waits."""

    def __init__(self, seconds: tuple[float, float, float | None], share: float) -> None:
        self.answers = {tasks.seconds_of_loop: seconds, tasks.compute_for: share}
        self.loops: list[list[object]] = []

    def apply(self, function, arguments):
        if function is tasks.seconds_of_loop:
            self.loops.append(arguments[1])
        return self.answers[function]


@pytest.mark.parametrize(
    ("seconds", "share", "expected"),
    [
        ((1.0, 0.3, 0.6), 1.0, 0.9),  # it computed, or could have
        ((1.0, 0.1, 0.1), 1.0, 0.2),  # it mostly waited for something else
        ((1.0, 0.3, None), 0.4, 0.75),  # unknown, but a loop that never waits had hardly more
        ((1.0, 0.1, None), 1.0, 0.1),
        ((1.0, 0.5, None), 0.2, 1.0),
    ],
)
def test_waiting_for_a_cpu_is_told_from_other_waiting(seconds, share, expected):
    span = simulate([1.0], processes=1, cpus=1, costs=FREE).spans[0]._replace(cpu=0.2)
    run = Run((span,), (), 1, "fork", 0.0, 1.0)
    assert measure_cpu_share(OneWorker(seconds, share), tasks.identity, [1], run) == pytest.approx(expected)
    assert measure_cpu_share(None, tasks.identity, [1], run._replace(spans=(span._replace(cpu=0.6),))) == 0.6


def test_items_that_take_no_time_do_not_decide_whether_the_function_waits():
    spans = [span._replace(cpu=0.0) for span in simulate([1e-6, 2.0, 1e-6], processes=1, cpus=1, costs=FREE).spans]
    worker = OneWorker((2.0, 0.0, 0.0), 1.0)
    run = Run(tuple(spans), (), 1, "fork", 0.0, 2.0)
    assert measure_cpu_share(worker, tasks.identity, ["short", "long", "short"], run) == 0.0
    assert worker.loops == [["long"]]


def test_short_items_are_compared_in_several_rounds():
    spans = [span._replace(cpu=0.0) for span in simulate([0.01] * 3, processes=1, cpus=1, costs=FREE).spans]
    worker = OneWorker((0.15, 0.0, 0.0), 1.0)
    assert measure_cpu_share(worker, tasks.identity, [1, 2, 3], Run(tuple(spans), (), 1, "fork", 0.0, 0.03)) == 0.0
    assert worker.loops == [[1, 2, 3] * 5] * 4


def test_no_items_are_refused():
    with pytest.raises(ValueError, match="the model needs at least one item to time"):
        learn(functools.partial(tasks.draw), [])
