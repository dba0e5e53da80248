"""A plan gives its tasks, its label and its plain Python, and these agree."""

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import tasks
from helpers.lab import plan as plans
from helpers.lab.plan import Plan, prepare_work, sweep_processes, sweep_start_methods, write_code
from helpers.machine import start_methods

SMALL = Plan(rows=300, processes=2, chunks=7)
OWN = replace(SMALL, task=plans.OWN, function="helpers.tasks.identity")
EVERY_TASK = [replace(SMALL, task=task) for task in plans.TASKS if task != plans.OWN] + [OWN]


def results(plan: Plan) -> list[object]:
    function, items = prepare_work(plan)
    return [function(item) for item in items]


@pytest.mark.parametrize("plan", EVERY_TASK, ids=lambda plan: plan.task)
@pytest.mark.parametrize("method", plans.METHODS)
def test_the_plain_python_of_a_plan_gives_the_same_results_as_its_tasks(plan, method, tmp_path):
    plan = replace(plan, method=method, chunksize=2, start_method="spawn")
    lines = (
        write_code(plan).replace("\nwith ", "\nif __name__ == '__main__':\n  with ").replace("\n    res", "\n      res")
    )
    program = tmp_path / "program.py"
    program.write_text(f"{lines}\n      print(sorted(map(repr, results)))\n")
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=50, check=False,
                          env=os.environ | {"PYTHONPATH": path})  # fmt: skip
    assert done.stdout.strip() == str(sorted(map(repr, results(plan)))), done.stderr


@pytest.mark.parametrize("start_method", start_methods())
def test_the_plain_python_names_the_start_method_and_the_processes(start_method):
    assert f'get_context("{start_method}").Pool(2)' in write_code(replace(SMALL, start_method=start_method))


@pytest.mark.parametrize("task", [plans.EVEN, plans.SORTED, plans.SHUFFLED])
def test_the_chunks_of_every_task_are_the_whole_table(task):
    _, even = prepare_work(SMALL)
    _, chunks = prepare_work(replace(SMALL, task=task))
    assert len(chunks) == SMALL.chunks
    assert sorted(map(tuple, np.concatenate(chunks))) == sorted(map(tuple, np.concatenate(even)))


def test_skewed_chunks_grow_evenly_and_shuffled_chunks_are_the_same_in_another_order():
    sizes, shuffled = (
        [len(chunk) for chunk in prepare_work(replace(SMALL, rows=2800, task=task))[1]]
        for task in (plans.SORTED, plans.SHUFFLED)
    )
    assert sizes == [100, 200, 300, 400, 500, 600, 700]
    assert shuffled != sizes
    assert sorted(shuffled) == sizes


def test_more_chunks_than_rows_are_empty_chunks():
    function, chunks = prepare_work(replace(SMALL, rows=3, chunks=10))
    assert len(list(itertools.chain.from_iterable(map(function, chunks)))) == 3


@pytest.mark.parametrize("name", ["rows", "processes", "chunks", "chunksize"])
@pytest.mark.parametrize("number", [0, -1, 2.5, "2"])
def test_a_number_out_of_range_is_refused_by_its_name(name, number):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of 1 or more, not {number!r}"):
        replace(SMALL, **{name: number})


@pytest.mark.parametrize("name", ["task", "method", "start_method"])
def test_an_unknown_choice_is_refused_with_the_allowed_ones(name):
    with pytest.raises(ValueError, match=f"{name} must be one of .*, not 'telepathy'"):
        replace(SMALL, **{name: "telepathy"})


def test_rows_beyond_memory_are_refused_before_anything_is_made():
    with pytest.raises(MemoryError, match="10,000,000,000,000 rows need about .* GB, and .* GB are free"):
        prepare_work(replace(SMALL, rows=10**13))


@pytest.mark.parametrize("name", ["", "nap", "helpers.tasks.", ".nap", "helpers.tasks.nap()", "a b.c"])
def test_a_name_without_a_module_is_refused_with_an_example(name):
    with pytest.raises(ValueError, match=r"such as helpers\.tasks\.nap, not"):
        prepare_work(replace(OWN, function=name))


def test_a_module_or_a_function_that_does_not_exist_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        prepare_work(replace(OWN, function="no_such_module.work"))
    with pytest.raises(AttributeError, match="no_such_function"):
        prepare_work(replace(OWN, function="helpers.tasks.no_such_function"))
    with pytest.raises(TypeError, match="is not a function, but of type"):
        prepare_work(replace(OWN, function="helpers.tasks.__doc__"))


def test_the_own_function_gets_the_numbers_from_0():
    assert prepare_work(OWN) == (tasks.identity, range(7))


def test_a_sweep_has_a_plan_for_each_number_of_processes():
    assert [plan.processes for plan in sweep_processes(replace(SMALL, processes=3))] == [1, 2, 3]
    assert {replace(plan, processes=2) for plan in sweep_processes(SMALL)} == {SMALL}


def test_a_sweep_of_start_methods_has_a_plan_for_each_of_this_platform():
    assert [plan.start_method for plan in sweep_start_methods(SMALL)] == start_methods()


def test_a_label_counts_in_words():
    assert replace(SMALL, start_method="spawn").label == "even distances, 300; 7 tasks on 2 processes; map, spawn, cold"
    assert "1 task on 1 process;" in replace(SMALL, chunks=1, processes=1).label
