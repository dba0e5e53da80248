"""Copy the lessons to where your answers are safe:  python -m helpers.my_lessons

The copies are in the folder `my_lessons`, which git ignores. Run this again after an update of the course. A lesson in
which you changed nothing is then replaced by its new version. A lesson with your answers stays as it is; if the course
has a new version of it, the new version is saved next to it, and a line reports that.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_data_dir
from nbformat.sign import NotebookNotary

from helpers.text import write_whole

ROOT = Path(__file__).parents[1]
LESSONS, COPIES = ROOT / "notebooks", ROOT / "my_lessons"
TEMPLATE = "template.ipynb"
COPIED_VERSIONS = "copied.json"
"""The file in the folder of the copies that records, for each lesson, which version of it was copied last."""


def update(lessons: Path = LESSONS, copies: Path = COPIES) -> Iterator[str]:
    """Copy what is new, and yield a line about each file that was written or kept.

    lessons: the folder of the course. copies: the folder of the student; it is made if it does not exist.

    Raises FileNotFoundError when there are no lessons, and ValueError when `copied.json` cannot be read.
    """
    originals = [path for path in sorted(lessons.glob("*.ipynb")) if path.name != TEMPLATE]
    if not originals:
        raise FileNotFoundError(f"there are no lessons in {lessons}; run this from a checkout of the course")
    copies.mkdir(parents=True, exist_ok=True)
    versions = _copied_versions(copies / COPIED_VERSIONS)
    for original in originals:
        copy, newest, copied = copies / original.name, _version(original), versions.get(original.name)
        current = _version(copy) if copy.exists() else None
        versions[original.name] = newest
        if current in (None, copied) and current != newest:
            _copy_and_trust(original, copy)
            yield f"{copy.name}: {'brought up to date' if current else 'copied'}"
        elif current not in (copied, newest) and copied != newest:
            new_copy = copy.with_name(f"{copy.stem}_new.ipynb")
            _copy_and_trust(original, new_copy)
            yield f"{copy.name}: yours is kept; the course's new version is {new_copy.name}"
    write_whole(copies / COPIED_VERSIONS, json.dumps(versions, indent=1))


def _copy_and_trust(original: Path, copy: Path) -> None:
    """Copy a lesson, and let Jupyter trust the copy, so that it shows the drawings before the lesson is run."""
    shutil.copyfile(original, copy)
    Path(jupyter_data_dir()).mkdir(parents=True, exist_ok=True)  # older versions of nbformat expect it
    notary = NotebookNotary()
    with closing(notary.store):  # a database
        notary.sign(_read(copy))


def _copied_versions(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); delete it, and your lessons are kept as they are"
        ) from error


def _version(notebook: Path) -> str:
    """Return a digest of the sources of the cells. Outputs do not count: running a lesson changes them."""
    text = json.dumps([[cell.cell_type, cell.source] for cell in _read(notebook).cells])
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def main() -> None:
    """Copy the lessons, and print what was done."""
    lines = list(update())
    print(*(lines or ["All your lessons are up to date."]), sep="\n")
    print(f"Your lessons are in the folder {COPIES.name}.")


if __name__ == "__main__":
    main()
