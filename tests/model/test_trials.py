"""What a few small pools take over their simulation becomes the spread of the part that is to blame."""

import multiprocessing
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from helpers import tasks
from helpers.machine import start_methods
from helpers.model import trials
from helpers.model.costs import Costs, Leg
from helpers.model.sample import Sample
from helpers.model.spread import Spread, factors_of
from helpers.model.trials import LEAST_FACTOR, MOST_TASKS, POOLS, _blame, _enough, _excess, measure_spread

FREE = Costs(0.0, 0.0, *[Leg()] * 4)


def sample_of(seconds: list[float], costs: Costs = FREE, **keywords) -> Sample:
    empty = np.zeros(len(seconds))
    return Sample(np.array(seconds), empty, empty, len(seconds), 1.0, costs, **keywords)


def blame(cold: float, coarse: float, fine: float, costs: Costs) -> Spread:
    """The spread of a pool of two whose runs of ten tasks of a second take so many times as long as simulated."""
    sample = sample_of([1.0] * 10, costs)
    cold_run = sample.simulate(2, chunksize=5, cpus=4)
    return _blame(
        [cold] * 3, cold_run, [coarse] * 6, [fine] * 6, sample.simulate(2, chunksize=1, cpus=4, warm=True), Spread()
    )


class FakePool:
    """Notes the chunk sizes of its maps, and takes no time."""

    def __init__(self) -> None:
        self.maps: list[tuple[int, int]] = []

    def map(self, function, items, chunksize):
        self.maps.append((len(items), chunksize))

    @contextmanager
    def start(self):
        yield self


@pytest.mark.parametrize("method", start_methods())
def test_real_pools_are_started_and_nothing_is_known_exactly(method):
    open_pool = partial(multiprocessing.get_context(method).Pool, 2)
    spread = measure_spread(open_pool, tasks.nap, [0.01] * 4, sample_of([0.01] * 4), 2, 0.2)
    assert spread.work[0] < spread.work[1]
    assert all(low <= 1 <= high for low, high in (spread.work, spread.messages, spread.start))


