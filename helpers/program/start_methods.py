"""Runs a program with each start method, and says what differs, which line causes that, and what to do.

    python -m helpers.xray --start-methods [--deadline SECONDS] SCRIPT [ARGUMENTS]

The program is not changed, and it runs as often as there are start methods, and once more: what it writes, it writes
each time. It is compared with itself under the default of the platform: exit code, stdout and stderr, but not files
that it writes. In each run its stdin is empty.
"""

import argparse
import math
import multiprocessing
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from helpers.program import hazards, verdicts
from helpers.program.causes import Cause
from helpers.program.finding_causes import Comparison, explain, explain_failure
from helpers.program.outputs import Noise, compare_lines, learn_noise, read_lines, repeated_numbers
from helpers.program.program_text import entry_point, find_file, read_program
from helpers.program.trial import Trial, try_program
from helpers.program.worker_code import Program, study

DEADLINE = 60.0
"""Seconds after which a run counts as hanging."""

WIDTH = 100


def compare(command: Sequence[str], deadline: float = DEADLINE) -> int:
    """Run a program with each start method, print what differs and why, and return the exit code of the command.

    command: the interpreter, its options, and SCRIPT or `-m MODULE` with the arguments.
    deadline: the seconds that each run may take.

    Returns 0 if the program behaves the same with all start methods, 1 if it does not, 2 if the command cannot be
    tried, and 130 if it was interrupted; a line on stderr explains the last two.
    """
    problem = _problem(command, deadline)
    if problem:
        print(f"xray: {problem}", file=sys.stderr)
        return 2
    try:
        with _interrupted_by_signals():
            return _compare(command, deadline)
    except KeyboardInterrupt:
        print("xray: interrupted; what the program had started is ended, too", file=sys.stderr)
        return 130


def _compare(command: Sequence[str], deadline: float) -> int:
    default, *others = methods_of_platform()
    trials = []
    for method in (None, *others, default):  # a clock that shows the same at both ends shows the same in between
        _show_progress(f"running with {method or f'the default, {default}'} ...")
        trials.append(try_program(command, method, deadline))
        _show_progress("")
        if not trials[0].noted("started"):
            print(
                "xray: Python did not read the file that changes the start method. Are there options such as -I, -E or "
                "-S, which make it ignore PYTHONPATH?",
                file=sys.stderr,
            )
            return 2
    program = study(read_program(command))
    again, *between, usual = trials
    comparisons = compare_trials([usual, *between], again, program)
    for line in report(comparisons, again, program, _name(command), default):
        print(line)
    return 0 if all(comparison.same for comparison in comparisons) else 1


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Let the signals that would end this process at once interrupt it instead, so that nothing is left behind."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def methods_of_platform() -> list[str]:
    """Return Python's start methods on this platform, the default one first, without any that libraries add."""
    return [name for name in multiprocessing.get_all_start_methods() if name in ("fork", "spawn", "forkserver")]


def _problem(command: Sequence[str], deadline: float) -> str:
    """Return why a command cannot be tried, or ""."""
    if not (deadline > 0 and math.isfinite(deadline)):
        return f"the deadline must be a number of seconds above 0, not {deadline:g}"
    entry = entry_point(command)
    if entry is None:
        return "--start-methods needs a SCRIPT, or -m MODULE"
    if entry[0] == "script" and find_file(command) is None:
        return f"there is no program {entry[1]}"
    return ""


def _name(command: Sequence[str]) -> str:
    entry = entry_point(command)
    return Path(entry[1]).name if entry else command[-1]


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def compare_trials(trials: Sequence[Trial], again: Trial, program: Program) -> list[Comparison]:
    """Compare runs with the first of them.

    trials: one with each start method, the default first. again: another one with the default.
    program: its text, which says whether numbers are drawn that should not repeat.
    """
    usual = trials[0]
    noise = [_noise(trial_streams(usual), trial_streams(again), messages) for messages in (False, True)]
    random = any(True for _ in hazards.copied_generators(program))
    found = []
    for trial in trials:
        differences = [
            compare_lines(
                read_lines(trial_streams(usual)[messages], messages=messages),
                read_lines(trial_streams(trial)[messages], messages=messages),
                noise[messages],
            )
            for messages in (False, True)
        ]
        repeats = _repeats(trial, usual) if random else 0
        found.append(Comparison(trial, usual, differences[0], differences[1], repeats))
    return found


