"""The user's own function is imported anew after an edit, and its errors name their line."""

import os
import sys
import time

import pytest

from helpers import tasks
from helpers.lab import PoolLab
from helpers.lab.plan import OWN
from helpers.own_function import load_function, must_be_imported, version_of

UNSPEAKABLE = "class Unspeakable(Exception):\n    def __str__(self):\n        raise ValueError\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a module, each time a second later."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    moments = iter(range(2_000_000_000, 2_000_000_100))

    def write(text: str, module: str = "edited") -> None:
        path = tmp_path / f"{module}.py"
        path.write_text(text)
        moment = next(moments)
        os.utime(path, (moment, moment))

    yield write
    for module in ("edited", "used", "used.inner"):
        sys.modules.pop(module, None)


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


def test_a_name_that_was_taken_out_of_the_file_is_gone(write):
    write("def work(n):\n    return 1\n")
    load_function("edited.work")
    write("def other(n):\n    return 1\n")
    with pytest.raises(AttributeError, match="work"):
        load_function("edited.work")
    assert load_function("edited.other")(0) == 1


def test_what_the_module_uses_is_imported_anew_when_it_was_edited(write):
    write("x = 1\n", "used")
    write("from used import x\ndef work(n):\n    return x\n")
    assert load_function("edited.work")(0) == 1
    before = version_of("edited.work")
    write("x = 2\n", "used")
    assert must_be_imported("edited.work")
    assert load_function("edited.work")(0) == 2
    assert version_of("edited.work") != before
    assert not must_be_imported("edited.work")


def test_an_edited_package_keeps_its_modules(write, tmp_path):
    (tmp_path / "used").mkdir()
    write("x = 1\n", "used/inner")
    write("", "used/__init__")
    write("import used.inner\ndef work(n):\n    return used.inner.x\n")
    assert load_function("edited.work")(0) == 1
    write("x = 2\n", "used/inner")
    assert load_function("edited.work")(0) == 2
    write("y = 0\n", "used/__init__")
    assert load_function("edited.work")(0) == 2


def test_a_broken_edit_leaves_the_module_as_it_was_until_it_is_mended(write):
    write("def work(n):\n    return 1\n")
    work = load_function("edited.work")
    write("def work(n):\n    return (\n")
    with pytest.raises(SyntaxError):
        load_function("edited.work")
    assert sys.modules["edited"].work is work
    write("def work(n):\n    return 3\n")
    assert load_function("edited.work")(0) == 3


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
        ("import sys\nsys.exit(3)\n", "ImportError: edited ends the program when it is imported (SystemExit)"),
        ("raise KeyboardInterrupt\n", "ImportError: edited ends the program when it is imported (KeyboardInterrupt)"),
        ("import os\nos._exit(3)\n", "WorkerDied"),
        (f"{UNSPEAKABLE}raise Unspeakable\n", "Unspeakable"),
        (f"{UNSPEAKABLE}def work(n):\n    raise Unspeakable\n", "Unspeakable"),
    ],
    ids=[
        "in a task",
        "no Python",
        "when it is imported",
        "exits",
        "interrupts",
        "ends",
        "no text",
        "no text in a task",
    ],
)
def test_an_error_names_its_file_and_line(write, text, place):
    write(text)
    lab = PoolLab()
    lab.task.value, lab.function.value = OWN, "edited.work"
    assert place in run(lab)


def test_stop_ends_an_import_that_never_ends_and_the_next_run_is_alone(write):
    write("import time\ntime.sleep(600)\n")
    lab = PoolLab()
    lab.task.value, lab.function.value = OWN, "edited.work"
    lab.run_button.click()
    deadline = time.monotonic() + 30
    while "Now importing edited" not in lab.status.value:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lab.stop_button.click()
    lab.thread.join(timeout=20)
    assert "Stopped." in lab.status.value
    write("def work(n):\n    return n\n")
    words = run(lab)
    assert "Run 1, " in words
    assert "Another lab" not in words


def test_an_error_outside_of_the_users_files_has_no_place():
    lab = PoolLab()
    lab.task.value, lab.function.value = OWN, "no.such"
    assert "It failed. ModuleNotFoundError" in run(lab)
