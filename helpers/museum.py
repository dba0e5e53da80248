"""Shows what the stock pool does when something goes wrong, while the notebook that asks stays free.

Two cell magics run their cell in a Python process of its own. For `%%exhibit` the code is `__main__` without a file, as
in a notebook. For `%%program` it is a script on disk, whose functions a worker can import. When the deadline has
passed, or the code has ended, all processes that it started are killed.
"""

import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


DEADLINE = 3.0
"""Seconds after which an exhibit counts as hanging; a pool that works ends long before."""

PROGRAM_DEADLINE = 30.0
"""Seconds that a program has where `%%program` names no others."""

KILL_TIMEOUT = 5.0
"""Seconds that killed processes have to disappear, and Python's resource tracker to end by itself."""

MARK = "HELPERS_MUSEUM"
"""The environment variable by which the processes of one exhibit are found."""

MAX_LINES = 6
"""The most lines of output that an exhibit shows."""


@dataclass(frozen=True)
class Exhibit:
    """What the code did: the last lines of its output, the seconds it took, and whether it ended by itself.

    ran: whether it ran at all; if not, the lines say why.
    """

    lines: tuple[str, ...]
    seconds: float
    ended: bool
    ran: bool = True

    def __repr__(self) -> str:
        if not self.ran:
            return "\n".join(self.lines)
        verdict = f"It ended by itself after {self.seconds:.1f} s."
        if not self.ended:
            verdict = f"It HANGS: still running after {self.seconds:.1f} s. Killed, with all its children."
        return "\n".join([*self.lines, verdict])


def run_apart(
    code: str, *, deadline: float = DEADLINE, start_method: str | None = None, script: bool = False
) -> Exhibit:
    """Run code in a process of its own, and return what it did.

    deadline: the seconds after which the process is killed. All processes that it has started are killed then, or when
    it ends.
    start_method: how its pools start workers; None: the default. Where the platform does not have this method, nothing
    runs, and the exhibit reports that.
    script: write the code to a file, `program.py` in a new folder, and run that in the folder. Otherwise the code is
    `__main__` without a file, and spawned workers do not find its functions.

    Raises ValueError when the deadline is not a number of seconds above 0.
    """
    if not deadline > 0:
        raise ValueError(f"deadline must be a number of seconds above 0, not {deadline!r}")
    if start_method is not None:
        if start_method not in multiprocessing.get_all_start_methods():
            message = f"This platform has no {start_method}; see the text below for what it would show."
            return Exhibit((message,), seconds=0.0, ended=True, ran=False)
        # A spawned worker imports the script, and has got its method already.
        choice = f"import multiprocessing; multiprocessing.set_start_method({start_method!r})"
        code = f"if __name__ == '__main__': {choice}\n{code}"
    # The folder is for the files that killed processes leave behind.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        arguments = ["-c", code]
        if script:
            Path(folder, "program.py").write_text(code, encoding="utf-8")
            arguments = ["program.py"]
        output, seconds, ended = _run(arguments, folder if script else None, folder, deadline)
        text = output.decode(errors="replace")
        for name in (os.path.realpath(folder), folder):
            text = text.replace(f"{name}{os.sep}", "")  # a debugger, for instance, names the file of the script
    return Exhibit(_last_lines(text), seconds, ended)


def _run(arguments: list[str], where: str | None, temporary: str, deadline: float) -> tuple[bytes, float, bool]:
    """Run Python in a folder, and end all that it starts; return its output, the seconds, and whether it ended itself.

    temporary: the folder for its temporary files.
    """
    mark = uuid.uuid4().hex
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            [sys.executable, "-u", *arguments],
            cwd=where,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | {"TMPDIR": temporary, "TEMP": temporary, "PYTHON_COLORS": "0", MARK: mark},
        )
        try:
            process.wait(deadline)
            ended = True
        except psutil.TimeoutExpired:
            ended = False
        finally:
            seconds = time.perf_counter() - began
            size = os.fstat(output.fileno()).st_size
            end_family(process, mark)
        output.seek(0)
        return output.read(size), seconds, ended


def exhibit(line: str, cell: str) -> Exhibit:
    """Run the cell in a process of its own: %%exhibit [start method]."""
    return run_apart(cell, start_method=line.strip() or None)


def program(line: str, cell: str) -> None:
    """Run the cell as a script, and print its last lines of output: %%program [start method, or whole seconds].

    The number of seconds is for a script that hangs. Nothing is printed that differs from run to run by itself.
    """
    word = line.strip()
    deadline, method = (float(word), None) if word.isdigit() else (PROGRAM_DEADLINE, word or None)
    seen = run_apart(cell, deadline=deadline, start_method=method, script=True)
    for each in seen.lines:
        print(each)
    if not seen.ended:
        print(f"It HANGS: still running after {deadline:.0f} s. Killed, with all its children.")


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Register `%%exhibit` and `%%program`. IPython calls this function for `%load_ext helpers.museum`."""
    shell.magics_manager.register_function(exhibit, magic_kind="cell")
    shell.magics_manager.register_function(program, magic_kind="cell")


def end_family(process: psutil.Popen, mark: str) -> None:
    """End every process that carries the mark: the process and what it and its children started, even if it is gone.

    Python's resource tracker is killed last: it ends when all others have, and removes the semaphores that they left.
    """
    family: list[psutil.Process] = [process]
    with suppress(psutil.NoSuchProcess):
        process.suspend()  # so that it starts no more while the others are found
        family += process.children(recursive=True)
    deadline, late = time.monotonic() + KILL_TIMEOUT, False
    while not late and (members := [member for member in {*family, *_carriers(mark)} if _runs(member)]):
        late = time.monotonic() > deadline
        for member in members:
            with suppress(psutil.Error):
                if late or not any("resource_tracker" in word for word in member.cmdline()):
                    member.kill()
        time.sleep(0.01)
    process.wait()


def _carriers(mark: str) -> list[psutil.Process]:
    """Return the running processes with this mark in their environment, which every child inherits."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it has ended, or belongs to somebody else
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


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
