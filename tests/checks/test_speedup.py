"""The checks of what a speed-up can be: right answers written in different ways, and the mistakes that students make."""

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


@pytest.mark.parametrize("answer", [by_formula, by_search, by_bisection, by_numpy])
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


def of_a_dictionary(loop, spent):
    parts = losses(loop, spent)
    return max(parts, key=parts.get)


def of_pairs(loop, spent):
    return max((loss, cause) for cause, loss in losses(loop, spent).items())[1]


def of_the_rest(loop, spent):
    others = spent.starting, spent.sending + spent.returning, spent.idle
    parts = [spent.whole - loop - sum(others), *others]
    return ["CPUs that share", "starting", "pickling", "idle"][int(np.argmax(parts))]


def of_items(loop, spent):
    part = dict(spent.items())
    pairs = [
        (part["computing"] + part["waiting for a CPU"] - loop, np.str_("CPUs that share")),
        (part["sending"] + part["returning"], np.str_("pickling")),
        (part["starting"], np.str_("starting")),
        (part["idle"], np.str_("idle")),
    ]
    return max(pairs)[1]


def largest(parts):
    return max(parts, key=parts.get)


WRONG_LOSS = {
    "a constant": lambda loop, spent: "idle",
    "a name of the X-ray": lambda loop, spent: max(spent.items()[1:], key=lambda item: item[1])[0],
    "computing is a loss": lambda loop, spent: "CPUs that share" if spent.computing > loop / 2 else "idle",
    "waiting alone": lambda loop, spent: largest(losses(loop, spent) | {"CPUs that share": spent.waiting_for_cpu}),
    "slower computing alone": lambda loop, spent: largest(
        losses(loop, spent) | {"CPUs that share": spent.computing - loop}
    ),
    "sending alone": lambda loop, spent: largest(losses(loop, spent) | {"pickling": spent.sending}),
    "returning alone": lambda loop, spent: largest(losses(loop, spent) | {"pickling": spent.returning}),
    "without idle": lambda loop, spent: largest({**losses(loop, spent), "idle": 0.0}),
    "the smallest": lambda loop, spent: min(losses(loop, spent), key=losses(loop, spent).get),
    "a number": lambda loop, spent: max(losses(loop, spent).values()),
}


@pytest.mark.parametrize("answer", [of_a_dictionary, of_pairs, of_the_rest, of_items])
def test_the_largest_loss_may_be_found_in_any_way(answer):
    verdict = checks.largest_loss(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("mistake", WRONG_LOSS)
def test_a_loss_that_is_not_the_largest_gets_a_hint(mistake):
    assert not checks.largest_loss(WRONG_LOSS[mistake]).right
