"""Is this machine ready for the course?  python -m helpers.preflight

One line for each check, and under a line that is not well, what would mend it. The exit status is 0 when all is well, and 1
otherwise. It takes some seconds.
"""

import importlib.metadata
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jupyter_core.paths
import numpy as np
from packaging.requirements import Requirement

from helpers import tasks
from helpers.machine import free_memory, start_methods, usable_cpus
from helpers.pool.supervisor import GuardedPool
from helpers.text import format_seconds
from helpers.timing import measure

OLDEST = (3, 11)
DISTRIBUTION = "inside-the-pool"
NEEDED = 2_000_000_000
"""Bytes that should be free: the largest lesson, its workers, a browser."""

ROWS, SOME = 1_000_000, 20_000
PATIENCE = 5.0
"""Seconds that a small pool may take."""

WIDGETS = Path("labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")


@dataclass(frozen=True)
class Finding:
    """What a check found: its name, whether all is well, what there is, and what to do if it is not well."""

    name: str
    well: bool
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'ok ' if self.well else 'NO '} {self.name}: {self.what}"
        return line if self.well else f"{line}\n      {self.remedy}"


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """Check that this Python is new enough."""
    least = ".".join(map(str, OLDEST))
    remedy = f"Install Python {least} or newer, and set the course up with it."
    yield Finding("Python", version >= OLDEST, ".".join(map(str, version)), remedy)


def packages(distribution: str = DISTRIBUTION) -> Iterator[Finding]:
    """Check that each package that a distribution asks for is there, in a version that it allows."""
    remedy = "Set the course up anew with the first command of README.md, and run this with its Python."
    try:
        requirements = [Requirement(line) for line in importlib.metadata.requires(distribution) or ()]
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", False, f"{distribution} is not installed in this Python", remedy)
        return
    wanted = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    found = {one.name: _version(one.name) for one in wanted}
    wrong = [one for one in wanted if not one.specifier.contains(found[one.name] or "0", prereleases=True)]
    names = ", ".join(f"{name} {version}" for name, version in found.items())
    if wrong:
        names = ", ".join(f"{one} is wanted, {found[one.name] or 'nothing'} is there" for one in wrong)
    yield Finding("packages", not wrong, names, remedy)


def cpus() -> Iterator[Finding]:
    """Check that more than one CPU is usable, and tell why, where they are fewer than the machine has."""
    there, usable = os.cpu_count() or 1, usable_cpus()
    yield Finding(
        "usable CPUs",
        usable > 1,
        f"{usable} of {there}{_why_fewer(usable, there)}",
        "With one CPU no pool is faster than a loop. Give the container or the virtual machine more, or take another.",
    )


def _why_fewer(usable: int, there: int) -> str:
    if usable >= there:
        return ""
    if "LOKY_MAX_CPU_COUNT" in os.environ:
        return ": the variable LOKY_MAX_CPU_COUNT says so"
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == usable:
        return ": this process is bound to them (affinity)"
    return ": the container has a quota"


def pools() -> Iterator[Finding]:
    """Check that a small pool works with every start method."""
    for method in start_methods():
        timing, remedy = None, f"Use another start method, as in get_context({start_methods()[0]!r}).Pool(...)."
        try:
            timing = measure(_small_pool, method, repeats=1, warmup=0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            yield Finding(f"a pool by {method}", False, f"{type(error).__name__}: {error}", remedy)
        else:
            yield Finding(f"a pool by {method}", True, f"two workers answered in {format_seconds(timing.median)}")


def _small_pool(method: str) -> None:
    with GuardedPool(2, context=multiprocessing.get_context(method)) as pool:
        pool.map_async(tasks.identity, range(4)).get(timeout=PATIENCE)


def widgets(folders: list[str] | None = None) -> Iterator[Finding]:
    """Check that the two halves of the widgets agree: those in Python, and those that JupyterLab loads in the browser.

    folders: where Jupyter looks, by default as it does. A stale copy in an earlier folder hides the right one.
    """
    front = [Path(folder) / WIDGETS for folder in folders or jupyter_core.paths.jupyter_path()]
    loaded = next((path for path in front if path.exists()), None)
    shipped = Path(sys.prefix, "share", "jupyter") / WIDGETS
    back = _version("ipywidgets")
    if loaded is None or back is None:
        remedy = "Install both halves: python -m pip install --force-reinstall ipywidgets jupyterlab_widgets"
        yield Finding("widgets", False, "one half is missing", remedy)
        return
    versions = [json.loads(path.read_text(encoding="utf-8"))["version"] for path in (loaded, shipped) if path.exists()]
    what = f"ipywidgets {back}, in the browser {versions[0]}"
    remedy = f"JupyterLab loads another half than this Python has ({versions[-1]}). Remove the folder {loaded.parent}."
    yield Finding("widgets", versions[0] == versions[-1], what, remedy)


def memory() -> Iterator[Finding]:
    """Check that the lessons fit into the memory that is free."""
    free = free_memory()
    remedy = f"Close other programs: the lessons want {NEEDED / 1e9:.0f} GB."
    yield Finding("memory", free >= NEEDED, f"{free / 1e9:.1f} GB are free", remedy)


def loop() -> Iterator[Finding]:
    """Tell how long the serial loop of the first lesson will take here."""
    rows = np.random.default_rng(0).normal(size=(SOME, 10))
    expected = measure(tasks.distances, rows, rows[0], repeats=3).median * ROWS / SOME
    what = f"a million rows will take about {format_seconds(expected)}"
    yield Finding("the serial loop", expected < 30, what, "This machine is slow, or busy: see what else it does.")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (python, packages, cpus, pools, widgets, memory, loop)


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def main() -> int:
    """Run the checks, and print each as soon as it is known."""
    well = True
    for check in CHECKS:
        for finding in check():
            print(finding, flush=True)
            well = well and finding.well
    print("This machine is ready." if well else "This machine is not ready yet; see the lines with NO.")
    return not well


if __name__ == "__main__":
    sys.exit(main())
