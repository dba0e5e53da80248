"""The benchmarks keep and show what they measure as it comes, and the pages quote it. No test asserts a time."""

import inspect
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import peers, tables
from benchmarks.results import RECORDED, Conditions, Figure, Results, Row, this_machine, three_figures
from benchmarks.running import UNKNOWN, rounds, run

HERE = Conditions(machine="2 CPUs (abacus)", python="CPython 3.11.7", start_method="spawn", date="2026-01-31")
ROW = Row("part", "beads", (3.0, 1.0, 2.0), "s", 3, None, False, HERE)


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "results.json")


@pytest.fixture
def saved(tmp_path):
    """The names and values that are in the file by now."""
    return lambda: {row.what: row.values for row in Results(tmp_path / "results.json").rows()}


def test_a_figure_is_saved_and_a_complete_row_shown_before_the_next_is_measured(results, saved, capsys):
    def figures():
        yield Figure("beads", 1.0, "s", 2)
        assert saved() == {"beads": (1.0,)}
        assert capsys.readouterr().out == ""
        yield Figure("beads", 3.0, "s", 2)
        assert saved() == {"beads": (1.0, 3.0)}
        assert capsys.readouterr().out.split()[:5] == ["beads", "2.00", "s", "1.00", "to"]
        yield Figure("rods", 5.0, "MB", 1)

    run("part", figures(), HERE, results)
    assert capsys.readouterr().out.startswith("rods ")
    assert saved() == {"beads": (1.0, 3.0), "rods": (5.0,)}


def test_what_was_measured_survives_ctrl_c(results, saved, capsys):
    def figures():
        yield Figure("beads", 1.0, "s", 3)
        yield Figure("beads", 2.0, "s", 3)
        raise KeyboardInterrupt

    results.keep(replace(ROW, what="rods"))
    with pytest.raises(KeyboardInterrupt):
        run("part", figures(), HERE, results)
    assert saved() == {"rods": ROW.values, "beads": (1.0, 2.0)}
    assert [row.conditions.disturbed for row in results.rows()] == ["", UNKNOWN]
    assert " 2 of 3 " in capsys.readouterr().out


def test_a_row_on_the_screen_names_machine_python_start_method_and_repeats(results, capsys):
    run("part", iter([Figure("beads", 2.0, "s", 1)]), HERE, results)
    assert capsys.readouterr().out.endswith("  1  CPython 3.11.7, spawn, 2 CPUs (abacus)\n")


def test_a_part_that_ends_replaces_its_rows_and_drops_those_that_it_no_longer_has(results, saved):
    for what, part in (("beads", "part"), ("gone", "part"), ("rods", "other")):
        results.keep(replace(ROW, what=what, part=part))
    run("part", iter([Figure("beads", 7.0, "s", 1)]), HERE, results)
    assert saved() == {"rods": ROW.values, "beads": (7.0,)}


def test_what_disturbed_the_machine_is_kept_and_shown_here_and_below_the_table(results, capsys):
    results.keep(replace(ROW, part="xray-rows"))
    assert "quiet" not in tables.xray(results)
    figures = iter([Figure("beads", 7.0, "s", 1)])
    run("xray-tasks", figures, HERE, results, disturbed=lambda: "a video call")
    assert [row.conditions.disturbed for row in results.rows()] == ["", "a video call"]
    assert capsys.readouterr().out.endswith("\nDisturbed: a video call.\n")
    assert tables.xray(results).endswith("**Taken on a quiet machine: 1 of these 2 figures.**")


def test_results_are_read_as_they_were_written(results, tmp_path):
    results.keep(ROW)
    (row,) = Results(tmp_path / "results.json").rows()
    assert row == ROW
    assert json.loads((tmp_path / "results.json").read_text())[0]["conditions"]["machine"] == HERE.machine


def test_values_are_saved_with_four_digits(results):
    results.keep(replace(ROW, values=(1.23456, 123456.0)))
    assert results.rows()[0].values == (1.235, 123500.0)


@pytest.mark.parametrize(
    "aim, at_least, cell",
    [
        (None, False, ""),
        (2.0, False, "at most 2: yes"),
        (1.9, False, "at most 1.9: no"),
        (2.0, True, "at least 2: yes"),
        (2.1, True, "at least 2.1: no"),
    ],
)
def test_the_aim_is_for_the_median(aim, at_least, cell):
    row = replace(ROW, aim=aim, at_least=at_least)
    assert row.cells() == ("beads", "2.00 s", "1.00 to 3.00", cell, "3")


