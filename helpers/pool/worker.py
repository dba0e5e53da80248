"""What a worker process does besides its tasks: it starts, keeps a note of the task that it holds, and ends in time.

The note is a file that the worker maps into memory: writing there costs next to nothing, needs no lock that could be
left locked, and can be read after the worker was killed. Workers import this module: keep it light.
"""

import builtins
import mmap
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from struct import Struct
from struct import error as StructError
from typing import Any, BinaryIO, NamedTuple


class Note(NamedTuple):
    """What a worker holds: the key of a call, the number of a task (-1: none), and moments (`time.perf_counter`).

    ready is when the worker was ready for its first task (0: not yet); received and started are 0 until the task is there.
    """

    key: int
    task: int
    ready: float
    arrived: float
    received: float
    started: float


NOTHING = Note(-1, -1, 0.0, 0.0, 0.0, 0.0)
_NOTE = Struct("=qqdddd")
_START = Struct("=dd")
_START_AT = _NOTE.size - _START.size
_page: "bytearray | mmap.mmap" = bytearray(_NOTE.size)  # in a worker: its note
ready = 0.0  # in a worker: the moment (time.perf_counter) at which it was ready for its first task


def start_worker(folder: str, initializer: "Callable[..., object] | bytes | None", initargs: Iterable[Any]) -> None:
    """Make this process a worker that a notebook can live with, and run the initializer.

    folder is where its note goes. initializer may be pickled, so that an import error is reported as its error.
    """
    global _page, ready
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Stop is for the parent; it ends the workers
    builtins.input = _no_input  # a fork of a kernel would ask the notebook, and wait
    path = os.path.join(folder, str(os.getpid()))
    with _new_file(path) as file:
        file.write(_NOTE.pack(*NOTHING))
        file.flush()
        _page = mmap.mmap(file.fileno(), _NOTE.size)
    Finalize(None, _tidy, args=(path,), exitpriority=0)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(), path), daemon=True).start()
    try:
        if isinstance(initializer, bytes):
            initializer = pickle.loads(initializer)
        if initializer is not None:
            initializer(*initargs)
    except BaseException:  # noqa: BLE001 (the pool raises it)
        _report(folder, traceback.format_exc())
    ready = time.perf_counter()
    let_go()


def _new_file(path: str) -> BinaryIO:
    """Open a new file. A brother that left as the last one may have taken the folder with him, at any moment."""
    while True:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            return open(path, "w+b")


def _report(folder: str, text: str) -> None:
    """Leave word that the initializer failed, and wait for the end: whoever leaves is replaced, again and again."""
    path = os.path.join(folder, "initializer")
    with open(f"{path}{os.getpid()}", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(file.name, path)
    threading.Event().wait()


def _leave_with_parent(parent: int, path: str) -> None:
    """End this worker when its parent has ended, however it ended."""
    while not _orphaned(parent, timeout=0.5):
        pass
    _tidy(path)
    os._exit(1)


def _orphaned(parent: int, timeout: float) -> bool:
    """Wait for the pipe that tells of the parent's end. A brother may hold it open: but the number of the parent changes."""
    return bool(wait([parent_process().sentinel], timeout)) or os.getppid() != parent


def _tidy(path: str) -> None:
    """Remove the note of a worker that leaves, and the folder with the last note: nobody else may be left to do it."""
    with suppress(OSError):  # another thread of this worker may be doing the same, and be cut off in between
        os.remove(path)
    with suppress(OSError):
        os.rmdir(os.path.dirname(path))


def _no_input(prompt: object = "") -> str:
    raise EOFError("input() does not work in a worker: nobody is there to answer; ask first, and pass the answer on")


def hold(key: int, task: int, arrived: float) -> None:
    """Note that this worker has a task."""
    _NOTE.pack_into(_page, 0, key, task, ready, arrived, 0.0, 0.0)


def note_start(received: float, started: float) -> None:
    """Note that the task begins."""
    _START.pack_into(_page, _START_AT, received, started)


def let_go() -> None:
    """Note that this worker is ready, and has no task: its answers, if any, are on their way."""
    hold(-1, -1, 0.0)


def held(folder: str, pid: int | None) -> Note:
    """Return the note of a worker; what it holds is NOTHING if there is no note."""
    try:
        with open(os.path.join(folder, str(pid)), "rb") as file:
            return Note(*_NOTE.unpack(file.read()))
    except (OSError, StructError):
        return NOTHING
