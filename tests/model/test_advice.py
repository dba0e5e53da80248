"""The advice names a pool where one helps, and the reason where none does."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from helpers import tasks
from helpers.machine import start_methods, usable_cpus
from helpers.model.advice import Advice, Choice, _others, advice_from, advise
from helpers.model.costs import Costs, Leg
from helpers.model.sample import Sample
from helpers.model.spread import Spread


@pytest.mark.parametrize("method", start_methods())
def test_the_advice_for_work_names_a_pool_and_predicts_every_number_of_processes(method):
    advice = advise(tasks.draw, [200_000] * 12, cpus=4, start_method=method)
    assert [choice.processes for choice in advice.choices] == [1, 2, 3, 4]
    assert advice.best is min(advice.choices, key=lambda choice: choice.cold)
    assert "no pool" in str(advice)
    assert 1 <= advice.sample.timed <= 12


def test_the_advice_for_empty_tasks_is_no_pool():
    assert advise(tasks.identity, range(2000), cpus=4).words.startswith("Take no pool: the work is too short")


def test_the_advice_for_sleeping_tasks_is_threads():
    assert advise(tasks.nap, [0.01] * 20, cpus=2).words.startswith("Take threads: the function waits")


@pytest.fixture
def busy_machine():
    """Twice as many processes that compute as there are CPUs."""
    commands = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * usable_cpus())]
    yield
    for command in commands:
        command.kill()
        command.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports exactly how long a process waits for a CPU")
def test_on_a_busy_machine_computing_is_told_from_sleeping(busy_machine):
    for draws in (3000, 100_000):
        assert not advise(tasks.draw, [draws] * 50, budget=0.3, cpus=2).sample.waits
    assert advise(tasks.nap, [0.05] * 8, budget=0.3, cpus=2).words.startswith("Take threads: the function waits")


def advice_for(durations, *, cpus=2, bytes_in=0.0, costs=None, **spread) -> str:
    durations = np.array(durations, dtype=float)
    sizes = np.full(len(durations), bytes_in), np.zeros(len(durations))
    return advice_from(Sample(durations, *sizes, 1, 1.0, costs or Costs(), Spread(**spread)), cpus).words


def test_the_reason_against_a_pool_is_the_one_that_counts():
    assert advice_for([1.0] * 8).startswith("Take Pool(2)")
    assert advice_for([1.0] * 8, cpus=1).startswith("Take no pool: processes would share the only CPU.")
    assert advice_for([0.001, 1.0]).startswith("Take no pool: one item takes 100% of the time")
    assert advice_for([1e-6] * 100).startswith("Take no pool: the work is too short.")
    costs = Costs(send=Leg(byte=1e-9), receive=Leg(byte=1e-9))
    assert advice_for([0.1] * 8, bytes_in=1e8, costs=costs).startswith("Take no pool: sending the data takes longer")


def test_no_pool_is_advised_where_the_model_cannot_tell_whether_it_is_faster_than_none():
    words = "The model cannot tell whether a pool is worth it: Pool(2) with chunksize="
    assert advice_for([1.0] * 8, work=(0.9, 2.5)).startswith(words)  # perhaps slower than the loop
    assert advice_for([1.0] * 8, work=(0.9, 1.5)).startswith("Take Pool(2)")
    slow = Costs(send=Leg(1.5), receive=Leg(1.6))
    assert advice_for([1.0] * 8, costs=slow, messages=(0.1, 1.1)).startswith(words)  # perhaps faster
    assert advice_for([1e-6] * 100, start=(0.9, 2.0)).startswith("Take no pool: the work is too short.")


def test_the_items_that_were_not_timed_do_not_make_a_pool_doubtful():
    """If they take longer, the loop does, too."""
    assert advice_for([1.0] * 8, scatter=2.0).startswith("Take Pool(2)")


def test_pools_that_the_model_cannot_tell_apart_are_named():
    assert "cannot tell" not in advice_for([1.0] * 24, cpus=4, work=(0.99, 1.01))
    assert "Pool(3) may be as fast: the model cannot tell." in advice_for([1.0] * 24, cpus=4, work=(0.7, 1.4))
    assert "Pools of 2, 3 processes may be as fast" in advice_for([1.0] * 24, cpus=4, work=(0.4, 2.1))


def test_a_pool_may_be_as_fast_where_each_of_both_cold_ones_reaches_into_the_interval_of_the_other():
    """By hand: the loop takes 100 s, and the best pool 10 s: ten times as fast, from 8 to 12 times."""

    def choice(processes: int, cold: float, least: float, most: float) -> Choice:
        return Choice(processes, 1, cold, 99.0, (cold, cold), (99.0, 99.0), (least, most))

    best = choice(4, 10.0, 8.0, 12.0)
    assert _others(100.0, [choice(3, 12.5, 7.0, 10.0), best], best) == " Pool(3) may be as fast: the model cannot tell."
    assert not _others(100.0, [choice(3, 12.6, 7.0, 10.0), best], best)
    assert not _others(100.0, [choice(3, 12.5, 7.0, 9.9), best], best)


def test_the_table_shows_between_which_figures_nine_in_ten_runs_lie():
    sample = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 1.0, Costs(0, 0, *[Leg()] * 4), Spread(work=(0.9, 1.25)))
    row = str(advice_from(sample, 2)).splitlines()[3]
    assert row.split() == [
        "2",
        "1",
        "4.00",
        "s",
        "(3.60",
        "to",
        "5.00)",
        "4.00",
        "s",
        "(3.60",
        "to",
        "5.00)",
        "2.00",
        "(1.60",
        "to",
        "2.00)",
    ]


def test_a_speedup_far_below_1_has_two_digits_that_count():
    """By hand: one worker boots for a second, and then takes as long as the loop, 4.4 ms."""
    costs = Costs(0.0, 1.0, *[Leg()] * 4)
    sample = Sample(np.full(4, 0.0011), np.ones(4), np.ones(4), 4, 1.0, costs, Spread())
    assert "0.0044 (0.0044 to 0.0044)" in str(advice_from(sample, 1))


def test_the_advice_is_a_table_that_can_be_read():
    sample = Sample(np.ones(9), np.ones(9), np.ones(9), 3, 1.0, Costs())
    lines = str(Advice(sample, (), None, "Take it.")).splitlines()
    assert lines[0].split() == ["processes", "chunk", "size", "cold", "warm", "speed-up,", "cold"]
    assert lines[-2:] == [
        "predicted from 3 of 9 items; in brackets: where the model expects nine in ten runs",
        "Take it.",
    ]


def test_in_a_notebook_the_words_of_the_advice_stand_below_its_table():
    sample = Sample(np.ones(9), np.ones(9), np.ones(9), 3, 1.0, Costs())
    html = Advice(sample, (), None, "Take it.")._repr_html_()
    assert ">chunk size</th>" in html and ">no pool</td>" in html
    assert html.index("</table>") < html.index("predicted from 3 of 9 items") < html.index("Take it.")


def test_a_doubtful_pool_is_told_with_its_least_and_its_most():
    assert "is likely to be 2.00 times as fast as the loop, or anything between 0.80 and 2.00 times" in advice_for(
        [1.0] * 8, work=(0.9, 2.5)
    )
    assert "2.00 times as fast (1.33 to 2.00)." in advice_for([1.0] * 8, work=(0.9, 1.5))


def test_a_function_that_cannot_be_sent_is_refused():
    with pytest.raises((pickle.PicklingError, ValueError), match="cannot be sent to a worker"):
        advise(lambda n: n, [1, 2, 3])
