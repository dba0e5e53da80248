"""What a run shows: its tasks and messages, the load of the CPUs, and for how long the workers waited for work."""

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from helpers.explaining.run_messages import Messages
from helpers.spans import Breakdown, Run, Span, breakdown

MOMENT = 1e-3
"""Seconds that a program may take, after a result has come, to hand in the next task at once."""

MATTERS = 0.15
"""The share of the CPUs from which on it matters that others use them."""

FULL = 0.8
"""The share of the CPUs from which on whoever wants one has to wait."""

MOST_OF_ONE_CPU, ONE_CPU = 0.6, 1.3
"""The number of CPUs in use, on average, from which on, and up to which, it is about one."""

LONG = 1.0
"""Seconds of a run from which on the looks at its workers miss little, since there are ten in each second."""

HARDLY = 0.25
"""The share of the time without a CPU, up to which it was hardly a wait for one."""

IN_TURN = 8
"""With fewer tasks than this, that they ended one after another may be chance."""

NEGLIGIBLE = 1e-3
"""Seconds; a worker that is ready so soon after the run began was there before."""


class Facts(Messages):
    """What one run shows. run: with one task or more; cpus: how many were usable; spent: where its time went."""

    def __init__(self, run: Run, cpus: int, spent: Breakdown | None = None) -> None:
        super().__init__(run)
        self.cpus = cpus
        self.spent = spent or breakdown(run)
        self.threads = run.start_method == "threads"

    @cached_property
    def most_in_a_call(self) -> int:
        """How many tasks were handed in together at most: no message can hold more."""
        return max(Counter(span.submitted for span in self.spans).values())

    @cached_property
    def rounds(self) -> list[list[int]]:
        """The places of the tasks in `spans`, by round: a round was handed in after all results of the one before.

        So a program that calls `map` again and again has a round for each call; tasks that were all handed in before
        the first result came are one round.
        """
        found: list[list[int]] = []
        latest = -math.inf
        for place in sorted(range(len(self.spans)), key=lambda place: self.spans[place].submitted):
            span = self.spans[place]
            if span.submitted >= latest and (not found or span.submitted > self.spans[found[-1][-1]].submitted):
                found.append([])
            found[-1].append(place)
            latest = max(latest, span.delivered)
        return [sorted(places) for places in found]

    @cached_property
    def most_in_a_round(self) -> int:
        """How many tasks were handed in, at most, before the first of their results came."""
        return max(map(len, self.rounds))

    @property
    def has_few_tasks(self) -> bool:
        """Whether there were fewer tasks than workers that could have a CPU each."""
        return self.most_in_a_round < min(self.run.processes, self.cpus)

    @cached_property
    def between_rounds(self) -> float:
        """Seconds between the last result of one round and the start of the next one: the program's own."""
        ends = [max(self.spans[place].delivered for place in places) for places in self.rounds]
        starts = [min(self.spans[place].submitted for place in places) for places in self.rounds]
        return sum(start - end for end, start in zip(ends, starts[1:], strict=False))

    @property
    def lost_tasks(self) -> int:
        """How many tasks began, and never came back; how long they would have taken is not known."""
        return len(self.run.spans) - len(self.spans)

    @cached_property
    def seconds_of_lost(self) -> float:
        """Worker-seconds from the start of the tasks that never came back until that was noticed."""
        lost = (span for span in self.run.spans if span.outcome not in ("ok", "error"))
        return sum(span.finished - span.started for span in lost)

    @cached_property
    def waiting_for_cpu(self) -> float:
        """Worker-seconds for which tasks that came back had no CPU; what the others did is not known."""
        return max(0.0, self.spent.waiting_for_cpu - self.seconds_of_lost)

    @cached_property
    def computing_of_each(self) -> list[float]:
        """CPU seconds of each task."""
        return [span.computing for span in self.spans]

    @cached_property
    def wall_of_each(self) -> list[float]:
        """Wall seconds of each task."""
        return [span.finished - span.started for span in self.spans]

    @cached_property
    def computing(self) -> float:
        """CPU seconds of all tasks."""
        return sum(self.computing_of_each)

    @cached_property
    def wall(self) -> float:
        """Wall seconds of all tasks."""
        return sum(self.wall_of_each)

    @cached_property
    def typical_wall(self) -> float:
        """Wall seconds of the median task."""
        return statistics.median(self.wall_of_each)

    @property
    def cpu_share(self) -> float:
        """For which share of their time the tasks had a CPU."""
        return self.computing / self.wall if self.wall else 1.0

    @cached_property
    def cpus_used(self) -> float:
        """How many CPUs the tasks kept busy, on average over the time from the first start to the last end."""
        return _cpus_used(self.spans)

    @cached_property
    def waits(self) -> bool:
        """Whether the tasks waited for something else than a CPU, for most of their time.

        Linux says how long a worker waited for a CPU; with short runs it misses some. So where other programs took
        much and the CPUs were full, the run must be long, and that wait a small part of the time without a CPU.
        Elsewhere: with more workers than CPUs they would wait for one, and the CPUs would be full; workers that still
        start need CPUs, too. Threads of one interpreter wait for its lock, and then one CPU is full. What lost tasks
        did is not known: they must have been the smaller part.
        """
        if self.cpu_share >= 0.5 or self.seconds_of_lost > self.wall:
            return False
        if self.cpus_of_others > MATTERS * self.cpus and self.cpus_in_use > FULL * self.cpus:
            return self._hardly_waited_for_cpu
        if self.run.load is not None and not self.threads:
            return self.run.load.waited - self.spent.starting < 0.5 * self.waiting_for_cpu  # they start, too
        queued = self.run.load.waited / self.run.load.seconds if self.run.load is not None else 0.0
        if self.threads:
            return self.cpus_used + queued < MOST_OF_ONE_CPU
        ready = max(worker.ready for worker in self.run.workers)
        settled = [span for span in self.spans if span.started >= ready]
        if len(settled) < 0.2 * len(self.spans) and self.run.processes > self.cpus:
            return False
        return _cpus_used(settled or self.spans) + queued < 0.6 * min(self.run.processes, self.cpus)

    @cached_property
    def wait_in_turn(self) -> bool:
        """Whether tasks that waited ended one after another, as those do that hold the same lock meanwhile.

        Then each waits for all others that have a worker, but for the very first, and the ends are evenly apart. Tasks
        that do not wait for each other can end evenly apart, too; but then they take about as long as the first one.
        """
        if len(self.spans) < IN_TURN or self.run.processes == 1:
            return False
        ends = sorted(span.finished for span in self.spans)
        gaps = [later - earlier for earlier, later in itertools.pairwise(ends)]
        even = sum(gap > 0.7 * statistics.fmean(gaps) for gap in gaps) >= 0.9 * len(gaps)
        return even and self.typical_wall > 0.7 * self.run.processes * min(self.wall_of_each)

    @cached_property
    def takes_turns(self) -> bool:
        """Whether threads computed one at a time, as the interpreter's lock (GIL) makes them."""
        about_one = MOST_OF_ONE_CPU <= self.cpus_used <= ONE_CPU
        return self.threads and not self.waits and self.cpu_share <= 0.75 and about_one

    @property
    def cpus_of_others(self) -> float:
        """How many CPUs other programs used meanwhile, on average; 0 where that is not known."""
        load = self.run.load
        if load is None or load.seconds <= 0:
            return 0.0
        return max(0.0, load.machine - load.workers - load.parent - load.managers) / load.seconds

    @property
    def waits_for_no_cpu(self) -> bool:
        """Whether tasks lost much time without a CPU, and did not wait for one: for a lock, perhaps."""
        much = self.waiting_for_cpu > MATTERS * self.spent.whole and self.seconds_of_lost <= self.wall
        return self.waits or much and self._hardly_waited_for_cpu

    @property
    def _hardly_waited_for_cpu(self) -> bool:
        """Whether Linux has seen, in a long run, that the time without a CPU was hardly a wait for one."""
        load = self.run.load
        seen = load is not None and load.seconds >= LONG and load.waited < HARDLY * self.waiting_for_cpu
        return seen and not self.threads

    @property
    def wait_is_known(self) -> bool:
        """Whether it was recorded for long enough, or on CPUs that were free enough, what the tasks waited for."""
        load = self.run.load
        if self.threads or load is None:
            return self.threads
        return load.seconds >= LONG or self.cpus_of_others <= MATTERS * self.cpus

    @property
    def has_busy_manager(self) -> bool:
        """Whether a Manager of the program computed for a share of the run that matters."""
        load = self.run.load
        return load is not None and load.managers > MATTERS * load.seconds

    @property
    def cpus_in_use(self) -> float:
        """How many CPUs all programs used meanwhile, on average; 0 where that is not known."""
        load = self.run.load
        return load.machine / load.seconds if load is not None and load.seconds > 0 else 0.0

    @property
    def lost(self) -> float:
        """Worker-seconds in which the workers did not compute."""
        return self.spent.whole - self.spent.computing

    @property
    def boot(self) -> float:
        """Seconds until a typical worker was ready; 0 if the workers were there before."""
        seconds = statistics.median(worker.ready for worker in self.run.workers) - self.run.began
        return seconds if seconds > NEGLIGIBLE else 0.0

    @cached_property
    def one_at_a_time(self) -> bool:
        """Whether each message was handed in after the answer to the one before had come, and soon after."""
        if len(self.messages) < 3 or self.run.processes == 1:
            return False
        gaps = [later[0].submitted - earlier[-1].delivered for earlier, later in itertools.pairwise(self.messages)]
        trips = sum(message[-1].delivered - message[0].submitted for message in self.messages)
        return min(gaps) >= 0 and sum(gaps) < max(0.25 * trips, MOMENT * len(gaps))

    @cached_property
    def starved(self) -> float:
        """Worker-seconds in which workers were idle while the program had not yet handed in what was still to come."""
        idle = 0.0
        last = max(message[0].submitted for message in self.messages)
        waiting = busy = 0
        before = min(worker.ready for worker in self.run.workers)
        for moment, to_waiting, to_busy in sorted(self._moves(last)):
            if before < moment <= last and not waiting:
                idle += (moment - max(before, self.run.began)) * max(0, self.run.processes - busy)
            before = max(before, moment)
            waiting, busy = waiting + to_waiting, busy + to_busy
        return idle

    @property
    def is_starved(self) -> bool:
        """Whether the program left the workers without tasks for much of their time, other than by calls in turn."""
        return not self.one_at_a_time and self.starved > 0.2 * self.spent.whole

    def _moves(self, last: float) -> Iterator[tuple[float, int, int]]:
        """Yield when a message began to wait, and when it was with a worker; not what began after the last moment."""
        for message in self.messages:
            submitted, arrived = message[0].submitted, message[0].arrived
            yield submitted, 1, 0
            if arrived <= last:
                yield max(arrived, submitted), -1, 1
                yield max(message[-1].replied, arrived), 0, -1


def _cpus_used(spans: list[Span]) -> float:
    seconds = max(span.finished for span in spans) - min(span.started for span in spans)
    return sum(span.computing for span in spans) / seconds if seconds else 1.0
