"""What the advisor names, against pools that are simulated one by one; the table and every reason at its limit."""

import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.model import advice as module
from helpers.model.advice import advice_from
from helpers.model.costs import Costs, Leg
from helpers.model.sample import Sample
from helpers.model.simulator import default_chunksize

FREE = Costs(0.0, 0.0, *[Leg()] * 4)


def sample_of(durations, costs=FREE, *, bytes_in=0.0, bytes_out=0.0, timed=1, share=1.0):
    items = len(durations)
    return Sample(np.array(durations, float), np.full(items, bytes_in), np.full(items, bytes_out), timed, share, costs)


# Starting costs so much that neither one process nor all of them are best.
WORK = sample_of([0.01] * 64 + [0.1] * 4, Costs(fork=0.05, boot=0.01, send=Leg(1e-3), collect=Leg(1e-3)))


def seconds(sample, processes, size, cpus, warm=False):
    return sample.simulate(processes, chunksize=size, cpus=cpus, warm=warm).seconds


def sizes(tasks, processes):
    even, sixteenth = (max(1, -(-tasks // parts)) for parts in (processes, 16 * processes))
    return {even, sixteenth, default_chunksize(tasks, processes), 1}


def test_the_best_pool_is_the_fastest_of_all_that_are_predicted():
    advice = advice_from(WORK, cpus=8)
    found = {
        (processes, size): seconds(WORK, processes, size, 8)
        for processes in range(1, 9)
        for size in sizes(68, processes)
    }
    assert advice.best.cold == min(found.values()) == found[advice.best.processes, advice.best.chunksize]
    assert 1 < advice.best.processes < 8
    for choice, processes in zip(advice.choices, range(1, 9), strict=True):
        assert choice.processes == processes
        assert choice.cold == min(found[processes, size] for size in sizes(68, processes))
        assert choice.warm == seconds(WORK, processes, choice.chunksize, 8, warm=True) < choice.cold


@pytest.mark.parametrize(
    "tasks, processes, expected",
    [(100, 2, {1, 4, 13, 50}), (3, 4, {1}), (64, 1, {1, 4, 16, 64}), (17, 1, {1, 2, 5, 17})],
)
def test_one_chunk_a_worker_the_default_a_sixteenth_and_single_tasks_are_tried(tasks, processes, expected):
    found = module._choices(sample_of([0.01] * tasks), processes, 2)
    assert {choice.chunksize for choice in found} == expected


def test_more_than_twenty_thousand_messages_are_never_tried():
    assert module.MAX_CHUNKS == 20_000
    for tasks, sizes_tried in ((20_000, {1, 1250, 5000, 20_000}), (20_001, {1251, 5001, 20_001})):
        assert {choice.chunksize for choice in module._choices(sample_of([0.01] * tasks), 1, 1)} == sizes_tried


def test_the_words_name_the_pool_its_chunk_size_and_how_many_times_as_fast_it_is():
    advice = advice_from(sample_of([1.0] * 8), cpus=4)
    assert advice.words == "Take Pool(4) with chunksize=1: 4.00 times as fast (4.00 to 4.00)."
    advice = advice_from(WORK, cpus=8)
    best = advice.best
    times = f"{WORK.serial / best.cold:.2f}"
    assert advice.words == (
        f"Take Pool({best.processes}) with chunksize={best.chunksize}: {times} times as fast ({times} to {times})."
    )


def test_a_pool_is_taken_only_if_it_saves_a_tenth():
    """By hand: eight seconds of work on two CPUs take 4 s and two forks; 0.9 times eight seconds are 7.2 s."""
    taken, not_taken = (
        advice_from(sample_of([1.0] * 8, Costs(fork, 0.0, *[Leg()] * 4)), cpus=2).words for fork in (1.59, 1.61)
    )
    assert taken == "Take Pool(2) with chunksize=1: 1.11 times as fast." or taken.startswith("Take Pool(2)")
    assert not_taken.startswith("Take no pool: the work is too short. Look for a faster way in one process, with NumPy")


@pytest.mark.parametrize("byte, words", [(0.9e-3, False), (1.1e-3, True)])
def test_pickling_is_named_where_it_costs_more_than_a_tenth_of_the_work(byte, words):
    """By hand: eight seconds of work, 800 bytes; 0.8 s are a tenth."""
    found = advice_from(
        sample_of([1.0] * 8, Costs(0.0, 0.0, Leg(byte=byte), *[Leg()] * 3), bytes_in=100.0), cpus=4
    ).words
    assert ("Pickling the data costs 880 ms: send less, and return arrays rather than lists." in found) == words


def test_a_large_function_is_pickled_for_each_message_and_not_for_each_item():
    """By hand: 100 items of 10 ms on two CPUs; a message with the function takes the parent 0.1 s, and 1 s is a loop.

    Two chunks of 50: the second leaves at 0.2 s, and takes 0.5 s. One hundred chunks would take 10 s.
    """
    sample = sample_of([0.01] * 100, Costs(0.0, 0.0, Leg(byte=1e-7), *[Leg()] * 3), timed=100)
    advice = advice_from(replace(sample, function_bytes=1e6), cpus=3)
    assert advice.words.startswith("Take Pool(")
    assert {choice.processes: choice.chunksize for choice in advice.choices}[2] == 50
    assert {choice.processes: choice.cold for choice in advice.choices}[2] == pytest.approx(0.7)


@pytest.mark.parametrize(
    "byte, reason", [(3.9, "the work is too short"), (4.1, "sending the data takes longer than a pool would save")]
)
def test_sending_is_the_reason_where_it_takes_more_than_half_of_the_work(byte, reason):
    """By hand: eight seconds of work; a start of nine seconds makes every pool too slow."""
    sample = sample_of([1.0] * 8, Costs(9.0, 0.0, Leg(byte=byte / 8), *[Leg()] * 3), bytes_in=1.0)
    assert advice_from(sample, cpus=2).words.startswith(f"Take no pool: {reason}.")


@pytest.mark.parametrize(
    "longest, reason",
    [(2.2, "the work is too short"), (2.5, "one item takes 71% of the time, and a pool cannot divide an item")],
)
def test_a_long_item_is_the_reason_where_it_takes_more_than_seven_tenths(longest, reason):
    sample = sample_of([longest, 0.5, 0.5], Costs(9.0, 0.0, *[Leg()] * 4))
    assert advice_from(sample, cpus=2).words.startswith(f"Take no pool: {reason}.")


def test_a_single_cpu_is_the_reason_whatever_the_work():
    sample = sample_of([1.0] * 8, Costs(0.1, 0.0, *[Leg()] * 4))
    assert advice_from(sample, cpus=1).words.startswith("Take no pool: processes would share the only CPU. Look")


def test_a_function_that_waits_gets_threads_with_the_share_of_its_waiting():
    words = advice_from(sample_of([1.0] * 8, share=0.25), cpus=2).words
    assert words == (
        "Take threads: the function waits for 75% of its time, and not for a CPU. "
        "A thread waits as well as a process, and starts sooner."
    )
    assert not advice_from(sample_of([1.0] * 8, share=0.5), cpus=2).words.startswith("Take threads")


def test_the_table_has_the_loop_and_every_number_of_processes_with_its_times():
    sample = sample_of([0.5] * 2000, Costs(0.0, 50.0, *[Leg()] * 4), timed=1500)
    lines = str(advice_from(sample, cpus=2)).splitlines()
    assert [re.split(r"  +", line.strip()) for line in lines[:4]] == [
        ["processes", "chunk size", "cold", "warm", "speed-up, cold"],
        ["no pool", "1000 s", "1.00"],
        ["1", "1", "1050 s (1050 to 1050)", "1000 s (1000 to 1000)", "0.95 (0.95 to 0.95)"],
        ["2", "1", "550 s (550 to 550)", "500 s (500 to 500)", "1.82 (1.82 to 1.82)"],
    ]
    assert lines[4] == ("predicted from 1,500 of 2,000 items; in brackets: where the model expects nine in ten runs")


def test_the_words_of_the_table_are_wrapped_at_a_hundred_letters():
    advice = advice_from(sample_of([1.0] * 8, share=0.25), cpus=2)
    wrapped = str(advice).splitlines()[4:]
    assert " ".join(wrapped).endswith(advice.words)
    assert max(map(len, wrapped)) <= 100
    assert len(wrapped) == 3  # the source, and two lines of words


def test_without_a_number_of_cpus_those_of_this_machine_are_used(monkeypatch):
    sample = sample_of([1.0] * 8)
    asked = []

    def learn(function, items, **keywords):
        asked.append((function, items, keywords))
        return sample

    monkeypatch.setattr(module, "learn", learn)
    monkeypatch.setattr(module, "usable_cpus", lambda: 3)
    assert len(module.advise(abs, [1, 2], budget=0.25, start_method="spawn").choices) == 3
    assert len(module.advise(abs, [1, 2], cpus=2).choices) == 2
    assert asked == [
        (abs, [1, 2], {"budget": 0.25, "start_method": "spawn"}),
        (abs, [1, 2], {"budget": 1.0, "start_method": None}),
    ]
