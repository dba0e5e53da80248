"""nbval runs the solutions of the exercises, whose output is not committed, and each must pass its check."""

from collections.abc import Generator

import pytest
from nbval.plugin import IPyNbCell

from tools.cells import is_solution, passes

CELL_TIMEOUT = 270
"""Seconds for a cell: nbval itself ends one after 240. A test's limit would end a measurement on a busy machine."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Compare no output of a solution, of which the committed notebook has none; give each cell its time."""
    if isinstance(item, IPyNbCell):
        item.add_marker(pytest.mark.timeout(CELL_TIMEOUT))
        if is_solution(item.cell):
            item.options["check"] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Let a solution fail that does not print ✓."""
    yield
    if isinstance(item, IPyNbCell) and is_solution(item.cell):
        assert passes(item.test_outputs), f"the solution does not pass its check: {item.test_outputs}"
