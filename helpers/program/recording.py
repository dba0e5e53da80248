"""What a program has recorded: its pools, each with where it was made and its run, and what else there is to tell."""

import ast
import functools
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from helpers.diagnosis import Diagnosis, explain
from helpers.explaining.facts import Facts
from helpers.machine import usable_cpus
from helpers.pool.recorder import decode
from helpers.program.calls import Calls, about_chunks
from helpers.program.journal import (
    CALLED,
    FUNCTION,
    LOAD,
    LOAD_ENTRY,
    MADE,
    NOTE,
    RECORD,
    RECORD_HEAD,
    is_cut,
    read_elsewhere,
    read_entries,
)
from helpers.program.places import describe
from helpers.spans import Breakdown, Load, Run, Span, Worker, breakdown
from helpers.text import counted

MOST_TRACED = 20_000
"""Tasks in a trace: some 20 MB, which are written in a few seconds. Viewers in a browser become slow with more."""

MOST_PLACES = 3
"""Places of pools in forks that are named."""

_SPAN_OF = functools.partial(tuple.__new__, Span)
"""Makes a span of its fields, in half the time of `Span._make`."""


@dataclass(frozen=True, eq=False)
class RecordedPool:
    """A pool of the program: the kind of it, the place where it was made, its run, and its functions.

    functions: the name of the function of each task of the run, in their order. about_chunks: how to choose a
    chunksize where the program does not call map itself.
    """

    kind: str
    place: str
    run: Run
    functions: tuple[str, ...]
    about_chunks: str = ""

    @cached_property
    def names(self) -> list[str]:
        """The names of its functions, the most frequent first, as far as they have names."""
        return [name for name, _ in Counter(self.functions).most_common() if name]

    @cached_property
    def spent(self) -> Breakdown:
        """Where the time of its workers went."""
        return breakdown(self.run)

    @cached_property
    def facts(self) -> Facts:
        """What its run shows."""
        return Facts(self.run, usable_cpus(), self.spent)

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """What cost it most, and what to change; None if no task has ended."""
        has_ended = any(span.outcome in ("ok", "error") for span in self.run.spans)
        return explain(self.run, spent=self.spent) if has_ended else None

    @cached_property
    def explanation(self) -> str:
        """What cost it most, and what to change, in words; nothing if no task has ended."""
        text = str(self.diagnosis or "")
        advice = re.search(r"chunksize=(\d+)", text) if self.about_chunks else None
        if advice and int(advice[1]) != self.facts.chunksize:
            about = self.about_chunks.format(advice[0]).removesuffix(".")
            text = text.replace(f"{advice[0]}.", f"{advice[0]} ({about}).", 1)
        return text


class Group(NamedTuple):
    """Pools that were made at the same place, the longest first."""

    place: str
    pools: tuple[RecordedPool, ...]

    @property
    def seconds(self) -> float:
        """The seconds of all of them."""
        return sum(pool.run.seconds for pool in self.pools)

    @property
    def tasks(self) -> int:
        """How many tasks they had."""
        return sum(len(pool.run.spans) for pool in self.pools)


class Recording(NamedTuple):
    """All that a program has recorded. notes: sentences, each once, with how often each was noted."""

    groups: tuple[Group, ...]
    notes: dict[str, int]

    @property
    def made(self) -> int:
        """How many pools were made."""
        return sum(len(group.pools) for group in self.groups)

    @property
    def tasks(self) -> int:
        """How many tasks all pools had."""
        return sum(group.tasks for group in self.groups)

    def traced(self) -> tuple[dict[str, Run], str]:
        """Return the runs for a trace, by their names, and in words which tasks they hold: a viewer takes so many."""
        runs: dict[str, Run] = {}
        left = MOST_TRACED
        for number, pool in enumerate((pool for group in self.groups for pool in group.pools), 1):
            if left or not pool.run.spans:
                runs[f"{pool.place} ({number})"] = pool.run._replace(spans=pool.run.spans[:left])
                left -= min(left, len(pool.run.spans))
        tasks = "every task" if self.tasks <= MOST_TRACED else f"the first {MOST_TRACED:,} of {self.tasks:,} tasks"
        return runs, tasks


@dataclass
class _Entries:
    """What a journal holds of one pool. names: of its functions, by their numbers, which records have."""

    facts: dict[str, Any] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    records: list[tuple[int, float, bytes]] = field(default_factory=list)
    calls: Calls = field(default_factory=list)
    load: Load | None = None
    function_bytes: int = 0


