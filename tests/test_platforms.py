"""What differs on other machines, imitated: no fork, another folder, a path with spaces and umlauts, files to read."""

import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from second_runs import SPAWN_ONLY

from helpers.lab import PoolLab, pool_lab
from helpers.machine import start_methods
from helpers.my_lessons import update
from tools.cells import is_solution, passes

ROOT = Path(__file__).parents[1]
DEFAULT = multiprocessing.get_context().get_start_method()
OTHERS = [method for method in start_methods() if method not in (DEFAULT, "spawn")]  # see second_runs.py for spawn
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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("method", OTHERS or [DEFAULT])
def test_a_lesson_runs_under_another_start_method_as_a_copy_in_a_folder_with_an_odd_name(
    method, odd_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    list(update(copies=odd_folder))
    startup = tmp_path / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "method.py").write_text(f"import multiprocessing\nmultiprocessing.set_start_method({method!r})\n")
    notebook = nbformat.read(odd_folder / "03_result_order.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import multiprocessing; multiprocessing.get_start_method()"))
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": odd_folder}})
    client.execute(env=os.environ | {"IPYTHONDIR": str(tmp_path)})
    assert repr(method) in str(notebook.cells[-1].outputs)
    assert all(passes(cell.outputs) for cell in notebook.cells if is_solution(cell))


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
        "preflight.LOOP_SECONDS = float('inf')  # however busy this machine is\n"
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
    monkeypatch.setattr(pool_lab, "SAVE_FOLDER", tmp_path / "file" / "runs")
    lab = PoolLab()
    lab.rows.value = 100
    for button in (lab.run_button, lab.save_button):
        button.click()
        lab.thread.join(timeout=30)
    assert "Nothing was saved: " in lab.status.value
    assert len(lab.experiment.results) == 1
