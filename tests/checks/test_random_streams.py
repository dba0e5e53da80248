"""The checks of random numbers in workers: right answers written in different ways, and the textbook mistakes."""

import random
from functools import partial
from multiprocessing import Pool

import numpy as np
import pytest

from helpers import array_tasks, checks

ROOT = np.random.SeedSequence(2024)


def spawned(seed, tasks):
    return np.random.SeedSequence(seed).spawn(tasks)


def with_keys(seed, tasks):
    return (np.random.SeedSequence(seed, spawn_key=(task,)) for task in range(tasks))


def lists_of_numbers(seed, tasks):
    return np.column_stack([np.arange(tasks), np.full(tasks, seed)])


def generators(seed, tasks):
    return np.random.default_rng(np.int64(seed)).spawn(tasks)


def words(seed, tasks):
    return np.random.SeedSequence(seed).generate_state(tasks, np.uint64)


def jumped(seed, tasks):
    return [np.random.PCG64(seed).jumped(task) for task in range(tasks)]


WRONG_SEEDS = {
    "seed + i": lambda seed, n: [seed + task for task in range(n)],
    "SeedSequence(seed + i)": lambda seed, n: [np.random.SeedSequence(seed + task) for task in range(n)],
    "default_rng(seed + i)": lambda seed, n: [np.random.default_rng(seed + task) for task in range(n)],
    "seed * i": lambda seed, n: [seed * task for task in range(n)],
    "1000 * seed + i": lambda seed, n: [1000 * seed + task for task in range(n)],
    "spawned from a root that remembers": lambda seed, n: ROOT.spawn(n),
    "the tasks' numbers": lambda seed, n: range(n),
    "the same seed": lambda seed, n: [seed] * n,
    "the same child": lambda seed, n: np.random.SeedSequence(seed).spawn(1) * n,
    "one too few": lambda seed, n: np.random.SeedSequence(seed).spawn(n - 1),
    "no seed": lambda seed, n: np.random.SeedSequence().spawn(n),
    "one generator": lambda seed, n: [np.random.default_rng(seed)] * n,
    "few numbers to choose from": lambda seed, n: random.Random(seed).choices(range(10_000), k=n),
    "nothing": lambda seed, n: None if seed else [],
}


@pytest.mark.parametrize("answer", [spawned, with_keys, lists_of_numbers, generators, words, jumped])
def test_whatever_gives_each_task_a_stream_of_its_own_is_right(answer):
    verdict = checks.seeds_for_tasks(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_SEEDS)
def test_seeds_that_repeat_streams_get_a_hint(mistake):
    assert not checks.seeds_for_tasks(WRONG_SEEDS[mistake]).right


def test_the_hint_for_neighbouring_seeds_counts_what_two_runs_share():
    assert "have 1999 streams in common" in checks.seeds_for_tasks(WRONG_SEEDS["SeedSequence(seed + i)"]).sentence


def mapped(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, np.random.SeedSequence(seed).spawn(tasks))


def one_by_one(task, seed, tasks, processes):
    with Pool(np.int64(processes)) as pool:
        return list(pool.imap(task, [[number, seed] for number in range(tasks)]))


def promised(task, seed, tasks, processes):
    with Pool(processes) as pool:
        seeds = np.random.SeedSequence(seed).spawn(tasks)
        results = [pool.apply_async(task, (each,)) for each in seeds]
        return (result for result in [result.get() for result in results])


def in_order_again(task, seed, tasks, processes):
    def number_and_seed(number):
        return number, np.random.SeedSequence(seed, spawn_key=(number,))

    with Pool(processes) as pool:
        return pool.starmap(task, [number_and_seed(number)[1:] for number in range(tasks)], chunksize=2)


def seeded_workers(task, seed, tasks, processes):
    with Pool(processes, np.random.seed, (seed,)) as pool:
        return pool.map(task, [None] * tasks)


def a_seed_for_each_worker(task, seed, tasks, processes):
    seeds = np.random.SeedSequence(seed).spawn(processes)
    with Pool(processes) as pool:
        return pool.map(task, [seeds[number % processes] for number in range(tasks)])


def a_seed_for_each_chunk(task, seed, tasks, processes):
    seeds = [np.random.SeedSequence([seed, processes, number]) for number in range(tasks)]
    with Pool(processes) as pool:
        return pool.map(task, seeds)


def seed_plus_number(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, range(seed, seed + tasks))


def seeds_far_apart(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, range(1000 * seed, 1000 * seed + tasks))


def one_seed(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, [seed] * tasks)


def without_a_pool(task, seed, tasks, processes):
    return list(map(task, np.random.SeedSequence(seed).spawn(tasks)))


def too_many_processes(task, seed, tasks, processes):
    with Pool(4) as pool:
        return pool.map(partial(_slowly, task), np.random.SeedSequence(seed).spawn(tasks), chunksize=1)


def _slowly(task, seed):
    array_tasks.nap(0.05)
    return task(seed)


def remembered_root(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, ROOT.spawn(tasks))


def some_tasks(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, np.random.SeedSequence(seed).spawn(processes))


@pytest.mark.parametrize("answer", [mapped, one_by_one, promised, in_order_again])
def test_a_simulation_that_is_the_same_for_any_pool_is_right(answer):
    verdict = checks.same_for_any_pool(answer)
    assert verdict.right, verdict


WRONG_SIMULATIONS = [
    seeded_workers,
    a_seed_for_each_worker,
    a_seed_for_each_chunk,
    seed_plus_number,
    seeds_far_apart,
    one_seed,
    without_a_pool,
    too_many_processes,
    remembered_root,
    some_tasks,
]


@pytest.mark.parametrize("answer", WRONG_SIMULATIONS)
def test_a_simulation_that_depends_on_its_pool_or_repeats_itself_gets_a_hint(answer):
    assert not checks.same_for_any_pool(answer).right


@pytest.mark.parametrize("answer", [3, np.int64(3), 3.0, 24 // 8])
def test_forked_workers_repeat_each_other(answer):
    assert checks.different_results(answer, 8, 3).right


@pytest.mark.parametrize("answer", [24, 8, 1, 11, 0, "3", [3]])
def test_another_number_of_different_results_gets_a_hint(answer):
    assert not checks.different_results(answer, 8, 3).right
