"""Short names say what differs between runs, and nothing else."""

from dataclasses import replace

from helpers.lab.names import short_names
from helpers.lab.plan import DRAWS, EVEN, OWN, SHUFFLED, Plan

PLAN = Plan(EVEN, rows=1000, processes=2, chunks=8, start_method="spawn")


def test_runs_that_differ_in_processes_only_are_named_by_them():
    assert short_names([PLAN, replace(PLAN, processes=4)]) == ["2 p", "4 p"]


def test_every_choice_that_differs_is_told_in_every_name():
    others = [
        replace(PLAN, start_method="forkserver"),
        replace(PLAN, warm=True),
        replace(PLAN, chunks=1),
        replace(PLAN, chunksize=4),
    ]
    assert [short_names([PLAN, other])[1] for other in others] == [
        "2 p, forkserver",
        "2 p, warm",
        "2 p, 1 chunk",
        "2 p, by 4",
    ]
    assert short_names([PLAN, *others])[0] == "2 p, 8 chunks, by 1, spawn, cold"


def test_work_that_differs_is_told():
    own = replace(PLAN, task=OWN, function="my.work", rows=1)
    draws = replace(PLAN, task=DRAWS)
    assert short_names([PLAN, own, draws]) == ["2 p, even, 1,000 rows", "2 p, my.work", "2 p, draws, 1,000 draws"]
    assert short_names([PLAN, replace(PLAN, task=SHUFFLED)]) == ["2 p, even", "2 p, shuffled"]


def test_no_plans_have_no_names():
    assert short_names([]) == []
