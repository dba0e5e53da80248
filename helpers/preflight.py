"""Is this machine ready for the course?  python -m helpers.preflight

Prints one line for each check and, below a check that failed, what to do about it. The exit status is 0 when all
checks have passed, and 1 otherwise; a line with ! is a warning, and has passed. The checks take some seconds.
"""

import importlib.metadata
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupyter_core.paths
import numpy as np
from packaging.requirements import Requirement

from helpers import tasks
from helpers.machine import free_memory, start_methods, usable_cpus
from helpers.other_programs import Watch
from helpers.text import format_seconds
from helpers.timing import measure
from helpers.xray import XrayPool

DISTRIBUTION = "inside-the-pool"
OLDEST_PYTHON = (3, 11)
MEMORY_NEEDED = 2_000_000_000
"""Bytes that should be free: for the largest lesson, its workers and a browser."""

LOOP_ROWS, TIMED_ROWS = 1_000_000, 20_000
"""How many rows the serial loop of the first lesson has, and how many of them are timed here."""

LOOP_SECONDS = 30
"""What the loop may take before the machine counts as slow."""

WATCHED_SECONDS = 1.0
"""For how long the other programs are watched, while nothing runs here."""

POOL_TIMEOUT = 5.0
"""Seconds that a small pool may take."""

WIDGETS_PACKAGE = Path("labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")


