"""What a plan prepares, labels and writes, against what is written by hand."""

from dataclasses import replace

import numpy as np
import pytest

from helpers import tasks
from helpers.lab import plan as plans
from helpers.lab.plan import Plan, prepare_work, write_code

PLAN = Plan(rows=600, processes=2, chunks=3, chunksize=2, method="imap", start_method="spawn")


def test_a_plan_without_wishes_shares_a_million_rows_among_all_cpus(monkeypatch):
    monkeypatch.setattr(plans, "usable_cpus", lambda: 5)
    plan = Plan()
    assert (plan.task, plan.rows, plan.chunks, plan.chunksize, plan.method, plan.warm) == (
        "even distances", 1_000_000, 8, 1, "map", False,
    )  # fmt: skip
    assert plan.start_method == plans.start_methods()[0]


def test_a_label_names_everything():
    assert PLAN.label == "even distances, 600; 3 tasks by 2 on 2 processes; imap, spawn, cold"
    own = replace(PLAN, task=plans.OWN, function="helpers.tasks.nap", chunksize=1, warm=True, rows=1_234_567)
    assert own.label == "helpers.tasks.nap; 3 tasks on 2 processes; imap, spawn, warm"
    assert replace(PLAN, rows=1_234_567).label.startswith("even distances, 1,234,567; ")


def test_plans_with_the_same_tasks_share_their_serial_time_and_others_do_not():
    same = replace(PLAN, processes=1, chunksize=1, method="map", warm=True)
    assert same.work_key == PLAN.work_key
    others = [{"task": plans.SORTED}, {"function": "x.y"}, {"rows": 601}, {"chunks": 4}]
    assert len({replace(PLAN, **other).work_key for other in others} | {PLAN.work_key}) == 5


def test_no_draw_is_lost_when_they_cannot_be_divided_evenly():
    plan = replace(PLAN, task=plans.DRAWS, rows=11, chunks=4)
    assert prepare_work(plan)[1] == [3, 3, 3, 2]
    assert "[3] * 3 + [2] * 1" in write_code(plan)


def test_random_draws_are_divided_evenly():
    assert prepare_work(replace(PLAN, task=plans.DRAWS)) == (tasks.draw, [200] * 3)


def test_distances_are_those_from_the_first_row_of_the_table_of_seed_0():
    function, chunks = prepare_work(PLAN)
    table = np.random.default_rng(0).normal(size=(600, 10))
    assert np.array_equal(np.concatenate(chunks), table)
    assert [len(chunk) for chunk in chunks] == [200] * 3
    assert function(chunks[0]) == tasks.distances(table[:200], table[0])


def test_sorted_chunks_rise_as_1_2_3_and_shuffled_ones_are_in_the_order_of_seed_0():
    _, chunks = prepare_work(replace(PLAN, task=plans.SORTED))
    assert [len(chunk) for chunk in chunks] == [100, 200, 300]
    _, shuffled = prepare_work(replace(PLAN, task=plans.SHUFFLED))
    assert [len(chunk) for chunk in shuffled] == [100, 300, 200]


@pytest.mark.parametrize(("free", "fits"), [(600 * 304, True), (600 * 304 - 1, False)])
def test_rows_need_304_bytes_each(monkeypatch, free, fits):
    """By hand: three times ten doubles of 8 bytes, and two floats of 32 bytes."""
    monkeypatch.setattr(plans, "free_memory", lambda: free)
    if fits:
        assert len(prepare_work(PLAN)[1]) == 3
    else:
        with pytest.raises(MemoryError, match=r"600 rows need about 0\.0 GB, and 0\.0 GB are free; take fewer"):
            prepare_work(PLAN)


def test_memory_is_named_in_gigabytes(monkeypatch):
    monkeypatch.setattr(plans, "free_memory", lambda: 2_000_000_000)
    with pytest.raises(MemoryError, match=r"10,000,000 rows need about 3\.0 GB, and 2\.0 GB are free; take fewer"):
        prepare_work(replace(PLAN, rows=10_000_000))


HEAD = ["from multiprocessing import get_context"]
NUMPY = ["from functools import partial", "import numpy as np", "from helpers.tasks import distances"]
TABLE = "X = np.random.default_rng(0).normal(size=(600, 10))"
SPLIT = "chunks = np.split(X, [600 * n * (n + 1) // 12 for n in range(1, 3)])"
DISTANCES = "partial(distances, target=X[0])"


@pytest.mark.parametrize(
    "task, lines, function, items",
    [
        (plans.EVEN, [*NUMPY, "", TABLE], DISTANCES, "np.array_split(X, 3)"),
        (plans.SORTED, [*NUMPY, "", TABLE, SPLIT], DISTANCES, "chunks"),
        (
            plans.SHUFFLED,
            ["import random", *NUMPY, "", TABLE, SPLIT, "random.Random(0).shuffle(chunks)"],
            DISTANCES,
            "chunks",
        ),
        (plans.DRAWS, ["from helpers.tasks import draw", ""], "draw", "[200] * 3"),
        (plans.OWN, ["from helpers.tasks import nap", ""], "nap", "range(3)"),
    ],
)
@pytest.mark.parametrize(("method", "results"), [("map", "{}"), ("imap", "list({})")])
def test_the_plain_python_is_the_one_written_by_hand(task, lines, function, items, method, results):
    plan = replace(PLAN, task=task, function="helpers.tasks.nap", method=method)
    call = results.format(f"pool.{method}({function}, {items}, chunksize=2)")
    end = ['with get_context("spawn").Pool(2) as pool:', f"    results = {call}"]
    assert write_code(plan).splitlines() == [*HEAD, *lines, *end]
