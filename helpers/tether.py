"""Run a command for as long as whoever started it is there:  python -m helpers.tether COMMAND ...

Its input is a pipe into which nobody writes. When the pipe ends, because it was closed or because the process at its other
end is gone, however it went, the command and all that it started are ended too.
"""

import os
import subprocess
import sys
import threading

import psutil

PATIENCE = 5.0
"""Seconds that a command gets to end by itself."""


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
