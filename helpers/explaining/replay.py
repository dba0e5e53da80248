"""A measured run repeated in the simulator, so that it can be asked what a change would bring."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from helpers.explaining.facts import Facts
from helpers.explaining.run_messages import LARGE, SMALL, Message
from helpers.model import Costs, Leg, simulate

MOST_TASKS = 1_000
"""More tasks are put together, or every second, third… stands for its neighbours: an explanation takes no time."""

LEAST_TASKS = 50
"""So many tasks of each round are simulated, if it has them, however many rounds there are."""

MOST_FITTED = 20_000
"""Of more messages, every second, third… is looked at: the median message is the same."""

MOST_OFF = 2.0
"""Where the simulated run takes so many times longer or shorter than the measured one, the model knows it too badly."""

CLOCKS = 3e-6
"""Seconds that the X-ray's own clocks may take of a task: not what it waits for."""

MANY = 50
"""With fewer messages than this, they are not what a run spends its time on."""

MOST_ROUNDS = 100
"""Of more rounds, some that are evenly spread stand for all."""

LEGS = ("send", "receive", "reply", "collect")
OF_EACH = ("durations", "bytes_in", "bytes_out")
_UNSEEN = Costs()  # what a message costs beside what its moments show: the pipe, and waking up who waits for it


class Replay:
    """What the simulator makes of a run, as it was and with changes.

    pickling: what its messages cost, as far as their moments show it. costs: with what must have come on top.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.durations = facts.wall_of_each if facts.waits else facts.computing_of_each
        self.function_bytes = min(facts.function_bytes, *(message[0].bytes_in for message in facts.messages))
        self.bytes_in = _bytes_of_arguments(facts, self.function_bytes)
        self.bytes_out = [float(span.bytes_out) for span in facts.spans]
        self.rounds = [list(range(len(facts.spans)))] if facts.one_at_a_time else facts.rounds
        self._some_rounds = self.rounds[:: -(-len(self.rounds) // MOST_ROUNDS)]
        self._between = 0.0 if facts.one_at_a_time else facts.between_rounds
        self.costs = self.pickling = _fitted_costs(facts)
        self.warm = not facts.boot
        if not self.warm:
            self._fit_start()
        if _is_about_messages(facts):
            self._fit_messages()
        elif facts.has_large_arguments or facts.has_large_results:
            self._fit_pipe()
        self._before = self._simulated()

    @property
    def is_like(self) -> bool:
        """Whether the simulated run is so much like the measured one that a promise can be made."""
        return bool(self._before) and 1 / MOST_OFF < self.facts.run.seconds / self._before < MOST_OFF

    @property
    def message_seconds(self) -> float:
        """CPU seconds that a message costs by itself, in the parent and in its worker."""
        return float(sum(getattr(self.costs, name).message for name in LEGS))

    def expect(self, **changes: Any) -> float:
        """Return the seconds that the run would take with these changes; see `simulate` for their names."""
        return self.facts.run.seconds * self._simulated(**changes) / self._before if self._before else 0.0

    def expect_of_loop(self) -> float:
        """Return the seconds that the same tasks would take in a plain loop, which needs no simulator.

        What a typical task waited for, a file or another process, it would wait for there, too (but not for a lock
        that threads share), and what the program did before it handed tasks in, it would do.
        """
        program = _seconds_of_program(self.facts) if self.facts.is_starved else 0.0
        return self.work_of_loop + max(self._between, program)

    @property
    def work_of_loop(self) -> float:
        """The seconds of the tasks alone in a plain loop."""
        few = self.facts.run.processes <= self.facts.cpus  # with more, tasks wait for a CPU, which a loop does not
        waits = self.facts.cpu_share < 0.5 and not self.facts.threads and (few or self.facts.waits)
        waiting = (self.facts.typical_wall - CLOCKS) * len(self.facts.spans) if waits else 0.0
        return max(sum(self.durations), waiting)

    def in_rounds(self, order: Callable[[int], float]) -> dict[str, list[float]]:
        """Return the work with the tasks of each round in another order: by this key of their places."""
        places = [0] * len(self.durations)
        for these in self.rounds:
            for place, taken in zip(these, sorted(these, key=order), strict=True):
                places[place] = taken
        arguments = self._arguments()
        return {name: [arguments[name][place] for place in places] for name in OF_EACH}

    def _simulated(self, *, warm: bool | None = None, **changes: Any) -> float:
        """Return the simulated seconds: of the rounds, one after another, and of what the program does between them."""
        arguments = self._arguments() | changes
        if self.facts.waits:
            arguments["cpus"] = max(arguments["cpus"], arguments["processes"] + 1)
        works = [self._of_round(arguments, places) for places in self._some_rounds]
        rounds = [simulate(**work, warm=True).seconds * times for work, times in works]
        start = 0.0
        if not (self.warm if warm is None else warm):
            first, times = works[0]
            start = simulate(**first, warm=False).seconds - rounds[0] / times
        return start + sum(rounds) * len(self.rounds) / len(rounds) + self._between

    def _of_round(self, arguments: dict[str, Any], places: list[int]) -> tuple[dict[str, Any], int]:
        """Return the arguments of `simulate` for one round, and how often its seconds count."""
        of_each = {name: [arguments[name][place] for place in places] for name in OF_EACH}
        return _fewer_tasks(arguments | of_each, max(LEAST_TASKS, MOST_TASKS // len(self._some_rounds)))

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments of `simulate` for the run as it was."""
        processes = 1 if self.facts.one_at_a_time else self.facts.run.processes
        cpus = 1 if self.facts.takes_turns else self.facts.cpus
        return {
            "durations": self.durations,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "function_bytes": self.function_bytes,
            "processes": processes,
            "cpus": cpus,
            "chunksize": self.facts.chunksize,
            "costs": self.costs,
        }

    def _fit_start(self) -> None:
        """Find what it costs to fork and to boot a worker, so that the simulated workers are ready when these were.

        The parent forks all workers before it pickles the first message. Those that boot share the CPUs with it.
        """
        run, workers = self.facts.run, self.facts.run.processes
        forked = self.facts.messages[0][0].packed - run.began
        ready = max(worker.ready for worker in run.workers) - run.began
        forked = min(forked, ready)
        fork, boot = forked / workers, ready - forked
        for _ in range(6):
            self.costs = replace(self.costs, fork=fork, boot=boot)
            arguments, _ = self._of_round(self._arguments(), self.rounds[0])
            simulated = simulate(**arguments, warm=False)
            fork *= forked / max(simulated.spans[0].packed, 1e-9)
            boot *= ready / max(worker.ready for worker in simulated.workers)

    def _fit_messages(self) -> None:
        """Find what a message costs so that the simulated run takes as long as the measured one."""
        fitted = self.costs
        low, high = 0.2, 20.0
        for _ in range(9):
            factor = (low * high) ** 0.5
            self.costs = _with_messages(fitted, factor)
            if self._simulated() < self.facts.run.seconds:
                low = factor
            else:
                high = factor

    def _fit_pipe(self) -> None:
        """Find what a byte costs in the pipe so that the simulated run takes as long as the measured one."""
        fitted = self.costs
        low, high = 0.0, _most_pipe_byte(self.facts.messages)
        for _ in range(7):
            byte = (low + high) / 2
            legs = {name: getattr(fitted, name) for name in LEGS}
            self.costs = replace(fitted, **{name: replace(leg, byte=leg.byte + byte) for name, leg in legs.items()})
            if self._simulated() < self.facts.run.seconds:
                low = byte
            else:
                high = byte


