"""Run notebooks from top to bottom and write them ready to commit.

    python -m tools.run_notebooks                 all notebooks
    python -m tools.run_notebooks 02_pool_map     only these

Each notebook runs in a fresh kernel of this Python, in its own folder. It is written in place, with its outputs in order
and without widget state; or it stays as it was, and you are told what is wrong.
"""

import argparse
import socket
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
MOST_BYTES = 500_000
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> str:
    """Run one notebook and return its text, ready to commit.

    Raises `nbclient.exceptions.CellExecutionError` when a cell fails that is not tagged `raises-exception`, and
    ValueError when an output is not fit to be committed.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            _tidy(output, f"{path.name}, cell {number}")
    text = nbformat.writes(notebook) + "\n"
    nbformat.validate(nbformat.reads(text, as_version=4))
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"{path.name} has {len(text.encode()):,} bytes; {MOST_BYTES:,} is the most")
    return text


def _tidy(output: nbformat.NotebookNode, where: str) -> None:
    """Drop the view of a widget, which is nothing without its kernel; refuse what names this machine."""
    if output.get("name") == "stderr":
        raise ValueError(f"{where} writes to stderr: {output.text[:300]}")
    output.get("data", {}).pop(WIDGET, None)
    for secret in (ROOT, Path.home(), sys.prefix, socket.gethostname()):
        if str(secret) in str(output):
            raise ValueError(f"{where} shows {secret}, which only this machine has")


def main() -> None:
    """Run the notebooks that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="names without .ipynb")
    names = parser.parse_args().names or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    for path in [FOLDER / f"{name}.ipynb" for name in names]:
        began = time.monotonic()
        text = run(path)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path.name:<30} {time.monotonic() - began:5.0f} s {len(text.encode()) / 1000:6.0f} KB", flush=True)


if __name__ == "__main__":
    main()
