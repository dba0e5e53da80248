"""Programs of a student's own: each is X-rayed in a folder of its own, with a deadline, and under spawn, too."""

import pickle
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from helpers.checks.start_methods import BOOTSTRAPPING
from helpers.checks.verdict import exercise_check
from helpers.museum import run_apart
from helpers.program.recording import read_recording
from helpers.spans import Run
from helpers.text import counted

PROGRAM_DEADLINE = 30.0
"""Seconds for one run of a student's program; a repaired one needs less than two on a quiet machine."""

TOTAL_OF_ORDERS = "97604484"
"""What the program of the orders prints."""

HIGHEST_VALUE = "1424.571"
"""What the program of the stations prints."""

TABLE_BYTES = len(pickle.dumps([1.0 + n % 977 for n in range(200_000)]))
"""The size of the price list in messages."""

MOST_BYTES_BACK = 100_000
"""How many bytes the results of all stations may have together; a number for each has a fiftieth of that."""

LAUNCHER = """
import multiprocessing, runpy, sys

def refuse_fork(event, args):
    if event == "os.fork":
        raise RuntimeError("this program forks, although it was asked for spawn")

if __name__ == "__main__":
    if {method!r}:
        multiprocessing.set_start_method({method!r})
        sys.addaudithook(refuse_fork)
    runpy.run_path("program.py", run_name="__main__")
"""
"""Runs the program with a start method; none: with the default one."""

RUNNER = """
import os, sys
from pathlib import Path
from helpers.program import child
from helpers.program.guardian import Guardian

os.chdir({folder!r})
sys.orig_argv = [sys.executable]  # no option of this Python is one of the program's
sys.exit(child.run(["launcher.py"], Path("journal"), Guardian()))
"""
"""X-rays the launcher."""


class Seen(NamedTuple):
    """What a program did: the last lines of its output, whether it ended by itself, and the runs of its pools."""

    lines: tuple[str, ...]
    ended: bool
    runs: tuple[Run, ...]


def xray(program: str, method: str = "") -> Seen:
    """Run a program, given as text, in a folder of its own. method: how its workers start; none: the default."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "program.py").write_text(program, encoding="utf-8")
        Path(folder, "launcher.py").write_text(LAUNCHER.format(method=method), encoding="utf-8")
        shown = run_apart(RUNNER.format(folder=folder), deadline=PROGRAM_DEADLINE)
        recording = read_recording(Path(folder, "journal"), folder)
    runs = [pool.run for group in recording.groups for pool in group.pools if pool.run.spans]
    return Seen(shown.lines, shown.ended, tuple(runs))


@exercise_check(praise="The same total, and no worker is sent the price list twice.")
def price_list_sent_once(answer: str) -> str | None:
    return _find_hint(answer, TOTAL_OF_ORDERS, _hint_for_price_list)


@exercise_check(praise="The same value, and next to nothing comes back.")
def little_returned(answer: str) -> str | None:
    return _find_hint(answer, HIGHEST_VALUE, _hint_for_results)


def _find_hint(program: str, output: str, judge: Callable[[Sequence[Run]], str | None]) -> str | None:
    """Return what is wrong with a program, with the default start method first, and then with spawn."""
    for method in [""] if get_context().get_start_method() == "spawn" else ["", "spawn"]:
        seen = xray(program, method)
        hint = _hint_for_output(seen, output) or _hint_for_workers(seen.runs) or judge(seen.runs)
        if hint is not None:
            return f"Its workers were started by {method}. {hint}" if method else hint
    return None


def _hint_for_output(seen: Seen, output: str) -> str | None:
    last = seen.lines[-1].strip() if seen.lines else "nothing"
    if any(BOOTSTRAPPING in line for line in seen.lines):
        return "Its workers fail while they import it, again and again: the import starts processes (RuntimeError)."
    if not seen.ended:
        return f"It still ran after {PROGRAM_DEADLINE:g} s. The last line that it printed: {last}"
    if seen.lines != (output,):
        return f"It must print {output}, and nothing else. The last line of yours: {last}"
    return None


def _hint_for_workers(runs: Sequence[Run]) -> str | None:
    if not runs:
        return "The X-ray sees no pool with tasks. Keep the pool, so that processes share the work."
    if any(run.start_method == "threads" for run in runs):
        return "Its tasks run in threads. These tasks compute, so let processes run them."
    if max(_messages(run) for run in runs) < 2 or max(run.processes for run in runs) < 2:
        return "All tasks go to one worker. Let at least two share them."
    return None


def _hint_for_price_list(runs: Sequence[Run]) -> str | None:
    messages, workers = sum(map(_messages, runs)), sum(run.processes for run in runs)
    copies = sum(span.bytes_in for run in runs for span in run.spans) / TABLE_BYTES
    if copies > 1.1 * workers:
        sent = f"{counted(messages, 'message')} to {counted(workers, 'worker')}"
        return f"The output is right. Its {sent} carry {copies:.1f} times the price list."
    started = sum(len(run.workers) for run in runs)
    if started > workers:
        return f"The output is right. It starts {started} workers one after another, and each gets the price list."
    return None


def _hint_for_results(runs: Sequence[Run]) -> str | None:
    back = sum(span.bytes_out for run in runs for span in run.spans)
    if back > MOST_BYTES_BACK:
        return f"The output is right. Its results have {back / 1e6:,.1f} MB together; 0.1 MB is the most."
    return None


def _messages(run: Run) -> int:
    return len({(span.worker, span.arrived) for span in run.spans})
