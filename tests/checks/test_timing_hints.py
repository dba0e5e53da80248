"""Each usual mistake about timing gets the hint that names it."""

import statistics

import pytest

from helpers import checks
from helpers.checks.timing import TOLERANCE
from helpers.model.costs import Costs, Leg
from helpers.model.simulator import simulate
from helpers.spans import breakdown

SECONDS = (4.0, 1.0, 2.0, 8.0)
RIGHT = {"minimum": 1.0, "median": 3.0, "spread": 7.0}


@pytest.mark.parametrize("name", RIGHT)
def test_each_figure_of_a_summary_is_looked_at(name):
    assert checks.timing_summary(RIGHT, SECONDS).right
    assert checks.timing_summary({**RIGHT, name: RIGHT[name] * 1.001}, SECONDS).sentence == (
        f"Look at the {name} again: sort the 4 times first."
    )
    others = {other: figure for other, figure in RIGHT.items() if other != name}
    assert checks.timing_summary(others, SECONDS).sentence == f"The answer needs a figure named {name!r}."
    assert checks.timing_summary({**RIGHT, name: RIGHT[name] * 1.00005}, SECONDS).right


class Clock:
    """In the place of `time` in the check and in the answers: sleeping moves it on, and takes no time."""

    def __init__(self) -> None:
        self.now = 10.0

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr("helpers.checks.timing.time", found)
    return found


def timed(clock, work, repeats, warmups=1):
    seconds = []
    for _ in range(warmups + repeats):
        begin = clock.perf_counter()
        work()
        seconds.append(clock.perf_counter() - begin)
    return seconds


def test_a_right_median_gets_the_praise_and_may_be_off_by_the_tolerance(clock):
    for off, right in ((0.0, True), (0.9 * TOLERANCE, True), (-0.9 * TOLERANCE, True), (1.2 * TOLERANCE, False)):
        answer = lambda work, repeats, off=off: statistics.median(timed(clock, work, repeats)[1:]) + off
        assert checks.median_seconds(answer).right == right


@pytest.mark.parametrize(
    "figure, hint",
    [
        (lambda seconds: statistics.mean(seconds[1:]), "That is the mean. What does one disturbed repeat do to it?"),
        (statistics.median, "That includes the first call, which should not be measured."),
        (
            lambda seconds: 0.0005,
            "That is close to no time at all, although the function slept. Which clock counts sleeping?",
        ),
        (lambda seconds: 1.25, "It should return the median, 0.050 s here, and it returned 1.25."),
    ],
)
def test_a_wrong_median_gets_the_hint_that_names_it(clock, figure, hint):
    assert checks.median_seconds(lambda work, repeats: figure(timed(clock, work, repeats))).sentence.startswith(hint)


@pytest.mark.parametrize("warmups", [0, 2])
def test_the_number_of_calls_is_counted(clock, warmups):
    sentence = checks.median_seconds(lambda work, repeats: timed(clock, work, repeats, warmups)[-1]).sentence
    assert sentence == (
        f"With 3 repeats your function called the other one {3 + warmups} times. "
        "It should call it once without measuring, and then once for each repeat."
    )


def test_five_repeats_are_tried_too(clock):
    """The second sequence: an answer that fits only the first is told the median of the second, 0.03 s."""
    answer = lambda work, repeats: timed(clock, work, repeats) and (0.05 if repeats == 3 else 0.5)
    assert checks.median_seconds(answer).sentence == "It should return the median, 0.030 s here, and it returned 0.5."


@pytest.mark.parametrize(
    "answer, hint",
    [
        (
            lambda work, p, cpus: work,
            "Two processes on two CPUs share 7 seconds of work: how long do they take at best?",
        ),
        (
            lambda work, p, cpus: work / p,
            "Five processes on two CPUs: how many of them can compute at the same moment?",
        ),
        (lambda work, p, cpus: work / cpus, "Three processes on sixteen CPUs: how many CPUs have something to do?"),
    ],
)
def test_a_wrong_best_time_gets_the_hint_that_names_it(answer, hint):
    assert checks.best_time(lambda work, p, cpus: work / min(p, cpus)).right
    assert checks.best_time(answer).sentence == hint


FREE = Costs(0.0, 0.0, *[Leg()] * 4)
RUN = simulate([3.0, 2.0], processes=2, cpus=2, chunksize=1, costs=FREE, warm=True)  # by hand: 5 / 3 CPUs are busy


def share(run, cpus):
    return breakdown(run).computing / run.seconds / min(run.processes, cpus)


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda run, cpus: 100 * share(run, cpus), "That is a percentage; give the share as a number between 0 and 1."),
        (
            lambda run, cpus: 0.5,
            "For 2 workers on 2 CPUs your share is 0.500. How many of these CPUs could compute at the same moment?",
        ),
        (
            lambda run, cpus: share(run, run.processes),
            "For 9 workers on 3 CPUs your share is 0.185. How many of these CPUs could compute at the same moment?",
        ),
        (
            lambda run, cpus: share(run, cpus) * min(run.processes, cpus) / cpus,
            "For 2 workers on 59 CPUs your share is 0.028. How many of these CPUs could compute at the same moment?",
        ),
        (
            lambda run, cpus: share(run, cpus) * (1.0 if run.processes == 2 or cpus == 3 else 1.02),
            "For 9 workers on 59 CPUs your share is 0.189. How many of these CPUs could compute at the same moment?",
        ),
    ],
)
def test_a_wrong_share_of_cpus_gets_the_hint_that_names_it(answer, hint):
    assert checks.share_of_cpus(share, RUN).right
    assert checks.share_of_cpus(answer, RUN).sentence == hint
