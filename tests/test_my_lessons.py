"""Answers survive an update of the course; what nobody changed is brought up to date."""

from contextlib import closing

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers.my_lessons import COPIED_VERSIONS, LESSONS, update


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


@pytest.mark.parametrize("record", ["[", "[1]"])
def test_without_lessons_or_with_a_broken_record_one_clear_error_is_raised(course, tmp_path, record):
    with pytest.raises(FileNotFoundError, match="there are no lessons in"):
        list(update(tmp_path / "nowhere", tmp_path / "mine"))
    (course[1] / COPIED_VERSIONS).write_text(record)
    with pytest.raises(ValueError, match="delete it, and your lessons are kept as they are"):
        list(update(*course))
