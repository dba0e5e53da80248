"""The checks of the lesson on clusters take every right answer, and no textbook error."""

import json
import os
import uuid

import numpy as np
import pytest

from helpers import checks

RIGHT_SPEEDUPS = [
    lambda d, c, w: min(w, d / c),
    lambda d, c, w: 1 / max(c / d, 1 / w),
    lambda d, c, w: np.minimum(w, np.float64(d) / c),
    lambda d, c, w: w if w * c <= d else d / c,
]
WRONG_SPEEDUPS = [
    lambda d, c, w: w,
    lambda d, c, w: d / c,
    lambda d, c, w: max(w, d / c),
    lambda d, c, w: min(w, c / d),
    lambda d, c, w: d / (c + d / w),  # the workers wait while the scheduler thinks
    lambda d, c, w: min(w, int(d / c)),
    lambda d, c, w: min(w, max(1, d / c)),  # never slower than a loop
]


def write_text(folder, task, value):
    (folder / f"{task}.txt").write_text(str(value))


def open_to_write(folder, task, value):
    with open(os.path.join(folder, f"task-{task:04}"), "w") as file:
        print(value, file=file)


def replace_whole(folder, task, value):
    part = folder / f"{task}.part"
    part.write_text(json.dumps(value))
    os.replace(part, folder / str(task))


def unless_there(folder, task, value):
    path = folder / f"{task}"
    if not path.exists():
        path.write_text(f"{value}\n")


def append(folder, task, value):
    with open(folder / "values.txt", "a") as file:
        file.write(f"{value}\n")


def append_to_own(folder, task, value):
    with open(folder / f"{task}.txt", "a") as file:
        file.write(f"{value}\n")


def name_by_chance(folder, task, value):
    (folder / uuid.uuid4().hex).write_text(str(value))


def name_by_value(folder, task, value):
    (folder / str(value)).write_text(str(value))


def overwrite_shared(folder, task, value):
    (folder / "values.txt").write_text(str(value))


def name_by_last_digit(folder, task, value):
    (folder / str(task % 10)).write_text(str(value))


def one_shared_table(folder, task, value):
    path = folder / "values.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    lines += ["0"] * (task + 1 - len(lines))
    lines[task] = str(value)
    path.write_text("\n".join(lines))


@pytest.mark.parametrize("answer", RIGHT_SPEEDUPS)
def test_every_right_limit_of_a_cluster_gets_a_tick(answer):
    assert checks.cluster_speedup(answer).right


@pytest.mark.parametrize("answer", WRONG_SPEEDUPS)
def test_a_wrong_limit_of_a_cluster_gets_a_hint(answer):
    assert not checks.cluster_speedup(answer).right


@pytest.mark.parametrize("answer", [write_text, open_to_write, replace_whole, unless_there])
def test_every_task_that_may_run_twice_gets_a_tick(answer):
    assert checks.repeatable(answer).right


@pytest.mark.parametrize(
    "answer",
    [
        append,
        append_to_own,
        name_by_chance,
        name_by_value,
        overwrite_shared,
        name_by_last_digit,
        one_shared_table,
        lambda *facts: 0,
    ],
)
def test_a_task_that_does_harm_when_it_runs_twice_gets_a_hint(answer):
    assert not checks.repeatable(answer).right


@pytest.mark.parametrize("check", [checks.cluster_speedup, checks.repeatable])
def test_an_open_exercise_is_reported_without_a_hint(check):
    assert repr(check(...)) == "✗ No answer yet."
