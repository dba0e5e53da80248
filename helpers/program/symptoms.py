"""Recognises, in what a program printed, the words of errors that depend on the start method."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WORDS = [
    ("method", r"RuntimeError: (context has already been set)"),
    ("guard", r"(finished its bootstrapping phase)"),
    ("inheritance", r"(\w+) objects should only be shared between processes\s+through inheritance"),
    ("inheritance", r"(pool) objects cannot be passed between processes or pickled"),
    ("main", r"Can't get attribute '([^']+)' on <module '(?:__main__|__mp_main__)'"),
    ("main", r"module '__mp_main__' has no attribute '(\w+)'"),  # since Python 3.15
    ("nested", r"Can't (?:pickle|get) local (?:object|attribute) (?:<\w+ )?'?([\w.<>]+)"),
    ("nested", r"Can't pickle <function ([\w.<>]+) at"),
    ("nested", r"Can't pickle <class '[\w.<>]*?(\w+)'>"),
    ("dropped", r"(SemLock\._rebuild)\((?:.|\n){0,300}?FileNotFoundError"),
    ("unpicklable", r"(?:cannot|can't) (?:pickle|serialize) '?([\w.]+)'? (?:object|instance)"),
    ("unpicklable", r"can't pickle ([\w.]+) objects"),
    ("missing", r"name '(\w+)' is not defined"),
    ("stale", r"(?:AttributeError|TypeError): ('NoneType')"),
    ("import", r"(EOFError: EOF when reading a line)"),
    ("import", r"(Address already in use)"),
]
"""The kinds of causes, with the words that show them and, in a group, what the words are about; the surest first."""

FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Symptom:
    """Words of an error, what they are about, and the last line of the program's own text above them, if any."""

    kind: str
    words: str
    about: str
    path: Path | None
    line: int


def find_symptoms(text: str, files: Sequence[Path]) -> Iterator[Symptom]:
    """Yield the symptoms in an output, the surest first, each kind of words once.

    files: those of the program, whose lines are looked for in tracebacks.
    """
    known = {path.resolve(): path for path in files}
    for kind, pattern in WORDS:
        match = re.search(pattern, text)
        if match is not None:
            path, line = _place_above(text[: match.start()], known, module_level=kind in ("guard", "method"))
            yield Symptom(kind, _line_around(text, match), match[1], path, line)


def lines_in_tracebacks(text: str, files: Sequence[Path]) -> set[tuple[Path, int]]:
    """Return the lines of these files that the tracebacks in an output name."""
    known = {path.resolve(): path for path in files}
    named = ((known.get(Path(match[1]).resolve()), int(match[2])) for match in FRAME.finditer(text))
    return {(path, line) for path, line in named if path is not None}


def _place_above(text: str, known: dict[Path, Path], module_level: bool) -> tuple[Path | None, int]:
    """Return the last line of the program that a traceback names; module_level: at the top level of a module."""
    for match in reversed(list(FRAME.finditer(text[-20_000:]))):
        path = known.get(Path(match[1]).resolve())
        if path is not None and (not module_level or match[3] == "<module>"):
            return path, int(match[2])
    return None, 0


def _line_around(text: str, match: re.Match[str]) -> str:
    """Return the line of an output that has the words of an error."""
    start = text.rfind("\n", 0, match.start(1)) + 1
    end = text.find("\n", match.end(1))
    return text[start : end if end >= 0 else len(text)].strip()
