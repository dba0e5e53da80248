"""Each usual mistake about the methods of a pool gets the hint that names it."""

import multiprocessing
from itertools import chain

import numpy as np
import pytest

from helpers import checks
from helpers.tasks import distances

ROWS = np.arange(12.0).reshape(6, 2)
TARGET = ROWS[1]


def parts(rows, processes):
    return [chunk for chunk in np.array_split(rows, processes)]


def mapped(rows, target, processes, workers=None):
    with multiprocessing.get_context("fork").Pool(workers or processes) as pool:
        return pool.starmap(distances, [(chunk, target) for chunk in parts(rows, processes)])


def joined(*arguments):
    return list(chain.from_iterable(mapped(*arguments)))


left_over = []


def never_ended(rows, target, processes):
    left_over.append(multiprocessing.get_context("fork").Pool(processes))
    return distances(rows, target)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="quick only with fork")
@pytest.mark.parametrize(
    "answer, hint",
    [
        (mapped, "From 1 process came 1 result: one list for each chunk, not one number for each row."),
        (
            lambda rows, target, p: joined(rows, target, p) if p == 1 else mapped(rows, target, p),
            "From 2 processes came 2 results: one list for each chunk, not one number for each row.",
        ),
        (lambda rows, target, p: joined(rows, target, p)[::-1], "With 1 process the list differs from the loop's."),
        (
            lambda rows, target, p: distances(rows, target),
            "The distances are right, and no worker process computed them.",
        ),
        (lambda rows, target, p: joined(rows, target, p, 2), "Asked for 1 process, your function started 2."),
        (lambda rows, target, p: joined(rows, target, p, 1), "Asked for 2 processes, your function started 1."),
        (lambda rows, target, p: joined(rows, target, p, min(p, 2)), None),
        (
            lambda rows, target, p: joined(rows, target, p, p if p < 3 else 1),
            "Asked for 3 processes, your function started 1.",
        ),
        (
            lambda rows, target, p: joined(rows, target, p, p if p < 3 else 4),
            "Asked for 3 processes, your function started 4.",
        ),
    ],
)
def test_a_mistake_about_a_pool_of_every_size_gets_the_hint_that_names_it(answer, hint):
    praise = "The same list as the loop's, from a pool of every size, and no process is left."
    assert checks.pool_distances(answer, ROWS, TARGET).sentence == (hint or praise)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="quick only with fork")
def test_a_pool_that_is_left_running_is_named():
    sentence = checks.pool_distances(never_ended, ROWS, TARGET).sentence
    for pool in left_over:
        pool.terminate()
        pool.join()
    assert sentence == "Your function has returned, and its worker processes are still there. Who ends them?"


def test_the_check_leaves_the_start_of_processes_as_it_was():
    before = multiprocessing.process.BaseProcess.start
    checks.pool_distances(lambda rows, target, p: distances(rows, target), ROWS, TARGET)
    assert multiprocessing.process.BaseProcess.start is before


NAPS = [0.4, 0.1, 0.2, 0.3]  # by hand, on two workers: 0.1 ends at 0.1, 0.2 at 0.3, 0.4 at 0.4 and 0.3 at 0.6


@pytest.mark.parametrize(
    "order, hint",
    [
        (
            [0.1, 0.2, 0.4, 0.3],
            "Each result comes when its task has finished, and a free worker takes the next task of the input.",
        ),
        ([0.1, 0.2, 0.4], "Name each of the naps once."),
        ([0.4, 0.1, 0.2, 0.3], "That is the order of the input, in which imap would give them."),
        ([0.1, 0.2, 0.3, 0.4], "So they would come if all naps began at once; but there are only 2 workers."),
        ([0.2, 0.1, 0.4, 0.3], "Write down for each worker when its naps begin and end."),
    ],
)
def test_an_order_of_naps_gets_the_hint_that_names_its_mistake(order, hint):
    assert checks.unordered_order(order, NAPS, 2).sentence == hint


@pytest.mark.parametrize(
    "answer, hint",
    [
        (
            lambda pool, f, items: pool.map(f, items),
            "All tasks were under way at the same time, and their results are in the order of the items.",
        ),
        (
            lambda pool, f, items: [pool.apply_async(f, (item,)) for item in items],
            "These are handles; the results are still to be had.",
        ),
        (
            lambda pool, f, items: [pool.apply(f, (item,)) for item in items],
            "The tasks do not run at the same time: each one is waited for before the next one has started.",
        ),
        (
            lambda pool, f, items: list(pool.imap_unordered(f, items)),
            "The results are all there, but not in the order of the items.",
        ),
        (
            lambda pool, f, items: pool.map(f, items)[:2],
            "3 items must give 3 results, one for each; yours gives ['SECOND', 'THIRD'].",
        ),
    ],
)
def test_tasks_side_by_side_get_the_hint_that_names_their_mistake(answer, hint, monkeypatch):
    monkeypatch.setattr("helpers.checks.mapping.MEETING_TIMEOUT", 0.3)
    assert checks.side_by_side(answer).sentence == hint


def in_order(pairs):
    held, following = {}, 0
    for place, result in pairs:
        held[place] = result
        while following in held:
            yield held.pop(following)
            following += 1


LATE = "The order is right, but a result that could be given at once waits until later pairs have come."


@pytest.mark.parametrize(
    "answer, hint",
    [
        (in_order, "Each result comes as soon as those before it are there. That is how imap keeps the order."),
        (lambda pairs: (result for _, result in sorted(pairs, key=lambda pair: pair[0])), LATE),
        (
            lambda pairs: (result for _, result in pairs),
            "The pairs [(2, 'c'), (0, 'a'), (1, 'b')] must give ['a', 'b', 'c']; yours give ['c', 'a', 'b'].",
        ),
        (
            lambda pairs: (result for result in in_order(pairs) if result),
            "The pairs [(2, ''), (0, None), (1, 0)] must give [None, 0, '']; yours give [].",
        ),
        (
            lambda pairs: [*in_order(pairs), "more"],
            "The pairs [(2, 'c'), (0, 'a'), (1, 'b')] must give ['a', 'b', 'c']; yours give ['a', 'b', 'c', 'more'].",
        ),
    ],
)
def test_putting_in_order_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.put_in_order(answer).sentence == hint
