"""Says in sentences how a program behaves with each start method, why, and what to do."""

import platform
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from helpers.program.causes import ALTERNATIVES, Cause
from helpers.program.finding_causes import Comparison
from helpers.program.trial import Trial
from helpers.text import aligned, counted

MOST_LINES = 3
"""The most lines that are shown of a difference."""

WIDTH = 110
"""Characters after which a line of the program's output is cut."""

NOT_EVERYWHERE = {"fork": "Windows", "forkserver": "Windows"}
"""Where a start method does not exist."""


def heading(name: str, default: str) -> str:
    """Return the first line: the program, and where it ran."""
    version, system = platform.python_version(), platform.system()
    return f"{name} with each start method. Python {version} on {system}, where the default is {default}."


def table(comparisons: Sequence[Comparison], again: Trial, default: str) -> list[str]:
    """Return the lines of the table: a row for each start method, and one for the second run with the default."""
    rows = [("start method", "exit code", "seconds", "output")]
    for each in comparisons:
        name = each.trial.method or default
        usual = name == default
        rows.append((f"{name} (the default)" if usual else name, *_row(each.trial, "" if usual else _output(each))))
    rows.append((f"{default}, once more", *_row(again, "")))
    return aligned(rows)


def _row(trial: Trial, output: str) -> tuple[str, str, str]:
    return ("-" if trial.exit_code is None else str(trial.exit_code), f"{trial.seconds:.1f}", output or "-")


def _output(comparison: Comparison) -> str:
    if not comparison.trial.ended:
        return {"storm": "FAILS WITHOUT END", "flood": "PRINTS WITHOUT END"}.get(comparison.trial.stopped, "HANGS")
    if comparison.same:
        return "same, in another order" if comparison.output.reordered else "same"
    if comparison.output or comparison.repeats:
        return "DIFFERS"
    return "messages differ" if comparison.messages else "same"


def verdict(together: Sequence[Comparison], default: str) -> str:
    """Return the sentence about start methods with which the program does the same, unlike with the default."""
    methods = _listed([each.trial.method or default for each in together])
    first, usual = together[0].trial, together[0].usual
    if together[0].silent and not together[0].output:
        repeat, not_so = ("repeat", "do not") if together[0].repeats > 0 else ("do not repeat", "do")
        return (
            f"With {methods} the random numbers of its workers {repeat} each other; with {default} they {not_so}. "
            "Nothing says so: the exit code is 0."
        )
    if together[0].silent and together[0].output.only_times and not together[0].repeats:
        return (
            f"With {methods} it gives other numbers that look like times than with {default}, which gave the same ones "
            "twice. If they say how long the run took, this is no difference. Else it is ANOTHER ANSWER, and nothing "
            "says so: the exit code is 0."
        )
    if together[0].silent and _errors(together[0].messages.missing):
        return (
            f"With {default}, the default, something fails, and yet it ends with exit code 0: there are errors on "
            f"stderr. With {methods} it gives ANOTHER ANSWER, without these errors."
        )
    if together[0].silent:
        if together[0].messages.extra and first.stderr:
            return (
                f"With {methods} it gives ANOTHER ANSWER, and yet ends with exit code 0, as with {default}. There are "
                "other messages on stderr, too."
            )
        return (
            f"With {methods} it gives ANOTHER ANSWER, and nothing says so: the exit code is 0, as with {default}, but "
            "the output is another one."
        )
    if not first.ended:
        return f"With {methods} it {_stopped(first)}. {_usually(usual, default)}"
    if not usual.ended:
        return f"With {methods} it {_ends(first)}. With {default} it {_stopped(usual)}."
    if first.exit_code != usual.exit_code:
        return f"With {methods} it {_ends(first)}. {_usually(usual, default)}"
    what = "output differs from that" if together[0].output or together[0].repeats else "messages differ from those"
    return f"With {methods} its {what} with {default}. The exit code is {first.exit_code} as well."


def _stopped(trial: Trial) -> str:
    if trial.stopped == "storm":
        return f"fails without end: workers fail while they start, and are replaced (ended after {trial.seconds:.1f} s)"
    if trial.stopped == "flood":
        return f"prints without end (ended after {trial.seconds:.1f} s)"
    return f"HANGS: it still ran after {trial.seconds:.1f} s, and was killed with all its processes"


def _usually(usual: Trial, default: str) -> str:
    if not usual.ended:
        return f"With {default}, the default, it {_stopped(usual)}."
    return f"With {default}, the default, it {_ends(usual)}."


