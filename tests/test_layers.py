"""A worker imports little, and imports between the modules of helpers run only upward."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).parents[1] / "helpers"
ORDER = [
    "picture",
    "tasks",
    "array_tasks",
    "word_tasks",
    "mishaps",
    "spans",
    "errors",
    "notes",
    "stamps",
    "packing",
    "messages",
    "refusals",
    "results",
    "birth",
    "guard",
    "xray",
    "export",
    "machine",
    "memory",
    "timing",
    "drawing",
    "timeline",
    "axes",
    "plots",
    "curves",
    "museum",
    "checks",
    "laws",
    "simulate",
    "costs",
    "model",
    "plans",
    "measured",
    "experiment",
    "runs_table",
    "bench",
    "lab",
    "preflight",
    "my_lessons",
    "calm",
    "tether",
    "cluster",
]
"""The modules from the ground up: each imports only from those before it."""

WORKER_SIDE = ["tasks", "word_tasks", "mishaps", "errors", "notes", "stamps", "packing", "messages"]
HEAVY = {
    "numpy",
    "matplotlib",
    "ipywidgets",
    "IPython",
    "joblib",
    "psutil",
    "dataclasses",
    "inspect",
    "typing_extensions",
}


def tree(name: str) -> ast.Module:
    return ast.parse((HELPERS / f"{name}.py").read_text(encoding="utf-8"))


def imports(name: str) -> set[str]:
    """The modules that a module imports when it is loaded or later; what stands under TYPE_CHECKING does not count."""
    found = set()
    for node in ast.walk(_without_type_checking(tree(name))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "helpers":
            found |= {f"helpers.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return found


def _without_type_checking(module: ast.Module) -> ast.Module:
    module.body = [
        node
        for node in module.body
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING")
    ]
    return module


def loaded_by(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=50)
    return set(done.stdout.split())


def test_the_order_names_every_module():
    assert sorted(ORDER) == sorted(path.stem for path in HELPERS.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_from_those_below_it(name):
    mine = {module.removeprefix("helpers.") for module in imports(name) if module.startswith("helpers.")}
    assert mine <= set(ORDER[: ORDER.index(name)])


@pytest.mark.parametrize("name", WORKER_SIDE)
def test_what_workers_import_stands_on_the_standard_library(name):
    outside = {module.split(".")[0] for module in imports(name)} - set(sys.stdlib_module_names)
    assert outside <= {"helpers"}


def test_the_package_itself_is_a_docstring_and_nothing_else():
    (only,) = tree("__init__").body
    assert isinstance(only.value.value, str)


def test_importing_the_tasks_loads_nothing_heavy():
    assert not loaded_by("import helpers.tasks") & HEAVY


def modules_of_a_spawned_worker(pool: str) -> set[str]:
    code = (
        f"from multiprocessing import get_context\n{pool}\nimport workers\n"
        "with make(1) as pool:\n    print(*pool.apply(workers.modules))\nraise SystemExit"
    )
    folder = str(Path(__file__).parent / "support")
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.append({folder!r})\n{code}"], check=True,
                          capture_output=True, text=True, timeout=50)  # fmt: skip
    return set(done.stdout.split())


def test_a_spawned_worker_of_an_xray_pool_loads_nothing_heavy_beside_what_python_does_itself():
    stock = modules_of_a_spawned_worker("make = get_context('spawn').Pool")
    xray = modules_of_a_spawned_worker(
        "from helpers.xray import XrayPool\nmake = lambda n: XrayPool(n, context=get_context('spawn'))"
    )
    assert "workers" in xray
    assert not (xray - stock) & (HEAVY | {"helpers.tasks"})
