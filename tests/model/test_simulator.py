"""The simulated pool: what holds for every input, and a few runs that can be worked out by hand."""

import itertools
from dataclasses import replace
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.model.costs import Costs, Leg
from helpers.model.simulator import _Pool, default_chunksize, simulate
from helpers.spans import PIPE, Run, breakdown
from helpers.timeline import timeline

FREE = Costs(0.0, 0.0, *[Leg()] * 4)
SECONDS = st.floats(0, 10, allow_subnormal=False)
COST = st.floats(0, 0.01, allow_subnormal=False)
BYTE = st.floats(0, 1e-8, allow_subnormal=False)
COSTS = st.builds(Costs, COST, COST, *[st.builds(Leg, COST, BYTE, COST)] * 4)
POOLS = st.fixed_dictionaries(
    {
        "durations": st.lists(SECONDS, min_size=1, max_size=40),
        "processes": st.integers(1, 9),
        "cpus": st.integers(1, 9),
        "chunksize": st.none() | st.integers(1, 12),
        "bytes_in": st.integers(0, 3 * PIPE),
        "bytes_out": st.integers(0, 3 * PIPE),
        "costs": COSTS,
        "warm": st.booleans(),
    }
)
every_pool = given(POOLS)
TINY = 1e-9


def run_of(pool: dict) -> Run:
    return simulate(**pool)


def moments(span) -> list[float]:
    names = ("submitted", "packed", "sent", "arrived", "received", "started", "finished", "returned", "replied")
    return [getattr(span, name) for name in (*names, "landed", "delivered")]


