"""The checks of what a speed-up can be: right answers written in different ways, and the mistakes of students."""

import math

import numpy as np
import pytest

from helpers import checks


def amdahl(f, p):
    return 1 / (f + (1 - f) / p)


def by_formula(f, wanted):
    return None if f > 0 and wanted >= 1 / f else math.ceil(round((1 - f) / (1 / wanted - f), 9))


def by_search(f, wanted):
    return next((p for p in range(1, 100_000) if amdahl(f, p) >= wanted - 1e-12), None)


def by_bisection(f, wanted):
    if f * wanted >= 1:
        return None
    low, high = 0, 2**40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if amdahl(f, middle) < wanted * (1 - 1e-12) else (low, middle)
    return high


def by_numpy(f, wanted):
    numbers = np.arange(1, 5000)
    enough = numbers[1 / (f + (1 - f) / numbers) >= wanted - 1e-12]
    return enough[0] if len(enough) else None


WRONG_PROCESSES = {
    "the wanted speed-up itself": lambda f, wanted: math.ceil(wanted),
    "rounded down": lambda f, wanted: None if f * wanted >= 1 else int((1 - f) / (1 / wanted - f)),
    "rounded": lambda f, wanted: None if f * wanted >= 1 else round((1 - f) / (1 / wanted - f)),
    "one too many": lambda f, wanted: None if f * wanted >= 1 else by_search(f, wanted) + 1,
    "a part of a worker": lambda f, wanted: None if f * wanted >= 1 else (1 - f) / (1 / wanted - f),
    "the limit itself is reached": lambda f, wanted: None if f * wanted > 1 else by_search(f, wanted) or 10**6,
    "never None": lambda f, wanted: by_search(f, wanted) or 99_999,
    "the limit 1 / f": lambda f, wanted: math.ceil(1 / f) if f else math.ceil(wanted),
    "f is the shared part": lambda f, wanted: by_search(1 - f, wanted),
    "a constant": lambda f, wanted: 12,
}


def with_one_worker_for_no_gain(f, wanted):
    return 1 if wanted <= 1 else by_search(f, wanted)


@pytest.mark.parametrize("answer", [with_one_worker_for_no_gain, by_formula, by_search, by_bisection, by_numpy])
def test_the_number_of_workers_for_a_speedup_may_be_found_in_any_way(answer):
    verdict = checks.processes_for_speedup(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_PROCESSES)
def test_a_wrong_number_of_workers_for_a_speedup_gets_a_hint(mistake):
    assert not checks.processes_for_speedup(WRONG_PROCESSES[mistake]).right


def seconds(a, b, c, p):
    return a + b / p + c * p


def of_the_lowest(a, b, c):
    return min(range(1, 1001), key=lambda p: seconds(a, b, c, p))


def of_an_array(a, b, c):
    numbers = np.arange(1, 1001)
    return numbers[np.argmin(a + b / numbers + c * numbers)]


def of_the_square_root(a, b, c):
    place = math.sqrt(b / c) if c > 0 else 1000
    near = [min(max(p, 1), 1000) for p in (math.floor(place), math.ceil(place))]
    return min(near, key=lambda p: seconds(a, b, c, p))


def of_a_loop(a, b, c):
    best = 1
    for p in range(2, 1001):
        if seconds(a, b, c, p) <= seconds(a, b, c, best):
            best = p
    return best


def square_root(b, c):
    return min(1000, max(1, math.sqrt(b / c))) if c > 0 else 1000


WRONG_BEST = {
    "a constant": lambda a, b, c: 3,
    "the square root rounded down": lambda a, b, c: int(square_root(b, c)),
    "the square root rounded up": lambda a, b, c: math.ceil(square_root(b, c)),
    "a part of a process": lambda a, b, c: square_root(b, c),
    "fails without a cost": lambda a, b, c: round(math.sqrt(b / c)),
    "the smallest time": lambda a, b, c: min(seconds(a, b, c, p) for p in range(1, 1001)),
    "an index that begins at 0": lambda a, b, c: int(np.argmin([seconds(a, b, c, p) for p in range(1, 1001)])),
    "too few numbers": lambda a, b, c: min(range(1, 101), key=lambda p: seconds(a, b, c, p)),
    "the slowest": lambda a, b, c: max(range(1, 1001), key=lambda p: seconds(a, b, c, p)),
    "b / c": lambda a, b, c: min(1000, max(1, round(b / c))) if c > 0 else 1000,
}


