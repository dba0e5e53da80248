"""The preflight finds what is wrong with a machine and gives a remedy, and its exit status agrees."""

import json
import subprocess
import sys

import pytest

from helpers import preflight
from helpers.machine import start_methods
from helpers.other_programs import Others


def only(results) -> preflight.CheckResult:
    (result,) = results
    return result


@pytest.mark.timeout(20)
def test_this_machine_is_ready_and_the_exit_status_says_so():
    done = subprocess.run([sys.executable, "-m", "helpers.preflight"], check=False, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[-1].startswith("This machine is ready")
    marks = {line[:3] for line in lines[:-1] if not line.startswith("   ")}
    assert marks <= {"ok ", "!  "}  # other programs may use the CPUs
    assert [line for line in lines if "two workers answered" in line] == [
        line for method in start_methods() for line in lines if f"a pool by {method}:" in line
    ]


def test_an_old_python_is_reported_with_what_to_install():
    result = only(preflight.check_python((3, 9, 1)))
    assert str(result) == "NO  Python: 3.9.1\n      Install Python 3.11 or newer, and set the course up with it."


def test_a_course_that_is_not_installed_is_reported():
    result = only(preflight.check_packages("no-such-course"))
    assert not result.passed
    assert "no-such-course is not installed in this Python" in str(result)


def test_a_missing_and_an_old_package_are_named(monkeypatch):
    monkeypatch.setattr(preflight, "_installed_version", {"numpy": "1.0"}.get)
    text = str(only(preflight.check_packages()))
    assert "numpy>=" in text
    assert "1.0 is installed" in text
    assert "nothing is installed" in text


@pytest.mark.parametrize("usable, passed", [(1, False), (2, True)])
def test_one_usable_cpu_is_not_enough(monkeypatch, usable, passed):
    monkeypatch.setattr(preflight, "usable_cpus", lambda: usable)
    monkeypatch.setattr(preflight.os, "cpu_count", lambda: 16)
    result = only(preflight.check_cpus())
    assert result.passed is passed
    assert f"{usable} of 16: " in result.found


def test_a_pool_that_cannot_start_is_reported_with_its_error(monkeypatch):
    monkeypatch.setattr(preflight, "_run_small_pool", lambda method: 1 / 0)
    results = list(preflight.check_pools())
    assert [result.passed for result in results] == [False] * len(start_methods())
    assert "ZeroDivisionError" in results[0].found


def test_a_missing_front_end_of_the_widgets_is_reported(tmp_path):
    result = only(preflight.check_widgets([str(tmp_path)]))
    assert not result.passed
    assert "Install both halves" in result.remedy


def test_an_old_front_end_of_the_widgets_is_reported(tmp_path):
    (tmp_path / preflight.WIDGETS_PACKAGE).parent.mkdir(parents=True)
    (tmp_path / preflight.WIDGETS_PACKAGE).write_text(json.dumps({"version": "0.0.1"}))
    result = only(preflight.check_widgets([str(tmp_path)]))
    assert not result.passed
    assert "Remove the folder" in result.remedy


def test_too_little_memory_and_a_slow_loop_are_reported(monkeypatch):
    monkeypatch.setattr(preflight, "free_memory", lambda: 10**9)
    monkeypatch.setattr(preflight, "LOOP_ROWS", 10**12)
    assert "1.0 GB are free" in str(only(preflight.check_memory()))
    assert not only(preflight.check_loop()).passed


@pytest.mark.parametrize(
    "others, line",
    [
        (None, "ok  the CPUs: what other programs use of them cannot be seen from here"),
        (Others(1.0, 0.1, 0.0, 2), "ok  the CPUs: other programs leave them to you"),
        (Others(1.0, 1.1, 0.0, 2), "!   the CPUs: Other programs used 1.1 of your 2 CPUs just now."),
        (Others(1.0, 0.0, 0.4, 2), "!   the CPUs: The host gave 0.4 of your 2 CPUs to other guests just now."),
    ],
)
def test_a_busy_machine_is_a_warning_with_a_remedy(monkeypatch, others, line):
    monkeypatch.setattr(preflight, "WATCHED_SECONDS", 0.0)
    monkeypatch.setattr(preflight.Watch, "others", lambda self: others)
    result = only(preflight.check_others())
    assert result.passed
    first, *remedy = str(result).splitlines()
    assert first == line
    assert bool(remedy) is result.warning is line.startswith("!")


@pytest.mark.parametrize("warning, last", [(False, "ready."), (True, "ready, and busy; see the line with !.")])
def test_a_warning_leaves_the_exit_status_as_it_is(monkeypatch, capsys, warning, last):
    result = preflight.CheckResult("x", True, "y", "do z", warning)
    monkeypatch.setattr(preflight, "CHECKS", (lambda: iter([result]),))
    assert preflight.main() == 0
    assert capsys.readouterr().out.endswith(f"This machine is {last}\n")


def test_the_exit_status_is_1_where_a_check_failed(monkeypatch, capsys):
    monkeypatch.setattr(preflight, "CHECKS", (lambda: iter([preflight.CheckResult("x", False, "y", "do z")]),))
    assert preflight.main() == 1
    assert "do z" in capsys.readouterr().out
