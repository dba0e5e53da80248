"""What is calculated from measured moments, with a worker and clocks that are made by hand."""

from types import SimpleNamespace
from typing import ClassVar

import pytest

from helpers.model import calibration
from helpers.model.calibration import (
    fit_costs,
    has_small_messages,
    measure_costs,
    measure_small_messages,
    measure_start,
)
from helpers.model.costs import Costs, Leg
from helpers.model.sample import sample_from_run
from helpers.spans import PIPE, Run, Span, Worker


def span(task=0, size_in=100, size_out=200, scale=1.0, worker=1):
    """A task whose steps take 1, 2, 4, 8, ... seconds, each its own power of two, times the scale."""
    steps = [scale * 2.0**n for n in range(9)]
    #         packed sent    arrived received started finished returned replied landed delivered
    moments = [0.0, 0.0]
    for step in steps:
        moments.append(moments[-1] + step)
    return Span(task, worker, *moments, cpu=1.0, bytes_in=size_in, bytes_out=size_out)


def run(*spans):
    return Run(spans, (Worker(1, 0.0),), 1, "fork", 0.0, 1000.0)


def test_every_step_of_a_small_message_belongs_to_its_leg_and_the_pipe_is_split_evenly():
    """By hand: pickling 1, pipe 2, unpickling 4, call 8, (task 16), rest 32, pickling 64, pipe 128, unpickling 256."""
    assert fit_costs(run(span(), span(1))) == Costs(
        0.0, 0.0, Leg(1.0 + 1.0), Leg(4.0 + 1.0, task=8.0), Leg(64.0 + 64.0), Leg(256.0 + 64.0)
    )


def test_the_pipe_of_a_result_that_it_cannot_hold_is_the_parents():
    """By hand, as above: pickling 64, pipe 128, unpickling 256; all of it counts by the byte."""
    found = fit_costs(run(span(size_out=PIPE + 1), span(1, size_out=PIPE + 1)))
    assert found.reply == Leg(byte=64.0 / (PIPE + 1))
    assert found.collect == Leg(byte=(256.0 + 128.0) / (PIPE + 1))
    assert fit_costs(run(span(size_out=PIPE))).collect == Leg(byte=(256.0 + 64.0) / PIPE)


def test_the_costs_are_medians():
    found = fit_costs(run(span(), span(1, scale=100.0), span(2), span(3), span(4, scale=0.01)))
    assert found.send == Leg(2.0)
    assert found.receive.task == 8.0


def test_clocks_that_disagree_never_make_the_pipe_negative():
    one = span()._replace(arrived=0.5, landed=30.0)
    assert fit_costs(run(one)).send == Leg(1.0)
    assert fit_costs(run(one)).reply == Leg(one.replied - one.returned)


@pytest.mark.parametrize("leg, expected", [((10_000, 10_000), Leg(2.0)), ((10_001, 10_001), Leg(byte=2.0 / 10_001))])
def test_messages_of_one_size_are_counted_by_the_byte_from_10_001_bytes_on(leg, expected):
    assert fit_costs(run(*(span(n, size_in=size) for n, size in enumerate(leg)))).send == expected


def leg_of(*pairs):
    sizes, seconds = zip(*pairs, strict=True)
    return calibration._fit_leg(sizes, seconds)


def test_a_line_is_fitted_only_where_sizes_differ_by_more_than_twice_and_some_are_large():
    assert leg_of((10_000, 3.0), (30_000, 5.0)) == Leg(pytest.approx(2.0), pytest.approx(1e-4))
    assert leg_of((10_000, 3.0), (20_000, 5.0)) == Leg(byte=4.0 / 15_000)  # not more than twice
    assert leg_of((1_000, 3.0), (10_000, 5.0)) == Leg(4.0)  # none is large
    assert leg_of((10_000, 5.0), (30_000, 3.0)) == Leg(byte=4.0 / 20_000)  # a slope below 0
    assert leg_of((10_000, 1.0), (30_000, 5.0)) == Leg(byte=3.0 / 20_000)  # an intercept below 0


