"""What differs on other machines, imitated: no fork, another folder, a path with spaces and umlauts, files to read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.lab import PoolLab, labs
from helpers.my_lessons import update

ROOT = Path(__file__).parents[1]
SPAWN_ONLY = """
import multiprocessing, multiprocessing.context
for name in ("fork", "forkserver"):
    multiprocessing.context._concrete_contexts.pop(name)
multiprocessing.context.DefaultContext.get_all_start_methods = lambda self: ["spawn"]
multiprocessing.get_all_start_methods = lambda: ["spawn"]
multiprocessing.set_start_method("spawn", force=True)
"""
"""As on Windows: what the standard library knows of fork and forkserver is gone."""

PROGRAM = """
import own_tasks
from helpers.xray import XrayPool
from helpers.museum import run_apart
from multiprocessing import get_all_start_methods, get_context

if __name__ == "__main__":
    for method in get_all_start_methods():
        with XrayPool(2, context=get_context(method)) as pool:
            assert pool.map(own_tasks.double, [1, 2, 3]) == [2, 4, 6], method
    assert run_apart("print('öäü', 1 + 1)").ended
    print("all well")
"""


@pytest.fixture
def odd_folder(tmp_path):
    folder = tmp_path / "Prüfung der Pöle (2. Fassung)"
    folder.mkdir()
    return folder


def execute(name: str, folder: Path, profile: Path, startup: str = "") -> None:
    """Run a lesson in a folder, with code that its kernel runs first."""
    (profile / "profile_default" / "startup").mkdir(parents=True)
    (profile / "profile_default" / "startup" / "first.py").write_text(startup, encoding="utf-8")
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=100, resources={"metadata": {"path": folder}})
    client.execute(env=os.environ | {"IPYTHONDIR": str(profile)})


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["03_result_order", "10_random_streams"])
def test_a_lesson_runs_where_there_is_nothing_but_spawn(name, tmp_path):
    execute(name, ROOT / "notebooks", tmp_path, SPAWN_ONLY)


@pytest.mark.timeout(120)
def test_a_lesson_runs_as_a_copy_in_a_folder_with_an_odd_name(odd_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    list(update(copies=odd_folder))
    execute("03_result_order", odd_folder, tmp_path / "profile")


def test_a_students_module_is_found_in_a_folder_with_an_odd_name(odd_folder):
    (odd_folder / "own_tasks.py").write_text("def double(n):\n    return 2 * n\n", encoding="utf-8")
    (odd_folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=odd_folder, check=False, capture_output=True, text=True, timeout=50
    )
    assert (done.stdout, done.stderr) == ("all well\n", "")


def test_preflight_and_the_lab_work_where_there_is_nothing_but_spawn(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        f"{SPAWN_ONLY}\nfrom helpers import preflight\nfrom helpers.lab import PoolLab\n"
        "if __name__ == '__main__':\n    assert preflight.main() == 0\n"
        "    lab = PoolLab()\n    lab.rows.value = 100\n    lab.run_button.click()\n    lab.thread.join()\n"
        "    print(lab.start_method.options, lab.status.value)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], check=False, capture_output=True, text=True, timeout=50)
    assert done.stderr == ""
    assert "(('spawn (default)', 'spawn'),)" in done.stdout
    assert "times as fast as the loop" in done.stdout


def test_copies_of_lessons_that_are_to_read_only_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    shutil.copy(ROOT / "notebooks" / "index.ipynb", lessons)
    (lessons / "index.ipynb").chmod(0o444)
    list(update(lessons, tmp_path / "mine"))
    assert (tmp_path / "mine" / "index.ipynb").stat().st_mode & 0o200


def test_a_lab_that_cannot_save_shows_the_error_and_keeps_its_runs(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(labs, "SAVE_FOLDER", tmp_path / "file" / "runs")
    lab = PoolLab()
    lab.rows.value = 100
    for button in (lab.run_button, lab.save_button):
        button.click()
        lab.thread.join(timeout=30)
    assert "It failed." in lab.status.value
    assert len(lab.experiment.results) == 1
