"""What is wrong with the workers of simulated runs: when a cause is named, with which figures, and when it is not."""

import pytest

from benchmarks.explaining import split
from helpers.explaining.cause import Cause
from helpers.explaining.facts import Facts
from helpers.explaining.of_workers import (
    CPU_OF_BYTE,
    CPU_OF_MESSAGE,
    INTERPRETER_LOCK,
    OTHERS,
    STARTING,
    TOO_LITTLE_WORK,
    causes_of_workers,
)
from helpers.explaining.replay import Replay
from helpers.model import Costs, Leg, simulate
from helpers.spans import Load, Run
from helpers.text import format_seconds

INSIDE, MANAGER, SHARED, WAIT = (
    "threads inside the workers",
    "what a Manager holds",
    "something that tasks share",
    "tasks that wait",
)
MORE, UNUSED = "more workers than CPUs", "CPUs that nobody used"


def a_run(**changes) -> Run:
    """80 tasks of 50 ms, one in a message, on 8 workers that are ready, and 8 CPUs."""
    given = {"durations": [0.05] * 80, "processes": 8, "cpus": 8, "chunksize": 1, "warm": True}
    return simulate(**given | changes)


def causes(run: Run, cpus: int = 8) -> dict[str, Cause]:
    facts = Facts(run, cpus)
    return {cause.name: cause for cause in causes_of_workers(facts, Replay(facts))}


def with_cpu(run: Run, share: float) -> Run:
    """The run with each task having had a CPU for this share of its time."""
    return run._replace(spans=tuple(span._replace(cpu=(span.finished - span.started) * share) for span in run.spans))


def load_of(run: Run, **changes: float) -> Load:
    """What the CPUs did: the workers computed what the tasks did, and nobody did anything else."""
    computing = sum(span.computing for span in run.spans)
    known = {"seconds": run.seconds, "machine": computing, "workers": computing, "parent": 0.0, "waited": 0.0}
    return Load(**known | changes)


def beside(run: Run, **changes: float) -> Run:
    return run._replace(load=load_of(run, **changes))


@pytest.mark.parametrize("given", [{}, {"warm": False, "costs": Costs(boot=0.5)}], ids=["warm", "cold"])
def test_tasks_that_wait_are_promised_in_more_threads_which_are_ready(given):
    run = with_cpu(a_run(processes=2, **given), 0.02)
    found = causes(run)[WAIT]
    assert "had a CPU for 2% of their time" in found.evidence
    assert "ThreadPool(32), with chunksize=1" in found.remedy
    assert found.expected == pytest.approx(a_run(processes=32, cpus=80).seconds, rel=0.1)
    assert found.lost == pytest.approx(0.98 * 80 * 0.05, rel=0.01)


@pytest.mark.parametrize(("tasks", "share", "threads"), [(10, 0.3, 10), (80, 0.1, 32), (80, 0.3, 26)])
def test_so_many_threads_as_keep_the_cpus_busy_are_advised_and_no_more_than_tasks(tasks, share, threads):
    found = causes(with_cpu(a_run(durations=[0.05] * tasks, processes=2), share))[WAIT]
    assert f"ThreadPool({threads})," in found.remedy  # 8 CPUs / 0.3 = 26.7
    assert found.expected >= 0.999 * share * tasks * 0.05  # threads compute one at a time


@pytest.mark.parametrize(("share", "named"), [(0.95, False), (0.85, True)])
def test_a_manager_that_computes_is_named_where_tasks_had_no_cpu_for_a_tenth_of_the_time(share, named):
    run = with_cpu(a_run(), share)
    found = causes(beside(run, managers=0.5 * run.seconds))
    assert (MANAGER in found) is named
    if named:
        used = format_seconds(0.5 * run.seconds)
        assert f"a Manager of the program used {used} of CPU meanwhile" in found[MANAGER].evidence
        assert found[MANAGER].lost == pytest.approx((1 - share) * 80 * 0.05, rel=0.01)
        assert found[MANAGER].gain(run.seconds) == pytest.approx(found[MANAGER].lost / 8)


def test_a_manager_is_named_only_where_the_load_is_known():
    assert MANAGER not in causes(with_cpu(a_run(), 0.85))


