"""An exhibit shows what code does, ends it in time, and leaves nothing behind."""

import os
import time
import uuid

import psutil
import pytest
from IPython.core.interactiveshell import InteractiveShell
from kernels import gone

from helpers import museum
from helpers.machine import start_methods
from helpers.museum import run_apart

HANGING = """
from multiprocessing import Pool
from helpers.failing_tasks import never_end
with Pool(2) as pool:
    print(sorted(child.pid for child in __import__("psutil").Process().children(recursive=True)), flush=True)
    pool.map(never_end, range(4))
"""


def test_code_that_ends_is_shown_with_its_output():
    seen = run_apart("print('hello')", deadline=30)
    assert seen.ended
    assert seen.lines == ("hello",)
    assert "ended by itself" in repr(seen)


@pytest.mark.parametrize("method", start_methods())
def test_code_that_hangs_is_killed_with_all_its_workers(method):
    seen = run_apart(HANGING, start_method=method, deadline=3)
    assert not seen.ended
    assert "HANGS" in repr(seen)
    workers = [int(pid) for pid in seen.lines[0].strip("[]").split(",")]
    assert len(workers) >= 2
    assert gone([process for process in psutil.process_iter() if process.pid in workers], 0)


def test_a_process_that_starts_others_without_end_is_ended_too():
    mark = f"storm of {uuid.uuid4()}"
    seen = run_apart(f"""# {mark}
from multiprocessing import Pool
from helpers import failing_tasks
Pool(2, failing_tasks.open_missing_file).close()
__import__("time").sleep(60)""", deadline=2)  # fmt: skip
    assert not seen.ended
    deadline = time.monotonic() + 5
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(mark) == []


@pytest.mark.parametrize("session", [False, True])
def test_a_process_that_ends_by_itself_leaves_nothing_behind(session):
    mark = f"orphan {uuid.uuid4()}"
    seen = run_apart(
        f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60) # {mark}"], start_new_session={session})""",
        deadline=30,
    )
    assert seen.ended
    assert alive(mark) == []


def alive(mark: str) -> list[psutil.Process]:
    """Return the processes that were started, or forked, from code with this mark, even if their parent is gone."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if any(mark in word for word in process.info["cmdline"] or [])]


def test_folders_do_not_show_and_long_outputs_are_cut():
    seen = run_apart("for n in range(20): print(n)\n1 / 0", deadline=30)
    assert "more lines" in seen.lines[0]
    assert seen.lines[-1] == "ZeroDivisionError: division by zero"
    assert not any("/" in line for line in seen.lines if "File" in line)


def test_a_start_method_that_the_platform_lacks_is_reported_and_nothing_runs():
    seen = run_apart("print('ran')", start_method="teleport")
    assert "no teleport" in seen.lines[0]
    assert str(seen) == seen.lines[0]  # and not how it ended


@pytest.mark.parametrize("deadline", [0, -1, float("nan")])
def test_a_deadline_that_is_not_above_0_is_refused(deadline):
    with pytest.raises(ValueError, match="above 0"):
        run_apart("pass", deadline=deadline)


def test_the_magic_runs_its_cell_in_a_process_of_its_own():
    shell = InteractiveShell()
    museum.load_ipython_extension(shell)
    seen = shell.run_cell_magic("exhibit", "", "import os; print(os.getppid())")
    assert seen.lines == (str(os.getpid()),)


SCRIPT = """
from multiprocessing import Pool, get_start_method
def plus_one(number):
    return number + 1
if __name__ == "__main__":
    with Pool(2) as pool:
        print(get_start_method(), pool.map(plus_one, range(3)))
"""


@pytest.mark.parametrize("method", start_methods())
def test_the_workers_of_a_script_find_its_functions(method):
    assert run_apart(SCRIPT, start_method=method, script=True, deadline=30).lines == (f"{method} [1, 2, 3]",)


def test_the_folder_of_a_script_does_not_show():
    assert run_apart("print(__file__)", script=True, deadline=30).lines == ("program.py",)


def test_the_files_that_a_script_writes_are_gone_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = run_apart("open('left.txt', 'w').close(); print(__import__('os').listdir())", script=True, deadline=30)
    assert seen.lines[0].count("left.txt") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line, code, shown",
    [
        ("", "print('hello')", "hello\n"),
        ("", "pass", ""),
        ("spawn", "import multiprocessing as m\nprint(__name__, m.get_start_method())", "__main__ spawn\n"),
        ("1", "print('wait', flush=True); import time; time.sleep(60)", "wait\nIt HANGS: still running after 1 s."),
    ],
)
def test_the_magic_for_a_script_prints_only_what_is_the_same_in_every_run(capsys, line, code, shown):
    shell = InteractiveShell()
    museum.load_ipython_extension(shell)
    assert shell.run_cell_magic("program", line, code) is None
    printed = capsys.readouterr().out
    assert printed.startswith(shown)
    assert "ended by itself" not in printed
