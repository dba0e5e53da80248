"""The commands that start a Dask cluster, run as if they were typed into terminals."""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

# Keeps a terminal's interrupt, which is for the notebook, from the commands.
_NEW_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _NEW_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


@contextmanager
def terminals(*commands: str) -> Iterator[None]:
    """Run each command as if typed into a terminal of its own. All end with the block, or with this process.

    A command begins with `dask`, which is run by this Python.

    Raises RuntimeError at the end of the block, with the end of the command's output, when one has ended by itself with
    an error; an error that the block raises is raised instead.
    """
    with ExitStack() as stack:
        running = [(command, *stack.enter_context(_terminal(command))) for command in commands]
        yield
        for command, process, output in running:
            if process.poll():
                output.seek(0)
                raise RuntimeError(f"{command!r} has ended: {output.read().decode(errors='replace').strip()[-500:]}")


@contextmanager
def _terminal(command: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Run a command, and yield its process and the file of its output."""
    arguments = [sys.executable, "-m", "helpers.dask_process", sys.executable, "-m", *shlex.split(command)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=output, stderr=output, **_NEW_GROUP)
        try:
            yield process, output
        finally:
            process.communicate()  # closes the input, which ends the command, and waits for the end
