"""`explain(run)`: what cost a pool the most time, with the evidence, what to change, and what the change should bring.

What a change brings is simulated (`helpers.model`) from the spans of the same run: the simulator first repeats the run
as it was, and the measured seconds are scaled by what the change does to the simulated ones.
"""

from collections.abc import Sequence
from typing import NamedTuple

from helpers import markup
from helpers.explaining.cause import Cause
from helpers.explaining.facts import MATTERS, Facts
from helpers.explaining.of_messages import causes_of_messages
from helpers.explaining.of_workers import INTERPRETER_LOCK, OTHERS, TOO_LITTLE_WORK, causes_of_workers
from helpers.explaining.replay import Replay
from helpers.machine import usable_cpus
from helpers.spans import Breakdown, Run
from helpers.text import counted, format_seconds

__all__ = ["Cause", "Diagnosis", "explain"]

MOST_CAUSES = 3
FULL = 0.9
"""The share of the CPUs' time from which on the tasks have nearly all of it."""

XRAY_OF_TASK, XRAY_OF_MESSAGE, XRAY_OF_THREAD = 3e-6, 3e-5, 5e-5
"""CPU seconds that the X-ray itself takes, about: for each task, for each message, and for each task of threads, which
wait for each other meanwhile."""

LEAST_GAIN = 0.1
"""The share of a run's seconds that a remedy must save, so that it is worth a sentence."""


class Diagnosis(NamedTuple):
    """What cost a run the most. causes: at most three, the one first whose remedy saves most. It prints itself.

    seconds: of the run. lost: worker-seconds without computing. share: of the CPUs' time that the tasks computed.
    unknown: what this run does not show, and what would be needed to know it.
    """

    causes: tuple[Cause, ...]
    seconds: float
    lost: float
    share: float
    unknown: tuple[str, ...]

    def __repr__(self) -> str:
        found = (f"{self._evidence(n, cause)}\n  {self._remedy(cause)}" for n, cause in enumerate(self.causes))
        return "\n".join([*found, *self._rest()])

    def _evidence(self, place: int, cause: Cause) -> str:
        whose = "Most of what was lost" if cause.lost > 0.5 * self.lost else "Part of what was lost"
        lost = f"{format_seconds(min(cause.lost, self.lost))} of {format_seconds(self.lost)} of the workers' time"
        head = f"{whose}, {lost}: " if not place and cause.lost else "Also: " if place else ""
        evidence = cause.evidence if head else cause.evidence[:1].upper() + cause.evidence[1:]
        return f"{head}{evidence}."

    def _remedy(self, cause: Cause) -> str:
        if cause.expected is None:
            return f"{cause.remedy}."
        return f"{cause.remedy}. Expect {format_seconds(cause.expected)} instead of {format_seconds(self.seconds)}."

    def _rest(self) -> list[str]:
        lines = []
        if not self.causes:
            computed = f"the tasks computed for {self.share:.0%} of the time that the CPUs had"
            if self.share >= FULL:
                lines.append(f"The pool is well used: {computed}. What is left is in the tasks themselves.")
            else:
                known = "no change that the simulation knows would save a tenth of its time"
                lines.append(f"Little to gain by changing the pool: {known}. {computed[0].upper()}{computed[1:]}.")
        return [*lines, *self.unknown]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        advice = [(self._evidence(n, cause), self._remedy(cause)) for n, cause in enumerate(self.causes)]
        return {"text/plain": repr(self), "text/html": markup.advice(advice, self._rest())}


def explain(run: Run, *, cpus: int | None = None, spent: Breakdown | None = None) -> Diagnosis:
    """Return what cost this run the most time, and what to change.

    cpus: how many were usable, by default those of this machine. spent: the breakdown of the run, if it is known.

    Raises ValueError for a run without a task that has ended, and for cpus below 1.
    """
    cpus = usable_cpus() if cpus is None else cpus
    if cpus < 1:
        raise ValueError(f"cpus must be a whole number of 1 or more, not {cpus!r}")
    if not any(span.outcome in ("ok", "error") for span in run.spans):
        raise ValueError("this run has no task that has ended, so there is nothing to explain")
    facts = Facts(run, cpus, spent)
    replay = Replay(facts)
    causes = [*causes_of_workers(facts, replay), *causes_of_messages(facts, replay)]
    causes = _without_loop(causes)
    if not replay.is_like:
        causes = [cause if _is_loop(cause) else _without_promise(cause, run) for cause in causes]
    worth = [cause for cause in causes if cause.gain(run.seconds) > LEAST_GAIN * run.seconds]
    worth.sort(key=lambda cause: (cause.name != OTHERS, cause.gain(run.seconds)), reverse=True)
    capacity = run.seconds * min(cpus, run.processes)
    share = facts.computing / capacity if capacity else 0.0
    shown = tuple(worth[:1] if worth and _is_loop(worth[0]) else worth[:MOST_CAUSES])
    return Diagnosis(shown, run.seconds, facts.lost, share, tuple(_unknown(facts, replay, shown)))


def _is_loop(cause: Cause) -> bool:
    """Whether the advice is to take no pool, beside which no other advice about the pool makes sense."""
    return cause.name == TOO_LITTLE_WORK


def _without_promise(cause: Cause, run: Run) -> Cause:
    return cause._replace(expected=None, weight=cause.lost / run.processes)


def _without_loop(causes: list[Cause]) -> list[Cause]:
    """Drop the advice to take a plain loop where a better pool would be faster than that."""
    others = [cause.expected for cause in causes if not _is_loop(cause) and cause.expected is not None]
    best = min(others, default=float("inf"))
    return [cause for cause in causes if not _is_loop(cause) or (cause.expected or 0.0) < best]


def _seconds_of_xray(facts: Facts) -> float:
    """Return about how many CPU seconds the X-ray itself took."""
    if facts.threads:
        return XRAY_OF_THREAD * len(facts.spans)
    return XRAY_OF_TASK * len(facts.spans) + XRAY_OF_MESSAGE * len(facts.messages)


def _unknown(facts: Facts, replay: Replay, causes: Sequence[Cause]) -> list[str]:
    """Return what the run does not show."""
    found = []
    if not replay.is_like and not (causes and _is_loop(causes[0])):
        change = "another change" if any(map(_is_loop, causes)) else "a change"
        found.append(
            f"What {change} would bring cannot be said: the simulator comes nowhere near the time of this run."
        )
    if any(cause.name == INTERPRETER_LOCK for cause in causes):
        found.append(
            "The start of processes, and what would have to be sent to them, are not counted: threads share it."
        )
    if facts.computing < _seconds_of_xray(facts) and causes:
        found.append("With tasks this short, much of the time is the X-ray's own: time the change without the X-ray.")
    others, promised = facts.cpus_of_others, any(cause.expected is not None for cause in causes)
    if others > MATTERS * facts.cpus and (promised or not causes) and all(cause.name != OTHERS for cause in causes):
        busy = f"other programs used {others:.1f} of {counted(facts.cpus, 'CPU')} meanwhile"
        less = f"{busy[0].upper()}{busy[1:]}: while they go on, a change may bring less."
        found.append(less if promised else f"But {busy}.")
    waited = facts.waiting_for_cpu > 0.15 * facts.spent.whole
    if facts.run.load is None and waited and not facts.threads and facts.run.processes <= facts.cpus:
        found.append("Who used the CPUs meanwhile was not recorded: other programs, or threads that tasks started?")
    return found
