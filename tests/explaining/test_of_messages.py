"""What is wrong with the messages of simulated runs: when a cause is named, with which figures, and when it is not."""

import re

import pytest

from benchmarks.explaining import split
from helpers.explaining.cause import Cause
from helpers.explaining.facts import Facts
from helpers.explaining.of_messages import causes_of_messages
from helpers.explaining.replay import Replay
from helpers.model import Costs, Leg, simulate
from helpers.spans import Run

SMALL, CHUNKS, LARGE_IN = "too many small messages", "too few chunks", "large arguments"
SAME, LISTS_IN, LISTS_OUT = (
    "the same large object sent again and again",
    "lists sent where arrays would do",
    "lists returned where arrays would do",
)
LARGE_OUT, FEWER, ONE, LATE = "large results", "fewer tasks than workers", "one long task", "a long task came late"

LEG = Leg(1e-4)
COSTS = Costs(fork=1e-3, boot=5e-3, send=LEG, receive=LEG, reply=LEG, collect=LEG)
"""A message costs the program and a worker 0.4 ms together."""


def a_run(**changes) -> Run:
    """400 tasks of 0.5 ms, one in a message, on 4 workers that are ready, and 8 CPUs."""
    given = {"durations": [5e-4] * 400, "processes": 4, "cpus": 8, "chunksize": 1, "costs": COSTS, "warm": True}
    return simulate(**given | changes)


def causes(run: Run, cpus: int = 8) -> dict[str, Cause]:
    facts = Facts(run, cpus)
    return {cause.name: cause for cause in causes_of_messages(facts, Replay(facts))}


def chunksize(cause: Cause) -> int:
    return int(re.search(r"chunksize=(\d+)", cause.remedy)[1])


def test_many_small_messages_are_named_with_what_each_costs_and_their_better_size():
    found = causes(a_run())[SMALL]
    assert found.evidence == (
        "the 400 tasks went in 400 messages; a message costs the program and a worker 400 µs together, and a task "
        "computes for 500 µs"
    )
    assert found.expected == pytest.approx(a_run(chunksize=chunksize(found)).seconds, rel=0.05)
    assert found.expected < 0.9 * a_run().seconds


def test_no_better_size_is_nearer_to_the_one_that_was_taken():
    taken = chunksize(causes(a_run())[SMALL])
    best = min(a_run(chunksize=size).seconds for size in range(1, 101))
    assert a_run(chunksize=taken).seconds < 1.08 * best
    assert a_run(chunksize=max(1, round(taken / 2))).seconds > 1.02 * best
    assert taken <= 100  # as many tasks as each worker has


@pytest.mark.parametrize(("seconds", "named"), [(1.7e-3, True), (2.6e-3, False)])
def test_messages_are_small_where_their_tasks_compute_for_less_than_five_times_what_they_cost(seconds, named):
    assert (SMALL in causes(a_run(durations=[seconds] * 400, processes=8))) is named


@pytest.mark.parametrize(("idle", "named"), [(0.1, True), (20.0, False)])
def test_messages_that_cost_a_small_part_of_what_was_lost_are_not_named(idle, named):
    run = a_run()
    facts = Facts(run, 8)
    facts.spent = facts.spent._replace(idle=idle)
    found = [cause.name for cause in causes_of_messages(facts, Replay(facts))]
    assert (SMALL in found) is named


@pytest.mark.parametrize(("alike", "named"), [(True, True), (False, False)])
def test_large_messages_are_called_too_many_only_where_the_simulation_is_like_the_run(alike, named, monkeypatch):
    monkeypatch.setattr(Replay, "is_like", property(lambda _: alike))
    heavy = Costs(send=Leg(1e-3, 1e-10), receive=LEG, reply=LEG, collect=LEG)
    assert (SMALL in causes(a_run(bytes_in=200_000, costs=heavy))) is named


def test_few_large_chunks_are_told_how_much_finer_to_cut():
    run = split(a_run(durations=[1e-2] * 90 + [1e-1] * 10, chunksize=25), 100)
    found = causes(run._replace(processes=4))[CHUNKS]
    assert found.evidence == "the 100 tasks went in 4 messages only, and workers were idle while others computed"
    assert 1 <= chunksize(found) < 25


def test_tasks_for_which_the_program_was_waited_for_are_not_cut_otherwise():
    run = a_run()
    facts = Facts(run, 8)
    facts.starved = 0.6 * facts.spent.whole
    assert {cause.name for cause in causes_of_messages(facts, Replay(facts))} == set()


