"""Every check ticks the right answer, hints at a wrong one, and asks for one that is missing."""

import math

import pytest

from helpers import checks
from helpers import failing_tasks as mishaps
from helpers.tasks import distances, nap
from helpers.xray import XrayPool

ROWS = [[float(row), 1.0] for row in range(10)]
METHODS = {
    "all results, in order, at once": "map",
    "each result as soon as it is ready, whatever the order": "imap_unordered",
    "each result in order, as soon as it and those before it are ready": "imap",
    "a function of two arguments": "starmap",
    "one task now, its result later": "apply_async",
}
TRAVELLERS = {"helpers.tasks.distances", "math.sqrt", "functools.partial of helpers.tasks.distances"}


def default_method(platform: str, version: tuple[int, int]) -> str:
    if platform != "linux":
        return "spawn"
    return "forkserver" if version >= (3, 14) else "fork"


CASES = [
    (
        checks.timing_summary,
        {"minimum": 1, "median": 2, "spread": 8},
        {"minimum": 1, "median": 4, "spread": 8},
        ([2, 9, 1],),
    ),
    (checks.best_time, lambda s, p, c: s / min(p, c), lambda s, p, c: s / p, ()),
    (checks.same_distances, lambda rows, x: [math.dist(row, x) for row in rows], lambda rows, x: [0.0, 0.0, 0.0], ()),
    (checks.chunk_lengths, [4, 3, 3], [3, 3, 4], (10, 3)),
    (checks.pool_distances, lambda rows, x, n: distances(rows, x), lambda rows, x, n: [[]] * n, (ROWS, [0.0, 0.0])),
    (checks.map_order, [3, 1, 2], [1, 2, 3], ([3, 1, 2],)),
    (checks.put_in_order, lambda pairs: [b for _, b in sorted(pairs)], lambda pairs: [b for _, b in pairs], ()),
    (checks.travelling_exception, Exception, mishaps.Stubborn, ()),
    (checks.hanging_mistakes, {"stubborn exception", "killed worker", "endless task"}, {"lambda"}, ()),
    (checks.default_method, default_method, lambda platform, version: "fork", ()),
    (checks.importable_names, TRAVELLERS, {*TRAVELLERS, "a lambda"}, ()),
    (checks.cluster_speedup, lambda d, c, w: min(w, d / c), lambda d, c, w: w, ()),
    (
        checks.results_or_none,
        lambda futures: [None if future.exception() else future.result() for future in futures],
        lambda futures: [future.result() for future in futures],
        (),
    ),
    (checks.best_method, METHODS, METHODS | {"a function of two arguments": "map"}, ()),
]
NAMES = [check.__name__ for check, *_ in CASES]


@pytest.mark.parametrize("check, right, wrong, facts", CASES, ids=NAMES)
def test_the_right_answer_gets_a_tick(check, right, wrong, facts):
    assert check(right, *facts).right
    assert repr(check(right, *facts)).startswith("✓")


@pytest.mark.parametrize("check, right, wrong, facts", CASES, ids=NAMES)
def test_a_wrong_answer_gets_a_hint(check, right, wrong, facts):
    verdict = check(wrong, *facts)
    assert not verdict.right
    assert verdict.sentence != check(right, *facts).sentence


@pytest.mark.parametrize("check, right, wrong, facts", CASES, ids=NAMES)
def test_a_missing_answer_is_asked_for(check, right, wrong, facts):
    assert "three dots" in check(..., *facts).sentence


@pytest.mark.parametrize("check, right, wrong, facts", CASES, ids=NAMES)
def test_an_answer_of_the_wrong_kind_gets_a_hint_and_no_traceback(check, right, wrong, facts):
    assert not check(object(), *facts).right


def test_the_share_of_waiting_is_taken_from_the_run():
    with XrayPool(1) as pool:
        pool.map(nap, [0.02, 0.02])
        run = pool.run
    waiting = sum(span.waiting_for_cpu for span in run.spans)
    assert checks.share_of_waiting(waiting / run.seconds, run).right
    assert not checks.share_of_waiting(1.5, run).right
    assert "percentage" in checks.share_of_waiting(100 * waiting / run.seconds, run).sentence