@every_pool
def test_there_is_one_span_for_each_chunk_with_the_work_of_all_its_tasks(pool):
    tasks = len(pool["durations"])
    size = pool["chunksize"] or default_chunksize(tasks, pool["processes"])
    spans = run_of(pool).spans
    assert [span.task for span in spans] == list(range(-(-tasks // size)))
    for span, first in zip(spans, range(0, tasks, size), strict=True):
        assert span.cpu == pytest.approx(sum(pool["durations"][first : first + size]))
        assert span.bytes_in == pool["bytes_in"] * min(size, tasks - first)


@every_pool
def test_no_worker_does_two_things_at_once(pool):
    by_worker = {}
    for span in run_of(pool).spans:
        by_worker.setdefault(span.worker, []).append((span.started, span.finished))
    for times in by_worker.values():
        assert all(end <= begin + TINY for (_, end), (begin, _) in pairwise(sorted(times)))


@every_pool
def test_the_parent_pickles_one_message_after_another_and_workers_take_them_in_that_order(pool):
    spans = run_of(pool).spans
    assert all(before.sent <= after.packed + TINY for before, after in pairwise(spans))
    assert all(before.arrived <= after.arrived + TINY for before, after in pairwise(spans))


@every_pool
def test_it_is_never_faster_than_the_work_over_the_processes_or_the_longest_task(pool):
    work, run = sum(pool["durations"]), run_of(pool)
    assert run.seconds >= work / min(pool["processes"], pool["cpus"]) - 1e-6
    assert run.seconds >= max(pool["durations"]) - 1e-6


@every_pool
def test_one_worker_is_the_serial_time_plus_its_overheads(pool):
    pool = pool | {"processes": 1, "cpus": max(2, pool["cpus"]), "warm": True}
    serial, run, costs = sum(pool["durations"]), run_of(pool), pool["costs"]
    sending = sum(leg.seconds(1, pool["bytes_in"]) for leg in (costs.send, costs.receive))
    returning = sum(leg.seconds(1, pool["bytes_out"]) for leg in (costs.reply, costs.collect))
    overheads = len(pool["durations"]) * (sending + returning)
    assert serial - 1e-6 <= run.seconds <= serial + overheads + 1e-6


@every_pool
def test_the_moments_of_a_chunk_are_in_order_and_within_the_run(pool):
    run = run_of(pool)
    for span in run.spans:
        times = moments(span)
        assert all(before <= after + TINY for before, after in pairwise(times))
        assert run.began <= times[0]
        assert times[-1] <= run.ended + TINY


@every_pool
def test_the_workers_never_do_more_than_their_time_allows(pool):
    """Idle is what is left, so it would be negative."""
    parts = breakdown(run_of(pool))
    assert all(seconds >= -1e-6 for _, seconds in parts.items())


@every_pool
def test_the_same_input_gives_the_same_run(pool):
    assert run_of(pool) == run_of(pool)


@every_pool
def test_more_cpus_than_workers_and_parent_change_nothing(pool):
    enough = pool["processes"] + 2
    assert run_of(pool | {"cpus": enough}) == run_of(pool | {"cpus": enough + 5})


@given(POOLS, st.integers(1, 5))
def test_more_cpus_never_make_a_run_slower(pool, more):
    assert run_of(pool | {"cpus": pool["cpus"] + more}).seconds <= run_of(pool).seconds + 1e-6


@every_pool
def test_a_cold_pool_sends_nothing_before_its_last_worker_has_been_forked(pool):
    """Lib/multiprocessing/pool.py: `Pool.__init__` starts all workers, and only after that can `map` be called."""
    forked = []

    def note(simulated, worker):
        forked.append(simulated.cpus.now)
        original(simulated, worker)

    original = _Pool._forked
    with mock.patch.object(_Pool, "_forked", note):
        run = run_of(pool | {"warm": False})
    assert len(forked) == pool["processes"]
    assert max(forked) <= min(span.packed for span in run.spans)
    assert pool["processes"] * pool["costs"].fork <= run.spans[0].packed + TINY


@every_pool
def test_a_cold_pool_never_beats_a_warm_one_whose_messages_are_free(pool):
    free = Leg()
    pool = pool | {"costs": replace(pool["costs"], send=free, receive=free, reply=free, collect=free), "bytes_out": 0}
    cold, warm = (run_of(pool | {"bytes_in": 0, "warm": warm}).seconds for warm in (False, True))
    assert cold >= warm - 1e-6


@every_pool
def test_a_cold_pool_gains_at_most_one_round_trip_by_another_order_of_its_messages(pool):
    """The parent of a warm pool may collect before it has sent everything, so its last chunk can start later."""
    size = pool["chunksize"] or default_chunksize(len(pool["durations"]), pool["processes"])
    costs, bytes_in, bytes_out = pool["costs"], size * pool["bytes_in"], size * pool["bytes_out"]
    sending = sum(leg.seconds(size, bytes_in) for leg in (costs.send, costs.receive))
    returning = sum(leg.seconds(size, bytes_out) for leg in (costs.reply, costs.collect))
    cold, warm = (run_of(pool | {"warm": warm}).seconds for warm in (False, True))
    assert cold >= warm - (size * max(pool["durations"]) + sending + returning) - 1e-6


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 70))
def test_the_default_chunk_size_is_the_one_of_cpython(tasks, processes):
    """Lib/multiprocessing/pool.py, _map_async: a quarter of a worker's share, one more if something is left."""
    whole, left = divmod(tasks, processes * 4)
    assert default_chunksize(tasks, processes) == max(1, whole + bool(left))


def test_five_equal_tasks_take_two_workers_three_rounds():
    assert simulate([1.0] * 5, processes=2, cpus=2, chunksize=1, costs=FREE).seconds == 3.0


def test_workers_beyond_the_cpus_share_them():
    run = simulate([1.0] * 4, processes=4, cpus=2, chunksize=1, costs=FREE)
    assert [span.finished for span in run.spans] == [2.0] * 4
    assert breakdown(run).computing == breakdown(run).waiting_for_cpu == 4.0


def test_a_long_task_at_the_end_is_waited_for():
    late = simulate([1.0, 1.0, 1.0, 1.0, 4.0], processes=2, cpus=2, chunksize=1, costs=FREE)
    early = simulate([4.0, 1.0, 1.0, 1.0, 1.0], processes=2, cpus=2, chunksize=1, costs=FREE)
    assert (late.seconds, early.seconds) == (6.0, 4.0)


def test_a_chunk_goes_to_one_worker_as_a_whole():
    run = simulate([1.0] * 4, processes=2, cpus=2, chunksize=3, costs=FREE)
    assert [(span.worker, span.cpu) for span in run.spans] == [(1, 3.0), (2, 1.0)]
    assert run.seconds == 3.0


def test_workers_are_forked_one_after_another():
    run = simulate([1.0, 1.0], processes=2, cpus=4, chunksize=1, costs=replace(FREE, fork=0.5, boot=1.0))
    assert [worker.ready for worker in run.workers] == [1.5, 2.0]


def test_a_cold_pool_of_many_workers_waits_for_all_of_them_to_be_forked():
    """By hand: 64 forks of 10 ms are 0.64 s before the first of 16 tasks of a second begins; 16 forks are 0.16 s."""
    costs = replace(FREE, fork=0.01)
    seconds = [simulate([1.0] * 16, processes=p, cpus=64, chunksize=1, costs=costs).seconds for p in (16, 64)]
    assert seconds == [pytest.approx(1.16), pytest.approx(1.64)]


def test_small_messages_wait_in_the_pipe_and_large_ones_in_the_parent():
    costs = replace(FREE, send=Leg(0.1))
    small = simulate([1.0] * 4, processes=1, cpus=2, chunksize=1, costs=costs, bytes_in=10, warm=True)
    large = simulate([1.0] * 4, processes=1, cpus=2, chunksize=1, costs=costs, bytes_in=PIPE + 1, warm=True)
    assert [round(span.packed, 6) for span in small.spans] == [0.0, 0.1, 0.2, 0.3]
    assert [round(span.packed, 6) for span in large.spans] == [0.0, 0.1, 1.1, 2.1]


def test_a_worker_with_a_large_reply_waits_until_the_parent_has_read_it():
    costs = replace(FREE, collect=Leg(byte=1e-6))
    small, large = (
        simulate([0.0, 0.0], processes=1, cpus=2, chunksize=1, costs=costs, bytes_out=size, warm=True)
        for size in (PIPE, PIPE + 1)
    )
    assert small.spans[1].started == 0.0
    assert large.spans[1].started == large.spans[0].delivered > 0.0


def test_a_simulated_run_is_drawn_like_a_measured_one():
    run = simulate([1.0] * 4, processes=2, cpus=2, costs=FREE)
    assert "4 tasks on 2 workers, simulated: 2.00 s" in timeline(run).svg


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "1", None, True])
def test_a_duration_that_is_not_a_time_is_refused_with_its_index(bad):
    with pytest.raises(ValueError, match="the duration of task 1 must be a number of 0 or more, not"):
        simulate([1.0, bad], processes=1, cpus=1)


