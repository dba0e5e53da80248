"""Timing: what is called how often, what the figures mean, and how a bad argument is refused."""

import functools
import multiprocessing
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from helpers.machine import start_methods
from helpers.other_programs import Others
from helpers.tasks import draw, identity, nap
from helpers.timing import (
    CSV_COLUMNS,
    Comparison,
    Timing,
    compare,
    efficiency,
    measure,
    save,
    speedup,
    warm_up,
)
from helpers.xray import XrayPool

SERIAL = Timing("serial", (4.0, 6.0, 5.0), (4.0, 5.0, 4.5))
PARALLEL = Timing("pool of 2", (2.0, 2.0, 4.0), (0.1, 0.2, 0.1))
BUSY = Others(seconds=10.0, used=11.0, stolen=0.0, cpus=2)


def test_the_figures_of_a_timing_are_those_worked_out_by_hand():
    assert (SERIAL.minimum, SERIAL.median, SERIAL.spread, SERIAL.repeats) == (4.0, 5.0, 2.0, 3)
    assert SERIAL.cpus_busy == pytest.approx(13.5 / 15)


def test_a_timing_prints_itself_in_one_line():
    assert repr(SERIAL) == "serial: minimum 4.00 s, median 5.00 s, spread 2.00 s, 3 repeats"
    assert repr(Timing("once", (0.0012,), (0.0,))).endswith("spread 0 s, 1 repeat")


def test_measure_calls_the_warm_up_and_the_repeats_and_keeps_the_last_result():
    calls = []
    timing = measure(lambda value, *, more: calls.append(value) or len(calls) + more, 7, repeats=3, warmup=2, more=100)
    assert calls == [7] * 5
    assert (timing.repeats, len(timing.cpu), timing.result) == (3, 3, 105)


def test_wall_and_cpu_seconds_are_what_the_clocks_advanced_during_the_call(monkeypatch):
    clock = {"wall": 10.0, "cpu": 2.0}
    clocks = SimpleNamespace(perf_counter=lambda: clock["wall"], process_time=lambda: clock["cpu"])
    monkeypatch.setattr("helpers.timing.time", clocks)
    timing = measure(lambda: clock.update(wall=clock["wall"] + 4.0, cpu=clock["cpu"] + 1.0), repeats=2)
    assert (timing.seconds, timing.cpu) == ((4.0, 4.0), (1.0, 1.0))


def test_a_timing_is_named_after_its_function():
    assert measure(draw, 1).label == "draw"
    assert measure(functools.partial(functools.partial(draw, 1), seed=2)).label == "draw"
    assert measure(draw, 1, label="drawing").label == "drawing"


def test_neither_the_result_nor_what_others_took_is_compared():
    assert Timing("x", (1.0,), (1.0,), result="a") == Timing("x", (1.0,), (1.0,), result="b")
    assert Timing("x", (1.0,), (1.0,), others=BUSY) == Timing("x", (1.0,), (1.0,))


def test_candidates_run_in_turn():
    calls = []
    comparison = compare({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=3, warmup=1)
    assert "".join(calls) == "abababab"
    assert [timing.repeats for timing in comparison] == [3, 3]


def test_the_last_result_of_a_candidate_is_freed_before_it_is_called_again():
    class Result:
        alive = 0

        def __init__(self) -> None:
            Result.alive += 1

        def __del__(self) -> None:
            Result.alive -= 1

    seen = []
    compare({"a": lambda: (seen.append(Result.alive), Result())[1]}, repeats=2)
    assert seen == [0, 0, 0]


def test_ratios_are_taken_pair_by_pair_against_the_first():
    comparison = Comparison((SERIAL, PARALLEL))
    assert comparison.ratios("pool of 2") == (2.0, 3.0, 1.25)
    assert comparison.ratios("serial") == (1.0, 1.0, 1.0)
    assert comparison["pool of 2"] is PARALLEL


def test_a_comparison_prints_itself_as_an_aligned_table():
    assert repr(Comparison((SERIAL, PARALLEL))).splitlines() == [
        "           minimum  median  spread  times as fast as serial",
        "serial      4.00 s  5.00 s  2.00 s      1.00 (1.00 to 1.00)",
        "pool of 2   2.00 s  2.00 s  2.00 s      2.00 (1.25 to 3.00)",
        "3 repeats, in turn; ratios pair by pair: median (range)",
    ]


def test_what_others_took_stands_below_a_table_of_figures():
    one = replace(SERIAL, others=BUSY)
    both = Comparison((one, PARALLEL))
    assert both.others is BUSY
    assert Comparison((one,)).others is BUSY
    for shown in (one, both):
        html = shown._repr_html_()
        assert html.index("5.00 s") < html.index(BUSY.in_words("while this ran"))
        assert repr(shown).endswith(BUSY.in_words("while this ran"))
    assert "<th" in both._repr_html_() and "times as fast as serial" in both._repr_html_()
    assert both._repr_html_().index("in turn; ratios pair by pair") > html.index("2.00 (1.25 to 3.00)")


def test_speedup_is_the_ratio_of_the_medians():
    assert speedup(SERIAL, PARALLEL) == 2.5


def test_efficiency_is_the_speedup_of_each_process_whatever_the_machine():
    assert efficiency(1.5, processes=1) == 1.5
    assert efficiency(1.5, processes=1000) == 0.0015
    assert efficiency(3.0, processes=4) == 0.75


@pytest.mark.parametrize(
    "bad",
    [
        {"repeats": 0},
        {"repeats": -1},
        {"repeats": 2.5},
        {"repeats": "3"},
        {"repeats": True},
        {"warmup": -1},
        {"warmup": True},
    ],
)
def test_a_bad_count_is_refused_before_anything_runs(bad):
    calls = []
    (name,) = bad
    with pytest.raises(ValueError, match=rf"{name} must be a whole number of \d or more, not"):
        measure(calls.append, 1, **bad)
    assert not calls


def test_a_comparison_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one candidate"):
        compare({})


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="measure needs a function .* returned: tuple"):
        measure(draw(1))
    with pytest.raises(TypeError, match="compare needs a function .* returned: tuple"):
        compare({"good": draw, "bad": draw(1)})


