"""The preflight finds what is wrong with a machine, says what would mend it, and its exit status says the same."""

import json
import subprocess
import sys

import pytest

from helpers import preflight
from helpers.machine import start_methods


def only(findings) -> preflight.Finding:
    (finding,) = findings
    return finding


@pytest.mark.timeout(20)
def test_this_machine_is_ready_and_the_exit_status_says_so():
    done = subprocess.run([sys.executable, "-m", "helpers.preflight"], check=False, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[-1] == "This machine is ready."
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert [line for line in lines if "two workers answered" in line] == [
        line for method in start_methods() for line in lines if f"a pool by {method}:" in line
    ]


def test_an_old_python_is_told_with_what_to_install():
    finding = only(preflight.python((3, 9, 1)))
    assert str(finding) == "NO  Python: 3.9.1\n      Install Python 3.11 or newer, and set the course up with it."


def test_a_course_that_is_not_installed_is_told():
    finding = only(preflight.packages("no-such-course"))
    assert not finding.well
    assert "no-such-course is not installed in this Python" in str(finding)


def test_a_missing_and_an_old_package_are_named(monkeypatch):
    monkeypatch.setattr(preflight, "_version", {"numpy": "1.0"}.get)
    words = str(only(preflight.packages()))
    assert "numpy>=" in words
    assert "1.0 is there" in words
    assert "nothing is there" in words


@pytest.mark.parametrize("usable, well", [(1, False), (2, True)])
def test_one_usable_cpu_is_not_enough(monkeypatch, usable, well):
    monkeypatch.setattr(preflight, "usable_cpus", lambda: usable)
    monkeypatch.setattr(preflight.os, "cpu_count", lambda: 16)
    finding = only(preflight.cpus())
    assert finding.well is well
    assert f"{usable} of 16: " in finding.what


def test_a_pool_that_cannot_start_is_told_with_its_error(monkeypatch):
    monkeypatch.setattr(preflight, "_small_pool", lambda method: 1 / 0)
    findings = list(preflight.pools())
    assert [finding.well for finding in findings] == [False] * len(start_methods())
    assert "ZeroDivisionError" in findings[0].what


@pytest.mark.parametrize("version, well", [(None, False), ("0.0.1", False)])
def test_a_missing_or_stale_front_end_of_the_widgets_is_told(tmp_path, version, well):
    if version:
        (tmp_path / preflight.WIDGETS).parent.mkdir(parents=True)
        (tmp_path / preflight.WIDGETS).write_text(json.dumps({"version": version}))
    finding = only(preflight.widgets([str(tmp_path)]))
    assert finding.well is well
    assert "Remove the folder" in finding.remedy or "Install both halves" in finding.remedy


def test_too_little_memory_and_a_slow_loop_are_told(monkeypatch):
    monkeypatch.setattr(preflight, "free_memory", lambda: 10**9)
    monkeypatch.setattr(preflight, "ROWS", 10**12)
    assert "1.0 GB are free" in str(only(preflight.memory()))
    assert not only(preflight.loop()).well


def test_the_exit_status_tells_of_a_machine_that_is_not_ready(monkeypatch, capsys):
    monkeypatch.setattr(preflight, "CHECKS", (lambda: iter([preflight.Finding("x", False, "y", "do z")]),))
    assert preflight.main()
    assert "do z" in capsys.readouterr().out
