"""`explain` names the cause of a run with one known fault, with its figures, and what the remedy would bring.

The runs are simulated, so that they are the same each time; `python -m benchmarks explain` measures others.
"""

from collections.abc import Sequence

import pytest

from benchmarks.explaining import Case, named_first, simulated_cases, split
from helpers.diagnosis import LEAST_GAIN, MOST_CAUSES, explain
from helpers.explaining.facts import Facts
from helpers.explaining.of_workers import STARTING
from helpers.explaining.replay import Replay
from helpers.model import Costs, simulate
from helpers.spans import Load, Run, Span, breakdown

CASES = list(simulated_cases())


def a_run(**changes):
    """A run with nothing wrong: 320 equal tasks on 8 workers and 8 CPUs, and what a test changes of it."""
    given = {"durations": [0.05] * 320, "processes": 8, "cpus": 8, "chunksize": 1, "warm": True} | changes
    return simulate(**given)


def later(spans: Sequence[Span], tasks: int, seconds: float) -> list[Span]:
    """Return copies of the spans, moved by this many seconds, and numbered as if this many tasks came before."""
    moments = Span._fields[2:13]
    return [
        span._replace(task=span.task + tasks, **{name: getattr(span, name) + seconds for name in moments})
        for span in spans
    ]


def again(run: Run, calls: int, pause: float = 0.0) -> Run:
    """The same call of map so many times, with a pause in between: a program that calls the pool in a loop."""
    whole = run.seconds + pause
    spans = [span for call in range(calls) for span in later(run.spans, call * len(run.spans), call * whole)]
    return run._replace(spans=tuple(spans), ended=run.began + calls * whole - pause)


def as_threads(run: Run) -> Run:
    """A run of four threads that hold one lock in turn: each task has a CPU for a quarter of its time."""
    spans = [span._replace(cpu=(span.finished - span.started) / 4) for span in run.spans]
    return run._replace(spans=tuple(spans), start_method="threads")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_fault_of_a_run_is_named_first(case: Case):
    assert named_first(explain(case.run(), cpus=case.cpus)) == case.cause


@pytest.mark.parametrize("case", [case for case in CASES if case.cause], ids=lambda case: case.name)
def test_a_simulated_remedy_brings_what_was_promised(case: Case):
    first = explain(case.run(), cpus=case.cpus).causes[0]
    assert first.expected == pytest.approx(case.cured(first.remedy).seconds, rel=0.15)


def test_a_run_with_nothing_wrong_says_so_and_for_how_long_it_computed():
    found = explain(a_run(), cpus=8)
    assert found.causes == ()
    assert str(found).startswith("The pool is well used: the tasks computed for 100% of the time")


def test_the_promise_for_many_calls_counts_that_each_waits_for_the_one_before():
    of_a_call = {"durations": [0.01] * 17, "processes": 8, "cpus": 8, "chunksize": 1}
    found = explain(again(a_run(**of_a_call, bytes_in=4_000_000), 30, pause=0.05), cpus=8)
    cause = next(cause for cause in found.causes if cause.name == "the same large object sent again and again")
    assert cause.expected == pytest.approx(again(a_run(**of_a_call), 30, pause=0.05).seconds, rel=0.15)


def test_no_chunk_is_recommended_that_leaves_workers_of_a_call_without_work():
    of_a_call = {"durations": [5e-5] * 64, "processes": 2, "cpus": 2}
    first = explain(again(a_run(**of_a_call, chunksize=1), 80), cpus=2).causes[0]
    chunksize = int(first.remedy.partition("chunksize=")[2])
    assert chunksize <= 32
    assert first.expected == pytest.approx(again(a_run(**of_a_call, chunksize=chunksize), 80).seconds, rel=0.15)


@pytest.mark.parametrize("calls", [1, 3])
def test_a_round_is_what_was_handed_in_after_the_results_of_the_one_before(calls):
    facts = Facts(again(a_run(), calls, pause=0.5), 8)
    assert facts.rounds == [list(range(320 * call, 320 * call + 320)) for call in range(calls)]
    assert facts.between_rounds == pytest.approx(0.5 * (calls - 1))