def test_tasks_that_wait_in_turn_are_not_sent_to_more_threads(monkeypatch):
    monkeypatch.setattr(Facts, "wait_in_turn", True)
    found = causes(with_cpu(a_run(processes=2), 0.02))
    assert WAIT not in found
    assert "such as a lock that they share" in found[SHARED].evidence


@pytest.mark.parametrize(("known", "said"), [(True, "and did not wait for one; they waited"), (False, "unless other")])
def test_what_tasks_waited_for_is_said_with_a_condition_where_no_load_is_known(known, said):
    run = with_cpu(a_run(processes=2), 0.02)
    evidence = causes(beside(run) if known else run)[WAIT].evidence
    assert said in evidence
    assert "for something else (a file, the network, a lock, a sleep, a Manager)" in evidence


def test_something_that_tasks_share_cost_what_they_neither_computed_nor_waited_for_a_cpu():
    run = with_cpu(a_run(durations=[0.05] * 400), 0.6)
    found = causes(beside(run))[SHARED]
    said = f"for {format_seconds(found.lost)} of the workers' time, tasks neither computed nor waited for a CPU"
    assert found.evidence.startswith(said)
    assert found.lost == pytest.approx(0.4 * 20.0, rel=0.01)
    assert found.gain(run.seconds) == pytest.approx(found.lost / 8)


def test_threads_that_took_turns_lost_what_they_waited_for_the_lock():
    run = with_cpu(a_run(processes=4), 0.25)._replace(start_method="threads")
    found = causes(run, cpus=3)[INTERPRETER_LOCK]
    assert found.evidence.startswith("4 threads kept 1.0 CPUs busy")
    assert found.remedy == "Take processes: Pool(3)"
    assert found.lost == pytest.approx(0.75 * 80 * 0.05, rel=0.01)


def test_more_workers_than_cpus_are_told_what_they_waited_and_what_their_start_took():
    run = a_run(cpus=2, warm=False, costs=Costs(boot=0.05))
    found = causes(run, cpus=2)[MORE]
    assert found.evidence.startswith("8 workers shared 2 CPUs; their tasks waited ")
    waited = sum(span.waiting_for_cpu for span in run.spans)
    start = sum(worker.ready for worker in run.workers)
    said = f"waited {format_seconds(waited)} for one, and all of them took {format_seconds(start)} of their time"
    assert said in found.evidence
    assert found.lost == pytest.approx(waited + start)
    assert found.remedy == "Start as many workers as there are CPUs: 2 instead of 8"


