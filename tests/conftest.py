"""After every test, no process and no shared memory is left."""

import gc
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SHARED_MEMORY = Path("/dev/shm")  # on Linux; other systems do not list it
HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")  # Python keeps one of each for good


def pytest_collection_finish() -> None:
    """Take what is there by now out of the later looks for garbage, which would cost a tenth of a second each."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    processes, memory = children(), segments()
    yield
    gc.collect()  # pools are cycles; Python 3.12.1 and 3.13.0 stumble when one goes while the next one starts
    deadline = time.monotonic() + 3
    while (left := children() - processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left
    assert segments() <= memory


def children() -> set[psutil.Process]:
    return {child for child in psutil.Process().children(recursive=True) if not kept(child)}


def kept(process: psutil.Process) -> bool:
    try:
        return any(helper in word for word in process.cmdline() for helper in HELPERS)
    except psutil.NoSuchProcess:
        return True


def segments() -> set[str]:
    """The shared memory that Python named. (The semaphores of a killed kernel stay: Jupyter kills their tracker.)"""
    found = os.listdir(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else []
    return {name for name in found if name.startswith("psm_")}
