"""What a diagnosis says of causes that were made by hand, and which causes it chooses."""

import pytest

from helpers import diagnosis
from helpers.diagnosis import Cause, Diagnosis, explain
from helpers.explaining.of_workers import INTERPRETER_LOCK, OTHERS, TOO_LITTLE_WORK
from helpers.model import simulate
from helpers.spans import Load, Run


def a_cause(name: str = "a cause", **changes) -> Cause:
    given = {"lost": 2.0, "evidence": "it was seen", "remedy": "Change it", "expected": 4.0, "weight": 0.0}
    return Cause(name, **given | changes)


def said(*causes: Cause, share: float = 0.5, unknown: tuple[str, ...] = ()) -> list[str]:
    """The lines about a run of 10 s, in which 3 worker-seconds were lost."""
    return str(Diagnosis(causes, 10.0, 3.0, share, unknown)).splitlines()


def test_the_first_cause_says_what_it_cost_and_the_others_are_added():
    assert said(a_cause(), a_cause(evidence="that, too")) == [
        "Most of what was lost, 2.00 s of 3.00 s of the workers' time: it was seen.",
        "  Change it. Expect 4.00 s instead of 10.0 s.",
        "Also: that, too.",
        "  Change it. Expect 4.00 s instead of 10.0 s.",
    ]


@pytest.mark.parametrize(
    ("lost", "whose"),
    [
        (1.51, "Most of what was lost, 1.51 s"),
        (1.5, "Part of what was lost, 1.50 s"),
        (4.0, "Most of what was lost, 3.00 s"),
    ],
)
def test_more_than_half_of_what_was_lost_is_most_of_it_and_no_cause_cost_more_than_all(lost, whose):
    assert said(a_cause(lost=lost))[0].startswith(whose)


def test_a_cause_that_cost_no_workers_time_begins_with_its_evidence():
    assert said(a_cause(lost=0.0))[0] == "It was seen."


def test_a_remedy_without_a_promise_promises_nothing():
    assert said(a_cause(expected=None))[1] == "  Change it."


@pytest.mark.parametrize(
    ("share", "line"),
    [
        (0.9, "The pool is well used: the tasks computed for 90% of the time that the CPUs had. What is left is"),
        (
            0.89,
            "Little to gain by changing the pool: no change that the simulation knows would save a tenth of its time.",
        ),
    ],
)
def test_without_a_cause_it_says_how_well_the_pool_is_used_and_then_what_is_not_known(share, line):
    first, last = said(share=share, unknown=("Who knows?",))
    assert first.startswith(line)
    assert f"he tasks computed for {share:.0%} of the time that the CPUs had." in first
    assert last == "Who knows?"


CAUSES = "helpers.diagnosis.causes_of_workers"


def explained(monkeypatch, *causes: Cause, run: Run | None = None, **changes) -> Diagnosis:
    """Explain a well used run (one second on 4 CPUs) of which these are all causes that were found."""
    run = run or simulate([0.01] * 400, processes=4, cpus=4, chunksize=1, warm=True)
    monkeypatch.setattr(diagnosis, "causes_of_workers", lambda *_: iter(causes))
    monkeypatch.setattr(diagnosis, "causes_of_messages", lambda *_: iter(()))
    return explain(run._replace(**changes), cpus=4)


def names(found: Diagnosis) -> list[str]:
    return [cause.name for cause in found.causes]


def test_the_cause_whose_remedy_saves_most_comes_first_and_three_are_named(monkeypatch):
    """A weight stands for what is not promised. Less than a tenth is not worth a sentence."""
    causes = [a_cause(str(saved), expected=None, weight=saved) for saved in (0.3, 0.6, 0.05, 0.5, 0.4)]
    assert names(explained(monkeypatch, *causes)) == ["0.6", "0.5", "0.4"]
    promised = [a_cause("a", expected=0.4), a_cause("b", expected=0.2), a_cause("c", expected=0.95)]
    assert names(explained(monkeypatch, *promised)) == ["b", "a"]


def test_others_come_last_whatever_they_cost(monkeypatch):
    causes = [a_cause(OTHERS, expected=None, weight=0.9), a_cause("b", expected=0.5)]
    assert names(explained(monkeypatch, *causes)) == ["b", OTHERS]


def test_a_plain_loop_that_saves_most_stands_alone(monkeypatch):
    loop, other = a_cause(TOO_LITTLE_WORK, expected=0.1), a_cause("b", expected=None, weight=0.5)
    assert names(explained(monkeypatch, other, loop)) == [TOO_LITTLE_WORK]
    longer = loop._replace(expected=0.7)
    assert names(explained(monkeypatch, other, longer)) == ["b", TOO_LITTLE_WORK]


