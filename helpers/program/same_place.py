"""Pools that a program made at the same place, again and again: what they cost together, and what would help all."""

from collections import defaultdict
from typing import NamedTuple

from helpers.diagnosis import Cause
from helpers.explaining.of_workers import STARTING
from helpers.program.recording import Group, RecordedPool
from helpers.text import format_seconds

MOST_EXPLAINED = 20
"""Of more pools at one place, some that are evenly spread, from the longest to the shortest, stand for all."""


class Found(NamedTuple):
    """One cause, as a pool has it. seconds: of the pool."""

    cause: Cause
    seconds: float

    @property
    def gain(self) -> float:
        """How many seconds the remedy would save."""
        return self.cause.gain(self.seconds)


def explain_group(group: Group) -> str:
    """Return what cost the longest pool of a group most, and what would help its pools together."""
    longest = group.pools[0]
    together = _explain_together(group, longest) if len(group.pools) > 1 else ""
    return "\n".join(filter(None, (longest.explanation, together)))


def _explain_together(group: Group, longest: RecordedPool) -> str:
    """Return the change that saves most of the time of all pools; nothing if none of them has one."""
    ended = [pool for pool in group.pools if pool.diagnosis]
    looked_at = ended[:: -(-len(ended) // MOST_EXPLAINED)] if ended else []
    by_name: defaultdict[str, list[Found]] = defaultdict(list)
    for pool in looked_at:
        for cause in pool.diagnosis.causes if pool.diagnosis else ():
            by_name[cause.name].append(Found(cause, pool.run.seconds))
    if not by_name:
        return ""
    found = max(by_name.values(), key=lambda each: sum(one.gain for one in each))
    cause = found[0].cause
    is_first = bool(longest.diagnosis and longest.diagnosis.causes[:1] == (cause,))
    change = "the same change" if is_first else f"another change: {cause.remedy}"
    whole = len(looked_at) == len(group.pools)
    text = f"Of the {len(group.pools):,} pools that were made here, "
    text += "" if whole else f"{len(looked_at):,} were looked at; of these, "
    text += f"{len(found):,} would gain by {change}."
    if any(one.cause.expected is None for one in found):
        return text
    saved = sum(one.gain for one in found) * group.seconds / sum(pool.run.seconds for pool in looked_at)
    if cause.name == STARTING:  # one of them has to be started all the same
        saved *= 1 - 1 / len(group.pools)
    expected, now = format_seconds(max(0.0, group.seconds - saved)), format_seconds(group.seconds)
    expect = "Expect" if whole else "If the others are alike, expect"
    return f"{text} {expect} {expected} instead of {now} for all together."
