"""The rules for notebooks, as functions that yield what is wrong with one. A test sees each rule fail."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode

MOST_BYTES = 500_000
MOST_CELLS = 60
MOST_LINES = 15
SHOWS_A_TIME = re.compile(r"\b(timeline|where_time_went|speedup_plot|breakdown|compare|measure)\(|%%exhibit|%%time")
PATH_OF_A_MACHINE = re.compile(r"(/home/|/root/|/tmp/|/Users/|C:\\\\Users|site-packages)")


def text_of(notebook: NotebookNode, kind: str = "markdown") -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def outputs_in_order(notebook: NotebookNode, path: Path) -> Iterator[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the cells were executed as {counts}, not from top to bottom in a fresh kernel"


def no_errors(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        if any(output.output_type == "error" for output in cell.outputs) and "raises-exception" not in tags(cell):
            yield f"an error that nobody intended: {cell.source[:60]!r}"
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield f"a cell writes to stderr: {cell.source[:60]!r}"


def no_widget_state(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if "widgets" in notebook.metadata or "widget-view" in str(notebook):
        yield "it holds the state of widgets, which nobody can use without its kernel"


def no_path_of_a_machine(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        if found := PATH_OF_A_MACHINE.search(str(cell.outputs)):
            yield f"an output shows {found[0]!r}"


def small_enough(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if path.stat().st_size > MOST_BYTES:
        yield f"it has {path.stat().st_size:,} bytes; {MOST_BYTES:,} is the most"


def links_work(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for text in text_of(notebook):
        for link in re.findall(r"\]\(([^)#]+)", text):
            if not link.startswith("https://") and not (path.parent / link).exists():
                yield f"{link} does not exist"


def the_anatomy(notebook: NotebookNode, path: Path) -> Iterator[str]:
    texts = text_of(notebook)
    if not re.fullmatch(r"# [A-Z][^\n\d]+", texts[0]):
        yield f"the first cell must be the title alone, without a number, not {texts[0][:40]!r}"
    for part in ("**You will do:**", "**You will learn to**", "**Minutes:**", "**You need:**"):
        if part not in texts[1]:
            yield f"the second cell has no {part}"
    heads = [text.splitlines()[0] for text in texts if text.startswith("## ")]
    if heads[-3:] != ["## Exercises", "## Summary", "## What's next"]:
        yield f"it must end with Exercises, Summary and What's next, not {heads[-3:]}"
    if not any(text.startswith("## Summary") and "**What it cost:**" in text for text in texts):
        yield "the summary does not say what it cost"
    if not any("prediction" in tags(cell) for cell in code_cells(notebook)) or "**Predict.**" not in " ".join(texts):
        yield "the student is not asked to predict anything"


def the_exercises(notebook: NotebookNode, path: Path) -> Iterator[str]:
    starts = [number for number, cell in enumerate(notebook.cells) if cell.source.startswith("### Exercise ")]
    if not 2 <= len(starts) <= 3:
        yield f"it has {len(starts)} exercises, not two or three"
    for start in starts:
        check, solution = notebook.cells[start + 1], notebook.cells[start + 2]
        if "checks." not in check.source or "✗" not in str(check.get("outputs")):
            yield f"the cell after {notebook.cells[start].source[:14]!r} is no check that gives a hint"
        if "solution" not in tags(solution) or not solution.metadata.get("jupyter", {}).get("source_hidden"):
            yield f"the solution of {notebook.cells[start].source[:14]!r} is not folded, or lacks its tag"
        if "✓" not in str(solution.get("outputs")):
            yield f"the solution of {notebook.cells[start].source[:14]!r} does not pass its check"


def short_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if len(notebook.cells) > MOST_CELLS:
        yield f"it has {len(notebook.cells)} cells; {MOST_CELLS} is the most"
    for cell in code_cells(notebook):
        if (
            len(cell.source.splitlines()) > MOST_LINES
            and "solution" not in tags(cell)
            and "%%writefile" not in cell.source
        ):
            yield f"more than {MOST_LINES} lines: {cell.source[:60]!r}"


def text_between_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    run = 0
    for cell in notebook.cells:
        run = run + 1 if cell.cell_type == "code" and "solution" not in tags(cell) else 0
        if run > 3:
            yield f"four cells of code without text between them: {cell.source[:60]!r}"


def what_differs_is_not_compared(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        if "checks." in cell.source:
            continue
        picture = any("<svg" in str(output.get("data")) for output in cell.outputs)
        if (picture or cell.outputs and SHOWS_A_TIME.search(cell.source)) and "nbval-ignore-output" not in tags(cell):
            yield f"its output differs from run to run, and lacks the tag nbval-ignore-output: {cell.source[:60]!r}"


def worker_functions_are_in_modules(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A pool gets no lambda and no function of a cell, except where the error is caught and shown."""
    mine = {name for cell in code_cells(notebook) for name in re.findall(r"^def (\w+)", cell.source, re.MULTILINE)}
    for cell in code_cells(notebook):
        if cell.source.startswith("%%") or "show(" in cell.source or "except Exception as error:" in cell.source:
            continue
        for function in re.findall(r"\.(?:star|i)?map(?:_async|_unordered)?\((lambda|\w+)", cell.source):
            if function == "lambda" or function in mine:
                yield f"a worker could not find {function!r} of the notebook: {cell.source[:60]!r}"


def every_pool_is_in_a_with(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Or it is closed and joined in its own cell, as where the second lesson begins."""
    for cell in code_cells(notebook):
        if cell.source.startswith("%%"):
            continue
        for line in cell.source.splitlines():
            made = re.search(r"(?<![\w.])(Xray|Thread)?Pool\(", line)
            if made and "with " not in line and not ("pool.close()" in cell.source and "pool.join()" in cell.source):
                yield f"a pool outside a with: {line.strip()!r}"


LESSONS_ONLY = (the_anatomy, the_exercises)
"""Rules for lessons, from which the lab and the index are excepted."""

RULES: list[Callable[[NotebookNode, Path], Iterator[str]]] = [
    outputs_in_order,
    no_errors,
    no_widget_state,
    no_path_of_a_machine,
    small_enough,
    links_work,
    the_anatomy,
    the_exercises,
    short_cells,
    text_between_cells,
    what_differs_is_not_compared,
    worker_functions_are_in_modules,
    every_pool_is_in_a_with,
]
