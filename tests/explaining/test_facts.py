"""What a run shows, from spans by hand: for how long workers had no work, and what tasks waited for."""

import pytest

from helpers.explaining.facts import LONG, Facts
from helpers.spans import Load, Run, Span, Worker


def task(number: int, begin: float, seconds: float, **changes) -> Span:
    """A task of worker 1 that is handed in when its worker begins with it, and computes all the time."""
    end = begin + seconds
    given = {"worker": 1, "cpu": seconds, "bytes_in": 0, "bytes_out": 0, "submitted": begin}
    moments = dict.fromkeys(["packed", "sent", "arrived", "received", "started"], begin)
    moments |= dict.fromkeys(["finished", "returned", "replied", "landed", "delivered"], end)
    return Span(task=number, **given | moments | changes)


def a_run(*spans: Span, ready: tuple[float, ...] = (0.0,), processes: int = 0, **changes) -> Run:
    """A run from 0 to its last result."""
    workers = tuple(Worker(number, moment) for number, moment in enumerate(ready, 1))
    given = {"start_method": "fork", "began": 0.0, "ended": max(span.delivered for span in spans)}
    return Run(spans=spans, workers=workers, processes=processes or len(ready), **given | changes)


def in_a_row(workers: int, tasks: int, share: float = 1.0, **changes) -> Run:
    """All tasks are handed in at the beginning. Each takes a second, and has a CPU for this share of it."""
    spans = [
        task(worker * tasks + place, float(place), 1.0, worker=worker + 1, cpu=share, submitted=0.0)
        for worker in range(workers)
        for place in range(tasks)
    ]
    return a_run(*spans, **{"ready": (0.0,) * workers} | changes)


def load(**changes: float) -> Load:
    return Load(**{"seconds": 2.0, "machine": 6.0, "workers": 2.0, "parent": 1.0, "waited": 0.0} | changes)


def test_cpus_of_others_are_those_that_neither_workers_nor_parent_nor_managers_used():
    def others(**changes: float) -> float:
        return Facts(in_a_row(2, 2, load=load(**changes)), 8).cpus_of_others

    assert others() == pytest.approx((6 - 2 - 1) / 2)
    assert others(managers=2.0) == pytest.approx((6 - 2 - 1 - 2) / 2)
    assert others(machine=2.5) == 0.0  # clocks that tick coarsely
    assert others(seconds=0.0) == 0.0


def test_cpus_in_use_are_those_of_all_programs():
    assert Facts(in_a_row(2, 2, load=load()), 8).cpus_in_use == pytest.approx(3.0)
    assert Facts(in_a_row(2, 2, load=load(seconds=0.0)), 8).cpus_in_use == 0.0


def test_what_the_cpus_did_is_not_known_where_it_was_not_recorded():
    facts = Facts(in_a_row(2, 2), 8)
    assert (facts.cpus_of_others, facts.cpus_in_use) == (0.0, 0.0)


@pytest.mark.parametrize(("ready", "boot"), [(0.0009, 0.0), (0.0015, 0.0015), (0.3, 0.3)])
def test_workers_that_were_ready_within_a_millisecond_were_there_before(ready, boot):
    run = a_run(task(0, 0.5, 1.0), ready=(0.0001, ready, 0.7))
    assert Facts(run, 8).boot == pytest.approx(boot)


@pytest.mark.parametrize(
    ("share", "turns", "waits"), [(0.1, False, True), (0.2, True, False), (0.3, True, False), (0.4, False, False)]
)
def test_four_threads_take_turns_where_they_have_about_one_cpu_together(share, turns, waits):
    facts = Facts(in_a_row(4, 3, share, start_method="threads"), 8)
    assert facts.cpus_used == pytest.approx(4 * share)
    assert (facts.takes_turns, facts.waits) == (turns, waits)


def test_threads_that_queued_for_a_cpu_did_not_wait_for_something_else():
    assert not Facts(in_a_row(4, 3, 0.1, start_method="threads", load=load(waited=0.5)), 8).waits
    assert Facts(in_a_row(4, 3, 0.1, start_method="threads", load=load(waited=0.3)), 8).waits


@pytest.mark.parametrize(("share", "waits"), [(0.25, True), (0.35, False)])
def test_where_no_wait_is_known_more_workers_than_cpus_wait_for_these_while_they_are_full(share, waits):
    """Four workers with so much of a CPU each, and 2 CPUs: less than 0.6 of these, or more."""
    assert Facts(in_a_row(4, 3, share), 2).waits is waits


