"""The page *Find your problem* has a row for each question, and each row leads to a cell.

That the links work is a rule for all notebooks (`notebook_rules.links_work`), and nbval runs the page.
"""

import re
from pathlib import Path

import nbformat
import notebook_rules as rules
import pytest

from helpers import museum
from helpers.machine import start_methods
from tools.instructor_cells import cells_of_sections

PAGE = Path(__file__).parents[1] / "notebooks" / "answers.ipynb"
NOTEBOOK = nbformat.read(PAGE, as_version=4)
(TABLE,) = [text for text in rules.text_of(NOTEBOOK) if "## Symptoms and messages" in text]
ROWS = [line for line in TABLE.splitlines() if line.startswith("|") and not re.match(r"\|[^|]*\| \||\|-", line)]
"""The rows of its tables, without their heads."""

QUESTIONS = [
    # asked in public again and again, and not answered by a lesson alone
    "a method as the function, with all that its object holds",
    "nested pools",
    "daemonic processes are not allowed to have children",
    "sharing a lock",
    "should only be shared between processes through inheritance",
    "a counter or flag that all workers see; Value, Array",
    "a Manager().dict() is slow",
    "logging from workers",
    "memory of workers grows; maxtasksperchild",
    "imap swallows an endless input",
    "progress: tqdm around imap_unordered, in a script and in a notebook",
    "a time limit for one task while the others go on",
    "globals that workers do not see",
    "print in a worker never appears, or appears cut up",
    "leaked shared_memory objects",
    "worked on Python 3.13, and is wrong or stuck on 3.14",
    "which of Pool, executor, joblib",
    "SIGTERM: a service that stops",
    "Ctrl-C",
    "asyncio",
    "pandas: apply, groupby, many files",
    "a pool in a web server, or under gunicorn",
    "a debugger, a profiler or coverage in a worker",
    "CUDA",
    "a GPU library after fork",
    "Colab, Kaggle and other small machines",
    "Pool(): how many workers is that, in a container too",
    "leaving with is terminate, not close and join",
    # answered by lessons
    "the pool hangs",
    "WorkerDied",
    "BrokenProcessPool",
    "PicklingError",
    "MaybeEncodingError",
    "chunksize",
    "in order",
    "hangs in a notebook",
    'if __name__ == "__main__"',
    "random numbers; which seed",
    "shared memory, initializer",
    "KeyboardInterrupt",
    "an attempt has been made to start a new process",
    "context has already been set",
    "use of fork() may lead to deadlocks",
    "slower than the loop",
    "several arguments",
]
"""What people type, as the page has to have it in the first column of a row."""

WITHOUT_A_CURE = {"Leaked-shared-memory", "Pool,-executor-or-joblib"}
"""Sections with a single cell of code: one shows symptom and cure, and one is a choice."""

WITHOUT_A_CELL = {"What-this-page-cannot-show"}


def anchor(heading: str) -> str:
    return re.sub("[`*]", "", heading).replace(" ", "-")


def links(row: str) -> list[tuple[str, str]]:
    """The notebooks to which a row leads (this one: no name), each with a heading."""
    return [(name, head) for name, _, head in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", row))]


def code_by_anchor(name: str) -> dict[str, list[int]]:
    path = PAGE.parent / name if name else PAGE
    return {anchor(head): cells for head, cells in cells_of_sections(nbformat.read(path, as_version=4)).items()}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_row(question):
    symptoms = [row.split("](")[0].replace("`", "").rpartition("|")[0] for row in ROWS]
    assert any(question.lower() in symptom.lower() for symptom in symptoms)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_leads_to_cells_of_code(row):
    assert links(row)
    for name, heading in links(row):
        found = code_by_anchor(name)
        assert found if not heading else heading in found or heading in WITHOUT_A_CELL


def test_every_section_of_the_page_has_a_row_and_shows_a_symptom_and_a_cure():
    heads = rules.anchors(NOTEBOOK) - {"Find-your-problem", "Symptoms-and-messages"}
    assert heads == {heading for row in ROWS for name, heading in links(row) if not name}
    found = code_by_anchor("")
    assert {head for head in heads if len(found.get(head, ())) < 2} == WITHOUT_A_CURE | WITHOUT_A_CELL


SCRIPTS = [
    cell
    for cell in rules.code_cells(NOTEBOOK)
    if cell.source.startswith("%%program\n") and "nbval-ignore-output" not in rules.tags(cell)
]


@pytest.mark.parametrize("method", start_methods()[1:])
@pytest.mark.parametrize("cell", SCRIPTS, ids=lambda cell: cell.id)
def test_a_script_prints_the_same_with_every_start_method(cell, method, capsys):
    museum.program(method, cell.source.partition("\n")[2])
    assert capsys.readouterr().out == "".join(output.text for output in cell.outputs)