@pytest.mark.parametrize(("calls", "told"), [(1, True), (3, False)])
def test_a_pool_that_was_made_for_one_call_is_told_that_it_had_one(calls, told):
    found = explain(again(a_run(durations=[0.001] * 8, warm=False), calls), cpus=8)
    remedy = next(cause.remedy for cause in found.causes if cause.name == STARTING)
    assert ("this one had one" in remedy) == told


@pytest.mark.parametrize("calls", [1, 8])
def test_more_threads_for_tasks_that_came_one_at_a_time_are_promised_with_handing_in_together(calls):
    """Threads alone would wait one after another, and bring nothing."""
    run = again(a_run(durations=[0.1] * (8 // calls), processes=2), calls)
    run = run._replace(spans=tuple(span._replace(cpu=0.0) for span in run.spans))
    remedy = next(cause.remedy for cause in explain(run, cpus=8).causes if "ThreadPool" in cause.remedy)
    assert ("handed in together" in remedy) == (calls == 8)


@pytest.mark.parametrize(("calls", "most"), [(1, 800), (40, 20), (800, 800)])
def test_no_larger_chunk_is_recommended_than_a_call_has_tasks(calls, most):
    run = a_run(durations=[1e-5] * 800)
    first = run.spans[0]
    spans = [span._replace(submitted=first.submitted - span.task * calls // 800 * 1e-6) for span in run.spans]
    cause = next(c for c in explain(run._replace(spans=tuple(spans)), cpus=8).causes if "chunksize=" in c.remedy)
    assert most / 20 < int(cause.remedy.partition("chunksize=")[2]) <= most


def test_of_very_many_messages_some_are_looked_at(monkeypatch):
    run = a_run(durations=[1e-5] * 800)
    whole = explain(run, cpus=8)
    monkeypatch.setattr("helpers.explaining.replay.MOST_FITTED", 100)
    assert str(explain(run, cpus=8, spent=breakdown(run))) == str(whole)
    assert whole.causes


def test_at_most_three_causes_are_named_the_one_first_that_gains_most():
    run = a_run(durations=[0.03] * 400, bytes_in=2_000_000, bytes_out=2_000_000, processes=32, warm=False)
    found = explain(run, cpus=8)
    gains = [cause.gain(run.seconds) for cause in found.causes]
    assert len(gains) == MOST_CAUSES
    assert gains == sorted(gains, reverse=True)
    assert min(gains) > LEAST_GAIN * run.seconds


def test_the_text_gives_evidence_remedy_and_promise():
    run = a_run(durations=[0.01] * 160, bytes_in=4_000_000)
    text = str(explain(run, cpus=8))
    assert "each of 160 messages carried 4.0 MB, always as many bytes" in text
    assert "with an initializer" in text
    assert "instead of " in text


def test_fewer_tasks_than_workers_are_named_and_not_called_too_little_work():
    found = explain(a_run(durations=[2.0]), cpus=8)
    assert [cause.name for cause in found.causes] == ["fewer tasks than workers"]
    assert "there was 1 task for 8 workers" in str(found)
    assert "Cut the work into more tasks, 32 for instance" in str(found)


def test_what_a_partial_holds_is_named_though_how_large_it_is_was_not_recorded():
    run = split(a_run(durations=[0.01] * 160, chunksize=4, function_bytes=8_000_000), 160)
    spans = [span._replace(bytes_in=100 if span.task % 4 else 8_000_100) for span in run.spans]
    text = str(explain(run._replace(spans=tuple(spans)), cpus=8))
    assert "the same 8.0 MB were pickled with the function, for each of 40 messages" in text


def test_another_cut_is_promised_with_the_function_in_each_of_its_messages():
    given = {"durations": [2e-3] * 400, "function_bytes": 8_000_000}
    run = a_run(**given, chunksize=1)._replace(function_bytes=given["function_bytes"])
    promised = Replay(Facts(run, cpus=8)).expect(chunksize=10)
    assert promised == pytest.approx(a_run(**given, chunksize=10).seconds, rel=0.1)


def test_tasks_that_sleep_are_told_from_tasks_without_a_cpu():
    run = a_run(durations=[0.02] * 80)
    asleep = run._replace(spans=tuple(span._replace(cpu=1e-4) for span in run.spans))
    first = explain(asleep, cpus=8).causes[0]
    assert first.name == "tasks that wait"
    assert "ThreadPool(32)" in first.remedy
    assert first.expected < run.seconds


def test_threads_that_take_turns_are_told_of_the_lock():
    run = as_threads(a_run(durations=[0.02] * 80, processes=4, cpus=4))
    first = explain(run, cpus=4).causes[0]
    assert first.name == "the interpreter's lock"
    assert first.remedy == "Take processes: Pool(4)"
    assert "what would have to be sent to them, are not counted" in str(explain(run, cpus=4))


@pytest.mark.parametrize(("cpu", "named"), [(1.0, "the interpreter's lock"), (0.02, "tasks that wait"), (0.5, "")])
def test_threads_are_told_of_the_lock_only_where_about_one_cpu_was_full(cpu, named):
    """Two threads, of which each has a CPU for half of this share of its time; between them, nothing is known."""
    run = a_run(durations=[0.02] * 60, processes=2, cpus=2)
    spans = [span._replace(cpu=(span.finished - span.started) / 2 * cpu) for span in run.spans]
    load = Load(seconds=run.seconds, machine=run.seconds, workers=run.seconds * cpu, parent=0.0, waited=0.3)
    threads = run._replace(spans=tuple(spans), start_method="threads", load=load)
    assert named_first(explain(threads, cpus=2)) == named


def test_processes_halve_the_time_of_two_threads_that_took_turns():
    run = as_threads(a_run(durations=[0.02] * 80, processes=4, cpus=4))
    assert explain(run, cpus=2).causes[0].expected == pytest.approx(run.seconds / 2, rel=0.1)


def test_no_chunksize_is_advised_to_threads_whose_chunks_are_not_recorded():
    run = a_run(durations=[2e-5] * 20_000, costs=Costs())._replace(start_method="threads")
    assert "chunksize" not in str(explain(run, cpus=8))


def test_no_chunksize_is_advised_where_two_calls_were_cut_in_different_ways():
    """The first call has 48 tasks of 30 ms, one by one; the second tiny ones, ten in a message."""
    first = a_run(durations=[0.03] * 48, processes=2, cpus=2)
    second = a_run(durations=[1e-6] * 800, processes=2, cpus=2, chunksize=10)
    spans = (*first.spans, *(span for span in later(second.spans, 48, first.seconds) for _ in range(10)))
    both = first._replace(spans=spans, ended=first.ended + second.seconds)
    assert Facts(both, 2).cuts_differ
    assert not Facts(first, 2).cuts_differ
    assert "chunksize" not in str(explain(both, cpus=2))


def test_beside_the_advice_to_take_a_plain_loop_no_other_is_given_and_it_needs_no_simulator(monkeypatch):
    monkeypatch.setattr(Replay, "is_like", property(lambda _: False))
    run = a_run(durations=[1e-5] * 50, processes=2, cpus=2, warm=False)
    (only,) = explain(run, cpus=2).causes
    assert only.name == "too little work for a pool"
    assert only.expected == pytest.approx(50e-5)
    assert "cannot be said" not in str(explain(run, cpus=2))


@pytest.mark.parametrize(("tasks", "said"), [(2, "all 2 tasks together take"), (1, "the only task takes")])
def test_too_little_work_is_told_in_the_number_that_it_has(tasks, said):
    assert said in str(explain(a_run(durations=[1e-5] * tasks, processes=1, cpus=2, warm=False), cpus=2))


def test_lost_tasks_are_not_taken_for_tasks_that_start_threads():
    run = beside(a_run(durations=[1.0] * 8, processes=2), machine=6.0, workers=6.0, parent=0.0, waited=0.0)
    lost = run._replace(spans=tuple(span._replace(cpu=0.0, outcome="lost") for span in run.spans[:2]) + run.spans[2:])
    assert "thread" not in str(explain(lost, cpus=2))


def test_tasks_that_are_too_short_to_be_watched_are_told_so():
    assert "time the change without the X-ray" in str(explain(a_run(durations=[1e-6] * 20_000, chunksize=1), cpus=8))
    assert "without the X-ray" not in str(explain(a_run(durations=[1e-3] * 2000, processes=64), cpus=8))


def beside(run: Run, **load: float) -> Run:
    """The run with every task waiting half of its time, and what is known of the CPUs."""
    spans = [span._replace(cpu=(span.finished - span.started) * 0.55) for span in run.spans]
    known = {
        "seconds": run.seconds,
        "machine": 8 * run.seconds,
        "workers": 4.4 * run.seconds,
        "parent": 0.0,
        "waited": 3.6 * run.seconds,
    }
    return run._replace(spans=tuple(spans), load=Load(**known | load))


def test_cpus_that_others_took_are_named():
    first = explain(beside(a_run()), cpus=8).causes[0]
    assert first.name == "CPUs taken by others"
    assert "other programs used 3.6 of 8 CPUs" in first.evidence


@pytest.mark.parametrize(("cpus_of_others", "said"), [(2.0, True), (0.4, False)])
def test_a_promise_of_a_run_beside_other_programs_says_that_it_may_be_too_good(cpus_of_others, said):
    run = a_run(durations=[0.01] * 160, bytes_in=4_000_000)
    found = explain(beside(run, workers=(8 - cpus_of_others) * run.seconds), cpus=8)
    assert found.causes[0].expected is not None
    assert ("used 2.0 of 8 CPUs meanwhile: while they go on, a change may bring less" in str(found)) is said


@pytest.mark.parametrize(
    ("cpus_of_others", "seconds", "share_seen", "said"),
    [
        (0.2, 0.5, 0.0, True),  # nobody filled the CPUs
        (5.0, 0.5, 0.0, False),  # too short a run to see the wait for a CPU
        (5.0, 2.0, 0.5, False),
        (5.0, 2.0, 0.1, True),  # it was seen, and it was short
    ],
)
def test_tasks_without_a_cpu_are_said_to_wait_only_where_others_did_not_fill_the_cpus_or_hardly_delayed_them(
    cpus_of_others, seconds, share_seen, said
):
    run = beside(a_run())
    spans = [span._replace(cpu=span.cpu / 40) for span in run.spans]
    used = {"workers": 1.2 * seconds, "parent": 1.7 * seconds, "machine": (1.2 + cpus_of_others + 1.7) * seconds}
    waited = share_seen * sum(span.finished - span.started - span.cpu for span in spans)
    load = run.load._replace(seconds=seconds, waited=waited, **used)
    causes = explain(run._replace(spans=tuple(spans), load=load), cpus=8).causes
    assert ("tasks that wait" in {cause.name for cause in causes}) is said


def test_threads_that_tasks_start_are_named():
    run = a_run()
    first = explain(beside(run, workers=7.9 * run.seconds), cpus=8).causes[0]
    assert first.name == "threads inside the workers"
    assert "threadpoolctl.threadpool_limits(1)" in first.remedy


def test_who_took_the_cpus_is_said_to_be_unknown_where_it_was_not_recorded():
    run = beside(a_run())._replace(load=None)
    assert "was not recorded" in str(explain(run, cpus=8))


def test_a_run_that_the_simulator_cannot_repeat_gets_no_promise():
    run = a_run()
    found = explain(run._replace(ended=run.ended * 5, processes=16), cpus=8)
    assert all(cause.expected is None for cause in found.causes)
    assert "cannot be said" in str(found)


def test_a_hundred_thousand_tasks_are_explained_too():
    run = a_run(durations=[2e-5] * 100_000, costs=Costs())
    assert named_first(explain(run, cpus=8)) == "too many small messages"


@pytest.mark.parametrize("cpus", [0, -1])
def test_a_number_of_cpus_below_one_is_refused(cpus):
    with pytest.raises(ValueError, match=f"cpus must be a whole number of 1 or more, not {cpus}"):
        explain(a_run(), cpus=cpus)


def test_a_run_without_tasks_is_refused():
    with pytest.raises(ValueError, match="no task that has ended"):
        explain(Run((), (), 2, "fork", 0.0, 0.0), cpus=2)


def test_it_prints_itself_in_a_notebook():
    assert "The pool is well used" in explain(a_run(), cpus=8)._repr_mimebundle_()["text/html"]


def test_work_is_not_called_too_short_where_a_task_never_came_back():
    run = a_run(durations=[1e-6] * 20, warm=False)
    assert "Call the function in a plain loop" in str(explain(run, cpus=8))
    lost = run.spans[-1]._replace(outcome="lost")
    assert "plain loop" not in str(explain(run._replace(spans=(*run.spans[:-1], lost)), cpus=8))


def test_a_plain_loop_is_not_advised_where_it_might_wait_as_long():
    """Workers that boot wait for a CPU; where their tasks wait, too, nobody can tell what they wait for."""
    run = a_run(durations=[0.05] * 20, processes=5, warm=False, costs=Costs(boot=0.8))
    spans = [span._replace(cpu=0.001) for span in run.spans]
    load = Load(seconds=run.seconds, machine=run.seconds * 2, workers=0.1, parent=0.01, waited=3 * run.seconds)
    assert "plain loop" not in str(explain(run._replace(spans=tuple(spans), load=load), cpus=2))


def test_large_messages_are_not_called_small_where_nothing_can_be_simulated(monkeypatch):
    monkeypatch.setattr(Replay, "is_like", property(lambda _: False))
    run = a_run(durations=[0.001] * 160, processes=2, cpus=2, bytes_in=8_000_000)
    found = explain(run, cpus=2)
    assert "carried 8.0 MB, always as many bytes" in str(found.causes[0])
    assert "; a message costs " not in str(found)


def chained(gap):
    """A run of 60 tasks of a millisecond; each is handed in this long (seconds) after the last result has come."""
    run = a_run(durations=[0.001])
    (first,) = run.spans
    first = first._replace(submitted=first.packed)
    spans = []
    for task in range(60):
        later = (spans[-1].delivered + gap if spans else 0.0) - first.submitted
        moments = {name: getattr(first, name) + later for name in first._fields[2:13]}
        spans.append(first._replace(task=task, **moments))
    return run._replace(spans=tuple(spans), processes=8, ended=spans[-1].delivered)


def test_calls_of_apply_in_a_loop_are_told_from_an_input_that_comes_slowly():
    assert named_first(explain(chained(0.0005), cpus=8)) == "one task at a time"
    assert named_first(explain(chained(0.05), cpus=8)) == "the program hands in too little"


def test_calls_of_apply_that_are_too_short_for_a_pool_are_told_of_the_plain_loop():
    run = chained(0.0005)
    spans = [span._replace(finished=span.started + 1e-5, cpu=1e-5) for span in run.spans]
    (loop,) = explain(run._replace(spans=tuple(spans)), cpus=8).causes
    assert loop.name == "too little work for a pool"
    assert loop.expected == pytest.approx(60e-5)


def test_a_plain_loop_is_promised_what_its_tasks_wait_for_and_what_the_program_does_in_between():
    run = a_run(durations=[0.001] * 100, processes=2, cpus=2)
    waiting = run._replace(spans=tuple(span._replace(cpu=1e-4) for span in run.spans))
    assert Replay(Facts(waiting, 2)).expect_of_loop() >= 0.1
    assert Replay(Facts(again(run, 3, pause=2.0), 2)).expect_of_loop() >= 0.3 + 4.0


def test_other_programs_come_last_since_no_change_of_the_program_helps_against_them():
    found = explain(beside(a_run(durations=[0.01] * 160, bytes_in=1_000_000)), cpus=8)
    first, last = found.causes
    assert last.name == "CPUs taken by others"
    assert first.gain(found.seconds) < last.gain(found.seconds)
    assert str(found).lower().count("other programs used") == 1


def test_a_manager_that_computes_much_is_named_and_is_no_other_program():
    run = a_run()
    found = explain(beside(run, managers=3.6 * run.seconds), cpus=8)
    assert [cause.name for cause in found.causes] == ["what a Manager holds"]
    assert "ther programs used" not in str(found)


@pytest.mark.parametrize(("waited", "said"), [(0.1, True), (3.6, False)])
def test_tasks_that_wait_for_something_they_share_are_told_from_tasks_that_wait_for_a_cpu(waited, said):
    run = a_run(processes=2, cpus=2)
    quiet = {"machine": 1.2 * run.seconds, "workers": 1.1 * run.seconds}
    found = explain(beside(run, waited=waited * run.seconds, **quiet), cpus=2)
    assert [cause.name for cause in found.causes] == ["something that tasks share"] * said
    assert ("such as a lock that they share" in str(found)) is said


def test_the_clocks_of_the_xray_are_not_taken_for_a_wait_of_tiny_tasks():
    run = a_run(durations=[4e-6] * 2000, processes=1, cpus=4)
    tiny = beside(run)._replace(spans=tuple(span._replace(cpu=1.9e-6) for span in run.spans))
    assert Replay(Facts(tiny, 2)).expect_of_loop() == pytest.approx(2000 * 1.9e-6)
