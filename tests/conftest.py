"""After every test, no process and no shared memory is left."""

import gc
import multiprocessing.shared_memory
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SHARED_MEMORY = Path("/dev/shm")  # on Linux; other systems do not list it
OWN_NAMES = f"p{os.getpid() & 0xFFFF:04x}_"  # of this session, so that another one on the machine may come and go
KEPT_BY_PYTHON = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")  # one of each, until it ends


def pytest_configure() -> None:
    """Let Stop be heard in the tests and in what they start, although a shell starts background jobs that ignore it."""
    if SHARED_MEMORY.is_dir():
        multiprocessing.shared_memory._SHM_NAME_PREFIX = f"/{OWN_NAMES}"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Exempt what exists by now from the garbage collections below, which would take a tenth of a second each."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    processes, memory = children(), shared_memory()
    yield
    gc.collect()  # Python 3.12.1 and 3.13.0 fail if a pool is collected while the next one starts
    deadline = time.monotonic() + 3
    while (left := children() - processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left
    assert shared_memory() <= memory


def children() -> set[psutil.Process]:
    return {child for child in psutil.Process().children(recursive=True) if not is_kept(child)}


def is_kept(process: psutil.Process) -> bool:
    try:
        return any(module in word for word in process.cmdline() for module in KEPT_BY_PYTHON)
    except psutil.NoSuchProcess:
        return True


def shared_memory() -> set[str]:
    """The shared memory that this process has made and named."""
    found = os.listdir(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else []
    return {name for name in found if name.startswith(OWN_NAMES)}
