"""Put faults into modules of helpers, one at a time, and print those that the module's own tests do not notice.

    python -m tools.mutants spans model/laws --most 40

It needs the extra `.[mutation]`, and works in a copy of the checkout. Of each module a random sample of faults
(`tools.faults`) is tried, the same one in every run. Those that no test could notice are listed, with the reason, in
tests/equivalent_mutants.txt.
"""

import argparse
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path

import psutil

from tools.faults import faults

ROOT = Path(__file__).parents[1]
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.txt"

PRELOADED = [
    "IPython",
    "hypothesis",
    "ipywidgets",
    "matplotlib.figure",
    "nbval.plugin",
    "numpy",
    "pytest",
    "threadpoolctl",
]
"""The tests run in forks of this process, which has these already: so each starts in a moment."""

QUICK = ["-o", "addopts=", "-x", "-q", *("-p", "no:cacheprovider"), *("-p", "no:nbval"), *("-p", "no:xdist")]
QUICK += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]

EXPLAINING = ["cause", "facts", "of_messages", "of_workers", "replay", "run_messages"]

ALSO = {
    "array_tasks": ["test_tasks"],
    "drawing/bars": ["../test_timeline", "../test_timeline_by_hand", "../test_timeline_where_time_went"],
    "drawing/figure": ["../test_plots", "../test_plots_by_hand"],
    "drawing/speedups": ["../test_plots", "../test_plots_by_hand"],
    "drawing/svg": ["../test_timeline", "../test_timeline_by_hand", "../test_timeline_where_time_went"],
    "diagnosis": ["explaining/test_diagnosis", "explaining/test_explain"],
    **{f"explaining/{name}": ["test_explain"] for name in EXPLAINING},
    "failing_tasks": ["test_tasks"],
    "model/learning": ["test_sample"],
    "pool/errors": ["test_values"],
    "pool/inputs": ["test_values", "test_drop_in"],
    "pool/recorder": ["test_recording"],
    "pool/results": ["test_values", "test_recording"],
}
"""Tests that are a module's own although they have another name."""


def tests_of(module: str) -> list[str]:
    """Return the test files of a module: helpers/model/laws.py has tests/model/test_laws.py and test_laws_*.py."""
    folder, name = (ROOT / "tests" / module).parent, Path(module).name
    also = [folder / f"{other}.py" for other in ALSO.get(module, [])]
    found = [*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py"), *also]
    if not found:
        raise SystemExit(f"helpers/{module}.py has no tests of its own")
    return sorted({str(path.resolve().relative_to(ROOT)) for path in found if path.exists()})


def notice(copy: Path, tests: list[str], options: list[str], seconds: float) -> bool:
    """Run tests in a copy of the checkout, and return whether one fails, or they do not end in this many seconds."""
    child = os.fork()
    if not child:
        in_a_pool = any("pool" in test for test in tests)
        _run(copy, [*QUICK, *([] if in_a_pool else ["--noconftest"]), *options, *tests])
    deadline = time.monotonic() + seconds
    while True:
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            return status != 0
        if time.monotonic() > deadline:
            for one in [*psutil.Process(child).children(recursive=True), psutil.Process(child)]:
                one.kill()
            os.waitpid(child, 0)
            return True
        time.sleep(0.02)


def _run(copy: Path, arguments: list[str]) -> None:
    """Run pytest in the forked process, and end it."""
    code = 1
    try:
        import pytest
        from hypothesis import Phase, settings

        settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None)
        settings.load_profile("mutants")  # what fails is not made shorter: nobody reads it
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        output = os.open(copy / "output", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(copy)
        sys.modules["__main__"] = types.ModuleType("__main__")  # spawned workers would import this tool
        sys.path[:] = [str(copy), *(place for place in sys.path if place not in ("", str(ROOT)))]
        os.environ["PYTHONPATH"] = str(copy)
        code = int(pytest.main(arguments))
    finally:
        os._exit(code)


def copy_checkout(copy: Path) -> None:
    """Copy the files of the checkout, without those that git ignores."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def equivalents() -> set[tuple[str, ...]]:
    """Return module, line before and line after of the faults that no test could notice."""
    blocks = EQUIVALENT.read_text(encoding="utf-8").split("\n\n") if EQUIVALENT.exists() else []
    return {tuple(line[2:] for line in block.splitlines()[:3]) for block in blocks if block.startswith("@ ")}


def try_module(module: str, most: int, seed: int, options: list[str]) -> Iterator[str]:
    """Try the faults of one module; yield each that survives, and the module's row of the table at the end."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder).resolve()
        copy_checkout(copy)
        path, tests = copy / "helpers" / f"{module}.py", tests_of(module)
        code = path.read_text(encoding="utf-8")
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        began = time.monotonic()
        if notice(copy, tests, options, 300):
            yield f"the tests of {module} fail without a fault:\n{(copy / 'output').read_text()}"
            return
        limit = 15 + 4 * (time.monotonic() - began)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()  # what else was compiled stays, so that each run is short
        sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
        noticed = same = 0
        tried, known = faults(code, most, seed), equivalents()
        for fault in tried:
            path.write_text(fault.code, encoding="utf-8")
            if notice(copy, tests, options, limit):
                noticed += 1
            elif (module, fault.before, fault.after) in known:
                same += 1
            else:
                yield f"@ {module}\n- {fault.before}\n+ {fault.after}\n"
        yield f"| {module} | {len(tried)} | {noticed} | {same} | {len(tried) - noticed - same} |"


def main() -> None:
    """Try the modules that are named, and print the survivors and a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="+", help="such as spans or model/laws")
    parser.add_argument("--most", type=int, default=40, help="how many faults to try in each module (default: 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choice (default: 1)")
    parser.add_argument("-k", default="", help="only the tests that this selects, as for pytest")
    given = parser.parse_args()
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # what is there by now is not searched for garbage in every run
    rows = []
    for module in given.modules:
        for line in try_module(module, given.most, given.seed, ["-k", given.k] if given.k else []):
            print(line, flush=True)
            rows += [line] if line.startswith("|") else []
    print("\n".join(["", "| module | tried | noticed | equivalent | left |", "| --- | --- | --- | --- | --- |", *rows]))


if __name__ == "__main__":
    main()
