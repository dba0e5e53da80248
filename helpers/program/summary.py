"""What was seen of a program, in sentences: the paragraph at its end, and the words of the page."""

import textwrap
from collections import Counter

from helpers.machine import usable_cpus
from helpers.program.recording import Group, RecordedPool, Recording
from helpers.text import counted, cpus_in_words, format_seconds

WAITING = "waiting, but not for a CPU"
"""What a picture shows as waiting for a CPU, where the tasks have waited for something else."""

WAITING_UNKNOWN = "waiting for a CPU, or for something else"
LOST = "tasks that never came back"

MOST_GROUPS = 3
"""Places that the paragraph names; the page has the others."""

LEAST_OUTSIDE, LEAST_SHARE_OUTSIDE = 2.0, 0.25
"""Seconds, and the share of its time, that a program must have spent outside of its pools for that to be said: the
start of Python, and what the X-ray itself imports, can take a second on a busy machine."""

MOST_NOTES = 3
MOST_CHARACTERS = 300  # of a note in the paragraph

NOTHING = "The program itself made no pool, so there is nothing to show."
NOTHING_SEEN = "No pool of the program was X-rayed."


def paragraph(recording: Recording, explanation: str, where: str, outside: str = "") -> str:
    """Return the paragraph that is written to stderr at the end of a program.

    explanation: of the place that took longest. where: a sentence that says where the page is. outside: what
    `outside_of_pools` returned.
    """
    shown = recording.groups[:MOST_GROUPS]
    sentences = [f"{group.place}: {describe_group(group)}" for group in shown]
    sentences = sentences or [NOTHING_SEEN if recording.notes else NOTHING]
    if shown and shown[0].pools[0].run.spans:
        sentences.insert(1, where_the_time_went(shown[0].pools[0], "Its" if len(shown[0].pools) > 1 else "The"))
    if len(recording.groups) > 1:
        places = f"at {counted(len(recording.groups), 'place')}"
        sentences.insert(0, f"The program made {counted(recording.made, 'pool')} {places}.")
    if more := len(recording.groups) - MOST_GROUPS:
        sentences += [f"The page shows {counted(more, 'more place')}."] if more > 0 else []
    sentences += [text for text in (outside, explanation) if text]
    sentences += [as_sentence(note)[:MOST_CHARACTERS] for note in notes_of(recording)[:MOST_NOTES]]
    sentences += [where] if where else []
    words = " ".join(" ".join(sentences).split())
    return textwrap.fill(f"X-ray: {words}", 100, break_long_words=False, break_on_hyphens=False)


def outside_of_pools(recording: Recording, began: float, ended: float) -> str:
    """Say for how long a program that has ended had no pool at work, if that was a large part of its time; else "".

    began, ended: when the program began and ended, in seconds on the clock of the spans. A pool is at work from its
    making until its last task has ended. Nothing is said where that is not known: where a task was lost, or where there
    is a note, for instance that a pool was not X-rayed.
    """
    every = [pool.run for group in recording.groups for pool in group.pools if pool.run.spans]
    lost = any(span.outcome == "lost" for run in every for span in run.spans)
    if not every or lost or recording.notes:
        return ""
    runs = sorted((run.began, run.ended) for run in every)
    at, between = runs[0][1], 0.0
    for first, last in runs:
        between += max(0.0, first - at)
        at = max(at, last)
    seconds = {"before its first pool": runs[0][0] - began, "between two pools": between}
    seconds["after its last task"] = ended - at
    outside, whole = sum(seconds.values()), ended - began
    if outside < max(LEAST_OUTSIDE, LEAST_SHARE_OUTSIDE * whole):
        return ""
    most = max(seconds, key=seconds.__getitem__)
    return (
        f"For {format_seconds(outside)} of its {format_seconds(whole)}, the program had no pool at work, most of it "
        f"{most}: more workers do not make that shorter."
    )


def notes_of(recording: Recording) -> list[str]:
    """Return the notes, with how often each was noted if that was more than once."""
    return [note if times == 1 else f"{note} ({times:,} times)" for note, times in recording.notes.items()]


def as_sentence(text: str) -> str:
    """Return a text with a capital letter at its beginning, and a full stop at its end."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def describe_group(group: Group) -> str:
    """Say what the pools that were made at one place did; its first word is not the first of a sentence."""
    longest, *others = group.pools
    if not others:
        return describe_pool(longest)
    together = f"ran {counted(group.tasks, 'task')} in {format_seconds(group.seconds)} together"
    return f"{len(group.pools):,} pools {together}. The longest, {_what(longest)}, {_did(longest)}"


def describe_pool(pool: RecordedPool) -> str:
    """Say what one pool did; its first word is not the first of a sentence."""
    return f"{_what(pool)} {_did(pool)}"


def _what(pool: RecordedPool) -> str:
    article = "an" if pool.kind[:1] in "AEIOU" else "a"
    return f"{article} {pool.kind} of {counted(pool.run.processes, 'worker')} ({pool.run.start_method})"


def _did(pool: RecordedPool) -> str:
    run = pool.run
    if not run.spans:
        return "had no task that has ended."
    names = f" of {_listed(pool.names)}" if pool.names else ""
    words = f"ran {counted(len(run.spans), 'task')}{names} in {format_seconds(run.seconds)}"
    outcomes = Counter(span.outcome for span in run.spans)
    words += f"; {counted(outcomes['error'], 'task')} failed" if outcomes["error"] else ""
    words += f"; {counted(outcomes['lost'], 'task')} never came back" if outcomes["lost"] else ""
    return f"{words}."


def where_the_time_went(pool: RecordedPool, whose: str = "The") -> str:
    """Say for how long the workers computed, and what the largest other part of their time was."""
    run, spent = pool.run, pool.spent
    used = cpus_in_words(spent.computing / (run.seconds or 1.0), usable_cpus())
    others = dict(spent.items()[1:]) | {
        "waiting for a CPU": pool.facts.waiting_for_cpu,
        LOST: pool.facts.seconds_of_lost,
    }
    phase, seconds = max(others.items(), key=lambda item: item[1])
    if phase == "waiting for a CPU":
        phase = _waiting(pool)
    rest = f"the largest other part of their time: {phase}, {seconds / (spent.whole or 1.0):.0%}"
    return f"{whose} workers computed for {format_seconds(spent.computing)}, on average on {used}; {rest}."


def _waiting(pool: RecordedPool) -> str:
    """Return what tasks without a CPU waited for, as far as it is known."""
    if not pool.facts.wait_is_known:
        return WAITING_UNKNOWN
    return WAITING if pool.facts.waits_for_no_cpu else "waiting for a CPU"


def _listed(names: list[str]) -> str:
    if len(names) <= MOST_GROUPS:
        return " and ".join(names)
    return f"{', '.join(names[:MOST_GROUPS])} and {counted(len(names) - MOST_GROUPS, 'other function')}"