def test_small_are_messages_below_10_000_bytes_both_ways():
    assert has_small_messages(run(span(), span(1, size_in=9_999, size_out=9_999)))
    assert not has_small_messages(run(span(), span(1, size_in=10_000)))
    assert not has_small_messages(run(span(), span(1, size_out=10_000)))


MEASURED = Costs(1.0, 2.0, Leg(0.25, task=0.5), Leg(1.0, 2.0), Leg(), Leg(4.0))


@pytest.fixture
def small(monkeypatch):
    """Note how many items and messages would be measured anew."""
    asked = []
    monkeypatch.setattr(calibration, "measure_small_messages", lambda *arguments: asked.append(arguments) or MEASURED)
    return asked


def timed(seconds):
    return run(*(Span(n, 1, *[2.0] * 6, *[2.0 + seconds] * 5, cpu=0.0, bytes_in=1, bytes_out=1) for n in range(2)))


def test_short_tasks_are_measured_anew_as_often_as_the_budget_allows(small):
    """By hand: half of 1 s is 5 rounds of 0.1 s: 10 tasks of 0.01 s; and 0.5 / (0.01 + 0.00004) are 49 messages."""
    items = list(range(100))
    assert measure_costs("pool", abs, items, timed(0.01), budget=1.0) == MEASURED
    assert small == [("pool", abs, items[:10], 49)]


@pytest.mark.parametrize("seconds, anew", [(0.01, True), (0.0101, False)])
def test_tasks_of_which_fewer_than_ten_fit_the_budget_are_fitted(small, seconds, anew):
    found = measure_costs("pool", abs, [1, 2], timed(seconds), budget=1.0)
    assert (found == MEASURED) == anew
    assert anew or found == fit_costs(timed(seconds))


def test_a_single_task_cannot_be_told_from_its_message(small):
    assert measure_costs("pool", abs, [1], timed(0.001), budget=1.0) == fit_costs(timed(0.001))
    assert measure_costs("pool", abs, [1, 2], timed(0.001), budget=1.0) == MEASURED


def test_messages_wait_for_cpus_as_long_as_the_tasks_did(small):
    """A task that waited for half of its time has taken twice as long; CPU seconds of messages do not show that."""
    found = measure_costs("pool", abs, [1] * 9, timed(0.01), budget=1.0, waited=0.5)
    assert found == Costs(1.0, 2.0, Leg(0.5, task=1.0), Leg(2.0, 4.0), Leg(), Leg(8.0))


def test_wall_seconds_of_messages_show_what_they_waited(small):
    assert measure_costs("pool", abs, [1], timed(9.0), budget=1.0, waited=0.5) == fit_costs(timed(9.0))


def test_a_simulated_speed_up_is_that_of_a_quiet_machine(small):
    """Beside others that take half of the CPUs, tasks take twice as long; as often as before, a message costs more."""
    speedups = []
    for waited in (0.0, 0.5):
        run_of_one = timed(0.01 / (1 - waited))
        costs = measure_costs("pool", abs, [1] * 9, run_of_one, budget=10.0, waited=waited)
        sample = sample_from_run(run_of_one, costs, (0.0, 0.0), 1.0)
        speedups.append(sample.serial / sample.simulate(2, cpus=2, chunksize=1, warm=True).seconds)
    assert speedups[0] == pytest.approx(speedups[1])
    assert speedups[0] < 1.0


class OneWorker:
    """In the place of a pool of one warm worker: each map takes the CPU seconds that are set for it."""

    def __init__(self, monkeypatch, work, maps):
        self.parent, self.worker, self.work, self.maps, self.asked = 0.0, 50.0, work, iter(maps), []
        monkeypatch.setattr(calibration, "time", SimpleNamespace(process_time=lambda: self.parent))
        self.clock = calibration.time.process_time

    def apply(self, function, arguments=()):
        return self.worker if function is self.clock else (99.0, self.work, None)

    def map(self, function, items, chunksize):
        self.asked.append((function, list(items), chunksize))
        parent, worker = next(self.maps)
        self.parent += parent
        self.worker += worker