@pytest.mark.parametrize("cpus", [8, 12])
def test_cpus_that_nobody_used_are_promised_with_chunks_that_give_each_of_them_work(cpus):
    run = split(a_run(durations=[0.05] * 90, processes=2, cpus=cpus, chunksize=45), 90)
    found = causes(run, cpus=cpus)[UNUSED]
    assert found.evidence == f"2 workers left {cpus - 2} CPUs unused"
    assert found.lost == 0.0
    assert found.expected == pytest.approx(0.05 * -(-90 // cpus), rel=0.05)


@pytest.mark.parametrize(
    ("counted", "used", "named"),
    [(1.0, 1.5, True), (1.0, 1.2, False), (0.5, 0.75, True), (0.5, 0.6, False), (1.2, 1.5, True)],
)
def test_threads_inside_workers_used_more_than_the_tasks_did_while_the_load_was_counted(counted, used, named):
    """The load was counted for so much of the run; the workers used so many times what all of its tasks computed."""
    run = with_cpu(a_run(), 0.6)
    load = load_of(run, seconds=counted * run.seconds, workers=used * 0.6 * 80 * 0.05, waited=3.0)
    assert (INSIDE in causes(run._replace(load=load))) is named


@pytest.mark.parametrize(
    ("size", "named"),
    [({}, True), ({"bytes_in": 0.9 / CPU_OF_BYTE / 80}, False), ({"bytes_out": 0.9 / CPU_OF_BYTE / 80}, False)],
)
def test_what_pickling_took_in_the_workers_is_not_taken_for_threads(size, named):
    run = with_cpu(a_run(), 0.6)
    spans = [span._replace(**{name: int(each) for name, each in size.items()}) for span in run.spans]
    spent = Facts(run, 8).spent._replace(sending=1.0, returning=1.0)
    computing = 0.6 * 80 * 0.05
    run = run._replace(spans=tuple(spans), load=load_of(run, workers=computing + 0.85, waited=3.0))
    facts = Facts(run, 8, spent)
    assert (INSIDE in {cause.name for cause in causes_of_workers(facts, Replay(facts))}) is named
    assert 80 * CPU_OF_MESSAGE < 0.05


@pytest.mark.parametrize(("share", "named"), [(0.92, False), (0.85, True)])
def test_other_programs_are_named_where_tasks_had_no_cpu_for_a_tenth_of_the_time(share, named):
    run = with_cpu(a_run(), share)
    taken = load_of(run).workers + 2 * run.seconds
    found = causes(beside(run, machine=taken, waited=9.0))
    assert (OTHERS in found) is named
    if named:
        assert "other programs used 2.0 of 8 CPUs meanwhile" in found[OTHERS].evidence
        assert "so short a run does not show" in found[OTHERS].evidence  # it took half a second


def test_of_a_long_run_it_is_known_that_tasks_waited_for_the_cpus_of_others():
    run = with_cpu(a_run(durations=[0.05] * 400), 0.5)
    found = causes(beside(run, machine=load_of(run).workers + 2 * run.seconds, waited=9.0))
    assert found[OTHERS].evidence == "other programs used 2.0 of 8 CPUs meanwhile, and the tasks waited for one"


def test_what_lost_tasks_did_is_no_wait_for_cpus_that_too_many_workers_share():
    run = a_run(durations=[0.01] * 8, cpus=2)
    lost = run.spans[0]._replace(task=9, started=0.1, finished=20.1, delivered=20.1, cpu=0.0, outcome="lost")
    found = causes(run._replace(spans=(*run.spans, lost), ended=20.1), cpus=2)[MORE]
    assert found.lost < 0.5


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("fork", ""),
        ("spawn", "; and if the modules that workers need import much, let them import less"),
        (
            "forkserver",
            "; and let the forkserver import what workers need: multiprocessing.set_forkserver_preload([...])",
        ),
    ],
)
def test_the_start_has_a_remedy_for_each_start_method(method, said):
    run = a_run(warm=False, costs=Costs(fork=1e-3, boot=0.2))._replace(start_method=method)
    found = causes(run)[STARTING]
    assert found.evidence == f"the workers needed 205 ms until they were ready ({method})"
    assert found.remedy == f"Make the pool once and use it for all calls (this one had one){said}"
    assert found.expected == pytest.approx(a_run().seconds, rel=0.02)


@pytest.mark.parametrize("chunksize", [1, 20])
def test_a_plain_loop_is_advised_where_it_beats_every_cut(chunksize):
    run = a_run(durations=[1e-5] * 400, warm=False, costs=Costs(boot=0.1), chunksize=chunksize)
    found = causes(run)[TOO_LITTLE_WORK]
    assert (
        found.evidence
        == f"all {len(run.spans)} tasks together take 4.00 ms in one process, less than what a pool costs"
    )
    assert found.remedy == "Call the function in a plain loop"
    assert found.expected == pytest.approx(4e-3)


def test_no_loop_is_advised_where_another_cut_of_the_pool_would_beat_it():
    """2,000 tasks of 0.1 ms take 0.2 s in a loop; 25 ms where each worker gets its share at once."""
    costs = Costs(send=Leg(1e-4), collect=Leg(1e-4))
    assert TOO_LITTLE_WORK not in causes(a_run(durations=[1e-4] * 2000, costs=costs))


def test_large_results_that_make_a_loop_better_are_told():
    found = causes(a_run(durations=[1e-3] * 40, bytes_out=50_000_000))[TOO_LITTLE_WORK]
    assert found.evidence.endswith("less than what a pool costs; each of 40 messages brought back about 50 MB")
    assert found.remedy == "Call the function in a plain loop, or return only what is needed"
