"""INSTRUCTORS.md names cells that are there, and marks a simulation that is far off."""

import ast
import builtins
import re
from collections.abc import Iterator

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import cell_seconds
from tools.cell_seconds import BEGAN, ENDED
from tools.instructor_cells import NAMED, PAGE, ROW, Lesson, lesson_at, with_cell_numbers
from tools.instructor_figures import BLOCK, SCENES, _remark

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_cells_are_those_of_the_sections_in_the_lessons():
    assert with_cell_numbers(TEXT) == TEXT, "run python -m tools.instructor_cells"


def test_every_scene_of_a_lesson_names_its_cells():
    scenes = [line for line in TEXT.splitlines() if re.match(r"\| \d+ \| \[[^\]]+\]\(notebooks/", line)]
    assert len(scenes) == 7
    assert all("(cell" in scene for scene in scenes)


def programmes() -> dict[str, str]:
    parts = re.split(r"^### (In \d+ minutes).*$", TEXT[: TEXT.index("## What to expect")], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def shown_in(programme: str) -> Iterator[tuple[Lesson, list[int]]]:
    """Yield each lesson with the cells that are run: those before the room fills, and those in the tables of cells."""
    shown: dict[str, list[int]] = {}
    plan = re.search(r"^\| minutes \|.*?(?=\n\n)", programme, re.DOTALL | re.MULTILINE)[0]
    for match in NAMED.finditer(programme.replace(plan, "")):
        if match["notebook"]:
            lesson = lesson_at(match["notebook"])
            cells = shown.setdefault(match["notebook"], [])
        elif match["section"]:
            cells += lesson.sections[match["section"]]
        else:
            cells.append(lesson.number_of(match["code"], cells[-1] if cells else 0))
    yield from ((lesson_at(path), cells) for path, cells in shown.items())


@pytest.mark.parametrize("programme", [pytest.param(text, id=name) for name, text in programmes().items()])
def test_each_cell_that_is_shown_finds_what_it_needs_in_those_before_it(programme):
    for lesson, numbers in shown_in(programme):
        assert numbers == sorted(set(numbers)), lesson.name
        known = set(dir(builtins)) | {"get_ipython"}
        for number in numbers:
            source = "" if (text := lesson.cells[number - 1].source).startswith("%%") else text
            tree = ast.parse(re.sub(r"^%.*$", "", source, flags=re.MULTILINE))
            known |= set(defined(tree))
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert used - known == set(), f"{lesson.name}, cell {number}"


def defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def test_every_row_about_a_cell_is_filled_in():
    rows = [line for line in TEXT.splitlines() if re.match(r"\|[^|]*\|[^|]*\| `", line)]
    assert len(rows) > 50
    assert [row for row in rows if not re.match(r"\| \d+ \|", row) or not re.fullmatch(ROW, row)] == []


def test_code_that_is_in_no_later_cell_is_named():
    table = "[A lesson](notebooks/template.ipynb):\n| | | `{}` | ask | |\n| | | `{}` | ask | |"
    assert "| 5 | | `my_ratio = None` | ask | |" not in with_cell_numbers(table.format("getsource", "my_ratio = None"))
    assert "| 4 |" in with_cell_numbers(table.format("getsource", "my_ratio = None"))
    with pytest.raises(ValueError, match="template has no cell with 'getsource' after cell 4"):
        with_cell_numbers(table.format("my_ratio = None", "getsource"))


def test_seconds_are_kept_by_the_source_of_a_cell(tmp_path):
    cells = [new_code_cell(source) for source in ("fast", "slow", "never run")]
    for cell, seconds in zip(cells[:2], ("00.04", "24.34"), strict=True):
        cell.metadata["execution"] = {BEGAN: "2026-01-01T00:00:00Z", ENDED: f"2026-01-01T00:00:{seconds}Z"}
    cell_seconds.keep("02_pool", new_notebook(cells=cells), tmp_path / "seconds.json")
    cell_seconds.keep("03_order", new_notebook(), tmp_path / "seconds.json")
    kept = cell_seconds.recorded("02_pool", tmp_path / "seconds.json")
    assert kept == {cell_seconds.key("fast"): 0.0, cell_seconds.key("slow"): 24.3}
    assert cell_seconds.recorded("04_chunks", tmp_path / "seconds.json") == {}


@pytest.mark.parametrize("seconds, words", [(0, "under 1 s"), (1.4, "1 s"), (99.0, "99 s"), (99.6, "2 min")])
def test_seconds_in_words(seconds, words):
    assert cell_seconds.in_words(seconds) == words


def test_a_section_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="template has no section 'No such'"):
        with_cell_numbers("[A lesson](notebooks/template.ipynb): *No such* (cells 1 to 3)")


def test_wrong_numbers_are_seen():
    assert with_cell_numbers("[A lesson](notebooks/template.ipynb): *One idea a section* (cell 77)").endswith(
        "(cells 1 to 5)"
    )


def test_the_minutes_at_the_lab_add_up():
    minutes = re.findall(r"^\| (\d+) \|", TEXT[TEXT.index("### With nothing but the mouse") :], re.MULTILINE)
    assert sum(map(int, minutes)) == 20


@pytest.mark.parametrize("number", [20, 50, 90])
def test_the_minutes_of_a_programme_add_up(number):
    plan = re.search(r"^\| minutes \|.*?(?=\n\n)", programmes()[f"In {number} minutes"], re.DOTALL | re.MULTILINE)[0]
    minutes = sum(map(int, re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)))
    assert minutes == (number if number != 90 else 90 - 50)


@pytest.mark.parametrize(
    "measured, simulated, words",
    [
        ("3.8", "7.0", "1.8 times as much"),
        ("2.0", "1.0", "0.5 times as much"),
        ("1.65", "1.68", ""),
        ("2.50 s", "the same", ""),
        ("1.65", None, ""),
    ],
)
def test_a_simulation_that_is_far_from_the_measurement_is_marked(measured, simulated, words):
    assert words in _remark(measured, simulated)
    assert bool(_remark(measured, simulated)) == bool(words)


def test_the_committed_table_has_no_row_about_an_experiment_that_is_no_more():
    _, _, *rows = BLOCK.search(TEXT)[0].strip().splitlines()
    assert [row for row in rows if not row.removeprefix("| ").startswith(tuple(SCENES.values()))] == []


def test_each_row_of_the_committed_table_is_marked_if_it_has_to_be():
    here = re.search(r"measured: (\d+) CPUs", TEXT)[1]
    heads, _, *rows = [
        [word.strip() for word in line.split("|")[1:-1]] for line in BLOCK.search(TEXT)[0].strip().splitlines()
    ]
    column = heads.index(f"{here} CPUs, simulated")
    assert all(_remark(row[1], row[column]) in row[0] for row in rows)
    assert sum("the simulation says" in row[0] for row in rows) == sum(
        bool(_remark(row[1], row[column])) for row in rows
    )
