"""Copy the lessons to where your answers are safe:  python -m helpers.my_lessons

The copies are in the folder `my_lessons`, which git ignores. Run this again after an update of the course. A lesson in
which you changed nothing is then replaced by its new version. A lesson with your answers stays as it is; if the course
has a new version of it, the new version is saved next to it, and a line reports that. A file that cannot be read is
named and kept, and the other lessons are brought up to date.
"""

import argparse
import hashlib
import itertools
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
COPIED_VERSIONS = ".copied.json"
"""The file among the copies that records which version of each lesson was copied last. Jupyter does not list it."""

OLD_RECORD = "copied.json"
"""The name that this file had in earlier versions of the course."""


class UnreadableNotebook(Exception):
    """A file that is no notebook; the text gives the reason."""


def update(lessons: Path = LESSONS, copies: Path = COPIES) -> Iterator[str]:
    """Copy what is new, and yield a line about each file that was written or kept, or that cannot be read.

    lessons: the folder of the course. copies: the folder of the student; it is made if it does not exist.

    Raises FileNotFoundError when there are no lessons, and OSError when the folder of the copies cannot be written.
    """
    originals = [path for path in sorted(lessons.glob("*.ipynb")) if path.name != TEMPLATE]
    if not originals:
        raise FileNotFoundError(f"there are no lessons in {lessons}; run this from a checkout of the course")
    copies.mkdir(parents=True, exist_ok=True)
    record, old_record = copies / COPIED_VERSIONS, copies / OLD_RECORD
    found = record if record.exists() or not old_record.exists() else old_record
    try:
        versions = _copied_versions(found)
    except (OSError, ValueError) as error:
        versions, found = {}, record
        yield f"The record of what was copied cannot be read ({error}). A lesson that differs now counts as yours."
    for original in originals:
        try:
            line = _update_one(original, copies, versions)
        except (UnreadableNotebook, OSError) as error:
            line = f"{original.name} was not brought up to date: {error}"
        if line:
            yield line
    write_whole(record, json.dumps(versions, indent=1))
    if found == old_record:
        old_record.unlink()


def _update_one(original: Path, copies: Path, versions: dict[str, str]) -> str:
    """Bring one lesson up to date, and return a line about it: an empty one when there is nothing to do."""
    copy, newest, copied = copies / original.name, _version(original), versions.get(original.name)
    try:
        current = _version(copy) if copy.exists() else None
    except UnreadableNotebook as error:
        new_copy = _save_next_to(original, copy, newest, copied)
        versions[original.name] = newest
        return f"{error}; it is kept, and the course's version is {new_copy.name}"
    line = ""
    if current in (None, copied) and current != newest:
        _copy_and_trust(original, copy)
        line = f"{copy.name}: {'brought up to date' if current else 'copied'}"
    elif current not in (copied, newest) and copied != newest:
        new_copy = _save_next_to(original, copy, newest, copied)
        line = f"{copy.name}: yours is kept; the course's new version is {new_copy.name}"
    versions[original.name] = newest
    return line


def _save_next_to(original: Path, copy: Path, newest: str, copied: str | None) -> Path:
    """Copy a lesson to the first name that is free, or whose file nobody has changed; return where it is."""
    for number in itertools.count(1):
        new_copy = copy.with_name(f"{copy.stem}_new{'' if number == 1 else f'_{number}'}.ipynb")
        try:
            current = _version(new_copy) if new_copy.exists() else copied
        except UnreadableNotebook:
            continue
        if current == newest and new_copy.exists():
            return new_copy
        if current == copied:
            break
    _copy_and_trust(original, new_copy)
    return new_copy


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
    versions = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(versions, dict) or not all(isinstance(version, str) for version in versions.values()):
        raise ValueError(f"{path.name} is not a list of versions")
    return versions


def _version(notebook: Path) -> str:
    """Return a digest of the sources of the cells. Outputs do not count: running a lesson changes them."""
    try:
        text = json.dumps([[cell.cell_type, cell.source] for cell in _read(notebook).cells])
    except Exception as error:  # nbformat raises whatever its parts raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableNotebook(f"{notebook.name} cannot be read as a notebook ({reason[:80]})") from error
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def main() -> None:
    """Copy the lessons, and print what was done. A failure ends the program with a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.my_lessons", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    lines = 0
    try:
        for lines, line in enumerate(update(), 1):
            print(line)
    except OSError as error:
        raise SystemExit(f"Your lessons could not be brought up to date: {error}") from error
    if not lines:
        print("All your lessons are up to date.")
    print(f"Your lessons are in the folder {COPIES.name}. Begin with {COPIES.name}/index.ipynb.")


if __name__ == "__main__":
    main()
