"""Checks on the methods of a pool: they take every right answer, however it is written, and no wrong one."""

import heapq
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest

from helpers import checks
from helpers.checks import mapping

NAPS = [0.3, 0.5, 0.1, 0.05]
ORDERS = [
    ([0.3, 0.1, 0.05, 0.5], True),
    ((0.3, 0.1, 0.05, 0.5), True),
    (np.array([0.3, 0.1, 0.05, 0.5]), True),
    (NAPS, False),
    (sorted(NAPS), False),
    ([0.3, 0.1, 0.5, 0.05], False),
    ([0.3, 0.5, 0.1], False),
    ([0.3, 0.4, 0.45, 0.5], False),
    (0.3, False),
]


@pytest.mark.parametrize("answer, right", ORDERS, ids=str)
def test_the_order_of_imap_unordered(answer, right):
    assert repr(checks.unordered_order(answer, NAPS, 2)).startswith("✓") == right


def test_the_order_depends_on_the_number_of_workers():
    assert checks.unordered_order(sorted(NAPS), NAPS, 4).right
    assert checks.unordered_order(NAPS, NAPS, 1).right


def handles_first(pool, function, items):
    handles = [pool.apply_async(function, (item,)) for item in items]
    return [handle.get() for handle in handles]


def with_a_dictionary(pool, function, items):
    handles = {place: pool.apply_async(function, [item]) for place, item in enumerate(items)}
    return [handles[place].get(timeout=10) for place in range(len(items))]


SIDE_BY_SIDE = [
    handles_first,
    with_a_dictionary,
    lambda pool, function, items: pool.map(function, items),
    lambda pool, function, items: pool.imap(function, items),
    lambda pool, function, items: pool.starmap(function, zip(items)),
    lambda pool, function, items: pool.map_async(function, items, chunksize=1).get(),
]


def callbacks_only(pool, function, items):
    found = []
    handles = [pool.apply_async(function, (item,), callback=found.append) for item in items]
    for handle in handles:
        handle.wait()
    return found


NOT_SIDE_BY_SIDE = [
    lambda pool, function, items: [pool.apply_async(function, (item,)).get() for item in items],
    lambda pool, function, items: [pool.apply(function, (item,)) for item in items],
    lambda pool, function, items: [function(item) for item in items],
    lambda pool, function, items: [pool.apply_async(function, (item,)) for item in items],
    lambda pool, function, items: list(pool.imap_unordered(function, items)),
    lambda pool, function, items: pool.map(function, items, chunksize=3),
    lambda pool, function, items: handles_first(pool, function, items)[:2],
    callbacks_only,
]


@pytest.mark.parametrize("answer", SIDE_BY_SIDE)
def test_tasks_that_run_side_by_side_get_a_tick(answer):
    assert repr(checks.side_by_side(answer)).startswith("✓")


@pytest.mark.parametrize("answer", NOT_SIDE_BY_SIDE)
def test_tasks_one_after_another_or_in_disorder_get_a_hint(answer, monkeypatch):
    monkeypatch.setattr(mapping, "MEETING_TIMEOUT", 0.2)
    assert not checks.side_by_side(answer).right


def test_the_hints_name_the_usual_mistakes(monkeypatch):
    monkeypatch.setattr(mapping, "MEETING_TIMEOUT", 0.2)
    assert "waited for" in checks.side_by_side(NOT_SIDE_BY_SIDE[0]).sentence
    assert "handles" in checks.side_by_side(NOT_SIDE_BY_SIDE[3]).sentence
    assert "order" in checks.side_by_side(NOT_SIDE_BY_SIDE[4]).sentence
    assert "input" in checks.unordered_order(NAPS, NAPS, 2).sentence
    assert "only 2 workers" in checks.unordered_order(sorted(NAPS), NAPS, 2).sentence
    assert "until later pairs" in checks.put_in_order(lambda pairs: [result for _, result in sorted(pairs)]).sentence


def with_a_heap(pairs):
    heap, wanted = [], 0
    for pair in pairs:
        heapq.heappush(heap, pair)
        while heap and heap[0][0] == wanted:
            yield heapq.heappop(heap)[1]
            wanted += 1


def with_a_dictionary_of_results(pairs):
    waiting, wanted = {}, 0
    for place, result in pairs:
        waiting[place] = result
        while wanted in waiting:
            yield waiting.pop(wanted)
            wanted += 1


def with_next(pairs):
    pairs, early, place = iter(pairs), {}, 0
    while True:
        while place not in early:
            try:
                early.update([next(pairs)])
            except StopIteration:
                return
        yield early[place]
        place += 1


class Ordered:
    def __init__(self, pairs):
        self.pairs, self.found, self.place = pairs, {}, -1

    def __iter__(self):
        return self

    def __next__(self):
        self.place += 1
        while self.place not in self.found:
            place, result = next(self.pairs)
            self.found[place] = result
        return self.found[self.place]


@pytest.mark.parametrize("answer", [with_a_heap, with_a_dictionary_of_results, with_next, Ordered])
def test_results_that_are_put_in_order_one_by_one_get_a_tick(answer):
    assert repr(checks.put_in_order(answer)).startswith("✓")


def all_at_the_end(pairs):
    yield from (result for _, result in sorted(pairs, key=lambda pair: pair[0]))


def as_they_come(pairs):
    for _, result in pairs:
        yield result


def pairs_in_order(pairs):
    yield from sorted(pairs, key=lambda pair: pair[0])


def forgets_what_waits(pairs):
    wanted = 0
    for place, result in pairs:
        if place == wanted:
            yield result
            wanted += 1


def one_for_each_pair(pairs):
    waiting, wanted = {}, 0
    for place, result in pairs:
        waiting[place] = result
        if wanted in waiting:
            yield waiting.pop(wanted)
            wanted += 1


def stops_at_what_is_false(pairs):
    waiting, wanted = {}, 0
    for place, result in pairs:
        waiting[place] = result
        while waiting.get(wanted):
            yield waiting.pop(wanted)
            wanted += 1


def counts_from_one(pairs):
    waiting, wanted = {}, 1
    for place, result in pairs:
        waiting[place] = result
        while wanted in waiting:
            yield waiting.pop(wanted)
            wanted += 1


def never_ends(pairs):
    yield from with_a_dictionary_of_results(pairs)
    while True:
        yield None


@pytest.mark.parametrize(
    "answer",
    [all_at_the_end, as_they_come, pairs_in_order, forgets_what_waits, one_for_each_pair]
    + [stops_at_what_is_false, counts_from_one, never_ends, lambda pairs: [r for _, r in sorted(pairs)]],
)
def test_results_in_disorder_or_too_late_get_a_hint(answer):
    assert not checks.put_in_order(answer).right


def test_the_tasks_of_a_stock_pool_of_threads_meet():
    with ThreadPool(3) as pool:
        assert handles_first(pool, str.upper, ["a", "b"]) == ["A", "B"]
