"""What a spawned worker costs to start: the course's module of tasks against a module that holds one function."""

import importlib
import inspect
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from benchmarks.table import Row
from helpers import tasks


def first_result(repeats: int = 20) -> list[Row]:
    """Measure the seconds from spawning a worker to its first result, in turn for both modules."""
    with _bare_module() as bare:
        pairs = [(_first_result(bare.identity), _first_result(tasks.identity)) for _ in range(repeats + 1)]
    bare_seconds, seconds = zip(*pairs[1:], strict=True)  # the first pair is the warm-up
    return [
        Row("first result of a spawned worker, helpers.tasks", seconds, "s"),
        Row("first result of a spawned worker, bare module", bare_seconds, "s"),
        Row("helpers.tasks over the bare module", tuple(s / b for b, s in pairs[1:]), "times", 1.1),
    ]


def _first_result(function: Callable[[object], object]) -> float:
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(function, (1,))
        return time.perf_counter() - began


@contextmanager
def _bare_module() -> Iterator[ModuleType]:
    name = "one_function"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{name}.py").write_text(inspect.getsource(tasks.identity), encoding="utf-8")
        sys.path.append(folder)
        try:
            yield importlib.import_module(name)
        finally:
            sys.path.remove(folder)
