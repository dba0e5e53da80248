"""Copy the lessons to where your answers are safe:  python -m helpers.my_lessons

The copies are yours, in the folder `my_lessons`, which git does not touch. After an update of the course, run it again. A
lesson in which you changed nothing is brought up to date. One with your answers stays as it is; if the course has a
new version of it, that comes to lie beside it, and you are told.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_data_dir
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).parents[1]
LESSONS, MINE = ROOT / "notebooks", ROOT / "my_lessons"
TEMPLATE = "template.ipynb"
KNOWN = "copied.json"
"""In the folder of the copies: for each lesson, the course's version that was copied last."""


def update(lessons: Path = LESSONS, mine: Path = MINE) -> Iterator[str]:
    """Copy what is new, and yield a line about each file that was written or kept.

    lessons: the folder of the course. mine: that of the copies; it is made if it is not there.

    Raises FileNotFoundError when there are no lessons, and ValueError when what is in `copied.json` cannot be read.
    """
    originals = [path for path in sorted(lessons.glob("*.ipynb")) if path.name != TEMPLATE]
    if not originals:
        raise FileNotFoundError(f"there are no lessons in {lessons}; run this from a checkout of the course")
    mine.mkdir(parents=True, exist_ok=True)
    known = _known(mine / KNOWN)
    for original in originals:
        copy, new, old = mine / original.name, _version(original), known.get(original.name)
        yours = _version(copy) if copy.exists() else None
        known[original.name] = new
        if yours in (None, old) and yours != new:
            _copied(original, copy)
            yield f"{copy.name}: {'brought up to date' if yours else 'copied'}"
        elif yours not in (old, new) and old != new:
            beside = copy.with_name(f"{copy.stem}_new.ipynb")
            _copied(original, beside)
            yield f"{copy.name}: yours is kept; the course's new version is {beside.name}"
    (mine / KNOWN).write_text(json.dumps(known, indent=1), encoding="utf-8")


def _copied(original: Path, copy: Path) -> None:
    """Copy, and let Jupyter trust the copy, so that it shows the drawings before the lesson was run."""
    shutil.copyfile(original, copy)
    Path(jupyter_data_dir()).mkdir(parents=True, exist_ok=True)  # older versions of nbformat expect it
    notary = NotebookNotary()
    with closing(notary.store):  # a database
        notary.sign(nbformat.read(copy, as_version=4))


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(
            f"{path} cannot be read ({error}); delete it, and your lessons are kept as they are"
        ) from error


def _version(notebook: Path) -> str:
    """Return a digest of what somebody wrote into the cells. Results do not count: whoever runs a lesson changes them."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = json.dumps([[cell.cell_type, cell.source] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Copy, and tell what was done."""
    lines = list(update())
    print(*(lines or ["All your lessons are up to date."]), sep="\n")
    print(f"Your lessons are in the folder {MINE.name}.")


if __name__ == "__main__":
    sys.exit(main())
