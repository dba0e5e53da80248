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

from benchmarks.results import Figure
from helpers import tasks


def first_result(_: object, repeats: int) -> Iterator[Figure]:
    """The seconds from spawning a worker to its first result, for helpers.tasks and for a module with one function."""
    repeats *= 4
    with _bare_module() as bare:
        for number in range(repeats + 1):
            bare_seconds, seconds = _first_result(bare.identity), _first_result(tasks.identity)
            if number:  # the first pair is the warm-up
                yield Figure("first result of a spawned worker, helpers.tasks", seconds, "s", repeats)
                yield Figure("first result of a spawned worker, bare module", bare_seconds, "s", repeats)
                yield Figure("helpers.tasks over the bare module", seconds / bare_seconds, "times", repeats, 1.1)


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