def test_each_pool_runs_cold_once_and_then_in_large_and_small_chunks():
    pool = FakePool()
    measure_spread(pool.start, tasks.identity, [1] * 100, sample_of([0.01] * 100), 2, 10.0)
    count, coarse = pool.maps[0]
    assert coarse == -(-count // 2) > 1
    assert pool.maps == [(count, coarse), (count, coarse), (count, 1)] * POOLS


def test_no_pool_runs_longer_than_what_is_to_be_predicted():
    """By hand: two workers take 0.04 s for eight tasks of 0.01 s; a budget of 9 s has room for runs of 1 s."""
    pool = FakePool()
    measure_spread(pool.start, tasks.identity, [1] * 100, sample_of([0.01] * 100), 2, 9.0, longest=0.0401)
    assert {count for count, _ in pool.maps} == {8}


def test_where_each_worker_has_one_task_there_is_one_chunk_size():
    pool = FakePool()
    measure_spread(pool.start, tasks.identity, [1], sample_of([5.0]), 3, 1.0)
    assert set(pool.maps) == {(3, 1)}


def test_tasks_that_take_longer_than_the_budget_run_once():
    pool = FakePool()
    measure_spread(pool.start, tasks.identity, [1], sample_of([5.0]), 2, 0.0)
    assert pool.maps == [(2, 1)]


def test_as_many_tasks_are_tried_as_there_is_time_for():
    assert len(_enough(sample_of([0.1] * 50), 2, 1.01)) == 20
    assert _enough(sample_of([0.1] * 3), 2, 0.35) == [0, 1, 2, 0, 1]
    assert _enough(sample_of([9.0] * 3), 2, 0.1) == [0, 1]
    assert len(_enough(sample_of([0.0]), 2, 1.0)) == MOST_TASKS


def test_large_chunks_show_how_well_the_work_is_known_and_the_others_are_no_better():
    spread = blame(1.5, 1.5, 1.5, Costs(0.5, 0.5, Leg(0.5), Leg(), Leg(), Leg()))
    assert spread.work == factors_of([1.5] * 6)
    assert spread.messages == spread.work
    assert spread.start[1] >= spread.work[1]


def test_what_single_tasks_take_beyond_the_work_is_blamed_on_the_messages():
    """By hand: ten messages of 0.5 s and ten seconds of work of two workers."""
    sends = Costs(0.0, 0.0, Leg(0.5), Leg(), Leg(), Leg())
    spread = blame(1.0, 1.0, 1.3, sends)
    fine = sample_of([1.0] * 10, sends).simulate(2, chunksize=1, cpus=4, warm=True)
    low, high = spread.interval(fine, 10, 10)
    assert spread.work == factors_of([1.0] * 6)
    assert spread.messages[1] > spread.work[1]
    assert low <= 1.3 * fine.seconds <= high * 1.05


def test_what_a_cold_run_takes_beyond_the_work_is_blamed_on_the_start():
    spread = blame(1.4, 1.0, 1.0, Costs(1.0, 1.0, *[Leg()] * 4))
    assert spread.start[1] > 1.4
    assert spread.messages == spread.work


def test_a_part_without_a_share_of_the_run_is_not_blamed_without_limit():
    spread = blame(1.0, 1.0, 3.0, FREE)
    assert spread.messages[1] < 4 * 3
    assert blame(1.0, 1.0, 0.01, FREE).messages[0] == LEAST_FACTOR


def test_without_time_for_warm_runs_all_is_as_unsure_as_the_cold_one():
    run = sample_of([1.0]).simulate(1, cpus=2)
    spread = _blame([1.2], run, [], [], run, Spread(scatter=0.3))
    assert spread.work == spread.messages == factors_of([1.2])
    assert spread.scatter == 0.3


def test_a_slower_machine_is_seen():
    """Naps that are said to take half of what they take."""
    open_pool = partial(multiprocessing.get_context(start_methods()[0]).Pool, 1)
    spread = measure_spread(open_pool, tasks.nap, [0.05], sample_of([0.025]), 1, 0.2)
    assert spread.work[1] > 2


class SlowPool(FakePool):
    """Its first map takes the seconds called cold, and each later one those of its chunk size: the clock moves on."""

    def __init__(self, clock: list[float], cold: float, warm: dict[int, float]) -> None:
        super().__init__()
        self.clock, self.cold, self.warm, self.first = clock, cold, warm, True

    def map(self, function, items, chunksize):
        super().map(function, items, chunksize)
        self.clock[0] += self.cold if self.first else self.warm[chunksize]
        self.first = False

    @contextmanager
    def start(self):
        self.first = True
        yield self


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(trials.time, "perf_counter", lambda: now[0])
    return now


BOOT = Costs(0.0, 1.0, *[Leg()] * 4)


def tried(pool: FakePool, budget: float) -> Spread:
    """By hand: eight tasks of 0.01 s on two workers take 0.04 s, and 1.04 s with a boot of a second."""
    sample = sample_of([0.01] * 100, BOOT, spread=Spread(scatter=0.25))
    return measure_spread(pool.start, tasks.identity, [1] * 100, sample, 2, budget, longest=0.0401)


def test_the_spread_is_that_of_the_measured_seconds_over_the_simulated_ones(clock):
    spread = tried(SlowPool(clock, 2.08, {4: 0.06, 1: 0.12}), 100.0)
    sample = sample_of([0.01] * 8, BOOT)
    cold, fine = sample.simulate(2, chunksize=4, cpus=2), sample.simulate(2, chunksize=1, cpus=2, warm=True)
    expected = _blame([2.0] * 3, cold, [1.5] * 3, [3.0] * 3, fine, Spread(scatter=0.25))
    for part in ("work", "messages", "start"):
        assert getattr(spread, part) == pytest.approx(getattr(expected, part))
    assert spread.scatter == 0.25


@pytest.mark.parametrize(("budget", "pools"), [(100.0, 3), (4.6, 3), (4.5, 2), (2.2, 1)])
def test_no_pool_is_started_after_the_budget(budget, pools, clock):
    """Each takes 2.26 s."""
    pool = SlowPool(clock, 2.08, {4: 0.06, 1: 0.12})
    tried(pool, budget)
    assert pool.maps == [(8, 4), (8, 4), (8, 1)] * pools


def test_a_pool_that_took_the_whole_budget_does_not_run_again(clock):
    pool = SlowPool(clock, 2.0, {})
    tried(pool, 2.0)
    assert pool.maps == [(8, 4)]


def test_the_budget_is_for_all_runs_of_all_pools():
    """By hand: of 1.8 s, each of nine runs gets 0.2 s, or two workers 40 tasks of 0.01 s."""
    pool = FakePool()
    measure_spread(pool.start, tasks.identity, [1] * 100, sample_of([0.01] * 100), 2, 1.8001)
    assert {count for count, _ in pool.maps} == {40}


def test_how_long_tasks_take_is_found_from_the_first_ten_for_each_worker_without_a_start():
    assert len(_enough(sample_of([0.1] * 20 + [9.0] * 30, BOOT), 2, 1.01)) == 20


@pytest.mark.parametrize(("share", "blamed"), [(0.5, 2.0), (0.25, 4.0), (0.1, 4.0), (0.0, 4.0), (1.0, 1.0)])
def test_a_part_is_blamed_for_what_the_whole_is_off_over_its_share(share, blamed):
    """By hand: the work is known within (0.9, 1.1), and the whole within (0.8, 1.3)."""
    low, high = _excess((0.8, 1.3), (0.9, 1.1), share)
    assert (low, high) == (pytest.approx(0.9 - blamed * 0.1), pytest.approx(1.1 + blamed * 0.2))
    assert _excess((0.95, 1.05), (0.9, 1.1), share) == (0.9, 1.1)  # it is no surer than the work
