"""How long each cell takes, for INSTRUCTORS.md. `tools.run_notebooks` keeps it when it records a lesson.

    python -m tools.cell_seconds 02_pool_map    run lessons for nothing but this; the notebooks stay as they are

The seconds are kept by the source of the cell, so those of a cell that has been changed since are not known.
"""

import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "cell_seconds.json"
BEGAN, ENDED = "iopub.execute_input", "shell.execute_reply"


def key(source: str) -> str:
    """Return what a cell is known by: a digest of its source."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def measured(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """Return the seconds of each cell of a notebook that nbclient has executed."""
    found = {}
    for cell in notebook.cells:
        moments = cell.metadata.get("execution", {})
        if BEGAN in moments and ENDED in moments:
            began, ended = (datetime.fromisoformat(moments[name]) for name in (BEGAN, ENDED))
            found[key(cell.source)] = round((ended - began).total_seconds(), 1)
    return found


def recorded(name: str, record: Path = RECORD) -> dict[str, float]:
    """Return the seconds of the cells of one lesson, as they were kept last."""
    return _all(record).get(name, {})


def keep(name: str, notebook: nbformat.NotebookNode, record: Path = RECORD) -> None:
    """Keep the seconds of an executed lesson, in the place of those that were kept before."""
    lessons = _all(record) | {name: measured(notebook)}
    text = json.dumps(dict(sorted(lessons.items())), indent=1)
    record.write_text(text + "\n", encoding="utf-8", newline="\n")


def in_words(seconds: float) -> str:
    """Return how long somebody waits who stands in front of a room: "under 1 s", "24 s", "3 min"."""
    if seconds < 0.95:
        return "under 1 s"
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.0f} min"


def _all(record: Path) -> dict[str, dict[str, float]]:
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}


def main() -> None:
    """Run the lessons that the command line names, and keep their seconds."""
    from tools.run_notebooks import execute  # which keeps seconds, too

    for name in sys.argv[1:]:
        keep(name, execute(ROOT / "notebooks" / f"{name}.ipynb"))


if __name__ == "__main__":
    main()
