"""Write the numbers of cells into INSTRUCTORS.md, which names sections of the lessons: *Look inside* (cells 15 and 16).

python -m tools.instructor_cells
"""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "INSTRUCTORS.md"
NAMED = re.compile(r"\]\((?P<notebook>notebooks/\w+\.ipynb)\)|\*(?P<section>[^*\n]+)\* \(cells?[^)]*\)")
"""A link to a lesson, or a section of the lesson that was linked last, with the numbers of its cells."""


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
    """Return the page with the numbers of today's lessons. Raises ValueError for a section that its lesson lacks."""
    sections: dict[str, list[int]] = {}
    lesson = "no lesson"

    def number(match: re.Match[str]) -> str:
        nonlocal sections, lesson
        if match["notebook"]:
            lesson = match["notebook"]
            sections = cells_of_sections(nbformat.read(ROOT / lesson, as_version=4))
            return match[0]
        name = match["section"]
        if name not in sections:
            raise ValueError(f"{lesson} has no section {name!r} with cells; it has {', '.join(sections)}")
        return f"*{name}* ({_in_words(sections[name])})"

    return NAMED.sub(number, text)


def _in_words(cells: list[int]) -> str:
    first, last = cells[0], cells[-1]
    if first == last:
        return f"cell {first}"
    return f"cells {first} {'and' if last == first + 1 else 'to'} {last}"


if __name__ == "__main__":
    PAGE.write_text(with_cell_numbers(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
