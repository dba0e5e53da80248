"""Compares what two runs of a program printed, without what changes from run to run by itself.

A line is compared by its words and its numbers. Two runs that were started in the same way show which numbers change
by themselves (times, process ids, random numbers): those are left out. So are numbers that look like a time, the order
of the lines, and the names that `multiprocessing` gives to workers, which contain the start method.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

NUMBER = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # a UUID
    r"|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b"  # a digest
    r"|0x[0-9a-fA-F]+"
    r"|(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
    r"|\d+(?:\.\d+)?"
)
UNIT = re.compile(r"\s*(?:s|ms|us|µs|ns|secs?|seconds?|minutes?|hours?|it/s|s/it)\b|:\d\d")
TIME_WORD = re.compile(
    r"(?:\b(?:time|times|elapsed|took|takes|duration|seconds|secs|started at|finished at|pid|ppid|process id|processid)"
    r"\b[^\d]{0,24}|\d\d:)[-+]?$",
    re.IGNORECASE,
)
WORKER_NAME = re.compile(r"\b(?:Fork|Spawn|ForkServer)?(PoolWorker|Process)(?:-\d+(?::\d+)*)+")
PROGRESS = re.compile(r"\d+%\s*\||\bit/s\b|\bs/it\b")
PYTHONS_OWN = re.compile(
    r"multi-threaded, use of fork|resource_tracker|^\s*self\.pid = os\.fork\(\)|leaked (?:semaphore|shared_memory)"
    r"|^\s*warnings\.warn\("
)
"""Lines on stderr that are Python's own remarks about a start method, not the program's."""

LONG_ROW = 6
"""A line whose numbers have this many characters is not the same in two runs by chance."""

LONG_NUMBER = re.compile(r"\d\.\d{4,}|\b\d{8,}\b")
"""A number that does not come up twice by chance."""


@dataclass(frozen=True)
class Line:
    """A line of output: its words, with a mark in the place of each number, and its numbers."""

    words: str
    numbers: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Noise:
    """What changes from run to run by itself."""

    same: frozenset[tuple[str, tuple[str, ...]]]
    """The lines that did not change, among others with the same words that did; by their words and numbers."""
    places: frozenset[tuple[str, int]]
    """The words of a line, and the place of a number in it that changes."""
    lines: frozenset[str]
    """The words of lines that come and go."""
    spare: int
    """How many lines a run may have whose words no other run has."""

    def __bool__(self) -> bool:
        return bool(self.places or self.lines)


@dataclass(frozen=True)
class Difference:
    """What a run printed less and more than another one; `reordered`: the same lines, in another order."""

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


@lru_cache(maxsize=16)  # each output is compared with several others
def read_lines(output: bytes, *, messages: bool = False) -> Sequence[Line]:
    """Return the lines of an output, without those that show progress.

    messages: this is stderr; leave out Python's own remarks about start methods.
    """
    found = []
    for raw in output.decode(errors="replace").split("\n"):
        text = raw.rstrip("\r").rpartition("\r")[2].rstrip()
        if text and not PROGRESS.search(text) and not (messages and PYTHONS_OWN.search(text)):
            found.append(_line(text))
    return found


def _line(text: str) -> Line:
    plain = WORKER_NAME.sub(r"\1", text).replace("__mp_main__", "__main__")
    words, numbers, end = [], [], 0
    for match in NUMBER.finditer(plain):
        words.append(plain[end : match.start()])
        end = match.end()
        timed = UNIT.match(plain, end) or TIME_WORD.search(plain[max(match.start() - 40, 0) : match.start()])
        numbers.append("" if timed else match[0])
    words.append(plain[end:])
    return Line(" ".join("#".join(words).split()), tuple(numbers), text)


def learn_noise(first: Sequence[Line], second: Sequence[Line]) -> Noise:
    """Return what differs between two runs that were started in the same way."""
    ones, others = _by_words(first), _by_words(second)
    places, uneven, same = set(), set(), set()
    for words in ones.keys() | others.keys():
        if len(ones[words]) != len(others[words]):
            uneven.add(words)
            continue
        kept = {row for row in {*ones[words]} & {*others[words]} if sum(map(len, row)) >= LONG_ROW}
        same |= {(words, row) for row in kept}
        rows = [[row for row in found[words] if row not in kept] for found in (ones, others)]
        columns = zip(zip(*rows[0], strict=True), zip(*rows[1], strict=True), strict=True)
        places |= {(words, place) for place, (one, other) in enumerate(columns) if Counter(one) != Counter(other)}
    spare = max(sum(len(found[words]) for words in uneven) for found in (ones, others))
    return Noise(frozenset(same), frozenset(places), frozenset(uneven), spare)


def _by_words(lines: Sequence[Line]) -> defaultdict[str, list[tuple[str, ...]]]:
    groups: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for line in lines:
        groups[line.words].append(line.numbers)
    return groups


def compare_lines(usual: Sequence[Line], other: Sequence[Line], noise: Noise) -> Difference:
    """Return what the other run printed less and more than the usual one, apart from noise."""
    one, two = _comparable(usual, noise), _comparable(other, noise)
    missing, extra = _without(one, two), _without(two, one)
    known = {words for (words, _), _ in one}
    new = [text for (words, _), text in extra if words not in known]
    if noise.spare and len(new) <= noise.spare:
        extra = [(key, text) for key, text in extra if key[0] in known]
    order = [key for key, _ in one] != [key for key, _ in two]
    return Difference(
        tuple(text for _, text in missing), tuple(text for _, text in extra), order and not missing and not extra
    )


Keyed = tuple[tuple[str, tuple[str, ...]], str]
"""What a line is compared by, and its text."""


def _comparable(lines: Sequence[Line], noise: Noise) -> list[Keyed]:
    found: list[Keyed] = []
    for line in lines:
        if line.words not in noise.lines:
            numbers = line.numbers
            if (line.words, numbers) not in noise.same:
                numbers = tuple("" if (line.words, i) in noise.places else text for i, text in enumerate(numbers))
            found.append(((line.words, numbers), line.text))
    return found


def _without(some: Sequence[Keyed], others: Sequence[Keyed]) -> list[Keyed]:
    """Return the lines that are not among the others, or more often than there."""
    left = Counter(key for key, _ in others)
    found = []
    for key, text in some:
        if left[key]:
            left[key] -= 1
        else:
            found.append((key, text))
    return found


def repeated_numbers(lines: Sequence[Line]) -> int:
    """Return how many long numbers repeat one that came before: with random numbers, drawn from the same stream."""
    numbers = [number for line in lines for number in LONG_NUMBER.findall(line.text)]
    return len(numbers) - len(set(numbers))
