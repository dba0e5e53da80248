"""Show what the stock pool does when something goes wrong, without being caught in it.

The cell magic `%%exhibit` runs its cell in a Python process of its own, as a notebook would: the code is `__main__`,
which has no file. When the deadline has passed, the process is killed with all its children.
"""

import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil
from IPython.core.interactiveshell import InteractiveShell

DEADLINE = 3.0
"""Seconds after which an exhibit counts as hanging; a pool that works has ended long before."""

_MOST_LINES = 6


@dataclass(frozen=True)
class Exhibit:
    """What was seen: the last lines of the output, the seconds, and whether the process ended by itself."""

    lines: tuple[str, ...]
    seconds: float
    ended: bool

    def __repr__(self) -> str:
        verdict = f"It ended by itself after {self.seconds:.1f} s."
        if not self.ended:
            verdict = f"It HANGS: still running after {self.seconds:.1f} s. Killed, with all its children."
        return "\n".join([*self.lines, verdict])


def run_apart(code: str, *, deadline: float = DEADLINE, start_method: str | None = None) -> Exhibit:
    """Run code in a process of its own, for so many seconds at most, and return what was seen.

    start_method: how its pools start workers; None: the default. Where the platform does not have it, nothing runs, and
    the exhibit says so. Nothing is left running.

    Raises ValueError when the deadline is not a number of seconds above 0.
    """
    if not deadline > 0:
        raise ValueError(f"deadline must be a number of seconds above 0, not {deadline!r}")
    if start_method is not None:
        if start_method not in multiprocessing.get_all_start_methods():
            return Exhibit(
                (f"This platform has no {start_method}; see the text below for what it would show.",), 0.0, True
            )
        code = f"import multiprocessing\nmultiprocessing.set_start_method({start_method!r})\n{code}"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            [sys.executable, "-u", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | {"TMPDIR": folder, "TEMP": folder},  # what a killed process leaves behind goes with it
        )
        try:
            process.wait(deadline)
            ended = True
        except psutil.TimeoutExpired:
            ended = False
        finally:
            seconds = time.perf_counter() - began
            size = os.fstat(output.fileno()).st_size
            _kill(process)
        output.seek(0)
        text = output.read(size).decode(errors="replace")
    return Exhibit(_readable(text), seconds, ended)


def exhibit(line: str, cell: str) -> Exhibit:
    """Run the cell in a process of its own: %%exhibit [start method]."""
    return run_apart(cell, start_method=line.strip() or None)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make `%%exhibit` known, when a notebook says `%load_ext helpers.museum`."""
    shell.register_magic_function(exhibit, magic_kind="cell")


def _kill(process: psutil.Process) -> None:
    """Kill the process and all that it started, also what its children started.

    Python's resource tracker is the exception: it ends when all others have, and removes the semaphores they left.
    """
    try:
        process.suspend()  # so that it starts no more while its children are counted
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess):
            if not any("resource_tracker" in word for word in member.cmdline()):
                member.kill()
    patience = time.monotonic() + 5
    while left := [member for member in family if _runs(member)]:
        if time.monotonic() > patience:
            for member in left:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            return
        time.sleep(0.01)
    process.wait()  # takes note of its end


def _runs(process: psutil.Process) -> bool:
    """Whether a process still runs: one that only waits for its parent to take note of its end does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _readable(text: str) -> tuple[str, ...]:
    """Keep the last lines that say something: no folders, no marks under the code."""
    text = re.sub(r'File ".*?([\w<>]+(?:\.py)?)"', r'File "\1"', text)
    lines = [line for line in text.splitlines() if line.strip(" ~^|")]
    if len(lines) > _MOST_LINES:
        return (f"... {len(lines) - _MOST_LINES} more lines ...", *lines[-_MOST_LINES:])
    return tuple(lines)
