"""What the tests of a pool share: its calls, errors that must come soon, and programs of their own."""

import faulthandler
import multiprocessing
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from helpers.machine import start_methods

ROOT = Path(__file__).parents[2]
METHODS_THAT_IMPORT = [method for method in start_methods() if method != "fork"]
"""The start methods whose workers begin as a fresh Python."""

CALLS = {
    "apply": lambda pool, function, value: pool.apply(function, (value,)),
    "map": lambda pool, function, value: pool.map(function, [value]),
    "starmap": lambda pool, function, value: pool.starmap(function, [(value,)]),
    "imap": lambda pool, function, value: list(pool.imap(function, [value])),
    "imap_unordered": lambda pool, function, value: list(pool.imap_unordered(function, [value], chunksize=2)),
    "get": lambda pool, function, value: pool.map_async(function, [value]).get(),
}
"""Every method that calls a function for one value and waits for the answer."""

with_every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def becomes_true(condition: Callable[[], bool], within: float) -> bool:
    """Whether the condition comes true within that many seconds."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def children_left(before: set[BaseProcess], within: float) -> set[BaseProcess]:
    """The child processes, besides those before, that are left after that many seconds, and on the screen why."""
    if becomes_true(lambda: set(multiprocessing.active_children()) <= before, within):
        return set()
    faulthandler.dump_traceback(sys.__stderr__, all_threads=True)
    return set(multiprocessing.active_children()) - before


@contextmanager
def raises_soon(error: type[BaseException], *words: str, within: float) -> Iterator[pytest.ExceptionInfo]:
    """The block raises exactly this, with these words in its text, within that many seconds, and it can be pickled."""
    began = time.monotonic()
    with pytest.raises(error) as caught:
        yield caught
    assert time.monotonic() - began < within
    assert type(caught.value) is error
    for word in words:
        assert word in str(caught.value)
    assert type(pickle.loads(pickle.dumps(caught.value))) is error


def run_python(code: str, seconds: float = 20, **keywords: object) -> subprocess.CompletedProcess:
    """Run the code in a fresh interpreter that has no file, as a notebook has none."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=seconds, env=environment, **keywords
    )
