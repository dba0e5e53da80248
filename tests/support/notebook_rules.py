"""The rules for notebooks, as functions that yield what is wrong with one. A test sees each rule fail."""

import ast
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.findings import HOLDS
from tools.cells import disturbed_lines, is_solution, shows_a_finding, verdict_lines

MOST_BYTES = 500_000
MOST_CELLS = 60
MOST_LINES = 15
SOLUTION = "# Solution"
SHOWS_A_TIME = re.compile(
    r"\b(timeline|where_time_went|speedup_plot|breakdown|compare|measure|learn|advise|finding)\(|%%exhibit|%%time"
)
RUN_APART = ("%%exhibit", "%%program")
"""The magics of the museum, whose cells are Python."""

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


def cells_compile(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A cell that was edited and not run again can be a SyntaxError behind outputs that look right."""
    for cell in code_cells(notebook):
        source = cell.source
        if source.startswith(RUN_APART):
            _, _, source = source.partition("\n")
        elif source.startswith("%%"):
            continue
        try:
            ast.parse(re.sub(r"^%.*$", "", source, flags=re.MULTILINE))
        except SyntaxError as error:
            yield f"a cell is not Python: {error.msg}: {cell.source[:60]!r}"


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
    """Links to other files, to a heading of theirs or of the same notebook, and to a picture that it holds."""
    attached = {name for cell in notebook.cells for name in cell.get("attachments", ())}
    for text in text_of(notebook):
        for link in re.findall(r"\]\(([^)]+)\)", text):
            if link.startswith("https://"):
                continue
            name, _, heading = link.partition("#")
            if link.startswith("attachment:"):
                if link.removeprefix("attachment:") not in attached:
                    yield f"{link} does not exist"
            elif not (path.parent / name).exists():
                yield f"{name} does not exist"
            elif heading and heading not in (anchors_of(path.parent / name) if name else anchors(notebook)):
                yield f"{name or path.name} has no heading {heading}"


def anchors(notebook: NotebookNode) -> set[str]:
    """Return the headings as links name them: JupyterLab puts a dash in the place of each space."""
    heads = re.findall(r"^#+ (.+)$", "\n".join(text_of(notebook)), re.MULTILINE)
    return {re.sub("[`*]", "", head).strip().replace(" ", "-") for head in heads}


@functools.cache
def anchors_of(path: Path) -> set[str]:
    return anchors(nbformat.read(path, as_version=4))


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
        if not is_solution(solution):
            yield f"the solution of {notebook.cells[start].source[:14]!r} lacks its tag"


def solutions_are_folded(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A front end shows the first line of a folded cell, and its output; neither may give the answer away."""
    for cell in filter(is_solution, notebook.cells):
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            yield f"a solution is not folded: {cell.source[:60]!r}"
        if cell.source.splitlines()[0] != SOLUTION:
            yield f"the first line of a solution is not {SOLUTION!r}: {cell.source[:60]!r}"
        if cell.outputs:
            yield f"a solution has an output: {cell.source[:60]!r}"


def findings_hold(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in filter(shows_a_finding, notebook.cells):
        lines = list(verdict_lines(cell.outputs))
        if not lines:
            yield f"a cell with a finding shows no verdict: {cell.source[:60]!r}"
        yield from (f"a finding that does not hold: {line}" for line in lines if not line.startswith(HOLDS))


def measured_on_a_quiet_machine(notebook: NotebookNode, path: Path) -> Iterator[str]:
    for cell in code_cells(notebook):
        yield from disturbed_lines(cell.outputs)


def something_is_found(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if not any(map(shows_a_finding, notebook.cells)):
        yield "it has no finding: what its measurements show is nowhere computed from them"


def no_guess_is_filled_in(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """A figure that the student has not typed is not the student's guess: each name in a prediction is None."""
    for cell in code_cells(notebook):
        if "prediction" not in tags(cell):
            continue
        values = [node.value for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assign)]
        if not values or any(map(_is_filled_in, values)):
            yield f"a prediction that is not None: {cell.source[:60]!r}"


def _is_filled_in(value: ast.expr) -> bool:
    values = value.values if isinstance(value, ast.Dict) else [value]
    return not all(isinstance(each, ast.Constant) and each.value is None for each in values)


def short_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if len(notebook.cells) > MOST_CELLS:
        yield f"it has {len(notebook.cells)} cells; {MOST_CELLS} is the most"
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        if cell.source.startswith("%%program"):  # a whole script, in which blank lines part the functions
            lines = [line for line in lines[1:] if line]
        if len(lines) > MOST_LINES and not is_solution(cell) and "%%writefile" not in cell.source:
            yield f"more than {MOST_LINES} lines: {cell.source[:60]!r}"


def text_between_cells(notebook: NotebookNode, path: Path) -> Iterator[str]:
    run = 0
    for cell in notebook.cells:
        run = run + 1 if cell.cell_type == "code" and not is_solution(cell) else 0
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
    """A pool gets no lambda and no function of a cell, except where the error is shown, or workers are forked."""
    mine = {name for cell in code_cells(notebook) for name in re.findall(r"^def (\w+)", cell.source, re.MULTILINE)}
    for cell in code_cells(notebook):
        if cell.source.startswith("%%") or "show(" in cell.source or "except Exception as error:" in cell.source:
            continue
        if 'get_context("fork")' in cell.source:
            continue
        source = re.sub(r"(\"{3}|'{3}).*?\1", "", cell.source, flags=re.DOTALL)  # a program in a string is no cell
        for function in re.findall(r"\.(?:star|i)?map(?:_async|_unordered)?\((lambda|\w+)", source):
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


def next_lessons(notebook: NotebookNode) -> list[str]:
    """Return the notebooks to which the section *What's next* leads."""
    (text,) = [text for text in text_of(notebook) if text.startswith("## What's next")]
    return re.findall(r"\]\((\w+)\.ipynb\)", text)


def path_through(links: Mapping[str, list[str]], first: str, last: str) -> Iterator[str]:
    """Yield what is wrong with the links between lessons, which must lead from the first through all to the last."""
    here, missing = first, dict(links)
    while here in missing:
        following = missing.pop(here)
        if len(following) != 1:
            yield f"{here} leads to {following}, not to exactly one notebook"
            return
        (here,) = following
    if here != last:
        yield f"the path ends at {here}, not at {last}"
    yield from (f"the path never reaches {name}" for name in missing)


LESSONS_ONLY = (the_anatomy, the_exercises, something_is_found)
"""Rules for lessons, from which the lab, the answers and the index are excepted."""

RULES: list[Callable[[NotebookNode, Path], Iterator[str]]] = [
    outputs_in_order,
    no_errors,
    cells_compile,
    no_widget_state,
    no_path_of_a_machine,
    small_enough,
    links_work,
    the_anatomy,
    the_exercises,
    solutions_are_folded,
    findings_hold,
    measured_on_a_quiet_machine,
    something_is_found,
    no_guess_is_filled_in,
    short_cells,
    text_between_cells,
    what_differs_is_not_compared,
    worker_functions_are_in_modules,
    every_pool_is_in_a_with,
]
