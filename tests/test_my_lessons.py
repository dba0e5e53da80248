"""Answers survive an update of the course; what nobody changed is brought up to date."""

import re
from contextlib import closing

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers import my_lessons
from helpers.my_lessons import COPIED_VERSIONS, LESSONS, OLD_RECORD, update


def write(folder, name: str, *sources: str) -> None:
    folder.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), folder / f"{name}.ipynb")


def cells(folder, name: str) -> list[str]:
    return [cell.source for cell in nbformat.read(folder / f"{name}.ipynb", 4).cells]


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch) -> None:
    """Give each test a data folder of Jupyter, where the trusted notebooks are recorded."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def course(tmp_path):
    write(tmp_path / "notebooks", "02_pool", "answer = ...")
    write(tmp_path / "notebooks", "03_order", "order = ...")
    list(update(tmp_path / "notebooks", tmp_path / "mine"))
    return tmp_path / "notebooks", tmp_path / "mine"


def test_every_lesson_is_copied_with_its_results(tmp_path):
    lines = list(update(copies=tmp_path))
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {path.name for path in LESSONS.glob("[!t]*.ipynb")}
    assert len(lines) == len(list(tmp_path.glob("*.ipynb")))
    assert (tmp_path / "02_pool_map.ipynb").read_bytes() == (LESSONS / "02_pool_map.ipynb").read_bytes()
    assert list(update(copies=tmp_path)) == []


def test_a_copy_is_trusted_so_that_its_drawings_are_shown(course, tmp_path):
    copy = nbformat.read(course[1] / "02_pool.ipynb", 4)
    notary = NotebookNotary(data_dir=str(tmp_path / "data"))
    with closing(notary.store):
        assert notary.check_signature(copy)


def test_a_lesson_without_answers_is_brought_up_to_date(course):
    lessons, mine = course
    write(lessons, "02_pool", "better = ...")
    assert list(update(*course)) == ["02_pool.ipynb: brought up to date"]
    assert cells(mine, "02_pool") == ["better = ..."]


def test_answers_are_kept_and_the_new_version_is_saved_next_to_them(course):
    lessons, mine = course
    write(mine, "02_pool", "answer = 42")
    assert list(update(*course)) == []
    write(lessons, "02_pool", "better = ...")
    assert list(update(*course)) == ["02_pool.ipynb: yours is kept; the course's new version is 02_pool_new.ipynb"]
    assert cells(mine, "02_pool") == ["answer = 42"]
    assert cells(mine, "02_pool_new") == ["better = ..."]
    assert list(update(*course)) == []


def test_running_a_lesson_is_no_answer(course):
    lessons, mine = course
    notebook = nbformat.read(mine / "02_pool.ipynb", 4)
    notebook.cells[0].outputs, notebook.cells[0].execution_count = [new_output("stream", text="7")], 3
    nbformat.write(notebook, mine / "02_pool.ipynb")
    write(lessons, "02_pool", "better = ...")
    assert list(update(*course)) == ["02_pool.ipynb: brought up to date"]


def test_a_new_lesson_comes_and_a_file_of_the_students_stays(course):
    lessons, mine = course
    (mine / "my_work.py").write_text("mine")
    write(lessons, "04_chunks", "cut = ...")
    assert list(update(*course)) == ["04_chunks.ipynb: copied"]
    assert (mine / "my_work.py").read_text() == "mine"


def test_answers_in_a_new_version_are_kept_as_well(course):
    lessons, mine = course
    write(mine, "02_pool", "answer = 42")
    write(lessons, "02_pool", "better = ...")
    list(update(*course))
    write(lessons, "02_pool", "best = ...")
    list(update(*course))
    assert cells(mine, "02_pool_new") == ["best = ..."]
    write(mine, "02_pool_new", "best = 42")
    write(lessons, "02_pool", "last = ...")
    assert list(update(*course)) == ["02_pool.ipynb: yours is kept; the course's new version is 02_pool_new_2.ipynb"]
    assert [cells(mine, f"02_pool{end}") for end in ("", "_new", "_new_2")] == [
        ["answer = 42"],
        ["best = 42"],
        ["last = ..."],
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": [{}], "nbformat": 4, "nbformat_minor": 5}'])
def test_a_broken_copy_is_named_and_kept_and_the_others_are_brought_up_to_date(course, text):
    lessons, mine = course
    (mine / "02_pool.ipynb").write_text(text)
    write(lessons, "03_order", "better = ...")
    line, other = update(*course)
    assert re.fullmatch(
        r"02_pool.ipynb cannot be read as a notebook \(.+\); it is kept, and the course's version is 02_pool_new.ipynb",
        line,
    )
    assert other == "03_order.ipynb: brought up to date"
    assert (mine / "02_pool.ipynb").read_text() == text
    assert cells(mine, "02_pool_new") == ["answer = ..."]
    write(mine, "02_pool_new", "answer = 42")
    (again,) = update(*course)
    assert again.endswith("02_pool_new_2.ipynb")
    assert cells(mine, "02_pool_new") == ["answer = 42"]


def test_a_broken_lesson_of_the_course_is_named_and_the_others_are_brought_up_to_date(course):
    lessons, mine = course
    (lessons / "02_pool.ipynb").write_text("{")
    write(lessons, "03_order", "better = ...")
    line, other = update(*course)
    assert line.startswith("02_pool.ipynb was not brought up to date: 02_pool.ipynb cannot be read as a notebook (")
    assert other == "03_order.ipynb: brought up to date"
    assert cells(mine, "02_pool") == ["answer = ..."]


@pytest.mark.parametrize("text", ["[", "[1]", '{"02_pool.ipynb": 1}', "\xff"])
def test_with_a_broken_record_nothing_is_lost_and_the_rest_is_done(course, text):
    _, mine = course
    (mine / COPIED_VERSIONS).write_text(text, encoding="latin-1")
    write(mine, "02_pool", "answer = 42")
    line, *others = update(*course)
    assert line.startswith("The record of what was copied cannot be read (")
    assert others == ["02_pool.ipynb: yours is kept; the course's new version is 02_pool_new.ipynb"]
    assert cells(mine, "02_pool") == ["answer = 42"]
    assert list(update(*course)) == []


def test_the_record_is_not_among_the_files_that_jupyter_lists(course):
    _, mine = course
    assert sorted(path.name for path in mine.iterdir() if path.name[0] != ".") == ["02_pool.ipynb", "03_order.ipynb"]


def test_the_record_of_an_earlier_version_of_the_course_is_read_and_moved(course):
    lessons, mine = course
    (mine / COPIED_VERSIONS).rename(mine / OLD_RECORD)
    write(mine, "02_pool", "answer = 42")
    write(lessons, "02_pool", "better = ...")
    write(lessons, "03_order", "better = ...")
    assert list(update(*course)) == [
        "02_pool.ipynb: yours is kept; the course's new version is 02_pool_new.ipynb",
        "03_order.ipynb: brought up to date",
    ]
    assert not (mine / OLD_RECORD).exists()
    assert list(update(*course)) == []


def test_without_lessons_one_clear_error_is_raised(tmp_path):
    with pytest.raises(FileNotFoundError, match="there are no lessons in"):
        list(update(tmp_path / "nowhere", tmp_path / "mine"))


def run(monkeypatch, course, *arguments: str) -> None:
    lessons, mine = course
    monkeypatch.setattr(my_lessons, "update", lambda: update(lessons, mine))
    monkeypatch.setattr("sys.argv", ["my_lessons", *arguments])
    my_lessons.main()


def test_the_command_says_what_it_did_and_where_to_begin(course, monkeypatch, capsys):
    write(course[0], "04_chunks", "cut = ...")
    run(monkeypatch, course)
    run(monkeypatch, course)
    first, end, done, end_again = capsys.readouterr().out.splitlines()
    assert (first, done) == ("04_chunks.ipynb: copied", "All your lessons are up to date.")
    assert end == end_again == "Your lessons are in the folder my_lessons. Begin with my_lessons/index.ipynb."


def test_the_command_explains_itself(course, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, course, "--help")
    assert ended.value.code == 0
    assert "A lesson with your answers stays as it is" in capsys.readouterr().out


def test_the_command_ends_with_a_sentence_where_it_cannot_work(tmp_path, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, (tmp_path / "nowhere", tmp_path / "mine"))
    assert str(ended.value).startswith("Your lessons could not be brought up to date: there are no lessons in")