def test_the_costs_of_small_messages_are_the_cpu_seconds_that_are_not_work(monkeypatch):
    """By hand: 4 items take 8 s of work, 2 s each.

    With four in a message, 20 items take 40 s in the parent, 2 each, and 80 s in the worker, 4 each. One by one, 6 take
    30 s in the parent, 5 each, and 42 s in the worker, 7 each. The 3 s that are more are three quarters of a message:
    that takes 4 s in both. A task takes 1 s in the parent, and 3 s in the worker, 1 s of it beside the work. The
    parent's seconds are those of two legs.
    """
    pool = OneWorker(monkeypatch, 8.0, [(40.0, 80.0), (30.0, 42.0)])
    found = measure_small_messages(pool, abs, [1, 2, 3, 4], 6)
    assert found == Costs(0.0, 0.0, Leg(2.0, task=0.5), Leg(4.0, task=1.0), Leg(), Leg(2.0, task=0.5))
    assert pool.asked == [(abs, [1, 2, 3, 4] * 5, 4), (abs, [1, 2, 3, 4, 1, 2], 1)]


def test_no_cost_is_below_0_and_every_item_is_sent_once_at_least(monkeypatch):
    pool = OneWorker(monkeypatch, 80.0, [(40.0, 60.0), (1.0, 1.0)])
    found = measure_small_messages(pool, abs, [1, 2, 3, 4], 2)
    assert found == Costs(0.0, 0.0, Leg(0.0, task=0.125), Leg(0.0), Leg(), Leg(0.0, task=0.125))
    assert len(pool.asked[1][1]) == 4


class Starting:
    """In the place of an `XrayPool`: its creation takes a second for each worker, which is ready some time later."""

    made: ClassVar[list] = []

    def __init__(self, processes, context):
        self.processes, self.context, self.log = processes, context, []
        Starting.made.append(self)
        self.live = SimpleNamespace(began=100.0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.append("ended")

    @property
    def run(self):
        spans = [
            span(n, worker=n % self.processes, scale=4.0 if n < self.processes else 1.0)
            for n in range(4 * self.processes)
        ]
        spans = [
            one._replace(arrived=one.arrived + 30 * n, received=one.received + 30 * n) for n, one in enumerate(spans)
        ]
        workers = tuple(Worker(n, 100.0 + ready) for n, ready in enumerate((6.0, 8.0, 13.0)))
        return Run(tuple(spans), workers, self.processes, "spawn", 100.0, 200.0)

    def reset(self):
        self.log.append("reset")

    def map(self, function, items, chunksize):
        self.log.append((function, items, chunksize))


@pytest.fixture
def starting(monkeypatch):
    Starting.made.clear()
    monkeypatch.setattr(calibration, "XrayPool", Starting)
    monkeypatch.setattr(calibration, "warm_up", lambda pool, processes: pool.log.append(("warm", processes)))
    monkeypatch.setattr(calibration, "usable_cpus", lambda: 3)
    monkeypatch.setattr(calibration, "time", SimpleNamespace(perf_counter=lambda: 103.0))


def test_the_seconds_of_a_start_are_those_of_each_fork_and_of_a_typical_boot_with_its_imports(starting):
    """By hand: 3 s for 3 forks; ready after 8 s in the middle, less half of the forks' 3 s; the first unpickling takes
    16 s and later ones 4 s, so 12 s are imports."""
    assert measure_start("spawn", "task") == (1.0, 8.0 - 1.5 + 12.0)
    (pool,) = Starting.made
    assert (pool.processes, pool.context.get_start_method()) == (3, "spawn")
    assert pool.log == [("warm", 3), "reset", (id, ["task"] * 12, 1), "ended"]


def test_a_boot_is_never_shorter_than_nothing(starting, monkeypatch):
    monkeypatch.setattr(calibration, "time", SimpleNamespace(perf_counter=lambda: 200.0))
    assert measure_start("spawn", processes=2) == (50.0, 12.0)
    assert Starting.made[0].log[0] == ("warm", 2)
