"""INSTRUCTORS.md names cells that are there, and marks a simulation that is far off."""

import re

import pytest

from tools.instructor_cells import PAGE, with_cell_numbers
from tools.instructor_figures import BLOCK, _remark

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_cells_are_those_of_the_sections_in_the_lessons():
    assert with_cell_numbers(TEXT) == TEXT, "run python -m tools.instructor_cells"


def test_every_scene_of_a_lesson_names_its_cells():
    show = TEXT[TEXT.index("## What to show") : TEXT.index("## What to expect")]
    scenes = [line for line in show.splitlines() if line.startswith("|") and "notebooks/" in line]
    assert len(scenes) == 7
    assert all("(cell" in scene for scene in scenes)


def test_a_section_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="notebooks/template.ipynb has no section 'No such'"):
        with_cell_numbers("[A lesson](notebooks/template.ipynb): *No such* (cells 1 to 3)")


def test_wrong_numbers_are_seen():
    assert with_cell_numbers("[A lesson](notebooks/template.ipynb): *One idea a section* (cell 77)").endswith(
        "(cells 1 to 5)"
    )


@pytest.mark.parametrize("number", [20, 50, 90])
def test_the_minutes_of_a_programme_add_up(number):
    programme = re.search(rf"### In {number} minutes.*?(?=\n##)", TEXT, re.DOTALL)[0]
    minutes = sum(map(int, re.findall(r"^\| (\d+) \|", programme, re.MULTILINE)))
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