@pytest.mark.parametrize("name", ["processes", "cpus", "chunksize"])
@pytest.mark.parametrize("bad", [0, -1, 2.5])
def test_an_impossible_number_is_refused_with_its_name(name, bad):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of 1 or more, not {bad}"):
        simulate([1.0], **({"processes": 1, "cpus": 1} | {name: bad}))


def test_no_tasks_and_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="there are no tasks to simulate"):
        simulate([], processes=1, cpus=1)
    with pytest.raises(ValueError, match="bytes_in has 3 sizes for 2 tasks"):
        simulate([1.0, 1.0], processes=1, cpus=1, bytes_in=[1, 2, 3])


@pytest.mark.parametrize("bad", [-1, float("nan")])
def test_a_function_of_no_possible_size_is_refused(bad):
    with pytest.raises(ValueError, match="function_bytes"):
        simulate([1.0], processes=1, cpus=1, function_bytes=bad)


def test_more_processes_than_a_pool_could_have_are_refused_at_once():
    with pytest.raises(ValueError, match="at most 4,096 processes, not 1,000,000,000"):
        simulate([1.0], processes=10**9, cpus=1)
    assert simulate([1.0], processes=4096, cpus=1, costs=FREE).processes == 4096


def test_every_step_can_end_the_simulation():
    steps = itertools.count(1)

    def stop() -> None:
        if next(steps) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate([1.0] * 100, processes=2, cpus=2, chunksize=1, costs=FREE, on_step=stop)
    assert next(steps) == 4
