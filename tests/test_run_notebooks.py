"""What `tools.run_notebooks` writes, and what it refuses. No test here measures a time."""

import itertools
import socket

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools import quiet
from tools.cells import passes, shows_a_finding, verdict_lines
from tools.quiet import CpuTimes, State, disturbances
from tools.run_notebooks import Unfit, ready_to_commit, run_until_fit, unproved

QUIET = State(1.98, CpuTimes(1000, 0))


def displayed(text: str) -> NotebookNode:
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def printed(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def notebook(finding: str = "✓ It is so: 2.0 times.", check: str = "✓ Right.") -> NotebookNode:
    cells = [
        new_code_cell("finding('It is so', values, above=1)", outputs=[printed(f"a table\n{finding}\n")]),
        new_code_cell("# Solution\ncheck(42)", outputs=[displayed(check)], metadata={"tags": ["solution"]}),
        new_code_cell("checks.answer(...)", outputs=[displayed("✗ No answer yet.")]),
    ]
    return new_notebook(cells=cells)


def test_verdicts_are_the_lines_that_begin_with_one_printed_or_displayed():
    outputs = [printed("✓ one\nand ✗ inside a line\n≈ two\n"), displayed("✗ three")]
    assert list(verdict_lines(outputs)) == ["✓ one", "≈ two", "✗ three"]


@pytest.mark.parametrize(
    "texts, expected",
    [(["✓ Right."], True), (["✗ Not yet."], False), ([], False), (["42"], False), (["✓ One.", "✗ Not two."], False)],
)
def test_a_solution_passes_with_a_tick_and_nothing_else(texts, expected):
    assert passes(map(displayed, texts)) is expected


@pytest.mark.parametrize(
    "source, expected", [("finding('a', b, above=1)", True), ("from helpers.findings import finding", False)]
)
def test_a_cell_shows_a_finding_when_it_calls_it(source, expected):
    assert shows_a_finding(new_code_cell(source)) is expected


def test_a_notebook_is_proved_by_ticks_alone():
    assert unproved(notebook()) == []
    assert unproved(notebook(finding="≈ It is so: this run cannot tell.")) == ["≈ It is so: this run cannot tell."]
    assert unproved(notebook(finding="✗ It is so: not in this run.")) == ["✗ It is so: not in this run."]
    busy = "Other programs used 0.3 of your 2 CPUs while this ran."
    assert unproved(notebook(finding=f"✓ It is so.\n{busy}")) == [busy]
    (wrong,) = unproved(notebook(finding="With one CPU there is nothing to see."))
    assert "a cell with a finding shows no verdict" in wrong
    (wrong,) = unproved(notebook(check="✗ Not yet. Try again."))
    assert "a solution does not pass its check" in wrong


def test_what_is_committed_has_no_output_of_a_solution_and_all_others():
    executed = notebook()
    executed.metadata.language_info = {"name": "python", "version": "3.15.2", "pygments_lexer": "ipython3"}
    text = ready_to_commit(executed, "tiny.ipynb")
    assert "Right." not in text and "pygments" not in text
    assert '"version": "3.15.2"' in text  # of the Python that recorded it
    assert "✓ It is so: 2.0 times." in text and "No answer yet." in text


@pytest.mark.parametrize(
    "output", [new_output("stream", name="stderr", text="noise"), printed(str(quiet.Path.home()) + "/x")]
)
def test_noise_and_what_names_this_machine_are_refused(output):
    spoiled = notebook()
    spoiled.cells[0].outputs.append(output)
    with pytest.raises(ValueError, match="cell 1"):
        ready_to_commit(spoiled, "tiny.ipynb")


@pytest.mark.parametrize("text, shown", [("chunksize, extra = divmod(6, 4)", False), ("on\nvm: 1", True), ("vm", True)])
def test_the_name_of_the_machine_is_refused_as_a_word(text, shown, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "vm")
    tiny = notebook()
    tiny.cells[0].outputs = [printed(text)]
    if not shown:
        assert "divmod" in ready_to_commit(tiny, "tiny.ipynb")
        return
    with pytest.raises(ValueError, match="shows vm"):
        ready_to_commit(tiny, "tiny.ipynb")


def test_the_scaling_is_the_median_of_the_rounds():
    assert quiet.scaling([1.0, 1.0, 1.0], [1.0, 1.0, 2.0]) == 2.0
    assert quiet.scaling([1.0, 1.0, 1.0], [2.0, 1.6, 2.0]) == 1.0


def test_stolen_ticks_are_the_eighth_number_of_the_cpus(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 20 30 400 5 6 7 8 90 90\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert quiet.read_cpu_times(stat) == CpuTimes(486, 8)
    stat.write_text("cpu  10 20 30 400\n")
    assert quiet.read_cpu_times(stat) == CpuTimes(460, 0)
    assert quiet.read_cpu_times(tmp_path / "none") is None


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (QUIET, State(1.95, CpuTimes(9000, 0)), 0),
        (State(None, None), State(None, None), 0),  # one CPU, and a system that reports no times
        (State(1.98, None, 0.4, 0.45), State(1.98, None, 0.42, 0.46), 0),
        (State(1.98, None, 0.4, 0.41), State(1.98, None, 0.8, 0.81), 1),
        (State(1.98, None, 0.4, 0.6), None, 1),
        (State(1.5, None), None, 1),
        (QUIET, State(1.5, None), 1),
        (QUIET, State(1.98, CpuTimes(9000, 4)), 0),
        (QUIET, State(1.98, CpuTimes(9000, 400)), 1),
        (State(1.5, CpuTimes(0, 0)), State(1.5, CpuTimes(9000, 400)), 3),
    ],
)
def test_a_machine_is_disturbed_by_slow_loops_and_by_stolen_time(before, after, expected):
    assert len(disturbances(before, after)) == expected


def test_a_good_run_on_a_quiet_machine_is_taken_at_once():
    taken = notebook()
    assert run_until_fit(lambda: taken, 3, lambda: QUIET) == (taken, 1)


def test_a_run_is_tried_again_and_the_tries_are_counted():
    pauses: list[float] = []
    runs = iter([notebook(finding="≈ Perhaps."), notebook(finding="✗ No."), taken := notebook()])
    assert run_until_fit(lambda: next(runs), 3, lambda: QUIET, pauses.append) == (taken, 3)
    assert len(pauses) == 2


def test_a_machine_that_is_disturbed_before_the_run_costs_no_run():
    states, runs = iter([State(1.2, None), QUIET, QUIET]), itertools.count(1)
    _, tries = run_until_fit(lambda: next(runs) and notebook(), 3, lambda: next(states), lambda _: None)
    assert (tries, next(runs)) == (2, 2)


def test_when_no_run_is_fit_every_try_gives_its_reason():
    with pytest.raises(Unfit) as caught:
        run_until_fit(lambda: notebook(finding="✗ It is so."), 2, lambda: QUIET, lambda _: None)
    assert str(caught.value).splitlines() == ["  try 1: ✗ It is so.", "  try 2: ✗ It is so."]


def test_a_run_that_ends_on_a_disturbed_machine_is_refused():
    states = itertools.cycle([QUIET, State(1.2, None)])
    with pytest.raises(Unfit, match="1.20 times as fast as one after the run"):
        run_until_fit(notebook, 2, lambda: next(states), lambda _: None)