@pytest.mark.parametrize(("pool", "named"), [(0.2, ["b", "c"]), (0.4, [TOO_LITTLE_WORK])])
def test_a_plain_loop_is_dropped_where_a_better_pool_is_faster(pool, named, monkeypatch):
    causes = [a_cause(TOO_LITTLE_WORK, expected=0.3), a_cause("b", expected=pool), a_cause("c", expected=0.8)]
    assert names(explained(monkeypatch, *causes)) == named


def test_where_the_simulator_is_not_like_the_run_causes_are_ranked_by_what_they_lost(monkeypatch):
    causes = [a_cause("a", lost=4.0, expected=0.1), a_cause("b", lost=16.0, expected=0.9)]
    found = explained(monkeypatch, *causes, ended=9.0)
    assert names(found) == ["b", "a"]
    assert [cause.expected for cause in found.causes] == [None, None]
    assert found.causes[0].gain(9.0) == 16.0 / 4
    assert found.unknown[0].startswith("What a change would bring cannot be said: the simulator comes nowhere near")


def test_a_loop_is_promised_without_the_simulator(monkeypatch):
    """What "b" lost, 32 of the time of four workers, is 8 s; the loop saves 5 s, and is promised all the same."""
    causes = [a_cause(TOO_LITTLE_WORK, expected=4.0), a_cause("b", lost=32.0, expected=5.0)]
    found = explained(monkeypatch, *causes, ended=9.0)
    assert [(cause.name, cause.expected) for cause in found.causes] == [("b", None), (TOO_LITTLE_WORK, 4.0)]


def test_the_share_is_of_the_cpus_that_the_workers_could_have_had(monkeypatch):
    run = simulate([0.01] * 400, processes=2, cpus=4, chunksize=1, warm=True)
    assert explained(monkeypatch, run=run).share == pytest.approx(4.0 / (2 * run.seconds))
    many = simulate([0.01] * 400, processes=8, cpus=4, chunksize=1, warm=True)
    assert explained(monkeypatch, run=many).share == pytest.approx(4.0 / (4 * many.seconds), rel=1e-6)


def test_promised_processes_do_not_count_what_threads_share(monkeypatch):
    found = explained(monkeypatch, a_cause(INTERPRETER_LOCK, expected=0.4))
    assert found.unknown == (
        "The start of processes, and what would have to be sent to them, are not counted: threads share it.",
    )


@pytest.mark.parametrize(("seconds", "told"), [(30e-6, True), (36e-6, False)])
def test_tasks_that_compute_for_less_than_the_xray_takes_are_told_so(seconds, told, monkeypatch):
    """The X-ray takes about 33 µs of a task that is a message of its own."""
    run = simulate([seconds] * 400, processes=4, cpus=4, chunksize=1, warm=True)
    found = explained(monkeypatch, a_cause(expected=1e-6), run=run)
    assert any("much of the time is the X-ray's own" in line for line in found.unknown) is told
    assert not explained(monkeypatch, run=run).unknown


@pytest.mark.parametrize(
    ("others", "causes", "told"),
    [
        (0.5, [a_cause(expected=0.4)], ""),
        (
            0.7,
            [a_cause(expected=0.4)],
            "Other programs used 0.7 of 4 CPUs meanwhile: while they go on, a change may bring less.",
        ),
        (0.7, [], "But other programs used 0.7 of 4 CPUs meanwhile."),
        (0.7, [a_cause(expected=None, weight=0.5)], ""),
        (0.7, [a_cause(OTHERS, expected=None, weight=0.5), a_cause(expected=0.4)], ""),
    ],
)
def test_a_promise_beside_other_programs_says_so(others, causes, told, monkeypatch):
    load = Load(seconds=1.0, machine=4.0 + others, workers=4.0, parent=0.0, waited=0.0)
    found = explained(monkeypatch, *causes, load=load)
    assert " ".join(found.unknown) == told


@pytest.mark.parametrize(("share", "processes", "told"), [(0.8, 4, True), (0.9, 4, False), (0.8, 5, False)])
def test_who_used_the_cpus_is_said_to_be_unknown_where_tasks_had_none_for_a_seventh_of_the_time(
    share, processes, told, monkeypatch
):
    run = simulate([0.01] * 400, processes=4, cpus=4, chunksize=1, warm=True)
    spans = tuple(span._replace(cpu=(span.finished - span.started) * share) for span in run.spans)
    found = explained(monkeypatch, run=run, spans=spans, processes=processes)
    assert any("was not recorded" in line for line in found.unknown) is told


def test_an_explanation_of_one_cpu_is_possible():
    run = simulate([0.01] * 40, processes=1, cpus=1, warm=True)
    assert explain(run, cpus=1).share == pytest.approx(0.4 / run.seconds)
