"""`tools.findings` counts what lessons show, run after run."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers.machine import usable_cpus
from tools import findings, hit_rates
from tools.findings import Tally, busy_neighbours, count_findings, restrict_to
from tools.quiet import State

ROOT = Path(__file__).parents[1]
LESSON = Path("01_tiny.ipynb")


def showing(*lines: str, solution: str = "✓ Right.") -> NotebookNode:
    """Return a notebook with one cell whose findings printed these lines, and a solution."""
    printed, checked = (new_output("stream", text="\n".join(text)) for text in (lines, [solution]))
    return new_notebook(
        cells=[
            new_code_cell("finding('A', a, above=1)", outputs=[printed]),
            new_code_cell("# Solution", outputs=[checked], metadata={"tags": ["solution"]}),
        ]
    )


def counts(tally: Tally) -> dict[str, dict[str, int]]:
    return {claim: dict(count) for (_, claim), count in tally.counts.items()}


def test_each_finding_has_its_counts_and_what_does_not_hold_is_shown(capsys):
    runs = iter(
        [
            showing("✓ It is faster: 2.0 times (1.9 to 2.1).", "✓ It waits: 20 ms."),
            showing(
                "≈ It is faster: this run cannot tell, 1.0 times (0.9 to 1.1). Run it again.", "✓ It waits: 21 ms."
            ),
            showing(
                "✗ It is faster: not in this run, 0.9 times (0.8 to 0.95).", "✓ It waits: 22 ms.", solution="✗ Not yet."
            ),
        ]
    )
    tally = count_findings([LESSON], 3, lambda _: next(runs))
    assert counts(tally) == {
        "It is faster": {"✓": 1, "≈": 1, "✗": 1},
        "It waits": {"✓": 3},
        "the solution in cell 1": {"✓": 2, "✗": 1},
    }
    shown = capsys.readouterr().out
    assert "  ≈ It is faster: this run cannot tell" in shown and "  ✗ It is faster: not in this run" in shown
    assert shown.splitlines()[-1] == "1 of 3 findings held in at least 95% of their runs."
    assert shown.splitlines()[-4].split() == ["01_tiny", "1", "1", "1", "It", "is", "faster"]


def test_a_claim_that_names_a_figure_of_its_run_is_one_finding():
    runs = iter(
        [showing("✓ The 1,000 rows take 2.5 ms: 2.0 times."), showing("✗ The 1,000 rows take 3 ms: not in this run.")]
    )
    assert counts(count_findings([LESSON], 2, lambda _: next(runs)))["The N rows take N ms"] == {"✓": 1, "✗": 1}


def test_ctrl_c_keeps_what_was_counted(capsys):
    numbers = itertools.count(1)

    def run(path: Path) -> NotebookNode:
        if next(numbers) == 3:
            raise KeyboardInterrupt
        return showing("✓ It is faster: 2.0 times.")

    assert counts(count_findings([LESSON], 10, run))["It is faster"] == {"✓": 2}
    assert "Stopped. What was counted so far:" in capsys.readouterr().out


def test_a_lesson_that_raises_is_counted_and_the_others_run_on():
    def run(path: Path) -> NotebookNode:
        if path is LESSON:
            raise CellExecutionError("Traceback", "ValueError", "no")
        return showing("✓ It is faster: 2.0 times.")

    tally = count_findings([LESSON, Path("02_good.ipynb")], 2, run)
    assert tally.counts["01_tiny", "the lesson runs to its end"] == {"✗": 2}
    assert tally.counts["02_good", "It is faster"] == {"✓": 2}


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
def test_a_notebook_is_run_counted_and_stopped_by_ctrl_c(tmp_path):
    source = "from helpers.findings import finding\nfinding('It is so', [2.0, 3.0, 4.0], above=1)"
    begun, quick, slow = tmp_path / "begun", tmp_path / "quick.ipynb", tmp_path / "slow.ipynb"
    sleep = f"import time, pathlib\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(100)"
    for path, cell in ((quick, source), (slow, sleep)):
        nbformat.write(new_notebook(cells=[new_code_cell(cell)]), path)
    program = f"""import signal, pathlib; from tools.findings import count_findings
