"""Compares what two runs of a program printed, without what changes from run to run by itself.

A line is compared by its words and its numbers. Two runs that were started in the same way show which numbers change
by themselves (times, process ids, random numbers): those are left out. So are the order of the lines, and the names
that `multiprocessing` gives to workers, which contain the start method. Of lines that have times, all times are left
out as soon as one of them changes; if none does, they may be the answer, and are compared.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

TRACEBACK = "Traceback (most recent call last)"
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
    timed: frozenset[int] = frozenset()
    """The places of the numbers that look like a time."""

    @property
    def times(self) -> tuple[str, ...]:
        """The numbers that look like a time."""
        return tuple(number for place, number in enumerate(self.numbers) if place in self.timed)

    @property
    def untimed(self) -> tuple[str, ...]:
        """The numbers, with "" in the place of each that looks like a time."""
        return tuple("" if place in self.timed else number for place, number in enumerate(self.numbers))


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
    times: frozenset[str]
    """The words of lines whose times change."""

    def __bool__(self) -> bool:
        return bool(self.places or self.lines or self.times)

    def changes(self, words: str) -> bool:
        """Return whether something changes in the lines with these words."""
        return words in self.lines | self.times or any(words == place[0] for place in self.places)


@dataclass(frozen=True)
class Difference:
    """What a run printed less and more than another one."""

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    reordered: bool = False
    """Whether it printed the same lines, in another order."""
    only_times: bool = False
    """Whether nothing differs but numbers that look like a time."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


@lru_cache(maxsize=16)  # each output is compared with several others
def read_lines(output: bytes, *, messages: bool = False) -> Sequence[Line]:
    """Return the lines of an output, without those that show progress.

    messages: this is stderr; leave out Python's own remarks about start methods, and where each traceback came by: a
    failure is the same one if the same is raised.
    """
    found = []
    in_traceback = False
    for raw in output.decode(errors="replace").split("\n"):
        text = raw.rstrip("\r").rpartition("\r")[2].rstrip()
        if messages:
            in_traceback = text.startswith(TRACEBACK) or in_traceback and text.startswith(" ")
            if PYTHONS_OWN.search(text) or in_traceback:
                continue
        if text and not PROGRESS.search(text):
            found.append(_line(text))
    return found


def _line(text: str) -> Line:
    plain = WORKER_NAME.sub(r"\1", text).replace("__mp_main__", "__main__")
    words: list[str] = []
    numbers: list[str] = []
    timed: set[int] = set()
    end = 0
    for match in NUMBER.finditer(plain):
        words.append(plain[end : match.start()])
        end = match.end()
        if UNIT.match(plain, end) or TIME_WORD.search(plain[max(match.start() - 40, 0) : match.start()]):
            timed.add(len(numbers))
        numbers.append(match[0])
    words.append(plain[end:])
    return Line(" ".join("#".join(words).split()), tuple(numbers), text, frozenset(timed))


def learn_noise(first: Sequence[Line], second: Sequence[Line]) -> Noise:
    """Return what differs between two runs that were started in the same way."""
    times = _changing_times(first, second)
    ones, others = _by_words(first, times), _by_words(second, times)
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
    return Noise(frozenset(same), frozenset(places), frozenset(uneven), spare, times)


def _changing_times(first: Sequence[Line], second: Sequence[Line]) -> frozenset[str]:
    """Return the words of the lines whose times are not the same in two runs, to the last digit."""
    seen = [Counter((line.words, line.times) for line in lines if line.timed) for lines in (first, second)]
    return frozenset(words for words, _ in (seen[0] - seen[1]) + (seen[1] - seen[0]))


def _by_words(lines: Sequence[Line], times: frozenset[str]) -> defaultdict[str, list[tuple[str, ...]]]:
    groups: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for line in lines:
        groups[line.words].append(_numbers(line, times))
    return groups


def _numbers(line: Line, times: frozenset[str]) -> tuple[str, ...]:
    """Return the numbers of a line, without its times if they change."""
    return line.untimed if line.words in times else line.numbers


def compare_lines(usual: Sequence[Line], other: Sequence[Line], noise: Noise) -> Difference:
    """Return what the other run printed less and more than the usual one, apart from noise."""
    found = _compare(usual, other, noise)
    if not found:
        return found
    all_times = noise.times | {line.words for line in [*usual, *other] if line.timed}
    return replace(found, only_times=not _compare(usual, other, replace(noise, times=all_times)))


def _compare(usual: Sequence[Line], other: Sequence[Line], noise: Noise) -> Difference:
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
            numbers = _numbers(line, noise.times)
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
