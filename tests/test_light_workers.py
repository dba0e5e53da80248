"""A worker that starts as a fresh Python imports little, so that its first result comes soon."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
INSERTED = {
    "    with XrayPool": '    __import__("multiprocessing").set_start_method("spawn")',
    "        results = ": "        print(*pool.apply(eval, ('list(__import__(\"sys\").modules)',)))",
}
"""What is inserted into the program, before lines that begin like this."""

MOST_MODULES = 170
MOST_OF_OURS = 42
"""Modules beyond those of a stock pool's worker, which are 125 to 153 (from Python 3.14 on)."""
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


def run(*arguments: str, **keywords: object) -> set[str]:
    """Run a Python program that prints names of modules, and return them."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50, **keywords)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def modules_of_a_worker(program: str, folder: Path) -> set[str]:
    """Run the program as a script whose workers are spawned, and return the modules that one of them has loaded."""
    for before, line in INSERTED.items():
        assert program.count(before) == 1
        program = program.replace(before, f"{line}\n{before}")
    (folder / "program.py").write_text(program, encoding="utf-8")
    return run("program.py", cwd=folder)


def test_a_spawned_worker_of_the_program_in_the_readme_loads_little(tmp_path):
    stock_program = PROGRAM.replace("from helpers.xray import XrayPool", "from multiprocessing import Pool as XrayPool")
    stock_program = "".join(line for line in stock_program.splitlines(True) if "timeline" not in line)
    stock, modules = modules_of_a_worker(stock_program, tmp_path), modules_of_a_worker(PROGRAM, tmp_path)
    assert {"helpers.xray", "helpers.timeline"} <= modules - stock
    assert modules & {"joblib", "numpy"} == set()
    assert len(modules) <= max(MOST_MODULES, len(stock) + MOST_OF_OURS), sorted(modules - stock)


def test_a_spawned_worker_loads_nothing_heavy_because_of_the_pool():
    stock = modules_of_a_spawned_worker("make = get_context('spawn').Pool")
    xray = modules_of_a_spawned_worker(
        "from helpers.xray import XrayPool\nmake = lambda size: XrayPool(size, context=get_context('spawn'))"
    )
    assert "workers" in xray
    assert not (xray - stock) & (HEAVY | {"helpers.tasks"})


def modules_of_a_spawned_worker(pool: str) -> set[str]:
    return run(
        "-c",
        f"import sys; sys.path.append({str(ROOT / 'tests' / 'support')!r})\n"
        f"from multiprocessing import get_context\n{pool}\nimport workers\n"
        "with make(1) as pool:\n    print(*pool.apply(workers.loaded_modules))",
    )


def test_importing_the_tasks_loads_nothing_heavy():
    assert not run("-c", "import helpers.tasks, sys; print(*sys.modules)") & HEAVY


def test_a_worker_that_tries_a_module_of_the_users_loads_no_widgets():
    loaded = run("-c", "import sys, helpers.own_function; print(*sys.modules)", cwd=ROOT)
    assert loaded & {"numpy", "matplotlib", "ipywidgets", "IPython"} == set()
