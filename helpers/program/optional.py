"""What may not be there yet: the one place where the command looks for it."""

import importlib
from collections.abc import Callable
from typing import Any

from helpers.spans import Run

Explain = Callable[[Run], object]
"""What explains a run; `str` of what it returns is its text."""


def find(module: str, name: str) -> Any:
    """Return what a module has under this name, or None if there is no such module."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        return None


def find_explain() -> Explain | None:
    """Return the function that explains a run."""
    explain: Explain | None = find("helpers.diagnosis", "explain")
    return explain