@pytest.mark.parametrize("answer", [of_the_lowest, of_an_array, of_the_square_root, of_a_loop])
def test_the_best_number_of_processes_may_be_found_in_any_way(answer):
    verdict = checks.best_processes(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_BEST)
def test_a_number_of_processes_that_is_not_the_best_gets_a_hint(mistake):
    assert not checks.best_processes(WRONG_BEST[mistake]).right


def losses(loop, spent):
    return {
        "starting": spent.starting,
        "CPUs that share": spent.computing + spent.waiting_for_cpu - loop,
        "pickling": spent.sending + spent.returning,
        "idle": spent.idle,
    }


def without(loss):
    """An answer that leaves out a loss, which is computed from the loop's seconds and what the workers spent."""
    return lambda loop, spent, processes: loop / ((spent.whole - loss(loop, spent)) / processes)


def of_a_dictionary(loop, spent, processes):
    return loop * processes / (spent.whole - max(losses(loop, spent).values()))


def of_what_remains(loop, spent, processes):
    seconds = (loop + sum(sorted(losses(loop, spent).values())[:-1])) / processes
    return np.float64(loop / seconds)


def of_the_rest(loop, spent, processes):
    others = spent.starting, spent.sending + spent.returning, spent.idle
    largest = np.max([spent.whole - loop - sum(others), *others])
    return loop / ((spent.whole - largest) / processes)


def of_items(loop, spent, processes):
    part = dict(spent.items())
    shared = part["computing"] + part["waiting for a CPU"] - loop
    largest = max(shared, part["sending"] + part["returning"], part["starting"], part["idle"])
    return processes * loop / (sum(part.values()) - largest)


WRONG_GAIN = {
    "with all losses": without(lambda loop, spent: 0),
    "without any loss": lambda loop, spent, processes: processes,
    "of worker-seconds": lambda loop, spent, processes: loop / (spent.whole - max(losses(loop, spent).values())),
    "seconds": lambda loop, spent, processes: (spent.whole - max(losses(loop, spent).values())) / processes,
    "a loss of wall seconds": lambda loop, spent, processes: (
        loop / (spent.whole / processes - max(losses(loop, spent).values()))
    ),
    "computing is a loss": without(lambda loop, spent: max(spent[:-1])),
    "waiting alone": without(
        lambda loop, spent: max((losses(loop, spent) | {"CPUs that share": spent.waiting_for_cpu}).values())
    ),
    "slower computing alone": without(
        lambda loop, spent: max((losses(loop, spent) | {"CPUs that share": spent.computing - loop}).values())
    ),
    "sending alone": without(lambda loop, spent: max((losses(loop, spent) | {"pickling": spent.sending}).values())),
    "returning alone": without(lambda loop, spent: max((losses(loop, spent) | {"pickling": spent.returning}).values())),
    "without idle": without(lambda loop, spent: max(list(losses(loop, spent).values())[:-1])),
    "the smallest": without(lambda loop, spent: min(losses(loop, spent).values())),
    "a name": lambda loop, spent, processes: max(losses(loop, spent), key=losses(loop, spent).get),
}


@pytest.mark.parametrize("answer", [of_a_dictionary, of_what_remains, of_the_rest, of_items])
def test_the_speedup_without_the_largest_loss_may_be_found_in_any_way(answer):
    verdict = checks.speedup_without_largest_loss(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_GAIN)
def test_a_wrong_speedup_without_the_largest_loss_gets_a_hint(mistake):
    assert not checks.speedup_without_largest_loss(WRONG_GAIN[mistake]).right