def _ends(trial: Trial) -> str:
    """Return how a program ended: with which exit code, or by which signal."""
    code = trial.exit_code or 0
    if code < 0:
        return (
            f"is killed by {signal.Signals(-code).name}" if -code in set(signal.Signals) else f"ends by signal {-code}"
        )
    return f"ends with exit code {code}"


def evidence(comparison: Comparison, default: str) -> Iterator[str]:
    """Yield some lines of the output that differ."""
    method = comparison.trial.method or default
    width = max(len(default), len(method)) + len("only with :")
    for difference, mark in ((comparison.output, ""), (comparison.messages, " (stderr)")):
        for name, lines in ((default, difference.missing), (method, difference.extra)):
            title = f"only with {name}:"
            for line in _chosen(lines):
                yield f"  {title:{width}} {_cut(line)}{mark}"
                title = ""
    if comparison.repeats:
        more, fewer = (method, default) if comparison.repeats > 0 else (default, method)
        count = counted(abs(comparison.repeats), "number")
        yield f"  With {more}, {count} came up a second time that should be random; with {fewer}, none."


def _chosen(lines: Sequence[str]) -> list[str]:
    """Return some lines; of tracebacks, what was raised."""
    return list(dict.fromkeys(_errors(lines) or lines))[:MOST_LINES]


def _errors(lines: Sequence[str]) -> list[str]:
    """Return the lines that say what was raised."""
    errors = []
    for place, line in enumerate(lines):
        kind, colon, words = line.partition(":")
        if colon and re.fullmatch(r"[\w.]*(?:Error|Exception)", kind):
            following = lines[place + 1].strip() if not words.strip() and place + 1 < len(lines) else ""
            errors.append(f"{line} {following}".rstrip())
    return errors


def _cut(line: str) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in line)  # nothing that controls the terminal
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..."


def reasons(causes: Sequence[Cause]) -> Iterator[str]:
    """Yield each cause and its remedy; causes with the same remedy share it."""
    if not causes:
        yield (
            "No cause was found in the program's text. Things to compare: what the program sets before it starts "
            "workers, what it opens, and what it does when it is imported."
        )
    said = set()
    for number, cause in enumerate(causes):
        later = [other.remedy for other in causes[number + 1 :]]
        first = "Perhaps:" if cause.guess else "Why:"
        next_one = "Or: " if cause.guess or cause.kind in ALTERNATIVES else "And:"
        yield f"{next_one if number else first} {cause.why}"
        if cause.remedy not in said and cause.remedy not in later:
            said.add(cause.remedy)
            yield f"Remedy: {cause.remedy}"


def choices(trials: Sequence[Trial], files: Sequence[Path], default: str) -> Iterator[str]:
    """Yield a sentence for each line that chooses a start method itself."""
    known = {path.resolve(): path for path in files}
    found: dict[tuple[str, str, int], str] = {}
    for trial in trials:
        for note in trial.noted("chosen"):
            key = str(note["method"]), str(note["file"]), int(str(note["line"]))
            found.setdefault(key, str(note["how"]))
    for (method, file, line), how in found.items():
        path = known.get(Path(file).resolve())
        who = "This program" if path is not None else "A library that this program uses"
        sentence = (
            f"{who} chooses {method} itself, in line {line} of {path.name if path else file} ({how}): another default "
            "changes nothing for what it starts that way."
        )
        if method in NOT_EVERYWHERE:
            sentence += f" On {NOT_EVERYWHERE[method]}, which has no {method}, this line raises ValueError."
        yield sentence


def left_out(lines: Sequence[str]) -> str:
    """Return the sentence about what was not compared, with an example."""
    example = f", as in: {_cut(lines[0])}" if lines else ""
    return f"What changes from run to run by itself was left out of the comparison{example}"


def reordered(together: Sequence[str]) -> str:
    """Return the sentence about lines in another order."""
    return (
        f"With {_listed(together)} the same lines come in another order. When several processes print, no order is "
        "certain, so this does not count as a difference. If the parent prints them all, compare the order yourself."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def failure(trial: Trial) -> str:
    """Return the sentence about a program that does not succeed with any start method."""
    what = _stopped(trial) if not trial.ended else _ends(trial)
    if trial.noted("chosen"):
        return f"With every default it {what}. It chooses a start method itself: see below."
    return f"With every start method it {what}. So the start method is not the reason."
