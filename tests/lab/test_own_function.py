"""The user's own function is imported anew after an edit, and its errors name their line."""

import os
import sys

import pytest

from helpers import tasks
from helpers.lab import PoolLab
from helpers.lab.own_function import load_function, version_of
from helpers.lab.plan import OWN


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes the module `edited`, each time a second later."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    moments = iter(range(2_000_000_000, 2_000_000_100))

    def write(text: str) -> None:
        path = tmp_path / "edited.py"
        path.write_text(text)
        moment = next(moments)
        os.utime(path, (moment, moment))

    yield write
    sys.modules.pop("edited", None)


def test_a_function_that_was_edited_is_imported_anew(write):
    write("def work(n):\n    return 1\n")
    assert load_function("edited.work")(0) == 1
    before = version_of("edited.work")
    write("def work(n):\n    return 2\n")
    assert load_function("edited.work")(0) == 2
    assert version_of("edited.work") != before


def test_a_function_that_was_not_edited_stays_the_same_object(write):
    write("def work(n):\n    return 1\n")
    assert load_function("edited.work") is load_function("edited.work")


def test_a_function_of_the_course_is_never_imported_anew():
    assert load_function("helpers.tasks.nap") is tasks.nap


def run(lab: PoolLab) -> str:
    lab.run_button.click()
    lab.thread.join(timeout=50)
    return lab.status.value


def test_the_bench_runs_what_was_edited_and_measures_its_loop_again(write):
    lab = PoolLab()
    lab.task.value, lab.function.value, lab.chunks.value = OWN, "edited.work", 2
    write("def work(n):\n    return n\n")
    assert "Run 1, " in run(lab)
    write("import time\ndef work(n):\n    time.sleep(0.02)\n")
    assert "Run 2, " in run(lab)
    first, second = (result.serial.median for result in lab.experiment.results)
    assert second > 0.04 > first
    assert "1 run of other work is not in this plot" in lab.plot.value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("def work(n):\n    x = 1\n    return x / 0\n", "in line 3 of edited.py. ZeroDivisionError"),
        ("def work(n):\n    return (1\n", "of edited.py. SyntaxError"),
        ("x = {}\nx['a']\n", "in line 2 of edited.py. KeyError"),
    ],
    ids=["in a task", "no Python", "when it is imported"],
)
def test_an_error_names_its_file_and_line(write, text, place):
    write(text)
    lab = PoolLab()
    lab.task.value, lab.function.value = OWN, "edited.work"
    assert place in run(lab)


def test_an_error_outside_of_the_users_files_has_no_place():
    lab = PoolLab()
    lab.task.value, lab.function.value = OWN, "no.such"
    assert "It failed. ModuleNotFoundError" in run(lab)
