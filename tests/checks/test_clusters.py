"""The checks of the lesson on clusters take every right answer, and no textbook error."""

import itertools
import json
import math
import os
import uuid

import numpy as np
import pytest

from helpers import checks

RIGHT_NUMBERS = [
    lambda d, c, w: math.ceil(w * c / d),
    lambda d, c, w: -int(-(w * c) // d),
    lambda d, c, w: np.ceil(np.float64(c) / d * w),
    lambda d, c, w: next(number for number in itertools.count(1) if number * d >= w * c),
    lambda d, c, w: max(1, math.ceil(w / (d / c))),
]
WRONG_NUMBERS = [
    lambda d, c, w: w * c / d,  # no whole number
    lambda d, c, w: int(w * c / d),  # a little too few
    lambda d, c, w: max(1, round(w * c / d)),
    lambda d, c, w: int(w * c / d) + 1,  # one too many where it comes out even
    lambda d, c, w: math.ceil(c / d),  # as for one worker
    lambda d, c, w: math.ceil(w * d / c),  # the other way round
    lambda d, c, w: math.ceil(d / c),
    lambda d, c, w: math.ceil((w - 1) * c / d),
    lambda d, c, w: w,
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


@pytest.mark.parametrize("answer", RIGHT_NUMBERS)
def test_every_right_number_of_tasks_in_one_gets_a_tick(answer):
    verdict = checks.tasks_together(answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("answer", WRONG_NUMBERS)
def test_a_wrong_number_of_tasks_in_one_gets_a_hint(answer):
    assert not checks.tasks_together(answer).right


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


@pytest.mark.parametrize("check", [checks.tasks_together, checks.repeatable])
def test_an_open_exercise_is_reported_without_a_hint(check):
    assert repr(check(...)) == "✗ No answer yet."
