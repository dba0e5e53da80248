"""One run of a program that is watched from outside: with a start method, a deadline, and nothing left behind."""

import ast
import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from helpers.museum import MARK, end_family

HOOK = Path(__file__).parent / "method_hook"
POLL_INTERVAL = 0.05
"""Seconds between two looks at a running program."""

STORM_WORDS = b"in _fixup_main_from_"
STORM = 30 + 4 * (os.cpu_count() or 1)
"""When this many tracebacks say that a worker failed to import the program, workers fail and are replaced endlessly."""

MOST_OUTPUT = 32_000_000
"""The most bytes that a program may print before it is ended."""


@dataclass(frozen=True)
class Trial:
    """What a program did: how it was started, how it ended, what it printed, and what the hook noted in it."""

    method: str | None
    """The start method that was the default; None: the platform's own."""
    exit_code: int | None
    """Negative: the signal that ended it. None: it was ended here, for the reason in `stopped`."""
    seconds: float
    stdout: bytes
    stderr: bytes
    notes: tuple[dict[str, object], ...]
    stopped: str = ""
    """Why it was ended: "deadline", "storm" (workers that fail without end), "flood" (too much output), or ""."""

    @property
    def ended(self) -> bool:
        """Whether the program ended by itself."""
        return self.exit_code is not None

    @property
    def text(self) -> str:
        """What was printed, stdout before stderr."""
        return (self.stdout + b"\n" + self.stderr).decode(errors="replace")

    def noted(self, kind: str) -> list[dict[str, object]]:
        """Return the notes of one kind: started, imported, chosen, thread or ended."""
        return [note for note in self.notes if note["kind"] == kind]


def try_program(command: Sequence[str], method: str | None, deadline: float) -> Trial:
    """Run a program with a start method as its default, and return what it did.

    command: the interpreter, its options, the program and its arguments. The working folder is the caller's, and
    stdin is empty.
    method: a start method of the platform; None: its own default.
    deadline: the seconds after which the program is killed. Whatever it has started is killed then, or when it ends.
    """
    mark = uuid.uuid4().hex
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        notes = Path(folder, "notes")
        began = time.perf_counter()
        process = psutil.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            env=_environment(mark, method, notes, folder),
        )
        try:
            stopped = _wait(process, began + deadline, stdout, stderr)
        finally:
            seconds = time.perf_counter() - began
            sizes = os.fstat(stdout.fileno()).st_size, os.fstat(stderr.fileno()).st_size
            end_family(process, mark)
        return Trial(
            method,
            exit_code=None if stopped else process.returncode,
            seconds=seconds,
            stdout=_read(stdout, sizes[0]),
            stderr=_read(stderr, sizes[1]),
            notes=_notes(notes),
            stopped=stopped,
        )


def _environment(mark: str, method: str | None, notes: Path, folder: str) -> dict[str, str]:
    """Return the variables of the program: this process's, the hook, and a folder for what killed processes leave."""
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HOOK), path] if path else [str(HOOK)]),
        "PYTHON_COLORS": "0",
        "HELPERS_START_METHOD": method or "",
        "HELPERS_START_METHOD_NOTES": str(notes),
        "TMPDIR": folder,
        "TEMP": folder,
        MARK: mark,
    }


def _wait(process: psutil.Popen, end: float, stdout: BinaryIO, stderr: BinaryIO) -> str:
    """Wait until the program ends, and return ""; or return why it has to be ended."""
    searched = 0
    while True:
        with suppress(psutil.TimeoutExpired):
            process.wait(POLL_INTERVAL)
            return ""
        if time.perf_counter() > end:
            return "deadline"
        size = os.fstat(stderr.fileno()).st_size
        if size + os.fstat(stdout.fileno()).st_size > MOST_OUTPUT:
            return "flood"
        if size > searched + 20_000:  # a few messages more than last time
            searched = size
            if _read(stderr, size).count(STORM_WORDS) >= STORM:
                return "storm"


def _read(file: BinaryIO, size: int) -> bytes:
    """Return the first bytes of a file that another process is writing, whose place in the file must not move."""
    return os.pread(file.fileno(), size, 0) if hasattr(os, "pread") else Path(file.name).read_bytes()[:size]


def _notes(path: Path) -> tuple[dict[str, object], ...]:
    """Return the notes of the hook, without a last one that was cut off."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, SyntaxError):
                found.append(dict(ast.literal_eval(line)))
    return tuple(found)
