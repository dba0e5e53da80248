"""The exercises about measuring accept every right answer, however it is written, and none of the textbook errors."""

import statistics
import time
import timeit

import numpy as np
import pytest

from helpers import checks
from helpers.spans import Run, breakdown
from helpers.tasks import draw
from helpers.timing import measure
from helpers.xray import XrayPool

SECONDS = [7.71, 7.64, 7.58, 9.93, 7.66, 7.60, 7.67]
SHORT = [second / 10_000 for second in SECONDS]


def summary(minimum=min, median=statistics.median, spread=lambda times: max(times) - min(times)) -> dict:
    return {"minimum": minimum(SECONDS), "median": median(SECONDS), "spread": spread(SECONDS)}


@pytest.mark.parametrize(
    "answer",
    [
        summary(),
        {"spread": 2.35, "median": 7.66, "minimum": 7.58},
        summary(np.min, np.median, np.ptp),
        summary(median=lambda times: sorted(times)[len(times) // 2], spread=lambda times: 9.93 - 7.58),
    ],
)
def test_a_right_summary(answer):
    assert checks.timing_summary(answer, SECONDS).right


@pytest.mark.parametrize(
    "wrong",
    [
        summary(median=lambda times: times[3]),
        summary(median=statistics.mean),
        summary(median=lambda times: sorted(times)[2]),
        summary(median=lambda times: sorted(times)[4]),
        summary(spread=statistics.stdev),
        summary(spread=lambda times: (max(times) - min(times)) / 2),
        summary(spread=lambda times: (min(times), max(times))),
        summary(minimum=lambda times: times[0]),
        summary(median=lambda times: ...),
        {"minimum": 7.58, "median": 7.66},
        7.66,
    ],
)
def test_a_wrong_summary(wrong):
    assert not checks.timing_summary(wrong, SECONDS).right


def test_a_summary_of_short_times_is_judged_as_exactly():
    right = {"minimum": 0.000758, "median": 0.000766, "spread": 0.000235}
    assert checks.timing_summary(right, SHORT).right
    for name in right:
        assert not checks.timing_summary(right | {name: 0.0}, SHORT).right
        assert not checks.timing_summary(right | {name: 0.005}, SHORT).right


def with_clock(clock, summarise=statistics.median, warmup=1, measured_warmup=0):
    """Return an answer to `median_seconds` that is right by default with a clock of wall time."""

    def answer(function, repeats):
        for _ in range(warmup):
            function()
        times = []
        for _ in range(repeats + measured_warmup):
            begin = clock()
            function()
            times.append(clock() - begin)
        return summarise(times)

    return answer


def with_timeit(function, repeats):
    function()
    return np.median(timeit.repeat(function, number=1, repeat=repeats))


def with_helpers(function, repeats):
    return measure(function, repeats=repeats).median


@pytest.mark.parametrize(
    "answer",
    [
        with_clock(time.perf_counter),
        with_clock(time.monotonic, np.median),
        with_timeit,
        with_helpers,
    ],
)
def test_a_right_measurement(answer):
    assert checks.median_seconds(answer).right


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (with_clock(time.process_time), "Which clock"),
        (with_clock(time.perf_counter, statistics.mean), "the mean"),
        (with_clock(time.perf_counter, min), "the median"),
        (with_clock(time.perf_counter, lambda times: sorted(times)[len(times) // 2]), "the median"),
        (with_clock(time.perf_counter, lambda times: times[len(times) // 2]), "the median"),
        (with_clock(time.perf_counter, warmup=0), "called the other one 3 times"),
        (with_clock(time.perf_counter, warmup=0, measured_warmup=1), "the first call"),
        (with_clock(time.perf_counter, lambda times: 1000 * statistics.median(times)), "the median"),
        (with_clock(time.perf_counter, sum), "the median"),
        (lambda function, repeats: with_helpers(function, 3), "called the other one 4 times"),
        (lambda function, repeats: measure(function, repeats=repeats), "raised"),
        (lambda function, repeats: 0.05, "called the other one 0 times"),
    ],
)
def test_a_wrong_measurement(wrong, hint):
    verdict = checks.median_seconds(wrong)
    assert not verdict.right
    assert hint in verdict.sentence


def with_branches(seconds, processes, cpus):
    if processes < cpus:
        return seconds / processes
    return seconds / cpus


@pytest.mark.parametrize(
    "answer",
    [
        lambda seconds, processes, cpus: seconds / min(processes, cpus),
        lambda seconds, processes, cpus: np.maximum(seconds / processes, seconds / cpus),
        lambda seconds, processes, cpus: np.float64(seconds) * max(1 / processes, 1 / cpus),
        with_branches,
    ],
)
def test_a_right_limit(answer):
    assert checks.best_time(answer).right


@pytest.mark.parametrize(
    "wrong",
    [
        lambda seconds, processes, cpus: seconds / processes,
        lambda seconds, processes, cpus: seconds / cpus,
        lambda seconds, processes, cpus: seconds / max(processes, cpus),
        lambda seconds, processes, cpus: seconds / (processes * cpus),
        lambda seconds, processes, cpus: seconds // min(processes, cpus),
        lambda seconds, processes, cpus: seconds * min(processes, cpus),
        lambda seconds, processes, cpus: 4.0,
        lambda seconds, processes, cpus: seconds / 2,
        lambda seconds, processes: seconds / processes,
        4.0,
    ],
)
def test_a_wrong_limit(wrong):
    assert not checks.best_time(wrong).right


@pytest.fixture(scope="module")
def run() -> Run:
    with XrayPool(3) as pool:
        pool.map(draw, [200_000] * 3)
        return pool.run


def from_the_spans(run, cpus):
    return sum(span.computing for span in run.spans) / (run.seconds * min(run.processes, cpus))


def from_the_breakdown(run, cpus):
    spent = breakdown(run)
    return spent.computing / (spent.whole / run.processes * min(run.processes, cpus))


def from_the_phases(run, cpus):
    able = sorted([cpus, run.processes])[0]  # noqa: FURB192 - as a student may write it
    return np.float64(dict(breakdown(run).items())["computing"]) / able / (run.ended - run.began)


@pytest.mark.parametrize("answer", [from_the_spans, from_the_breakdown, from_the_phases])
def test_a_right_share(answer, run):
    assert checks.share_of_cpus(answer, run).right


@pytest.mark.parametrize(
    "wrong",
    [
        lambda run, cpus: breakdown(run).computing / breakdown(run).whole,
        lambda run, cpus: breakdown(run).computing / (run.seconds * cpus),
        lambda run, cpus: breakdown(run).computing / run.seconds,
        lambda run, cpus: 100 * from_the_spans(run, cpus),
        lambda run, cpus: 1 - from_the_spans(run, cpus),
        lambda run, cpus: breakdown(run).computing / (run.seconds * max(run.processes, cpus)),
        lambda run, cpus: breakdown(run).computing / (run.seconds * min(len(run.workers), cpus)),  # those with a task
        lambda run, cpus: 0.8,
        lambda run: 0.8,
    ],
)
def test_a_wrong_share(wrong, run):
    assert not checks.share_of_cpus(wrong, run).right


def test_a_share_in_percent_is_recognised(run):
    assert "percentage" in checks.share_of_cpus(lambda run, cpus: 100 * from_the_spans(run, cpus), run).sentence