signal.signal(signal.SIGINT, signal.default_int_handler)
count_findings([pathlib.Path({str(quick)!r}), pathlib.Path({str(slow)!r})], 2)"""
    counting = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    while not begun.exists():
        time.sleep(0.1)
    counting.send_signal(signal.SIGINT)
    shown, _ = counting.communicate(timeout=30)
    assert counting.returncode == 0
    assert "Stopped. What was counted so far:" in shown
    assert shown.splitlines()[-2].split() == ["quick", "1", "0", "0", "It", "is", "so"]


def test_busy_neighbours_are_there_only_for_their_time():
    before = set(psutil.Process().children())  # what earlier tests keep: Python's resource tracker and forkserver
    with busy_neighbours(2):
        neighbours = set(psutil.Process().children()) - before
        assert len(neighbours) == 2
    assert not any(neighbour.is_running() for neighbour in neighbours)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_the_process_can_be_restricted_to_one_cpu():
    before = os.sched_getaffinity(0)
    try:
        restrict_to(1)
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize("cpus", [0, -1, 100_000])
def test_a_number_of_cpus_that_is_not_there_is_refused(cpus):
    with pytest.raises((ValueError, OSError), match="--cpus"):
        restrict_to(cpus)


def test_another_system_says_what_it_cannot_do(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match="darwin cannot restrict .* needs Linux"):
        restrict_to(1)


def test_a_lesson_that_is_not_there_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["findings", "99_no_such_lesson"])
    with pytest.raises(SystemExit):
        findings.main()
    assert "there is no lesson 99_no_such_lesson" in capsys.readouterr().err


def count_of(verdicts: dict[str, list[int]], *, code: str = "1", condition: str = hit_rates.QUIET) -> hit_rates.Count:
    return hit_rates.Count("01_tiny", code, condition, "3.15.2", "2 CPUs", 1, verdicts)


def test_counts_of_the_same_code_and_condition_are_added_up():
    counts = hit_rates.added([], count_of({"A": [1, 0, 0]}))
    counts = hit_rates.added(counts, count_of({"A": [0, 1, 0], "B": [0, 0, 1]}))
    counts = hit_rates.added(counts, count_of({"A": [0, 0, 1]}, condition=hit_rates.BUSY))
    assert [(count.condition, count.runs, count.verdicts) for count in counts] == [
        ("quiet", 2, {"A": [1, 1, 0], "B": [0, 0, 1]}),
        ("busy", 1, {"A": [0, 0, 1]}),
    ]


def test_counts_of_older_code_of_a_lesson_are_dropped():
    counts = hit_rates.added([count_of({"A": [1, 0, 0]})], count_of({"A": [1, 0, 0]}, code="2"))
    assert [(count.code, count.runs) for count in counts] == [("2", 1)]


def test_recorded_counts_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "counts.json"
    assert hit_rates.read(path) == []
    hit_rates.write([count_of({"A": [1, 0, 0]})], path)
    assert hit_rates.read(path) == [count_of({"A": [1, 0, 0]})]


def test_the_page_counts_only_the_present_code_and_says_how_many_findings_hold(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("finding('A', a, above=1)")])
    nbformat.write(notebook, tmp_path / LESSON)
    code = hit_rates.code_of(notebook)
    counts = [
        count_of({"A": [19, 1, 0], "B": [18, 2, 0]}, code=code),
        count_of({"A": [0, 1, 2]}, code=code, condition=hit_rates.BUSY),
        count_of({"Gone": [5, 0, 0]}),
    ]
    page = hit_rates.page(counts, tmp_path)
    assert "1 of 2 findings held in at least 95 % of their runs; no lesson has more than 1 such run yet." in page
    assert "| finding | quiet: ✓ ≈ ✗ of 1 | busy: ✓ ≈ ✗ of 1 |" in page
    assert "| A | 19 1 0 | 0 1 2 |" in page and "| B | 18 2 0 | – |" in page and "Gone" not in page


def test_the_committed_page_is_written_from_the_record():
    assert hit_rates.PAGE.read_text(encoding="utf-8") == hit_rates.page(hit_rates.read())


@pytest.mark.parametrize(
    "states, condition",
    [((2.0, 1.95), "quiet"), ((1.8, 2.0), "disturbed"), ((2.0, 1.5), "disturbed")],
)
def test_a_run_is_quiet_when_the_machine_was_before_and_after(tmp_path, monkeypatch, states, condition):
    monkeypatch.setattr(hit_rates, "RECORDED", tmp_path / "counts.json")
    measured = iter([State(scaling, None) for scaling in states])
    monkeypatch.setattr(findings, "measure_state", lambda: next(measured))
    monkeypatch.setattr(findings, "usable_cpus", lambda: 2)
    nbformat.write(new_notebook(cells=[]), tmp_path / LESSON)
    once = Tally()
    once.add("01_tiny", "A", "✓")
    findings.Recorder(busy=0)(tmp_path / LESSON, once)
    (count,) = hit_rates.read(tmp_path / "counts.json")
    assert (count.condition, count.verdicts) == (condition, {"A": [1, 0, 0]})