def test_a_timing_without_repeats_or_time_is_refused():
    bad = [float("nan"), float("inf"), 0.0, -1.0]
    for seconds, cpu in (((), ()), ((1.0,), ()), *(((1.0, second), (0.0, 0.0)) for second in bad)):
        with pytest.raises(ValueError, match="seconds"):
            Timing("x", seconds, cpu)


def test_a_csv_file_has_a_row_for_each_repeat(tmp_path):
    save(Comparison((SERIAL, PARALLEL)), tmp_path / "timings.csv")
    header, *rows = (tmp_path / "timings.csv").read_text().splitlines()
    assert header == ",".join(CSV_COLUMNS)
    assert rows[:2] == ["serial,1,4.0,4.0", "serial,2,6.0,5.0"]
    assert len(rows) == 6


def test_a_save_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "timings.csv"
    save([SERIAL], path)
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        save([Timing("\udc80", (1.0,), (1.0,))], path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("method", start_methods())
def test_after_warm_up_every_worker_has_answered(method):
    context = multiprocessing.get_context(method)
    with XrayPool(3, context=context) as pool:
        warm_up(pool, 3)
        assert len(pool.run.workers) == 3


@pytest.mark.parametrize("method", start_methods())
def test_a_stock_pool_works_on_after_warm_up(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        warm_up(pool, 2)
        assert pool.map(identity, range(3)) == [0, 1, 2]


def test_warm_up_gives_up_at_its_deadline():
    with (
        multiprocessing.Pool(1) as pool,
        pytest.raises(TimeoutError, match=r"[01] of 2 workers answered within 0\.5 s"),
    ):
        warm_up(pool, 2, deadline=0.5)


def test_without_a_wish_there_are_five_repeats_after_one_warm_up():
    calls = []
    assert measure(calls.append, 1).repeats == 5
    assert len(calls) == 6
    assert compare({"one": lambda: calls.append(1)})["one"].repeats == 5
    assert len(calls) == 12


def test_what_is_too_short_for_the_clock_takes_the_shortest_time_that_the_clock_can_show(monkeypatch):
    clocks = SimpleNamespace(perf_counter=lambda: 10.0, process_time=lambda: 2.0)
    monkeypatch.setattr("helpers.timing.time", clocks)
    assert measure(draw, 1, repeats=1).seconds == (time.get_clock_info("perf_counter").resolution,)


def test_the_first_warm_up_is_not_measured(monkeypatch):
    ticks = iter([0.0, 100.0, 0.0, 1.0, 0.0, 2.0])
    clocks = SimpleNamespace(perf_counter=lambda: next(ticks), process_time=lambda: 0.0)
    monkeypatch.setattr("helpers.timing.time", clocks)
    assert measure(draw, 1, repeats=2).seconds == (1.0, 2.0)


def test_ratios_are_taken_against_the_candidate_that_is_named():
    comparison = Comparison((SERIAL, PARALLEL, Timing("third", (1.0, 4.0, 2.0), (0.5, 0.5, 0.5))))
    assert comparison.ratios("third", to="pool of 2") == (2.0, 0.5, 2.0)


def test_the_ratio_of_a_table_is_the_median_of_the_rounds():
    comparison = Comparison((SERIAL, Timing("other", (1.0, 6.0, 1.0), (0.5, 0.5, 0.5))))
    assert repr(comparison).splitlines()[2].endswith("4.00 (1.00 to 5.00)")


class Answers:
    """In the place of a pool: each map of naps is answered by the given processes, or not in time."""

    def __init__(self, *answers: list[int] | None) -> None:
        self.answers, self.asked, self.waited = iter(answers), [], []

    def map_async(self, function, items, chunksize=None):
        self.asked.append((function, items, chunksize))
        return self

    def get(self, timeout):
        self.waited.append(timeout)
        answer = next(self.answers)
        if answer is None:
            raise multiprocessing.TimeoutError
        return answer


def test_warm_up_asks_again_with_a_short_nap_for_each_worker_until_all_have_answered():
    pool = Answers([1, 1, 2], [2, 2, 2], [1, 3, 2])
    warm_up(pool, 3)
    assert pool.asked == [(nap, [0.01] * 3, 1)] * 3


def test_warm_up_counts_its_deadline_from_its_beginning_and_says_how_many_had_answered(monkeypatch):
    now = iter([5.0, 6.0, 12.0])
    monkeypatch.setattr("helpers.timing.time", SimpleNamespace(monotonic=lambda: next(now)))
    pool = Answers([1, 1], None)
    with pytest.raises(TimeoutError, match=r"1 of 2 workers answered within 4 s"):
        warm_up(pool, 2, deadline=4.0)
    assert pool.waited == [3.0, 0.0]


def test_warm_up_waits_for_half_a_minute():
    pool = Answers([1])
    warm_up(pool, 1)
    assert 29.0 < pool.waited[0] <= 30.0