@pytest.mark.parametrize(("settled", "waits"), [(0, False), (3, True)])
def test_tasks_that_began_while_workers_still_started_say_little_where_workers_are_more_than_cpus(settled, waits):
    """Of 12 tasks, none or three (a quarter) began when all four workers were ready."""
    late = {0: 5.0, 3: 2.0}[settled]
    tasks = [task(number, float(number % 3), 1.0, worker=1 + number // 3, cpu=0.25) for number in range(12)]
    if settled:
        tasks = [one._replace(started=one.started + 1e-3) for one in tasks]
    run = a_run(*tasks, ready=(0.0, 0.0, 0.0, late))
    assert Facts(run, 2).waits is waits
    assert Facts(run, 4).waits


@pytest.mark.parametrize(
    ("seconds", "waited", "hardly"), [(LONG, 0.2, True), (LONG, 0.3, False), (0.9 * LONG, 0.0, False)]
)
def test_a_short_wait_for_a_cpu_is_believed_of_a_run_of_a_second_or_more(seconds, waited, hardly):
    run = in_a_row(2, 3, 0.5)  # three seconds without a CPU
    facts = Facts(run._replace(load=load(seconds=seconds, waited=waited * 3)), 8)
    assert facts.waits_for_no_cpu is hardly


@pytest.mark.parametrize(("gap", "alone"), [(0.1, True), (0.2, True), (0.4, False), (-0.1, False)])
def test_calls_come_one_at_a_time_where_each_follows_soon_after_the_result_before(gap, alone):
    tasks = [task(number, number * (1.0 + gap), 1.0) for number in range(10)]
    assert Facts(a_run(*tasks, processes=2), 8).one_at_a_time is alone


@pytest.mark.parametrize(("gap", "alone"), [(0.9e-3, True), (1.2e-3, False)])
def test_a_program_may_take_a_millisecond_between_calls_of_tiny_tasks(gap, alone):
    tasks = [task(number, number * (1e-5 + gap), 1e-5) for number in range(10)]
    assert Facts(a_run(*tasks, processes=2), 8).one_at_a_time is alone


def test_two_calls_and_calls_of_one_worker_are_not_one_at_a_time():
    tasks = [task(number, float(number), 1.0) for number in range(3)]
    assert not Facts(a_run(*tasks[:2], processes=2), 8).one_at_a_time
    assert not Facts(a_run(*tasks), 8).one_at_a_time
    assert Facts(a_run(*tasks, processes=2), 8).one_at_a_time


def test_starved_counts_the_workers_without_a_task_while_the_program_had_not_handed_in_the_last_one():
    """Two workers: both without a task for 1 s, one for 2 s, both for 3 s; and, after the last task, one for 4 s."""
    tasks = [task(0, 1.0, 2.0), task(1, 6.0, 4.0)]
    facts = Facts(a_run(*tasks, ready=(0.0, 0.0)), 8)
    assert facts.starved == pytest.approx(2 * 1.0 + 1 * 2.0 + 2 * 3.0)
    assert facts.is_starved


def test_nothing_is_starved_while_a_task_waits_for_a_worker():
    """The second task is handed in at 1 s, and reaches its worker at 3 s; the third one comes at 5 s."""
    waits = task(1, 3.0, 2.0, submitted=1.0)
    facts = Facts(a_run(task(0, 0.0, 3.0), waits, task(2, 5.0, 1.0), ready=(0.0, 0.0)), 8)
    assert facts.starved == pytest.approx(1.0 + 2.0)  # the second worker, until 1 s, and from 3 s on


def test_rounds_are_parted_where_all_results_of_one_came_before_the_next_was_handed_in():
    together = [task(number, float(number), 1.0, submitted=0.0) for number in range(3)]
    later = [task(number, float(number + 2), 1.0, submitted=5.0) for number in range(3, 5)]
    facts = Facts(a_run(*together, *later), 8)
    assert facts.rounds == [[0, 1, 2], [3, 4]]
    assert facts.between_rounds == pytest.approx(2.0)
    assert (facts.most_in_a_round, facts.most_in_a_call) == (3, 3)


@pytest.mark.parametrize(("processes", "cpus", "few"), [(4, 8, True), (3, 8, False), (8, 3, False)])
def test_tasks_are_few_where_workers_with_a_cpu_each_are_more(processes, cpus, few):
    assert Facts(in_a_row(3, 1, processes=processes), cpus).has_few_tasks is few


def test_seconds_of_the_tasks_are_added_up():
    facts = Facts(in_a_row(2, 3, 0.25), 8)
    assert (facts.computing, facts.wall, facts.typical_wall) == (1.5, 6.0, 1.0)
    assert facts.cpu_share == 0.25
    assert facts.lost == pytest.approx(6.0 - 1.5)


def test_tasks_that_never_came_back_are_lost_and_not_looked_at():
    run = a_run(task(0, 0.0, 1.0), task(1, 1.0, 1.0, outcome="lost"), task(2, 2.0, 1.0, outcome="error"))
    facts = Facts(run, 8)
    assert facts.lost_tasks == 1
    assert [span.task for span in facts.spans] == [0, 2]


@pytest.mark.parametrize(("managers", "busy"), [(0.29, False), (0.31, True)])
def test_a_manager_is_busy_that_computes_for_more_than_a_seventh_of_the_time(managers, busy):
    assert Facts(in_a_row(2, 2, load=load(managers=managers)), 8).has_busy_manager is busy


def test_what_lost_tasks_did_is_no_wait_for_a_cpu():
    """Three tasks of a second that had a CPU for half of it, and one that was lost after four seconds."""
    kept = [task(number, float(number), 1.0, cpu=0.5) for number in range(3)]
    facts = Facts(a_run(*kept, task(3, 3.0, 4.0, cpu=0.0, outcome="lost")), 8)
    assert facts.seconds_of_lost == 4.0
    assert facts.spent.waiting_for_cpu == pytest.approx(1.5 + 4.0)
    assert facts.waiting_for_cpu == pytest.approx(1.5)


@pytest.mark.parametrize(("lost", "known"), [(2.9, True), (3.1, False)])
def test_what_tasks_waited_for_is_said_while_lost_ones_are_the_smaller_part(lost, known):
    kept = [task(number, float(number), 1.0, cpu=0.1) for number in range(3)]
    run = a_run(*kept, task(3, 3.0, lost, cpu=0.0, outcome="lost"), load=load(machine=0.3, workers=0.3, parent=0.0))
    facts = Facts(run, 8)
    assert (facts.waits, facts.waits_for_no_cpu) == (known, known)


def holding_a_lock(workers: int, tasks: int, hold: float, cpu: float = 0.0) -> Run:
    """Each worker takes a task, waits until those that came before have left the lock, and holds it for so long."""
    spans, free = [], [0.0] * workers
    for number in range(tasks):
        worker, end = number % workers, (number + 1) * hold
        spans.append(task(number, free[worker], end - free[worker], worker=worker + 1, cpu=cpu))
        free[worker] = end
    return a_run(*spans, ready=(0.0,) * workers)


@pytest.mark.parametrize(("workers", "tasks", "turns"), [(2, 8, True), (4, 40, True), (4, 7, False), (1, 40, False)])
def test_tasks_that_hold_a_lock_while_they_wait_end_one_after_another(workers, tasks, turns):
    assert Facts(holding_a_lock(workers, tasks, 0.05), 8).wait_in_turn is turns


def test_tasks_that_do_not_wait_for_each_other_do_not_end_in_turn():
    together = in_a_row(4, 10, 0.0)
    one_by_one = [one._replace(**{name: getattr(one, name) + 0.25 * (one.worker - 1) for name in Span._fields[2:13]})
                  for one in together.spans]  # evenly apart, but none takes longer than the first  # fmt: skip
    lengths = (0.1, 0.7, 0.3, 0.9, 0.2, 0.5, 0.4, 0.8)
    apart = [task(n, 0.0, length, worker=n + 1) for n, length in enumerate(lengths)]
    for run in (together, a_run(*one_by_one, ready=(0.0,) * 4), a_run(*apart, ready=(0.0,) * 8)):
        assert not Facts(run, 8).wait_in_turn


@pytest.mark.parametrize(("seconds", "others", "known"), [(1.1, 2.0, True), (0.9, 2.0, False), (0.9, 0.1, True)])
def test_what_tasks_waited_for_is_not_known_of_a_short_run_beside_others(seconds, others, known):
    counted = load(seconds=seconds, machine=(1.0 + others) * seconds, workers=seconds, parent=0.0)
    assert Facts(in_a_row(2, 2, 0.5, load=counted), 2).wait_is_known is known
    assert not Facts(in_a_row(2, 2, 0.5), 2).wait_is_known
    assert Facts(in_a_row(2, 2, 0.5, start_method="threads"), 2).wait_is_known