@dataclass(frozen=True)
class CheckResult:
    """What a check found: its name, whether it passed, what there is, and what to do about it.

    warning: it has passed, and all the same there is something to do.
    """

    name: str
    passed: bool
    found: str
    remedy: str = ""
    warning: bool = False

    def __str__(self) -> str:
        mark = "NO " if not self.passed else "!  " if self.warning else "ok "
        line = f"{mark} {self.name}: {self.found}"
        return line if self.passed and not self.warning else f"{line}\n      {self.remedy}"


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[CheckResult]:
    """Check that this Python is new enough."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    remedy = f"Install Python {oldest} or newer, and set the course up with it."
    yield CheckResult("Python", version >= OLDEST_PYTHON, ".".join(map(str, version)), remedy)


def check_packages(distribution: str = DISTRIBUTION) -> Iterator[CheckResult]:
    """Check that every package that a distribution requires is installed, in a version that it allows."""
    remedy = "Set the course up anew with the first command of README.md, and run this with its Python."
    try:
        requirements = [Requirement(line) for line in importlib.metadata.requires(distribution) or ()]
    except importlib.metadata.PackageNotFoundError:
        yield CheckResult("packages", False, f"{distribution} is not installed in this Python", remedy)
        return
    required = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    installed = {one.name: _installed_version(one.name) for one in required}
    wrong = [one for one in required if not one.specifier.contains(installed[one.name] or "0", prereleases=True)]
    found = ", ".join(f"{name} {version}" for name, version in installed.items())
    if wrong:
        found = ", ".join(f"{one} is required, {installed[one.name] or 'nothing'} is installed" for one in wrong)
    yield CheckResult("packages", not wrong, found, remedy)


def check_cpus() -> Iterator[CheckResult]:
    """Check that more than one CPU is usable, and report the reason where fewer are usable than the machine has."""
    existing, usable = os.cpu_count() or 1, usable_cpus()
    yield CheckResult(
        "usable CPUs",
        usable > 1,
        f"{usable} of {existing}{_why_fewer(usable, existing)}",
        "With one CPU no pool is faster than a loop. Give the container or the virtual machine more, or take another.",
    )


def _why_fewer(usable: int, existing: int) -> str:
    if usable >= existing:
        return ""
    if "LOKY_MAX_CPU_COUNT" in os.environ:
        return ": set by the variable LOKY_MAX_CPU_COUNT"
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == usable:
        return ": this process is bound to them (affinity)"
    return ": the container has a quota"


def check_pools() -> Iterator[CheckResult]:
    """Check that a small pool works with every start method."""
    remedy = f"Use another start method, as in get_context({start_methods()[0]!r}).Pool(...)."
    for method in start_methods():
        try:
            seconds = measure(_run_small_pool, method, repeats=1, warmup=0).median
        except Exception as error:  # noqa: BLE001 - the user sees it, whatever it is
            yield CheckResult(f"a pool by {method}", False, f"{type(error).__name__}: {error}", remedy)
        else:
            yield CheckResult(f"a pool by {method}", True, f"two workers answered in {format_seconds(seconds)}")


def _run_small_pool(method: str) -> None:
    with XrayPool(2, context=multiprocessing.get_context(method)) as pool:
        pool.map_async(tasks.identity, range(4)).get(timeout=POOL_TIMEOUT)


def check_widgets(folders: list[str] | None = None) -> Iterator[CheckResult]:
    """Check that the two halves of the widgets agree: those in Python, and those that JupyterLab loads in the browser.

    folders: where to look for the second half; None: where Jupyter looks. An old copy in an earlier folder hides the
    right one.
    """
    candidates = [Path(folder) / WIDGETS_PACKAGE for folder in folders or jupyter_core.paths.jupyter_path()]
    loaded = next((path for path in candidates if path.exists()), None)
    shipped = Path(sys.prefix, "share", "jupyter") / WIDGETS_PACKAGE
    in_python = _installed_version("ipywidgets")
    if loaded is None or in_python is None:
        remedy = "Install both halves: python -m pip install --force-reinstall ipywidgets jupyterlab_widgets"
        yield CheckResult("widgets", False, "one half is missing", remedy)
        return
    versions = [json.loads(path.read_text(encoding="utf-8"))["version"] for path in (loaded, shipped) if path.exists()]
    found = f"ipywidgets {in_python}, in the browser {versions[0]}"
    remedy = f"JupyterLab loads another half than this Python has ({versions[-1]}). Remove the folder {loaded.parent}."
    yield CheckResult("widgets", versions[0] == versions[-1], found, remedy)


def check_memory() -> Iterator[CheckResult]:
    """Check that enough memory is free for the lessons."""
    free = free_memory()
    remedy = f"Close other programs: the lessons need {MEMORY_NEEDED / 1e9:.0f} GB."
    yield CheckResult("memory", free >= MEMORY_NEEDED, f"{free / 1e9:.1f} GB are free", remedy)


def check_others() -> Iterator[CheckResult]:
    """Check that other programs, and other guests of the host, leave the CPUs to the lessons."""
    watch = Watch()
    time.sleep(WATCHED_SECONDS)
    others = watch.others()
    found = "what other programs use of them cannot be seen from here"
    if others is not None:
        found = others.in_words("just now") or "other programs leave them to you"
    remedy = "Close other programs before you measure: beside them times vary, and pools look slower than they are."
    yield CheckResult("the CPUs", True, found, remedy, others is not None and others.matter)


def check_loop() -> Iterator[CheckResult]:
    """Check how long the serial loop of the first lesson will take on this machine."""
    rows = np.random.default_rng(0).normal(size=(TIMED_ROWS, 10))
    seconds = measure(tasks.distances, rows, rows[0], repeats=3).median * LOOP_ROWS / TIMED_ROWS
    found = f"a million rows will take about {format_seconds(seconds)}"
    remedy = "This machine is slow, or busy with something else: close other programs."
    yield CheckResult("the serial loop", seconds < LOOP_SECONDS, found, remedy)


CHECKS = (check_python, check_packages, check_cpus, check_pools, check_widgets, check_memory, check_others, check_loop)


def _installed_version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def main() -> int:
    """Run the checks, and print the result of each as soon as it is known; return the exit status."""
    ready, warned = True, False
    for check in CHECKS:
        for result in check():
            print(result, flush=True)
            ready, warned = ready and result.passed, warned or result.warning
    if not ready:
        print("This machine is not ready yet; see the lines with NO.")
    else:
        print("This machine is ready, and busy; see the line with !." if warned else "This machine is ready.")
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
