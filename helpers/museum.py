"""Shows what the stock pool does when something goes wrong, while the notebook that asks stays free.

The cell magic `%%exhibit` runs its cell in a Python process of its own. As in a notebook, the code is `__main__`,
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
"""Seconds after which an exhibit counts as hanging; a pool that works ends long before."""

KILL_TIMEOUT = 5.0
"""Seconds that killed processes have to disappear, and Python's resource tracker to end by itself."""

MAX_LINES = 6
"""The most lines of output that an exhibit shows."""


@dataclass(frozen=True)
class Exhibit:
    """What the code did: the last lines of its output, the seconds it took, and whether it ended by itself."""

    lines: tuple[str, ...]
    seconds: float
    ended: bool

    def __repr__(self) -> str:
        verdict = f"It ended by itself after {self.seconds:.1f} s."
        if not self.ended:
            verdict = f"It HANGS: still running after {self.seconds:.1f} s. Killed, with all its children."
        return "\n".join([*self.lines, verdict])


def run_apart(code: str, *, deadline: float = DEADLINE, start_method: str | None = None) -> Exhibit:
    """Run code in a process of its own, and return what it did.

    deadline: the seconds after which the process is killed, with all processes that it has started.
    start_method: how its pools start workers; None: the default. Where the platform does not have this method, nothing
    runs, and the exhibit reports that.

    Raises ValueError when the deadline is not a number of seconds above 0.
    """
    if not deadline > 0:
        raise ValueError(f"deadline must be a number of seconds above 0, not {deadline!r}")
    if start_method is not None:
        if start_method not in multiprocessing.get_all_start_methods():
            message = f"This platform has no {start_method}; see the text below for what it would show."
            return Exhibit((message,), seconds=0.0, ended=True)
        code = f"import multiprocessing\nmultiprocessing.set_start_method({start_method!r})\n{code}"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            [sys.executable, "-u", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | {"TMPDIR": folder, "TEMP": folder},  # for the files that a killed process leaves behind
        )
        try:
            process.wait(deadline)
            ended = True
        except psutil.TimeoutExpired:
            ended = False
        finally:
            seconds = time.perf_counter() - began
            size = os.fstat(output.fileno()).st_size
            _kill_family(process)
        output.seek(0)
        text = output.read(size).decode(errors="replace")
    return Exhibit(_last_lines(text), seconds, ended)


def exhibit(line: str, cell: str) -> Exhibit:
    """Run the cell in a process of its own: %%exhibit [start method]."""
    return run_apart(cell, start_method=line.strip() or None)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register `%%exhibit`. IPython calls this function for `%load_ext helpers.museum`."""
    shell.magics_manager.register_function(exhibit, magic_kind="cell")


def _kill_family(process: psutil.Popen) -> None:
    """Kill the process and all processes that it and its children started, if it still runs.

    Python's resource tracker is killed last: it ends when all others have, and removes the semaphores that they left.
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
    deadline = time.monotonic() + KILL_TIMEOUT
    while any(map(_runs, family)) and time.monotonic() < deadline:
        time.sleep(0.01)
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def _runs(process: psutil.Process) -> bool:
    """Return whether a process still runs. A zombie does not: it has ended, and waits to be reaped."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _last_lines(text: str) -> tuple[str, ...]:
    """Return the last lines of an output, without blank lines, marks under code and the folders of files."""
    text = re.sub(r'File ".*?([\w<>]+(?:\.py)?)"', r'File "\1"', text)
    lines = [line for line in text.splitlines() if line.strip(" ~^|")]
    if len(lines) > MAX_LINES:
        return (f"... {len(lines) - MAX_LINES} more lines ...", *lines[-MAX_LINES:])
    return tuple(lines)
