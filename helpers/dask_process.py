"""Keeps Dask's processes from outliving, or being interrupted with, the notebook that started them.

`python -m helpers.dask_process COMMAND ...` runs a command for as long as the process that started it lives. Its
standard input is a pipe into which nobody writes. When the pipe ends, because it was closed or because the process at
its other end has ended, the command and all processes that it started are ended too.

A worker that is started with `preload="helpers.dask_process"` ignores the interrupt signal. A terminal sends that
signal to the notebook and to every process that the notebook has started. Dask's workers would end, and the next cell
would wait for them.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import psutil

TERMINATION_TIMEOUT = 5.0
"""Seconds that the processes of a command have to end by themselves, before they are killed."""


def dask_setup(worker: object) -> None:
    """Ignore the interrupt signal. Dask calls this function in every worker that preloads this module."""
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
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(family, timeout=TERMINATION_TIMEOUT)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
