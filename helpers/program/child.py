"""The program as a child process: as Python itself would run it, but for one folder that is first on its path."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from types import FrameType
from typing import Any, Self

from helpers.program.guardian import Guardian
from helpers.program.hook.sitecustomize import JOURNAL, PYTHONPATH, ROOT

COURSE = Path(__file__).resolve().parents[2]
"""The folder that holds the package `helpers`."""

HOOK = Path(__file__).resolve().parent / "hook"
PASSED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
"""Signals to this process that are meant for the program."""

REFUSED_OPTIONS = {"isolated": "-I", "ignore_environment": "-E", "no_site": "-S"}
"""Options with which Python would not look into the folder `hook`, by their names in `sys.flags`."""


class Refused(Exception):
    """The program cannot be X-rayed; the text says why."""


def check(command: Sequence[str]) -> None:
    """Raise Refused, before anything runs, for a program that is not there, or that could not be X-rayed."""
    for flag, option in REFUSED_OPTIONS.items():
        if getattr(sys.flags, flag):
            raise Refused(f"with its option {option}, Python lets nobody look into a program; leave the option out")
    folder = Path.cwd()
    if command[0] != "-m":
        script = Path(command[0])
        if not script.exists():
            raise Refused(f"there is no file {command[0]!r}")
        if not os.access(script, os.R_OK):
            raise Refused(f"the file {command[0]!r} cannot be read")
        folder = script if script.is_dir() else script.resolve().parent
    _check_helpers(folder)


def _check_helpers(folder: Path) -> None:
    """Refuse a program that would import another package or module `helpers` than the course's."""
    before = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    spec = PathFinder.find_spec("helpers", [str(folder), *before, *sys.path[1:]])
    if spec is not None and spec.origin is not None and COURSE / "helpers" not in Path(spec.origin).resolve().parents:
        raise Refused(
            f"the program has a module of its own that is called helpers, like this course: {spec.origin}"
            ". One would hide the other, so nothing was run"
        )


def run(command: Sequence[str], journal: Path, guardian: Guardian) -> int:
    """Run the program, which writes its journal, and return its exit code; that is negative for a signal."""
    environment = os.environ | {JOURNAL: str(journal), ROOT: str(COURSE)}
    before = os.environ.get("PYTHONPATH")
    if before is not None:
        environment[PYTHONPATH] = before
    environment["PYTHONPATH"] = os.pathsep.join([str(HOOK), *([before] if before else [])])
    with _Relay(guardian) as relay:
        child = subprocess.Popen(as_command_line(command), env=environment, close_fds=False)
        guardian.begin(child.pid)
        relay.to(child)
        code = child.wait()
        guardian.end()
        return code


def as_command_line(command: Sequence[str]) -> list[str]:
    """Return the whole command line of the program: this Python, with the options that it was given itself."""
    return [sys.executable, *interpreter_options(sys.orig_argv, len(sys.argv) - 1), *command]


def interpreter_options(given: Sequence[str], arguments: int) -> list[str]:
    """Return the options that Python itself was given, such as `-W error`.

    given: the whole command line, `sys.orig_argv`. arguments: how many words at its end are for this command.
    """
    *options, name = given[1 : len(given) - arguments] or [""]
    if options and name.startswith("helpers.") and options[-1].startswith("-") and options[-1].endswith("m"):
        letters = options.pop().removesuffix("m")  # -m, or -um
        return [*options, letters] if letters != "-" else options
    return options


class _Relay:
    """While it is entered, signals to this process are passed on to the program, if it has not got them, too."""

    def __init__(self, guardian: Guardian) -> None:
        self._guardian = guardian
        self._child: subprocess.Popen[Any] | None = None
        self._early: list[int] = []  # that came before there was a child
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in PASSED_ON:
            before = signal.getsignal(number)
            if before not in (signal.SIG_IGN, None):  # ignored: as nohup and background jobs ask for
                self._before[number] = before
                signal.signal(number, self._pass_on)  # unlike SIG_IGN, a handler is not inherited by the program
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def to(self, child: "subprocess.Popen[Any]") -> None:
        """Pass signals on to this process."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if self._child is None:
            self._early.append(number)
        elif not self._guardian.has_heard(number, otherwise=number == signal.SIGINT):
            self._child.send_signal(number)


def end_like(code: int) -> int:
    """Return the exit code, or end this process by the signal that has ended the program."""
    if code >= 0 or os.name == "nt":
        return code
    number = -code
    with suppress(OSError, ValueError):
        import resource  # not there on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with suppress(OSError, ValueError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