def read_recording(journal: Path, folder: str) -> Recording:
    """Return what is in a journal. folder: the names of files are shown as they are seen from there."""
    pools: defaultdict[int, _Entries] = defaultdict(_Entries)
    notes: Counter[str] = Counter()
    for kind, payload in read_entries(journal):
        if kind == NOTE:
            notes[payload.decode(errors="replace")] += 1
        elif kind == RECORD:
            pool, function, ready = RECORD_HEAD.unpack_from(payload)
            pools[pool].records.append((function, ready, payload[RECORD_HEAD.size :]))
        elif kind == LOAD:
            pool, *numbers = LOAD_ENTRY.unpack(payload)
            pools[pool].load = Load(*numbers)
        elif kind == MADE:
            facts = _literal(payload)
            pools[facts["pool"]].facts = facts
        elif kind == FUNCTION:
            pool, function, name, size = _literal(payload)
            pools[pool].names[function] = name
            pools[pool].function_bytes = max(size, pools[pool].function_bytes)
        elif kind == CALLED:
            pool, how, caller = _literal(payload)
            pools[pool].calls.append((how, caller))
    made = [_recorded_pool(entries, folder) for entries in pools.values() if entries.facts]
    return Recording(_grouped(made), dict(notes + _notes_beside(journal, folder)))


def _notes_beside(journal: Path, folder: str) -> Counter[str]:
    """Return what the journal itself does not tell: of forks, of what is missing, and of what failed."""
    notes = Counter([sentence] if (sentence := _about_forks(journal, folder)) else [])
    if is_cut(journal):
        notes["the rest is missing, since it could not be written into the folder for temporary files"] += 1
    failed = journal.with_name(f"{journal.name}.failed")
    if failed.exists():
        for line in failed.read_text("utf-8", errors="replace").splitlines():
            notes[f"the X-ray could not be put in place: {line}"] += 1
    return notes


def _literal(payload: bytes) -> Any:
    return ast.literal_eval(payload.decode(errors="replace"))


def _about_forks(journal: Path, folder: str) -> str:
    """Say how many pools were made in forks of the program, and where; nothing if there were none."""
    places: Counter[str] = Counter()
    for entry, times in read_elsewhere(journal).items():
        places[describe(_literal(entry), folder)] += times
    if not places:
        return ""
    shown = [place for place, _ in places.most_common(MOST_PLACES)]
    more = f" and at {counted(len(places) - len(shown), 'more place')}" if len(places) > len(shown) else ""
    made = f"{counted(places.total(), 'pool')} {'was' if places.total() == 1 else 'were'} made"
    return f"{made} in processes that the program forked, where nothing is X-rayed: at {', '.join(shown)}{more}"


def _recorded_pool(entries: _Entries, folder: str) -> RecordedPool:
    rows: list[tuple[Span, str]] = []
    ready: dict[int, float] = {}
    for function, moment, record in entries.records:
        spans = list(map(_SPAN_OF, decode(record)))
        rows += zip(spans, itertools.repeat(entries.names[function]))
        for span in spans[:1]:
            ready[span.worker] = min(moment or span.arrived, ready.get(span.worker, span.arrived))
    rows.sort(key=_task_of)
    workers = sorted(itertools.starmap(Worker, ready.items()), key=lambda worker: worker.ready)
    facts = entries.facts
    ended = max((span.delivered for span, _ in rows), default=facts["began"])
    run = Run(
        tuple(span for span, _ in rows), tuple(workers), facts["processes"], facts["start_method"], facts["began"],
        ended, entries.load, entries.function_bytes,
    )  # fmt: skip
    functions, place = tuple(name for _, name in rows), describe(facts["lines"], folder)
    return RecordedPool(facts["kind"], place, run, functions, about_chunks(entries.calls, folder))


def _task_of(row: tuple[Span, str]) -> int:
    return row[0].task


def _grouped(pools: Iterable[RecordedPool]) -> tuple[Group, ...]:
    """Return the pools by the place where they were made; the place that took longest first."""
    places: dict[str, list[RecordedPool]] = {}
    for pool in pools:
        places.setdefault(pool.place, []).append(pool)
    groups = [
        Group(place, tuple(sorted(some, key=lambda pool: pool.run.seconds, reverse=True)))
        for place, some in places.items()
    ]
    return tuple(sorted(groups, key=lambda group: group.seconds, reverse=True))