def _bytes_of_arguments(facts: Facts, function_bytes: float) -> list[float]:
    """Return the bytes of each task without the function, which was pickled with the first task of its message."""
    first = {id(message[0]) for message in facts.messages}
    return [span.bytes_in - function_bytes * (id(span) in first) for span in facts.spans]


def _seconds_of_program(facts: Facts) -> float:
    """Return for how long the program kept workers waiting for tasks, after it had handed in the first one."""
    ready = max(facts.run.began, min(worker.ready for worker in facts.run.workers))
    before = max(0.0, min(message[0].submitted for message in facts.messages) - ready)
    return max(0.0, facts.starved / facts.run.processes - before)


def _fewer_tasks(arguments: dict[str, Any], most: int) -> tuple[dict[str, Any], int]:
    """Return the arguments of `simulate` for no more than this many tasks, and how often their time counts.

    Tasks of one message are put together. If too few are in a message for that, only some of the messages are taken.
    """
    times = -(-len(arguments["durations"]) // most)
    chunksize, costs = arguments["chunksize"], arguments["costs"]
    if times == 1:
        return arguments, 1
    if chunksize < times:
        return arguments | {name: arguments[name][::times] for name in OF_EACH}, times
    together = {name: [sum(part) for part in _batches(arguments[name], times)] for name in OF_EACH}
    legs = {name: replace(getattr(costs, name), task=getattr(costs, name).task * times) for name in LEGS}
    return arguments | together | {"chunksize": round(chunksize / times), "costs": replace(costs, **legs)}, 1


def _batches(values: Sequence[float], size: int) -> Iterator[Sequence[float]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _is_about_messages(facts: Facts) -> bool:
    """Whether the run is about its messages: they are small and many, and little else happens."""
    spent = facts.spent
    small = not facts.has_large_arguments and not facts.has_large_results
    other = spent.computing + spent.starting + facts.starved
    return small and len(facts.messages) >= MANY and other < 0.5 * spent.whole and not facts.waits


def _with_messages(costs: Costs, factor: float) -> Costs:
    legs = {name: getattr(costs, name) for name in LEGS}
    return replace(costs, **{name: replace(leg, message=leg.message * factor) for name, leg in legs.items()})


def _fitted_costs(facts: Facts) -> Costs:
    """Return what the moments of the messages show of the costs of this pool."""
    some = slice(None, None, -(-len(facts.messages) // MOST_FITTED))
    messages, sizes_in, sizes_out = facts.messages[some], facts.sizes_in[some], facts.sizes_out[some]
    return Costs(
        fork=0.0,
        boot=0.0,
        send=_leg(messages, sizes_in, [m[-1].sent - m[0].packed for m in messages], _UNSEEN.send),
        receive=_leg(messages, sizes_in, [_unpickling(m) for m in messages], _UNSEEN.receive),
        reply=_leg(messages, sizes_out, [m[-1].replied - m[0].returned for m in messages], _UNSEEN.reply),
        collect=_leg(messages, sizes_out, [m[-1].delivered - m[0].landed for m in messages], _UNSEEN.collect),
    )


def _leg(messages: Sequence[Message], sizes: Sequence[int], seconds: Sequence[float], unseen: Leg) -> Leg:
    """Return one leg of the round trip, from the seconds that each message spent on it."""
    tasks = statistics.median(map(len, messages))
    if statistics.median(sizes) >= max(LARGE / 10, tasks * SMALL):
        byte = statistics.median(second / size for second, size in zip(seconds, sizes, strict=True) if size)
        return Leg(unseen.message, max(0.0, byte), unseen.task)
    typical = max(0.0, statistics.median(seconds))
    if tasks < 5:
        return Leg(max(unseen.message, typical), unseen.byte, min(unseen.task, typical))
    return Leg(unseen.message, unseen.byte, typical / tasks)


def _unpickling(message: Message) -> float:
    """Return the seconds between the tasks of a message, in which its worker unpickled."""
    before = message[0].arrived
    seconds = 0.0
    for span in message:
        seconds += max(0.0, span.started - before)
        before = span.finished
    return seconds


def _most_pipe_byte(messages: Sequence[Message]) -> float:
    """Return the most seconds for each byte, at each end, that large messages can have cost in the pipe."""
    large = [(m[0].arrived - m[-1].sent, sum(span.bytes_in for span in m)) for m in messages]
    large += [(m[0].landed - m[-1].replied, sum(span.bytes_out for span in m)) for m in messages]
    each = [seconds / size for seconds, size in large if size >= LARGE and seconds > 0]
    return min(each, default=0.0) / 2
