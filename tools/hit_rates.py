"""Count how often each finding held, in all runs that `tools.findings --record` made.

python -m tools.hit_rates writes the table of these counts. Twenty runs of every lesson take hours, so the counts of
several sittings are added up, in hit_rates.json. A count belongs to the code of its lesson: when a code cell changes,
what was counted before is dropped.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.text import counted, write_whole
from tools.cells import VERDICTS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
RECORDED = Path(__file__).with_name("hit_rates.json")
PAGE = ROOT / "docs" / "hit_rates.md"

QUIET, DISTURBED, BUSY, ONE_CPU = CONDITIONS = ("quiet", "disturbed", "busy", "one CPU")
"""Of a run: the machine was quiet, or was measured not to be; a busy process on each CPU; a single CPU."""

INTRODUCTION = """# How often each finding holds

Lessons were run again and again by `python -m tools.findings --record`, and the verdicts of every finding were counted:
✓ it holds, ≈ this run cannot tell, ✗ not in this run. A machine is *quiet* when two loops side by side are at least 1.9
times as fast as one, before the lesson and after it, the same loop always takes about as long, and other guests of its
host take hardly any CPU time; a run without that is *disturbed*. A *busy* machine has one more process on each CPU,
which computes all the time. On a quiet machine a finding should hold in at least 19 of 20 runs. Elsewhere ≈ and ✗ are
right where the figures do not support the claim; they are counted, not judged. Where two cells of a lesson make the
same claim, each of them is counted in every run.
"""


@dataclass
class Count:
    """The verdicts of a lesson's findings in runs of one kind. verdicts: for each claim, how many were ✓, ≈ and ✗."""

    lesson: str
    code: str
    condition: str
    python: str
    machine: str
    runs: int
    verdicts: dict[str, list[int]]


def read(path: Path | None = None) -> list[Count]:
    """Return all counts that were recorded; none if there is no such file."""
    path = path or RECORDED
    if not path.exists():
        return []
    return [Count(**count) for count in json.loads(path.read_text(encoding="utf-8"))]


def write(counts: Iterable[Count], path: Path | None = None) -> None:
    """Replace the recorded counts."""
    ordered = sorted(counts, key=lambda count: (count.lesson, CONDITIONS.index(count.condition), count.machine))
    write_whole(path or RECORDED, json.dumps([asdict(count) for count in ordered], indent=1, ensure_ascii=False) + "\n")


def added(counts: Iterable[Count], new: Count) -> list[Count]:
    """Return the counts with those of one more run, without those of other code of the same lesson."""
    kept = [count for count in counts if count.lesson != new.lesson or count.code == new.code]
    for count in kept:
        if (count.lesson, count.condition, count.python, count.machine) == (
            new.lesson,
            new.condition,
            new.python,
            new.machine,
        ):
            count.runs += new.runs
            count.verdicts = _summed([count.verdicts, new.verdicts])
            return kept
    return [*kept, new]


def code_of(notebook: NotebookNode) -> str:
    """Return what tells one state of a lesson's code from another: a digest of its code cells, solutions included."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]


def page(counts: Sequence[Count], folder: Path = FOLDER) -> str:
    """Return the text of the page: a table for each lesson, of the counts that belong to its present code."""
    parts, quiet, most = [], Counter[bool](), 0
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        code = code_of(nbformat.read(path, as_version=4))
        mine = [count for count in counts if count.lesson == path.stem and count.code == code]
        if mine:
            parts.append(f"## {path.stem}\n\n{_table(mine)}")
            most = max(most, sum(count.runs for count in mine if count.condition == QUIET))
            for verdicts in _summed(count.verdicts for count in mine if count.condition == QUIET).values():
                quiet[verdicts[0] >= 0.95 * sum(verdicts)] += 1
    if not parts:
        return f"{INTRODUCTION}\nNothing has been counted yet.\n"
    conditions = sorted({f"CPython {count.python}, {count.machine}" for count in counts})
    summary = (
        f"On a quiet machine {quiet[True]} of {counted(quiet.total(), 'finding')} held in at least 95 % of their runs; "
        f"no lesson has more than {counted(most, 'such run')} yet. "
        f"Measured with {'; '.join(conditions)}."
    )
    return "\n\n".join([INTRODUCTION + "\n" + summary, *parts]) + "\n"


def _table(counts: Sequence[Count]) -> str:
    """Return a table of Markdown: each claim with its ✓ ≈ ✗ under each condition that was counted."""
    conditions = [name for name in CONDITIONS if any(count.condition == name for count in counts)]
    runs = {name: sum(count.runs for count in counts if count.condition == name) for name in conditions}
    summed = {name: _summed(count.verdicts for count in counts if count.condition == name) for name in conditions}
    heads = [f"{name}: {' '.join(VERDICTS)} of {runs[name]}" for name in conditions]
    lines = [["finding", *heads], ["---"] * (len(heads) + 1)]
    for claim in dict.fromkeys(claim for verdicts in summed.values() for claim in verdicts):
        lines.append([claim, *(" ".join(map(str, summed[name].get(claim, ["–"]))) for name in conditions)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _summed(several: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    sums: dict[str, list[int]] = {}
    for verdicts in several:
        for claim, numbers in verdicts.items():
            before = sums.get(claim, [0] * len(VERDICTS))
            sums[claim] = [one + other for one, other in zip(before, numbers, strict=True)]
    return sums


def main() -> None:
    """Write the page from what was recorded."""
    write_whole(PAGE, page(read()))
    print(f"{PAGE.relative_to(ROOT)} is written anew.")


if __name__ == "__main__":
    main()
