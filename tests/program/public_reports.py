"""How many programs from public reports get the right verdict and cause?  python -m tests.program.public_reports

Each program in `programs/` is a small one with the mistake that a report describes. Its first line names the report,
and its second line says what is expected: what the program does with which start methods, unlike with fork, and the
kind and line of the cause. This runs them all, takes minutes, and is no part of the tests.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.program.causes import Cause
from helpers.program.finding_causes import Comparison, explain_failure
from helpers.program.program_text import read_program
from helpers.program.start_methods import compare_trials, grouped
from helpers.program.trial import try_program
from helpers.program.worker_code import Program, study
from helpers.text import aligned

PROGRAMS = Path(__file__).parent / "programs"
METHODS = ("fork", "spawn", "forkserver")
DEADLINE = 8.0
EXPECTED = re.compile(r"# Expected: (\w+) with ([\w, ]+?); cause (\w+)(?: in line ([\d or]+))?")


@dataclass(frozen=True)
class Report:
    """A program from a public report, and what is expected of it."""

    path: Path
    source: str
    verdict: str
    methods: tuple[str, ...]
    cause: str
    lines: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.path.parent.name if self.path.name == "main.py" else self.path.stem


def reports() -> Iterator[Report]:
    """Yield the programs, in the order of their names."""
    for path in sorted([*PROGRAMS.glob("*.py"), *PROGRAMS.glob("*/main.py")]):
        first, second, *_ = path.read_text(encoding="utf-8").splitlines()
        if first.startswith("# Report: "):
            match = EXPECTED.fullmatch(second)
            assert match, f"{path.name}: {second}"
            methods = METHODS if match[2] == "all" else tuple(match[2].split(", "))
            lines = tuple(int(line) for line in (match[4] or "").split(" or ") if line)
            yield Report(path, first.removeprefix("# Report: "), match[1], methods, match[3], lines)


def seen_in(comparison: Comparison) -> str:
    """Return the verdict about a run in one word."""
    if not comparison.trial.ended:
        return "hangs"
    if comparison.usual.exit_code is None:
        return "works"
    if comparison.same:
        return "fails" if comparison.trial.exit_code else "same"
    if comparison.silent:
        return "silent"
    return "fails" if comparison.trial.exit_code != comparison.usual.exit_code else "messages"


def run(report: Report) -> tuple[dict[str, str], list[Cause]]:
    """Run a program with each method, and return what was seen, and the causes that were found."""
    command = [sys.executable, str(report.path)]
    trials = {method: try_program(command, method, DEADLINE) for method in METHODS}
    again = try_program(command, "fork", DEADLINE)
    program = study(read_program(command))
    comparisons = compare_trials([trials[method] for method in METHODS], again, program)
    causes = [cause for _, found in grouped(comparisons, program) for cause in found]
    return {method: seen_in(each) for method, each in zip(METHODS, comparisons, strict=True)}, causes or _shared(
        comparisons, program
    )


def _shared(comparisons: list[Comparison], program: Program) -> list[Cause]:
    usual = comparisons[0].usual
    return explain_failure(usual, program) if usual.exit_code != 0 else []


def main(names: list[str]) -> int:
    """Print a row for each program, and how many are right."""
    rows = [("program", "seen", "expected", "cause", "expected", "remedy", "line")]
    right: list[tuple[bool, bool]] = []
    for report in reports():
        if names and report.name not in names:
            continue
        seen, causes = run(report)
        verdict = all((seen[method] == report.verdict) == (method in report.methods) for method in METHODS)
        lines = {each.line for each in causes if each.kind == report.cause}
        remedy = verdict and bool(lines)
        right.append((remedy, remedy and (not report.lines or bool(lines & set(report.lines)))))
        expected = " ".join(report.verdict if method in report.methods else "." for method in METHODS)
        found = ", ".join(f"{cause.kind} {cause.line}" for cause in causes) or "none"
        wanted = f"{report.cause} {' or '.join(map(str, report.lines))}"
        answers = ["right" if each else "WRONG" for each in right[-1]]
        rows.append((report.name, " ".join(seen.values()), expected, found, wanted, *answers))
        print(f"{report.name}: {' '.join(answers)}", file=sys.stderr, flush=True)
    print("\n".join(aligned(rows)))
    remedies, lines_too = (sum(column) for column in zip(*right, strict=True))
    print(f"\n{remedies} of {len(right)} programs get the right verdict and remedy, {lines_too} the right line, too.")
    return 0 if lines_too == len(right) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
