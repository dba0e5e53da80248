"""The command `python -m helpers.xray SCRIPT [ARGUMENTS]`: run a program as it is, and show what its pools did.

    python -m helpers.xray SCRIPT [ARGUMENTS]
    python -m helpers.xray -m MODULE [ARGUMENTS]
    python -m helpers.xray --start-methods [--deadline SECONDS] SCRIPT [ARGUMENTS]

The output, the exit code and the arguments of the program are its own. When it has ended, a paragraph on stderr says
what was seen, and a new folder holds a page about it and a trace for Perfetto.
"""

import argparse
import gc
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helpers.program import child
from helpers.program.guardian import Guardian

if TYPE_CHECKING:  # loaded after the program has ended
    from helpers.program.recording import Recording

DEADLINE = 60.0
"""Seconds for a run of the program with each start method."""

LARGE_JOURNAL = 1 << 24
"""Bytes, of some 100,000 tasks: reading more takes seconds, and nobody should think that the program goes on."""

NEEDED = ("numpy", "psutil")
"""What showing a recording needs; without it, the program need not run at all."""

USAGE_ERROR = 2
KILLED = 9
"""SIGKILL, which has this number on every system that has it."""


class Arguments(NamedTuple):
    """What the command was asked for. command: the program, as Python takes it: a file or -m and a module, and more."""

    command: tuple[str, ...]
    start_methods: bool
    deadline: float


def parse(words: Sequence[str]) -> Arguments:
    """Return what the words ask for. What follows the name of the program is the program's."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.xray",
        description="Run a Python program as it is, and show what its process pools did.",
        usage="%(prog)s [--start-methods [--deadline SECONDS]] (SCRIPT | -m MODULE) [ARGUMENTS]",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--start-methods",
        action="store_true",
        help="run it with each start method, with nothing on stdin, and compare what it prints",
    )
    parser.add_argument("--deadline", type=float, default=DEADLINE, help="seconds for each of these runs (%(default)g)")
    begin = _place_of_program(words)
    options = parser.parse_args(words[:begin])
    command = tuple(words[begin:])
    if not command or command == ("-m",):
        parser.error("which program? Name a script, or a module after -m")
    if not options.deadline > 0:
        parser.error("the deadline must be a number of seconds above 0")
    return Arguments(command, options.start_methods, options.deadline)


def _place_of_program(words: Sequence[str]) -> int:
    """Return the place of the first word that is no option of this command."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] != "-m":
        place += 2 if words[place] == "--deadline" else 1
    return place


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line asks for, and return the exit code."""
    arguments = parse(sys.argv[1:] if words is None else words)
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        return _refuse(f"it needs what is not installed here: {sys.executable} -m pip install {' '.join(missing)}")
    try:
        child.check(arguments.command)
        if arguments.start_methods:
            return _compare(arguments)
        folder = Path(tempfile.mkdtemp(prefix="xray_pool_"))
    except child.Refused as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"no folder can be made for what is recorded: {error}")
    here = os.getcwd()  # the program may delete it
    show = partial(_try_to_report, arguments.command, folder / "journal", here, time.perf_counter())
    tidy = partial(shutil.rmtree, folder, ignore_errors=True)
    with Guardian(child.PASSED_ON, partial(show, -KILLED), tidy) as guardian:
        try:
            code = child.run(arguments.command, folder / "journal", guardian)
            show(code)
        finally:
            tidy()
    return child.end_like(code)


def _compare(arguments: Arguments) -> int:
    from helpers.program.start_methods import compare  # which takes time to load, and is rarely asked for

    return compare(child.as_command_line(arguments.command), arguments.deadline)


def _refuse(text: str) -> int:
    _say(f"xray: {text}.")
    return USAGE_ERROR


def _say(text: str) -> None:
    """Write a text to stderr, if there is one: `print` would take stdout where it is closed."""
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # its disk is full, or nobody reads it
        sys.stderr = None  # else Python tries again when it ends, and changes the exit code


def _try_to_report(command: Sequence[str], journal: Path, here: str, began: float, code: int) -> None:
    """Report, and if that fails say so: the program's own end must not depend on it."""
    try:
        _report(command, journal, here, (began, time.perf_counter()), code)
    except KeyboardInterrupt:
        _say("xray: interrupted before what was recorded was shown.")
    except Exception as error:  # noqa: BLE001
        _say(f"xray: what was recorded cannot be shown: {type(error).__name__}: {error}")


def _report(command: Sequence[str], journal: Path, here: str, program: tuple[float, float], code: int) -> None:
    """Write the paragraph, and the page and the trace if the program has made a pool.

    program: when it began and ended, in seconds on the clock of the spans.
    """
    from helpers.program.recording import read_recording  # loaded after the program has ended
    from helpers.program.same_place import explain_group
    from helpers.program.summary import outside_of_pools, paragraph

    if journal.exists() and journal.stat().st_size > LARGE_JOURNAL:
        _say("X-ray: the program has ended; reading what its tasks did ...")
    gc.disable()  # it would look through the spans of a million tasks again and again
    recording = read_recording(journal, here)
    where = explanation = ""
    outside = outside_of_pools(recording, *program) if code >= 0 else ""  # what was under way is not known
    if recording.groups:
        where = _was_killed(code) + _write(command, recording, f"{_ending(code)} {outside}".strip())
        explanation = explain_group(recording.groups[0])
    _say(paragraph(recording, explanation, where, outside))


def _write(command: Sequence[str], recording: "Recording", ending: str) -> str:
    """Write the page and the trace into a new folder, and return the sentence that says where they are."""
    from helpers.program.page import page
    from helpers.trace import save_trace

    name = command[1] if command[0] == "-m" else Path(command[0]).resolve().stem
    folder, why = _new_folder(f"xray_{name}")
    runs, traced = recording.traced()
    try:
        save_trace(runs, folder / "trace.json", parent="program")
        text = page(recording, shlex.join(command), ending, "trace.json")
        (folder / "page.html").write_text(text, encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half of it is of no use
        raise
    return f"{why}See {folder / 'page.html'}; for {traced} open {folder / 'trace.json'} in https://ui.perfetto.dev."


def _new_folder(name: str) -> tuple[Path, str]:
    """Return a new folder in the working folder; if that cannot be, in the temporary one, and a sentence about it."""
    from helpers.trace import new_folder

    try:
        return new_folder(Path(name)), ""
    except OSError as error:
        reason = error.strerror or str(error)
        return new_folder(Path(tempfile.gettempdir()) / name), f"The working folder cannot be written ({reason}). "


def _was_killed(code: int) -> str:
    """Say so if a signal has ended the program before its pools could say what was still at work."""
    if code >= 0 or -code == signal.SIGINT:
        return ""
    return f"{_ending(code)} Tasks that had not ended by then are missing here. "


def _ending(code: int) -> str:
    """Say how the program ended."""
    if code >= 0:
        return "The program ended by itself." if code == 0 else f"The program ended with exit code {code}."
    with suppress(ValueError):
        return f"The program was ended by the signal {signal.Signals(-code).name}."
    return f"The program was ended by signal {-code}."


if __name__ == "__main__":
    sys.exit(main())
