"""What nbval is told of the notebooks: cells that are solutions, lessons that run twice; and which files come first.

nbval runs the solutions of the exercises, whose output is not committed, and each must pass its check.
"""

from collections.abc import Generator
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell
from second_runs import UnderSpawn, runs_again

from tools.cells import is_solution, passes

CELL_TIMEOUT = 270
"""Seconds for a cell: nbval itself ends one after 240. A test's limit would end a measurement on a busy machine."""

LONG = [
    "12_bring_your_own_program.ipynb", "answers.ipynb", "02_pool_map.ipynb", "06_what_travels.ipynb",
    "test_in_a_browser.py", "01_serial_baseline.ipynb", "08_threads_processes_numpy.ipynb",
    "09_limits_of_speedup.ipynb", "test_no_hang.py", "04_chunks.ipynb", "11_is_it_worth_a_pool.ipynb",
    "13_beyond_one_machine.ipynb", "05_start_methods.ipynb", "07_when_tasks_fail.ipynb", "test_in_a_kernel.py",
    "test_standard_library.py", "test_platforms.py", "10_random_streams.ipynb", "test_notebooks.py",
    "test_benchmarks.py",
]  # fmt: skip
"""The files that take longest. Whoever began one of them last would end long after the others."""

TWINS = ("text/html", "text/latex")
"""Outputs that say in another form what their text/plain says, which is compared."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> UnderSpawn | None:
    """Let nbval run some lessons a second time."""
    if parent.config.option.nbval and runs_again(file_path):
        name = f"{file_path.name}[spawn]"  # of its own, so that pytest-xdist may give it to another worker
        return UnderSpawn.from_parent(parent, path=file_path, name=name, nodeid=f"notebooks/{name}")
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; pytest-xdist gives files to its workers in this order."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Compare text without its twins, and no output of a solution, of which none is committed; limit its time."""
    if isinstance(item, IPyNbCell):
        item.parent.skip_compare = tuple(dict.fromkeys((*item.parent.skip_compare, *TWINS)))
        item.add_marker(pytest.mark.timeout(CELL_TIMEOUT))
        if is_solution(item.cell):
            item.options["check"] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Let a solution fail that does not print ✓."""
    yield
    if isinstance(item, IPyNbCell) and is_solution(item.cell):
        assert passes(item.test_outputs), f"the solution does not pass its check: {item.test_outputs}"
