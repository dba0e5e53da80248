"""Imports between the doors and rooms of helpers run in one direction, and CONTRIBUTING shows which."""

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = CONTRIBUTING.split("\n## Where things are\n")[1].split("\n## ")[0]
ORDER = re.findall(r"^\| `(\w+/?)` \|", TABLE, re.MULTILINE)
"""The doors and rooms (with a slash) of helpers, each importing only from those before it: CONTRIBUTING's table."""

WORKER_SIDE = ["errors", "pickling", "exceptions", "recorder", "worker", "messages", "executor_messages"]
POOL = [*WORKER_SIDE, "load", "recorded_run", "validation", "interrupts", "worker_context", "ending", "inputs",
        "supervisor", "results", "executor_context", "threads", "interpreters"]  # fmt: skip
"""The modules of the pool, each importing only from those before it. Workers import the first of them."""

BEHIND_THE_DOORS = {"helpers.pool", "helpers.drawing", "helpers.explaining"}
WORKERS_IMPORT = ["tasks", "word_tasks", "failing_tasks", "text"] + [f"pool.{name}" for name in WORKER_SIDE]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): ast.parse(path.read_text("utf-8")) for path in (ROOT / "helpers").rglob("*.py")}


def imported(tree: ast.Module) -> set[str]:
    """The modules that a module imports: when it is loaded, in a function, and under TYPE_CHECKING."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import, which this test cannot follow"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else node.module for name in names}
    return found


def imported_from_helpers(name: str) -> set[str]:
    return {module for module in imported(MODULES[name]) if module.startswith("helpers.")}


def door(name: str) -> str:
    """The door or room of helpers that a module belongs to."""
    top = name.split(".")[1]
    return f"{top}/" if (ROOT / "helpers" / top).is_dir() else top


def test_every_door_and_room_has_one_row_in_contributing():
    assert sorted(ORDER) == sorted({door(name) for name in MODULES if name != "helpers"})


@pytest.mark.parametrize("name", ORDER)
def test_a_door_or_room_imports_only_from_those_above_it(name):
    mine = [module for module in MODULES if module != "helpers" and door(module) == name]
    used = {door(module) for each in mine for module in imported_from_helpers(each)}
    assert used - {name} <= set(ORDER[: ORDER.index(name)])


def test_no_imports_form_a_circle():
    TopologicalSorter({name: imported_from_helpers(name) for name in MODULES}).prepare()


def test_the_modules_of_the_pool_are_in_order():
    assert {f"helpers.pool.{name}" for name in POOL} == {name for name in MODULES if name.startswith("helpers.pool.")}
    for place, name in enumerate(POOL):
        mine = {module for module in imported_from_helpers(f"helpers.pool.{name}") if "helpers.pool." in module}
        assert mine <= {f"helpers.pool.{above}" for above in POOL[:place]}, name


def test_only_the_xrays_and_their_command_import_from_the_pool():
    users = {door(name) for name in MODULES if any("helpers.pool." in used for used in imported_from_helpers(name))}
    assert users == {"pool/", "xray", "xray_threads", "xray_executor", "program/"}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_imports_from_doors_only(path):
    cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    modules = re.findall(r"^\s*(?:from|import) (helpers\.[\w.]+)", "\n".join(cells), re.MULTILINE)
    assert {module for module in modules if module.count(".") > 1 or module in BEHIND_THE_DOORS} == set()


@pytest.mark.parametrize("name", WORKERS_IMPORT)
def test_what_workers_import_needs_the_standard_library_only(name):
    modules = imported(MODULES[f"helpers.{name}"])
    assert {module for module in modules if module.startswith("helpers")} <= {f"helpers.{n}" for n in WORKERS_IMPORT}
    assert {module.split(".")[0] for module in modules} - {"helpers"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", ["helpers", "helpers.pool", "helpers.drawing"])
def test_a_package_that_workers_import_is_a_docstring_and_nothing_else(name):
    (only,) = MODULES[name].body
    assert isinstance(only.value.value, str)


def test_no_module_is_longer_than_300_lines():
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "helpers").rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
