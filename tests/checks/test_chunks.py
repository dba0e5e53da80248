"""Checks on cutting work into chunks: they take every right answer, however it is written, and no wrong one."""

import heapq
import itertools
import math

import numpy as np
import pytest

from helpers import checks


def tick(verdict) -> bool:
    return repr(verdict).startswith("✓")


LENGTHS = [
    ([4, 3, 3], True),
    (np.array([4, 3, 3]), True),
    ([len(chunk) for chunk in np.array_split(range(10), 3)], True),
    ([3, 3, 4], False),
    ([4, 4, 2], False),
    ([3, 3, 3], False),
    ([5, 5], False),
    ([3.33, 3.33, 3.33], False),
]


@pytest.mark.parametrize("answer, right", LENGTHS, ids=str)
def test_the_lengths_of_array_split(answer, right):
    assert tick(checks.chunk_lengths(answer, 10, 3)) == right


FIFTY = [
    ([4] * 12 + [2], True),
    (tuple(min(4, 50 - first) for first in range(0, 50, 4)), True),
    (np.array([4] * 12 + [2]), True),
    (map(len, (range(first, min(first + 4, 50)) for first in range(0, 50, 4))), True),
    ([3] * 16 + [2], False),
    ([4, 4] + [3] * 14, False),
    ([13, 13, 13, 11], False),
    ([2] + [4] * 12, False),
    ([4] * 12, False),
    ([4] * 13, False),
    ([1] * 50, False),
    (13, False),
]


@pytest.mark.parametrize("answer, right", FIFTY, ids=lambda value: "a map" if isinstance(value, map) else str(value))
def test_the_chunks_that_map_makes(answer, right):
    assert tick(checks.default_chunks(answer, 50, 4)) == right


@pytest.mark.parametrize("tasks, processes", [*itertools.product([1, 7, 16, 17, 50, 1000], [1, 3, 4])])
def test_the_chunks_of_python_itself_get_a_tick(tasks, processes):
    size, extra = divmod(tasks, 4 * processes)
    size += bool(extra)
    chunks = [len(range(tasks)[first : first + size]) for first in range(0, tasks, size)]
    assert tick(checks.default_chunks(chunks, tasks, processes))


def by_divmod(tasks, processes, chunks_each):
    size, extra = divmod(tasks, processes * chunks_each)
    return size + bool(extra)


def by_search(tasks, processes, chunks_each):
    return next(size for size in itertools.count(1) if len(range(0, tasks, size)) <= processes * chunks_each)


RIGHT_SIZES = [
    lambda tasks, p, each: math.ceil(tasks / (p * each)),
    lambda tasks, p, each: -(-tasks // (p * each)),
    lambda tasks, p, each: np.int64(np.ceil(tasks / (p * each))),
    lambda tasks, p, each: len(np.array_split(np.arange(tasks), p * each)[0]),
    by_divmod,
    by_search,
]
WRONG_SIZES = [
    lambda tasks, p, each: max(1, tasks // (p * each)),  # rounds down
    lambda tasks, p, each: tasks // (p * each) + 1,  # too large where it divides evenly
    lambda tasks, p, each: max(1, round(tasks / (p * each))),
    lambda tasks, p, each: tasks / (p * each),
    lambda tasks, p, each: np.ceil(tasks / (p * each)),  # a float, which a pool does not take
    lambda tasks, p, each: math.ceil(tasks / (4 * p)),  # the default, whatever is asked
    lambda tasks, p, each: math.ceil(tasks / p),
    lambda tasks, p, each: True,
    lambda tasks, p, each: 25,
]


@pytest.mark.parametrize("answer", RIGHT_SIZES)
def test_a_right_chunk_size_gets_a_tick(answer):
    assert tick(checks.chunk_size_for(answer))


@pytest.mark.parametrize("answer", WRONG_SIZES)
def test_a_wrong_chunk_size_gets_a_hint(answer):
    assert not checks.chunk_size_for(answer).right


def cut(seconds, chunksize):
    return [sum(seconds[first : first + chunksize]) for first in range(0, len(seconds), chunksize)]


def with_a_heap(seconds, chunksize, processes):
    free = [0] * processes
    for chunk in cut(seconds, chunksize):
        heapq.heappush(free, heapq.heappop(free) + chunk)
    return max(free)


def with_numpy(seconds, chunksize, processes):
    free = np.zeros(processes)
    for chunk in cut(seconds, chunksize):
        free[free.argmin()] += chunk
    return free.max()


def by_sorting(seconds, chunksize, processes):
    ends = [0.0] * processes
    for first in range(0, len(seconds), chunksize):
        ends.sort()
        ends[0] += math.fsum(seconds[first : first + chunksize])
    return max(ends)


def in_turn(seconds, chunksize, processes):
    chunks = cut(seconds, chunksize)
    return max(sum(chunks[worker::processes]) for worker in range(processes))


def longest_first(seconds, chunksize, processes):
    return with_a_heap(sorted(seconds, reverse=True), chunksize, processes)


def in_rounds(seconds, chunksize, processes):
    chunks = cut(seconds, chunksize)
    return sum(max(chunks[first : first + processes]) for first in range(0, len(chunks), processes))


def without_the_last_chunk(seconds, chunksize, processes):
    whole = len(seconds) // chunksize * chunksize
    return with_a_heap(seconds[:whole], chunksize, processes)


def with_full_chunks(seconds, chunksize, processes):
    missing = -len(seconds) % chunksize
    mean = sum(seconds[-(chunksize - missing) :]) / (chunksize - missing)
    return with_a_heap([*seconds, *[mean] * missing], chunksize, processes)


WRONG_MODELS = [
    in_turn,
    longest_first,
    in_rounds,
    lambda seconds, chunksize, processes: sum(seconds) / processes,
    lambda seconds, chunksize, processes: max(cut(seconds, chunksize)),
    lambda seconds, chunksize, processes: sum(seconds),
    lambda seconds, chunksize, processes: with_a_heap(seconds, 1, processes),
    lambda seconds, chunksize, processes: min(10, sum(seconds)),
    lambda seconds, chunksize, processes: cut(seconds, chunksize),
    without_the_last_chunk,
    with_full_chunks,
]


@pytest.mark.parametrize("answer", [with_a_heap, with_numpy, by_sorting])
def test_a_right_model_of_a_pool_gets_a_tick(answer):
    assert tick(checks.map_seconds(answer))


@pytest.mark.parametrize("answer", WRONG_MODELS)
def test_a_wrong_model_of_a_pool_gets_a_hint(answer):
    assert not checks.map_seconds(answer).right


def test_the_hints_name_the_usual_mistakes():
    assert "array_split" in checks.default_chunks([4, 4] + [3] * 14, 50, 4).sentence
    assert "array_split" in checks.default_chunks([4] * 11 + [3] * 2, 50, 4).sentence
    assert "First work out" in checks.default_chunks([50], 50, 4).sentence
    assert "one chunk for each worker" in checks.default_chunks([13, 13, 13, 11], 50, 4).sentence
    assert "too many" in checks.chunk_size_for(WRONG_SIZES[0]).sentence
    assert "smaller" in checks.chunk_size_for(WRONG_SIZES[1]).sentence
    assert "at the same moment" in checks.map_seconds(WRONG_MODELS[3]).sentence
    assert "chunk of its own" in checks.map_seconds(WRONG_MODELS[6]).sentence
