"""A measured run repeated in the simulator, so that it can be asked what a change would bring."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from helpers.explaining.facts import LARGE, Facts, Message
from helpers.model import Costs, Leg, simulate

MOST_TASKS = 2_000
"""More tasks are put together, or every second, third… stands for its neighbours: an explanation takes no time."""

MOST_OFF = 2.0
"""Where the simulated run takes so many times longer or shorter than the measured one, the model knows it too badly."""

LEGS = ("send", "receive", "reply", "collect")
_UNSEEN = Costs()  # what a message costs beside what its moments show: the pipe, and waking up who waits for it


class Replay:
    """What the simulator makes of a run, as it was and with changes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        waits = facts.waits
        self.durations = [span.finished - span.started if waits else span.computing for span in facts.spans]
        self.bytes_in = [float(span.bytes_in) for span in facts.spans]
        self.bytes_out = [float(span.bytes_out) for span in facts.spans]
        self.costs = _fitted_costs(facts)
        self.warm = not facts.boot
        if _is_about_messages(facts):
            self._fit_messages()
        self._before = self._simulated()

    @property
    def is_like(self) -> bool:
        """Whether the simulated run is so much like the measured one that a promise can be made."""
        return bool(self._before) and 1 / MOST_OFF < self.facts.run.seconds / self._before < MOST_OFF

    def expect(self, **changes: Any) -> float:
        """Return the seconds that the run would take with these changes; see `simulate` for their names."""
        return self.facts.run.seconds * self._simulated(**changes) / self._before if self._before else 0.0

    def _simulated(self, *, warm: bool | None = None, **changes: Any) -> float:
        """Return the simulated seconds."""
        arguments: dict[str, Any] = {
            "durations": self.durations,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "processes": self.facts.run.processes,
            "cpus": self.facts.cpus,
            "chunksize": self.facts.chunksize,
            "costs": self.costs,
        } | changes
        if self.facts.waits:
            arguments["cpus"] = max(arguments["cpus"], arguments["processes"] + 1)
        fewer, times = _fewer_tasks(arguments)
        seconds = simulate(**fewer, warm=True).seconds
        start = 0.0 if (self.warm if warm is None else warm) else simulate(**fewer, warm=False).seconds - seconds
        return seconds * times + start

    def _fit_messages(self) -> None:
        """Find what a message costs so that the simulated run takes as long as the measured one."""
        fitted = self.costs
        low, high = 0.2, 20.0
        for _ in range(12):
            factor = (low * high) ** 0.5
            self.costs = _with_messages(fitted, factor)
            if self._simulated() < self.facts.run.seconds:
                low = factor
            else:
                high = factor


def _fewer_tasks(arguments: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the arguments of `simulate` for at most MOST_TASKS tasks, and how often their time counts.

    Tasks of one message are put together. If too few are in a message for that, only some of the messages are taken.
    """
    lists = ("durations", "bytes_in", "bytes_out")
    times = -(-len(arguments["durations"]) // MOST_TASKS)
    chunksize, costs = arguments["chunksize"], arguments["costs"]
    if times == 1:
        return arguments, 1
    if chunksize < times:
        return arguments | {name: arguments[name][::times] for name in lists}, times
    together = {name: [sum(part) for part in _batches(arguments[name], times)] for name in lists}
    legs = {name: replace(getattr(costs, name), task=getattr(costs, name).task * times) for name in LEGS}
    return arguments | together | {"chunksize": round(chunksize / times), "costs": replace(costs, **legs)}, 1


def _batches(values: Sequence[float], size: int) -> Iterator[Sequence[float]]:
    return (values[first : first + size] for first in range(0, len(values), size))


def _is_about_messages(facts: Facts) -> bool:
    """Whether the run is about its messages: they are small, and little else happens."""
    spent = facts.spent
    small = max(facts.message_bytes_in, facts.message_bytes_out) < LARGE
    return small and len(facts.messages) >= 50 and spent.computing < 0.5 * spent.whole and not facts.waits


def _with_messages(costs: Costs, factor: float) -> Costs:
    legs = {name: getattr(costs, name) for name in LEGS}
    return replace(costs, **{name: replace(leg, message=leg.message * factor) for name, leg in legs.items()})


def _fitted_costs(facts: Facts) -> Costs:
    """Return what the moments of the messages show of the costs of this pool."""
    messages = facts.messages
    pipe = _pipe_byte(messages)
    sizes_in = [sum(span.bytes_in for span in message) for message in messages]
    sizes_out = [sum(span.bytes_out for span in message) for message in messages]
    readies = [worker.ready - facts.run.began for worker in facts.run.workers]
    fork = (max(readies) - min(readies)) / max(1, len(readies) - 1) if facts.boot else 0.0
    fork = min(fork, max(0.0, min(readies)) / 2)
    return Costs(
        fork=fork,
        boot=max(0.0, facts.boot - fork * (1 + len(readies)) / 2),
        send=_leg(messages, sizes_in, [m[-1].sent - m[0].packed for m in messages], _UNSEEN.send, pipe),
        receive=_leg(messages, sizes_in, [_unpickling(m) for m in messages], _UNSEEN.receive, pipe),
        reply=_leg(messages, sizes_out, [m[-1].replied - m[0].returned for m in messages], _UNSEEN.reply, pipe),
        collect=_leg(messages, sizes_out, [m[-1].delivered - m[0].landed for m in messages], _UNSEEN.collect, pipe),
    )


def _leg(messages: Sequence[Message], sizes: Sequence[int], seconds: Sequence[float], unseen: Leg, pipe: float) -> Leg:
    """Return one leg of the round trip, from the seconds that each message spent on it."""
    if statistics.median(sizes) >= LARGE / 10:
        byte = statistics.median(second / size for second, size in zip(seconds, sizes, strict=True) if size)
        return Leg(unseen.message, max(0.0, byte) + pipe, unseen.task)
    typical = max(0.0, statistics.median(seconds))
    tasks = statistics.median(map(len, messages))
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


def _pipe_byte(messages: Sequence[Message]) -> float:
    """Return the seconds for each byte, at each end, that large messages are in the pipe when nothing holds them up."""
    large = [(m[0].arrived - m[-1].sent, sum(span.bytes_in for span in m)) for m in messages]
    large += [(m[0].landed - m[-1].replied, sum(span.bytes_out for span in m)) for m in messages]
    each = [seconds / size for seconds, size in large if size >= LARGE and seconds > 0]
    return min(each, default=0.0) / 2
