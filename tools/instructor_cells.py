"""Write into INSTRUCTORS.md what the lessons say of their cells: their numbers, what they take, and what they showed.

python -m tools.instructor_cells

The page names a section of the lesson that it linked last, and gets its numbers: *Look inside* (cells 15 and 16, 9 s).
In a table, a row names a cell by a piece of its code, the first such cell after that of the row above, and gets its
number, its seconds and what it showed when the lesson was recorded:

    | 16 | under 1 s | `timeline(cold_run` | "Who waits, and for what?" | 5 tasks on 5 workers, forkserver: 1.61 s |
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from tools.cell_seconds import in_words, key, recorded
from tools.cells import is_solution, verdict_lines

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "INSTRUCTORS.md"
LINK = r"\]\((?P<notebook>notebooks/\w+\.ipynb)\)"
SECTION = r"\*(?P<section>[^*\n]+(?:\*\w\*[^*\n]+)?)\* \(cells?[^)]*\)"  # with a letter in italics, or without
ROW = r"^\|[^|\n]*\|[^|\n]*\| `(?P<code>[^`\n]+)` \|(?P<ask>[^|\n]*)\|[^|\n]*\|$"
NAMED = re.compile(f"{LINK}|{SECTION}|{ROW}", re.MULTILINE)
"""A link to a lesson; a section of the lesson that was linked last, with its cells; a row about one cell of it."""

LONGEST = 150
"""Letters of a line of an output that a row shows."""


@dataclass(frozen=True)
class Lesson:
    """The code cells of a lesson, and the seconds of those that were recorded as they are now."""

    name: str
    cells: list[nbformat.NotebookNode]
    sections: dict[str, list[int]]

    def seconds(self, *numbers: int) -> str:
        """Return how long the cells with these numbers take together, or nothing when that is not known."""
        known = recorded(self.name)
        each = [known.get(key(self.cells[number - 1].source)) for number in numbers]
        return "" if None in each else in_words(sum(filter(None, each)))

    def number_of(self, code: str, after: int = 0) -> int:
        """Return the number of the first cell after another one that has this code. Raises ValueError without one."""
        for number, cell in enumerate(self.cells[after:], after + 1):
            if code in cell.source and not is_solution(cell):
                return number
        raise ValueError(f"{self.name} has no cell with {code!r} after cell {after}")


@cache
def lesson_at(path: str) -> Lesson:
    """Return the lesson at a path in the checkout."""
    notebook = nbformat.read(ROOT / path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return Lesson(Path(path).stem, cells, cells_of_sections(notebook))


def cells_of_sections(notebook: nbformat.NotebookNode) -> dict[str, list[int]]:
    """Return the numbers of the code cells of each section, as a run from top to bottom shows them in brackets."""
    sections: dict[str, list[int]] = {}
    numbers: list[int] = []
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            numbers.append(count)
        else:  # a cell may end one section and begin the next
            for heading in re.findall(r"^## (.+)", cell.source, re.MULTILINE):
                numbers = sections.setdefault(heading.strip(), [])
    return {name: cells for name, cells in sections.items() if cells}


def with_cell_numbers(text: str) -> str:
    """Return the page with what today's lessons say.

    Raises ValueError for a section that its lesson lacks, and for code that is in none of its cells from there on.
    """
    lesson: Lesson | None = None
    last = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal lesson, last
        if match["notebook"]:
            lesson, last = lesson_at(match["notebook"]), 0
            return match[0]
        if lesson is None:
            raise ValueError(f"no lesson is linked before {match[0]!r}")
        if match["code"]:
            number = last = lesson.number_of(match["code"], last)
            shown = "<br>".join(shown_by(lesson.cells[number - 1]))
            ends = f"| {number} | {lesson.seconds(number)} |", f"| {shown} |"
            return f"{ends[0]} `{match['code']}` |{match['ask']}{ends[1]}".replace("|  |", "| |")
        name = match["section"]
        if name not in lesson.sections:
            raise ValueError(f"{lesson.name} has no section {name!r} with cells; it has {', '.join(lesson.sections)}")
        numbers = lesson.sections[name]
        return f"*{name}* ({', '.join(filter(None, (_in_words(numbers), lesson.seconds(*numbers))))})"

    return NAMED.sub(fill, text)


def shown_by(cell: nbformat.NotebookNode) -> list[str]:
    """Return what the outputs of a cell say in short: verdicts, or else a picture's summary, or the only line."""
    if verdicts := list(verdict_lines(cell.outputs)):
        return [_fit_for_a_table(line) for line in verdicts]
    shown = []
    for output in cell.outputs:
        lines = (output.get("text") or output.get("data", {}).get("text/plain", "")).strip().splitlines()
        if "<svg" in output.get("data", {}).get("text/html", ""):
            shown += lines[:2] if lines[1].endswith(".") else []
        elif "%%exhibit" in cell.source:
            shown += lines[-1:]
        elif len(lines) == 1 and not lines[0].startswith("<IPython"):
            shown += lines
    return [_fit_for_a_table(line) for line in shown]


def _fit_for_a_table(line: str) -> str:
    line = line if len(line) <= LONGEST else line[: LONGEST - 4].rsplit(" ", 1)[0] + " ..."
    return re.sub(r"([|<*_`\[])", r"\\\1", line)


def _in_words(cells: list[int]) -> str:
    first, last = cells[0], cells[-1]
    if first == last:
        return f"cell {first}"
    return f"cells {first} {'and' if last == first + 1 else 'to'} {last}"


if __name__ == "__main__":
    PAGE.write_text(with_cell_numbers(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