@pytest.mark.parametrize(
    "value, text",
    [(0.004, "0.00"), (9.99, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (1234.5, "1,234")],
)
def test_three_figures(value, text):
    assert three_figures(value) == text
    assert three_figures(-value) == f"-{text}"


def test_a_round_has_every_candidate_once_after_one_round_to_warm_up():
    calls = []
    candidates = {label: lambda label=label: calls.append(label) for label in "AB"}
    seen = [("".join(timing.label for timing in comparison), len(calls)) for comparison in rounds(candidates, 2)]
    assert seen == [("AB", 4), ("AB", 6)]
    assert calls == list("ABABAB")


def test_this_machine_is_described_by_its_cpus_and_the_start_method_asked_for():
    here = this_machine("spawn")
    assert here.machine[0].isdigit()
    assert here.start_method == "spawn"
    assert here.python.endswith(sys.version.split()[0])


@pytest.mark.parametrize(
    "names, parts",
    [
        ([], list(command.PARTS)),
        (["lab", "peers"], ["peers", "lab"]),
        (["growth"], ["growth-rows", "growth-tasks"]),
        (["xray-rows", "xray-rows"], ["xray-rows"]),
    ],
)
def test_names_select_parts(names, parts):
    assert command.chosen(names) == parts


@pytest.mark.parametrize("name", ["grow", "nonsense", "growth-"])
def test_a_name_that_fits_no_part_is_refused(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "lab", name])
    with pytest.raises(SystemExit):
        command.main()
    assert f"no part is named {name}; --list names them" in capsys.readouterr().err


def test_the_list_names_every_part_with_what_it_measures(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--list"])
    command.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(command.PARTS)
    assert all(len(line.split()) > 3 and line.endswith(".") for line in lines)


@pytest.mark.parametrize("part", command.PARTS)
def test_a_part_takes_a_context_and_the_number_of_repeats(part):
    required = [p for p in inspect.signature(command.PARTS[part]).parameters.values() if p.default is p.empty]
    assert [parameter.name for parameter in required][1:] == ["repeats"]


@pytest.mark.parametrize(
    "expected, same",
    [
        ([np.array([1.0, 2.0]), np.array([3.0])], True),
        ([np.array([1.0]), np.array([2.0, 3.0])], False),
        ([np.array([1.0, 2.0, 3.0])], False),
        ([np.array([1.0, 2.0]), np.array([4.0])], False),
        ([[1.0, 2.0], [3.0]], False),
    ],
)
def test_a_way_gives_the_results_of_its_loop_in_the_same_chunks_and_types(expected, same):
    assert peers.same_chunks([np.array([1.0, 2.0]), np.array([3.0])], expected) is same


@pytest.mark.timeout(120)
def test_the_ways_give_what_their_loops_give_and_no_neighbour_warns_on_the_screen():
    program = """
import multiprocessing
from benchmarks import peers
for part in (peers.compare_recipes, peers.compare_peers):
    for figure in part(multiprocessing.get_context(), 1, rows=1000):
        print(figure.what)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=110)
    expected = {
        f"{label}: {figure}" for label in peers.RECIPES | peers.PEERS for figure in ("cold", "warm", "its loop")
    }
    missing = expected - {*done.stdout.splitlines()}
    assert {name.split(":")[0] for name in missing} <= {"ray", "mpire"}  # which are not among the tests' requirements
    assert [line for line in done.stderr.splitlines() if not line.startswith("Not installed")] == []


@pytest.mark.parametrize("page", tables.PAGES)
def test_the_tables_of_a_page_are_those_of_the_recorded_results(page):
    text = (tables.ROOT / page).read_text(encoding="utf-8")
    assert tables.rewrite(text, Results(RECORDED)) == text


def test_every_table_is_in_a_page_and_closed():
    text = "".join((tables.ROOT / page).read_text(encoding="utf-8") for page in tables.PAGES)
    assert sorted(match["name"] for match in tables.BLOCK.finditer(text)) == sorted(tables.TABLES)
    assert text.count("<!-- benchmarks: ") == text.count("<!-- end of benchmarks -->") == len(tables.TABLES)


def test_a_table_is_written_between_its_comments_only(results):
    results.keep(replace(ROW, part="xray-tasks"))
    page = "Before.\n\n<!-- benchmarks: xray -->\nold\n<!-- end of benchmarks -->\n\nAfter.\n"
    table = "| what | median | range |\n| --- | --- | --- |\n| beads | 2.00 s | 1.00 to 3.00 |"
    caption = f"Medians, measured with {HERE}, {HERE.date}."
    written = page.replace("old", f"{table}\n\n{caption}")
    assert tables.rewrite(page, results) == written
    assert tables.rewrite(written, results) == written


def test_predictions_stand_beside_what_was_measured(results):
    assert tables.predictions(results).startswith("Not recorded yet")
    figures = {"": (1.0, 2.0, 3.5), ": predicted": (1.2, 1.3, 1.4), ": low": (0.9, 1.0, 1.1), ": high": (2.0, 2.1, 3.4)}
    for name in ("cold", "warm"):
        for what, values in figures.items():
            results.keep(replace(ROW, part="model", what=f"beads, 2, 38, {name}{what}", values=values))
    cells = "1.30 s (1.00 to 2.10) | 2.00 s, 2 of 3 inside"
    assert f"| beads | 2 | 38 | {cells} | {cells} |" in tables.predictions(results).splitlines()


def test_rows_measured_under_other_conditions_are_named_with_them(results):
    results.keep(replace(ROW, part="xray-tasks"))
    results.keep(replace(ROW, part="xray-apply", conditions=replace(HERE, machine="1 CPU (beads)")))
    assert "1 CPU (beads), 2026-01-31; and with CPython" in tables.xray(results)
