"""Run notebooks from top to bottom and write them ready to commit.

    python -m tools.run_notebooks                 all notebooks
    python -m tools.run_notebooks 02_pool_map     only these
    python -m tools.run_notebooks --draft         write them whatever the machine and the findings say, to look at

Each notebook runs in a fresh kernel of this Python, in its own folder. It is written in place, with its outputs in
order, without widget state, and without the outputs of its solutions, which must have passed their checks. How long
each cell took is kept for INSTRUCTORS.md (`tools.cell_seconds`).

The machine is measured before and after each run (`tools.quiet`). A run on a disturbed machine, beside other programs,
or with a finding that does not hold, is not written. It is tried again, up to --tries runs; then the notebook stays as
it was, and you are told why.
"""

import argparse
import base64
import re
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from helpers.findings import HOLDS
from helpers.machine import usable_cpus
from helpers.text import counted
from tools.cell_seconds import keep
from tools.cells import disturbed_lines, is_solution, passes, shows_a_finding, verdict_lines
from tools.quiet import State, disturbances, measure_state

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
MOST_BYTES = 500_000
PAUSE = 5.0
"""Seconds before another try on a machine that was disturbed."""

WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = {"pool_lab.ipynb": ROOT / "docs" / "lab.png"}
"""What is shown in the place of a widget, as long as the notebook has not run."""

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class Unfit(Exception):
    """No run of the notebook may be committed; the message has a line for each try."""


def execute(path: Path) -> NotebookNode:
    """Run one notebook and return it with its outputs.

    Raises `nbclient.exceptions.CellExecutionError` when a cell fails that is not tagged `raises-exception`.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    return notebook


def unproved(notebook: NotebookNode) -> list[str]:
    """Return what speaks against the outputs of an executed notebook.

    These are findings and solutions without a ✓, and what other programs took while something was measured.
    """
    wrong = []
    for cell in notebook.cells:
        wrong += disturbed_lines(cell.get("outputs", ()))
        if is_solution(cell) and not passes(cell.outputs):
            wrong.append(f"a solution does not pass its check: {cell.source[:60]!r}")
        elif shows_a_finding(cell):
            lines = list(verdict_lines(cell.outputs)) or [
                f"a cell with a finding shows no verdict: {cell.source[:60]!r}"
            ]
            wrong += [line for line in lines if not line.startswith(HOLDS)]
    return wrong


def ready_to_commit(notebook: NotebookNode, name: str) -> str:
    """Return the text of an executed notebook without what is not committed.

    Raises ValueError when an output is not fit to be committed.
    """
    python = notebook.metadata.get("language_info", {}).get("version", "unknown")
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python", "version": python}}
    )
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata.pop("execution", None)
        if is_solution(cell):
            cell.outputs = []
        for output in cell.get("outputs", ()):
            _tidy(output, f"{name}, cell {number}", PICTURES.get(name))
    text = nbformat.writes(notebook) + "\n"
    nbformat.validate(nbformat.reads(text, as_version=4))
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"{name} has {len(text.encode()):,} bytes; {MOST_BYTES:,} is the most")
    return text


def run_until_fit(
    run: Callable[[], NotebookNode],
    tries: int,
    measure: Callable[[], State] = measure_state,
    pause: Callable[[float], None] = time.sleep,
    show: Callable[[str], object] = print,
) -> tuple[NotebookNode, int]:
    """Return the first of several runs that may be committed, and how many runs that took. show: is told what fails.

    Raises Unfit if there is none. measure, pause: for the tests.
    """
    reasons = []
    for number in range(1, tries + 1):
        before = measure()
        wrong = disturbances(before)
        if not wrong:
            notebook = run()
            wrong = unproved(notebook) + disturbances(before, measure())
        if not wrong:
            return notebook, number
        reasons.append(f"  try {number}: {'; '.join(wrong)}")
        show(reasons[-1])
        if number < tries:
            pause(PAUSE)
    raise Unfit("\n".join(reasons))


def _tidy(output: NotebookNode, where: str, picture: Path | None) -> None:
    """Put a picture in the place of a widget, which is nothing without its kernel; refuse what names this machine."""
    if output.get("name") == "stderr":
        raise ValueError(f"{where} writes to stderr: {output.text[:300]}")
    widget = output.get("data", {}).pop(WIDGET, None)
    for secret in (ROOT, Path.home(), sys.prefix):
        if str(secret) in str(output):
            raise ValueError(f"{where} shows {secret}, which only this machine has")
    host = socket.gethostname()
    if re.search(rf"(?:\b|\\[nrt]){re.escape(host)}\b", str(output)):  # as a word: divmod contains vm
        raise ValueError(f"{where} shows {host}, which only this machine has")
    if widget and picture:
        output.data["image/png"] = base64.b64encode(picture.read_bytes()).decode() + "\n"


def main() -> None:
    """Run the notebooks that the command line names, or all; exit with an error if one was not written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="names without .ipynb")
    parser.add_argument("--tries", type=int, default=3, help="how many runs of each at most (default: 3)")
    parser.add_argument("--draft", action="store_true", help="write the first run, whatever it shows")
    options = parser.parse_args()
    if usable_cpus() == 1:
        print("There is one CPU to use: two loops side by side cannot show whether it is quiet.")
    refused = 0
    for name in options.names or sorted(path.stem for path in FOLDER.glob("*.ipynb")):
        path, began = FOLDER / f"{name}.ipynb", time.monotonic()
        try:
            run = partial(execute, path)
            notebook, tries = (run(), 1) if options.draft else run_until_fit(run, options.tries)
        except Unfit:
            refused += 1
            print(f"{path.name} was not written.", flush=True)
            continue
        if options.draft:
            for line in unproved(notebook):
                print(f"  {line}")
        if not options.draft:
            keep(name, notebook)
        text = ready_to_commit(notebook, path.name)
        path.write_text(text, encoding="utf-8", newline="\n")
        size = f"{time.monotonic() - began:5.0f} s {len(text.encode()) / 1000:6.0f} KB"
        print(f"{path.name:<35} {size}, {'a draft' if options.draft else counted(tries, 'run')}", flush=True)
    if refused:
        raise SystemExit(f"{counted(refused, 'notebook')} not written")


if __name__ == "__main__":
    main()