def trial_streams(trial: Trial) -> tuple[bytes, bytes]:
    """Return what a run printed: stdout and stderr."""
    return trial.stdout, trial.stderr


def _noise(one: tuple[bytes, bytes], other: tuple[bytes, bytes], messages: bool) -> Noise:
    return learn_noise(read_lines(one[messages], messages=messages), read_lines(other[messages], messages=messages))


def _repeats(trial: Trial, usual: Trial) -> int:
    """Return how many random numbers repeat in one of two runs, if none does in the other; negative: in the usual."""
    here, there = repeated_numbers(read_lines(trial.stdout)), repeated_numbers(read_lines(usual.stdout))
    return here - there if min(here, there) == 0 else 0


def report(comparisons: Sequence[Comparison], again: Trial, program: Program, name: str, default: str) -> Iterator[str]:
    """Yield the lines of the report: the table, a verdict for each difference with its causes, and remarks."""
    yield verdicts.heading(name, default)
    yield ""
    yield from verdicts.table(comparisons, again, default)
    for together, causes in grouped(comparisons, program):
        yield ""
        yield from _wrapped(verdicts.verdict(together, default))
        yield from verdicts.evidence(together[0], default)
        for sentence in verdicts.reasons(causes):
            yield from _wrapped(sentence)
    usual = comparisons[0].usual
    if all(comparison.same for comparison in comparisons):
        yield ""
        yield from _wrapped(_agreement(comparisons))
        if usual.exit_code != 0:
            shared = explain_failure(usual, program)
            for sentence in verdicts.reasons(shared) if shared else ():
                yield from _wrapped(sentence)
    for remark in _remarks(comparisons, again, program, default):
        yield ""
        yield from _wrapped(remark)


def grouped(comparisons: Sequence[Comparison], program: Program) -> list[tuple[list[Comparison], list[Cause]]]:
    """Return the start methods that differ from the default, together if they do so alike; silent ones first."""
    groups: list[tuple[list[Comparison], list[Cause]]] = []
    for comparison in comparisons:
        if comparison.same:
            continue
        causes = explain(comparison, program)
        for together, known in groups:
            if known == causes and _kind(together[0]) == _kind(comparison):
                together.append(comparison)
                break
        else:
            groups.append(([comparison], causes))
    return sorted(groups, key=lambda group: not group[0][0].silent)


def _kind(comparison: Comparison) -> tuple[object, ...]:
    return comparison.silent, comparison.trial.exit_code, comparison.trial.stopped


def _agreement(comparisons: Sequence[Comparison]) -> str:
    usual = comparisons[0].usual
    if usual.exit_code != 0:
        return verdicts.failure(usual)
    counts = [note["processes"] for note in usual.noted("ended")]
    if not usual.noted("imported") or counts == [0]:
        return "It starts no process with `multiprocessing`, so the start method changes nothing."
    if any(comparison.output.reordered for comparison in comparisons):
        return "It prints the same lines with every start method, but not in the same order."
    return "It behaves the same with every start method."


def _remarks(comparisons: Sequence[Comparison], again: Trial, program: Program, default: str) -> Iterator[str]:
    trials = [comparison.trial for comparison in comparisons]
    yield from verdicts.choices(trials, [code.module.path for code in program.codes], default)
    noise = _noise(trial_streams(trials[0]), trial_streams(again), messages=False)
    if noise:
        yield verdicts.left_out([line.text for line in read_lines(trials[0].stdout) if noise.changes(line.words)])
    moved = [each.trial.method or default for each in comparisons if each.output.reordered]
    if moved:
        yield verdicts.reordered(moved)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare what a command line names; for trying this without the X-ray."""
    parser = argparse.ArgumentParser(prog="python -m helpers.program.start_methods", description=__doc__)
    parser.add_argument("--deadline", type=float, default=DEADLINE, help="seconds for each run")
    parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(arguments)
    program = ["-m", chosen.script] if chosen.module else [chosen.script]
    return compare([sys.executable, *program, *chosen.arguments], chosen.deadline)


if __name__ == "__main__":
    sys.exit(main())
