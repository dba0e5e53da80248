"""What keeps Dask's processes from outliving, or interrupting, the notebook that started them.

`python -m helpers.dask_process COMMAND ...` runs a command for as long as the process that started it is there. Its input is a
pipe into which nobody writes. When the pipe ends, because it was closed or because the process at its other end is gone, the
command and all that it started are ended too.

A worker that is started with `preload="helpers.dask_process"` ignores the interrupt signal. The terminal's interrupt goes to
the notebook and to all processes that it has started; Dask's workers would die of it, and the next cell would wait for them.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import psutil

PATIENCE = 5.0
"""Seconds that a command gets to end by itself."""


def dask_setup(worker: Any) -> None:
    """Ignore the interrupt signal: Dask calls this in every worker that preloads this module."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> int:
    """Run the command of the command line, and return its exit status."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(command.pid,), daemon=True).start()
    return command.wait()


def _end_with_input(pid: int) -> None:
    while os.read(0, 4096):  # sys.stdin would hold a lock that this process needs as it ends
        pass
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        _tell(process, "terminate")
    for process in psutil.wait_procs(family, timeout=PATIENCE)[1]:
        _tell(process, "kill")


def _tell(process: psutil.Process, what: str) -> None:
    try:
        getattr(process, what)()
    except psutil.NoSuchProcess:
        pass  # it has ended by itself, which is what was wanted


if __name__ == "__main__":
    sys.exit(main())
