"""After every test, no process and no shared memory is left."""

import gc
import multiprocessing.shared_memory
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

SHARED_MEMORY = Path("/dev/shm")  # on Linux; other systems do not list it
OWN_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")  # likewise
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
    processes, memory, made = children(), shared_memory(), processes_made()
    yield
    if processes_made() != made:
        gc.collect()  # Python 3.12.1 and 3.13.0 fail if a pool is collected while the next one starts
    deadline = time.monotonic() + 3
    while (left := children() - processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left
    assert shared_memory() <= memory


def processes_made() -> str:
    """How many processes `multiprocessing` has made here; text, since the counter shows only that."""
    return repr(multiprocessing.process._process_counter)


def children() -> set[psutil.Process]:
    """The processes below this one, without those that Python keeps."""
    if not OWN_CHILDREN.exists():
        return {child for child in psutil.Process().children(recursive=True) if not is_kept(child)}
    found = set()
    for pid in pids_below(os.getpid()):
        with suppress(psutil.NoSuchProcess):
            found.add(psutil.Process(pid))
    return {child for child in found if not is_kept(child)}


def pids_below(pid: int) -> Iterator[int]:
    """What psutil finds by reading about every process of the system, in a twentieth of the time."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread, or the process, has just ended
            for child in task.read_text().split():
                yield int(child)
                yield from pids_below(int(child))


def is_kept(process: psutil.Process) -> bool:
    """Whether Python keeps it, and it is no worker that the forkserver has forked, which shows the same command."""
    try:
        return belongs_to_python(process) and not belongs_to_python(process.parent())
    except psutil.NoSuchProcess:
        return True


def belongs_to_python(process: psutil.Process | None) -> bool:
    return process is not None and any(module in word for word in process.cmdline() for module in KEPT_BY_PYTHON)


def shared_memory() -> set[str]:
    """The shared memory that this process has made and named."""
    found = os.listdir(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else []
    return {name for name in found if name.startswith(OWN_NAMES)}