@pytest.mark.parametrize(("starved", "named"), [(0.1, True), (0.3, False)])
def test_fewer_tasks_than_workers_are_told_into_how_many_to_cut_them(starved, named):
    run = a_run(durations=[1.0] * 2, processes=6, cpus=4)
    facts = Facts(run, 4)
    facts.starved = starved * facts.spent.whole
    found = {cause.name: cause for cause in causes_of_messages(facts, Replay(facts))}
    assert (FEWER in found) is named
    if named:
        assert found[FEWER].evidence == "there were 2 tasks for 6 workers"
        assert found[FEWER].remedy.startswith("Cut the work into more tasks, 16 for instance")
        assert found[FEWER].gain(run.seconds) == pytest.approx(run.seconds - 2.0 / 4)


def test_arguments_of_one_size_may_be_the_same_data():
    found = causes(a_run(bytes_in=200_000, durations=[1e-2] * 40))[SAME]
    assert found.evidence == "each of 40 messages carried 200 KB, always as many bytes"


def test_arguments_of_different_sizes_are_different_data():
    sizes = [200_000 + 10_000 * (task % 10) for task in range(40)]
    found = causes(a_run(bytes_in=sizes, durations=[1e-2] * 40))
    assert set(found) & {SAME, LARGE_IN} == {LARGE_IN}
    assert found[LARGE_IN].evidence == "each of 40 messages carried about 245 KB"


def by_bytes(seconds: float) -> Costs:
    leg = Leg(1e-6, seconds)
    return Costs(send=leg, receive=leg, reply=leg, collect=leg)


@pytest.mark.parametrize(("way", "name"), [("bytes_in", LISTS_IN), ("bytes_out", LISTS_OUT)])
def test_bytes_that_cost_what_those_of_lists_cost_are_promised_at_the_price_of_arrays(way, name):
    given = {way: 10_000_000, "durations": [1e-2] * 40}
    found = causes(a_run(**given, costs=by_bytes(4e-9)))[name]
    assert "pickling took 4.0 ns a byte, as for lists" in found.evidence
    assert found.expected == pytest.approx(a_run(**given, costs=by_bytes(4e-10)).seconds, rel=0.05)
    assert name not in causes(a_run(**given, costs=by_bytes(1e-9)))


def test_large_results_are_promised_without_their_bytes():
    given = {"durations": [1e-2] * 40, "costs": by_bytes(1e-9)}
    found = causes(a_run(**given, bytes_out=10_000_000))[LARGE_OUT]
    assert found.evidence == "each of 40 messages brought back about 10 MB"
    assert found.expected == pytest.approx(a_run(**given).seconds, rel=0.05)


def test_a_long_task_that_came_late_is_promised_first():
    durations = [1e-2] * 99 + [0.5]
    found = causes(a_run(durations=durations))[LATE]
    assert found.evidence == "task 99 took 500 ms, and nothing else was left to do until it ended"
    assert found.expected == pytest.approx(a_run(durations=durations[::-1]).seconds, rel=0.02)


@pytest.mark.parametrize(("others", "named"), [(0.15, True), (0.18, False)])
def test_a_task_without_which_the_pool_would_have_ended_soon_can_only_be_cut(others, named):
    """It is longer than three times a typical one; to hand it in first would save less than a tenth."""
    run = a_run(durations=[others, others, 0.5], processes=3)
    found = causes(run)
    assert (ONE in found) is named
    if named:
        assert found[ONE].expected is None
        assert found[ONE].gain(run.seconds) == pytest.approx((2 * (0.5 - others)) / 3, rel=0.02)


@pytest.mark.parametrize("tasks, processes", [(2, 2), (3, 1)])
def test_of_two_tasks_and_in_one_worker_no_task_is_called_long(tasks, processes):
    run = a_run(durations=[1e-2] * (tasks - 1) + [0.5], processes=processes)
    assert not {ONE, LATE} & set(causes(run))


def test_a_long_task_that_is_not_the_last_to_end_is_not_called_late():
    assert not {ONE, LATE} & set(causes(a_run(durations=[0.5] + [1e-2] * 300)))


def test_nothing_is_said_of_the_messages_of_threads():
    threads = a_run()._replace(start_method="threads")
    assert causes(threads) == {}
