"""What may not be there yet: the one place where the command looks for it."""

import importlib
from collections.abc import Callable
from typing import Any

from helpers.spans import Run

Explain = Callable[[Run], object]
"""What explains a run; `str` of what it returns is its text."""

RECORDING = {
    "multiprocessing.pool": {"ThreadPool": ("helpers.xray_threads", "XrayThreadPool")},
    "concurrent.futures.process": {"ProcessPoolExecutor": ("helpers.xray_executor", "XrayProcessPoolExecutor")},
    "concurrent.futures.thread": {"ThreadPoolExecutor": ("helpers.xray_executor", "XrayThreadPoolExecutor")},
    "concurrent.futures.interpreter": {
        "InterpreterPoolExecutor": ("helpers.xray_executor", "XrayInterpreterPoolExecutor")
    },
}
"""The classes that record, by the module and the name of the stock class in whose place they are."""


def find(module: str, name: str) -> Any:
    """Return what a module has under this name, or None if there is no such module, or nothing of this name."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return None


def find_explain() -> Explain | None:
    """Return the function that explains a run."""
    explain: Explain | None = find("helpers.diagnosis", "explain")
    return explain


def find_recording(module: str) -> dict[str, type[Any]]:
    """Return the classes that record, by the names of the stock ones, for a module of the standard library."""
    found = {name: find(*place) for name, place in RECORDING.get(module, {}).items()}
    return {name: made for name, made in found.items() if made is not None}
