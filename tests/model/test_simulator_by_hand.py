"""Simulated runs that are worked out moment by moment, and what physics says of every run."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import tasks
from helpers.model.costs import Costs, Leg
from helpers.model.simulator import default_chunksize, simulate
from helpers.spans import PIPE, Run, breakdown, segments
from helpers.xray import XrayPool

FREE = Costs(0.0, 0.0, *[Leg()] * 4)

# Powers of two, so that every sum below is exact, and no two sums are alike.
COSTS = Costs(
    fork=1.0,
    boot=2.0,
    send=Leg(message=4.0, byte=0.5, task=8.0),
    receive=Leg(message=16.0, byte=1.0, task=32.0),
    reply=Leg(message=64.0, byte=2.0, task=128.0),
    collect=Leg(message=256.0, byte=4.0, task=512.0),
)


def only_span(**keywords):
    (span,) = simulate([1000.0, 3000.0], processes=1, cpus=2, chunksize=2, costs=COSTS, **keywords).spans
    return span


def test_every_moment_of_a_chunk_in_a_warm_pool_is_the_one_worked_out_by_hand():
    """Two tasks with 2 + 4 bytes of arguments and 3 + 7 bytes of results; two CPUs, so that nothing waits for one."""
    span = only_span(bytes_in=[2, 4], bytes_out=[3, 7], warm=True)
    send = 4.0 + 2 * 8.0 + 6 * 0.5
    receive = 16.0 + 2 * 32.0 + 6 * 1.0
    reply = 64.0 + 2 * 128.0 + 10 * 2.0
    collect = 256.0 + 2 * 512.0 + 10 * 4.0
    assert (span.submitted, span.packed, span.sent) == (0.0, 0.0, send)
    assert (span.arrived, span.received, span.started) == (send, send + receive, send + receive)
    assert (span.finished, span.returned) == (send + receive + 4000.0,) * 2
    assert span.replied == span.landed == span.finished + reply
    assert span.delivered == span.replied + collect
    assert (span.cpu, span.bytes_in, span.bytes_out, span.outcome) == (4000.0, 6, 10, "ok")
    assert (span.task, span.worker) == (0, 1)


def test_a_cold_pool_forks_and_boots_its_worker_before():
    span, warm = only_span(), only_span(warm=True)
    assert span.packed == 1.0  # as soon as the worker has been forked; it boots meanwhile
    assert span.delivered == warm.delivered + 1.0
    run = simulate([1.0], processes=1, cpus=2, costs=COSTS)
    assert [tuple(worker) for worker in run.workers] == [(1, 3.0)]
    assert (run.processes, run.start_method, run.began) == (1, "simulated", 0.0)
    assert run.ended == max(span.delivered for span in run.spans)


def test_one_number_of_bytes_is_the_size_of_every_task():
    assert only_span(bytes_in=5, bytes_out=6) == only_span(bytes_in=[5, 5], bytes_out=[6, 6])


def test_the_bytes_of_the_function_are_a_part_of_each_message():
    assert only_span(bytes_in=[2, 4], function_bytes=100) == only_span(bytes_in=[2, 104])
    run = simulate([1.0] * 5, processes=2, cpus=2, chunksize=2, costs=COSTS, bytes_in=1, function_bytes=100)
    assert [span.bytes_in for span in run.spans] == [102, 102, 101]


def test_a_worker_takes_its_time_when_it_shares_a_cpu():
    """By hand: two jobs on one CPU, each of 16 s of unpickling, 64 s of work and 16 s of pickling, take double."""
    costs = Costs(0.0, 0.0, Leg(), Leg(16.0), Leg(16.0), Leg())
    spans = simulate([64.0, 64.0], processes=2, cpus=1, chunksize=1, costs=costs, warm=True).spans
    for span in spans:
        assert (span.arrived, span.started, span.finished, span.replied) == (0.0, 32.0, 160.0, 192.0)
        assert (span.computing, span.waiting_for_cpu) == (64.0, 64.0)


def test_the_parent_collects_before_it_sends_because_a_worker_may_wait_for_it():
    costs = Costs(0.0, 0.0, Leg(4.0), Leg(), Leg(), Leg(1.0))
    first, second, third = simulate([2.0] * 3, processes=1, cpus=2, chunksize=1, costs=costs, warm=True).spans
    assert (first.sent, first.replied, second.packed, second.sent) == (4.0, 6.0, 4.0, 8.0)
    assert (first.landed, first.delivered, third.packed) == (8.0, 9.0, 9.0)


def test_results_are_collected_in_the_order_in_which_they_were_sent():
    costs = Costs(0.0, 0.0, Leg(), Leg(), Leg(), Leg(1.0))
    run = simulate([3.0, 1.0, 2.0], processes=3, cpus=8, chunksize=1, costs=costs, warm=True)
    assert [span.delivered for span in run.spans] == [4.0, 2.0, 3.0]
    run = simulate([1.0] * 4, processes=4, cpus=8, chunksize=1, costs=costs, warm=True)
    assert [span.delivered for span in run.spans] == [2.0, 3.0, 4.0, 5.0]


def test_a_worker_with_a_small_reply_takes_its_next_chunk_whatever_the_size_of_the_arguments():
    costs = Costs(0.0, 0.0, Leg(), Leg(), Leg(), Leg(10.0))
    run = simulate([1.0, 1.0], processes=1, cpus=2, chunksize=1, costs=costs, bytes_in=2 * PIPE, warm=True)
    assert [span.started for span in run.spans] == [0.0, 1.0]


def test_the_workers_of_a_run_are_those_that_had_a_task_in_the_order_in_which_they_were_ready():
    run = simulate([1.0], processes=3, cpus=4, costs=FREE, warm=True)
    assert [worker.pid for worker in run.workers] == [1]
    run = simulate([1.0] * 3, processes=3, cpus=8, chunksize=1, costs=Costs(fork=1.0, boot=0.5))
    assert [(worker.pid, worker.ready) for worker in run.workers] == [(1, 1.5), (2, 2.5), (3, 3.5)]


@pytest.mark.parametrize(
    "tasks, processes, size", [(1, 1, 1), (4, 1, 1), (5, 1, 2), (80, 2, 10), (81, 2, 11), (0, 3, 1)]
)
def test_the_default_chunk_size_is_a_quarter_of_a_workers_share_rounded_up(tasks, processes, size):
    assert default_chunksize(tasks, processes) == size


def test_without_a_chunk_size_the_tasks_are_cut_as_pool_map_cuts_them():
    assert [span.cpu for span in simulate([1.0] * 9, processes=1, cpus=1, costs=FREE).spans] == [3.0, 3.0, 3.0]


def test_without_costs_those_of_a_common_machine_are_taken():
    assert simulate([1.0], processes=1, cpus=1) == simulate([1.0], processes=1, cpus=1, costs=Costs())
    assert simulate([1.0], processes=1, cpus=1) != simulate([1.0], processes=1, cpus=1, costs=FREE)


@pytest.mark.parametrize("name", ["bytes_in", "bytes_out"])
def test_a_bad_size_is_refused_with_its_name_and_its_task(name):
    with pytest.raises(ValueError, match=f"{name} of task 1 must be a number of 0 or more, not -1"):
        simulate([1.0, 1.0], processes=1, cpus=1, **{name: [0, -1]})


def test_the_most_processes_are_those_that_are_named():
    with pytest.raises(ValueError, match="at most 4,096 processes, not 4,097"):
        simulate([1.0], processes=4097, cpus=1)


# What holds for every input

SECONDS = st.integers(0, 64).map(lambda number: number / 8)
COST = st.integers(0, 8).map(lambda number: number / 64)
EVERY_COST = st.builds(Costs, COST, COST, *[st.builds(Leg, COST, st.just(0.0), COST)] * 4)


@given(st.integers(1, 9), st.integers(1, 6), st.integers(1, 5), st.integers(1, 64), st.booleans())
def test_without_costs_equal_chunks_take_the_work_over_the_workers(processes, rounds, size, second, warm):
    durations = [second / 8] * (processes * rounds * size)
    run = simulate(durations, processes=processes, cpus=processes + 1, chunksize=size, costs=FREE, warm=warm)
    assert run.seconds == pytest.approx(sum(durations) / processes)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.integers(1, 64))
def test_without_costs_equal_chunks_take_the_work_over_the_cpus_when_these_are_fewer(processes, cpus, rounds, second):
    durations = [second / 8] * (processes * rounds)
    run = simulate(durations, processes=processes, cpus=cpus, chunksize=1, costs=FREE, warm=True)
    assert run.seconds == pytest.approx(sum(durations) / min(processes, cpus))


@given(st.lists(SECONDS, min_size=1, max_size=20), st.integers(1, 6), st.integers(1, 6), EVERY_COST, st.booleans())
def test_the_first_message_never_leaves_before_the_last_worker_was_forked(durations, processes, cpus, costs, warm):
    run = simulate(durations, processes=processes, cpus=cpus, chunksize=1, costs=costs, warm=warm)
    forked = 0.0 if warm else processes * costs.fork
    assert min(span.packed for span in run.spans) >= forked - 1e-9
    assert all(worker.ready >= forked / processes + costs.boot - 1e-9 for worker in run.workers if not warm)


@given(st.lists(SECONDS, min_size=1, max_size=20), st.integers(1, 6), st.integers(1, 6), EVERY_COST, st.booleans())
def test_what_the_workers_spend_is_what_no_gap_between_their_segments_leaves(durations, processes, cpus, costs, warm):
    """Idle is the rest in `breakdown`; here it is counted gap by gap."""
    run = simulate(durations, processes=processes, cpus=cpus, chunksize=1, costs=costs, warm=warm)
    parts = breakdown(run)
    idle = (run.processes - len(run.workers)) * run.seconds
    for row in range(1, len(run.workers) + 1):
        free = run.began
        for segment in [segment for segment in segments(run) if segment.row == row]:
            assert segment.begin >= free - 1e-9
            idle += segment.begin - free
            free = segment.end
        idle += run.ended - free
    assert parts.idle == pytest.approx(idle, abs=1e-9)
    assert parts.computing == pytest.approx(sum(durations))


def order_of_moments(run: Run) -> bool:
    names = ("submitted", "packed", "sent", "arrived", "received", "started")
    names += ("finished", "returned", "replied", "landed", "delivered")
    for span in run.spans:
        moments = [run.began, *(getattr(span, name) for name in names), run.ended]
        if any(later < earlier - 1e-9 for earlier, later in pairwise(moments)):
            return False
    return True


def test_simulated_and_measured_runs_obey_the_same_order_of_moments():
    with XrayPool(2) as pool:
        pool.map(tasks.draw, [2000] * 20, chunksize=1)
        assert order_of_moments(pool.run)
    assert order_of_moments(simulate([0.01] * 20, processes=2, cpus=2, chunksize=1))
    swapped = simulate([0.01], processes=1, cpus=2)
    (span,) = swapped.spans
    assert not order_of_moments(swapped._replace(spans=(span._replace(sent=span.packed - 1.0),)))


@given(st.lists(SECONDS, min_size=1, max_size=20), st.integers(1, 6), st.integers(1, 6), EVERY_COST, st.booleans())
def test_another_cpu_never_makes_a_run_slower(durations, processes, cpus, costs, warm):
    fewer, more = (
        simulate(durations, processes=processes, cpus=number, chunksize=1, costs=costs, warm=warm).seconds
        for number in (cpus, cpus + 1)
    )
    assert more <= fewer + 1e-9
