"""The checks of random numbers in workers: right answers written in different ways, and the textbook mistakes."""

from functools import partial
from multiprocessing import Pool

import numpy as np
import pytest

from helpers import array_tasks, checks

ROOT = np.random.SeedSequence(2024)


def with_key(seed, number):
    return np.random.SeedSequence(seed, spawn_key=(number,))


def one_of_all(seed, number):
    return np.random.SeedSequence(seed).spawn(1000)[number]


def a_generator(seed, number):
    return np.random.default_rng(seed).spawn(number + 1)[-1]


def its_bit_generator(seed, number):
    return np.random.PCG64(with_key(np.int64(seed), number))


def after_those_before(seed, number):
    root = np.random.SeedSequence(seed)
    root.spawn(number)
    return root.spawn(1)[0]


WRONG_SEEDS = {
    "seed + i": lambda seed, number: seed + number,
    "SeedSequence(seed + i)": lambda seed, number: np.random.SeedSequence(seed + number),
    "a list, which is another stream": lambda seed, number: [number, seed],
    "a sequence of both": lambda seed, number: np.random.SeedSequence([seed, number]),
    "always the first child": lambda seed, number: np.random.SeedSequence(seed).spawn(1)[0],
    "counted from 1": lambda seed, number: with_key(seed, number + 1),
    "the other way round": lambda seed, number: with_key(number, seed),
    "a key that is no tuple": lambda seed, number: np.random.SeedSequence(seed, spawn_key=number),
    "a child of the child": lambda seed, number: with_key(seed, number).spawn(1)[0],
    "spawned from a root that remembers": lambda seed, number: ROOT.spawn(number + 1)[number],
    "the root": lambda seed, number: np.random.SeedSequence(seed),
    "all of them": lambda seed, number: np.random.SeedSequence(seed).spawn(number + 1),
    "nothing": lambda seed, number: None if seed else 0,
}


@pytest.mark.parametrize("answer", [with_key, one_of_all, a_generator, its_bit_generator, after_those_before])
def test_whatever_gives_a_task_its_stream_again_is_right(answer):
    verdict = checks.seed_of_task(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_SEEDS)
def test_a_seed_of_another_stream_gets_a_hint(mistake):
    assert not checks.seed_of_task(WRONG_SEEDS[mistake]).right


def test_the_hint_names_a_neighbour_and_the_first_child():
    assert "the child after" in checks.seed_of_task(WRONG_SEEDS["counted from 1"]).sentence
    assert "the first child" in checks.seed_of_task(WRONG_SEEDS["always the first child"]).sentence


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


def seed_plus_multiple_of_tasks(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, [seed + tasks * number for number in range(tasks)])


def seed_plus_ten_thousands(task, seed, tasks, processes):
    with Pool(processes) as pool:
        return pool.map(task, [seed + 10_000 * number for number in range(tasks)])


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
    seed_plus_multiple_of_tasks,
    seed_plus_ten_thousands,
    one_seed,
    without_a_pool,
    too_many_processes,
    remembered_root,
    some_tasks,
]


@pytest.mark.parametrize("answer", WRONG_SIMULATIONS)
def test_a_simulation_that_depends_on_its_pool_or_repeats_itself_gets_a_hint(answer):
    assert not checks.same_for_any_pool(answer).right


def hundredths(task, seed, points, processes):
    seeds = np.random.SeedSequence(seed).spawn(100)
    with Pool(processes) as pool:
        return pool.starmap(task, [(each, points // 100) for each in seeds])


def hundreds(task, seed, points, processes):
    with Pool(processes) as pool:
        handles = [pool.apply_async(task, ([number, seed], 100)) for number in range(points // 100)]
        return (result for result in [handle.get() for handle in handles])


def uneven_shares(task, seed, points, processes):
    lengths = [len(part) for part in np.array_split(np.arange(points), 11)]
    seeds = [np.random.SeedSequence(seed, spawn_key=(number,)) for number in range(11)]
    with Pool(processes) as pool:
        return pool.starmap(task, list(zip(seeds, lengths, strict=True)), chunksize=1)


def many_for_few(task, seed, points, processes):
    with Pool(processes) as pool:
        return list(pool.imap(partial(_shared, task, points // 1000), np.random.SeedSequence(seed).spawn(1000), 100))


def _shared(task, points, seed):
    return task(seed, points)


@pytest.mark.parametrize("answer", [hundredths, hundreds, uneven_shares, many_for_few])
def test_a_cut_that_is_the_same_for_any_pool_is_right(answer):
    verdict = checks.cut_for_any_pool(answer)
    assert verdict.right, verdict


def cut_by_processes(number):
    """Return the fault of the exercise: as many tasks as this says for a number of processes."""

    def simulation(task, seed, points, processes):
        tasks = number(processes)
        return _starmap(
            task, processes, [(each, points // tasks) for each in np.random.SeedSequence(seed).spawn(tasks)]
        )

    return simulation


def with_seeds(seeds, tasks=100):
    """Return a simulation of equal tasks whose seeds are a function of the seed and the number of processes."""

    def simulation(task, seed, points, processes):
        return _starmap(task, processes, [(seeds(seed, number, processes), points // tasks) for number in range(tasks)])

    return simulation


def _starmap(task, processes, arguments):
    with Pool(processes) as pool:
        return pool.starmap(task, arguments)


def cut_without_a_pool(task, seed, points, processes):
    return [task(each, points // 100) for each in np.random.SeedSequence(seed).spawn(100)]


def in_another_order(task, seed, points, processes):
    return sorted(hundredths(task, seed, points, processes))[:: 1 if processes == 2 else -1]


WRONG_CUTS = {
    "one task for each process": cut_by_processes(lambda processes: processes),
    "twenty tasks for each process": cut_by_processes(lambda processes: 20 * processes),
    "one task": cut_by_processes(lambda processes: 1),
    "four tasks": cut_by_processes(lambda processes: 4),
    "points that are lost": cut_by_processes(lambda processes: 16),
    "the same seed": with_seeds(lambda seed, number, processes: seed),
    "seed + i": with_seeds(lambda seed, number, processes: seed + number),
    "seed + 1000 i": with_seeds(lambda seed, number, processes: seed + 1000 * number),
    "a task for each thousand points": lambda task, seed, points, processes: _starmap(
        task, processes, [(each, 1000) for each in np.random.SeedSequence(seed).spawn(points // 1000)]
    ),
    "a seed for each process": with_seeds(lambda seed, number, processes: [seed, number % processes]),
    "seeds that depend on the processes": with_seeds(lambda seed, number, processes: [seed, number, processes]),
    "no seed": with_seeds(lambda seed, number, processes: None),
    "no pool": cut_without_a_pool,
    "another order": in_another_order,
    "always four processes": lambda task, seed, points, processes: hundredths(
        partial(_wait_and, task), seed, points, 4
    ),
    "nothing": lambda *facts: [],
}


def _wait_and(task, seed, points):
    array_tasks.nap(0.01)
    return task(seed, points)


@pytest.mark.parametrize("mistake", WRONG_CUTS)
def test_a_cut_that_depends_on_its_pool_or_repeats_itself_gets_a_hint(mistake):
    assert not checks.cut_for_any_pool(WRONG_CUTS[mistake]).right


def test_the_hint_for_lost_points_counts_them():
    assert "drew 8992" in checks.cut_for_any_pool(WRONG_CUTS["points that are lost"]).sentence
