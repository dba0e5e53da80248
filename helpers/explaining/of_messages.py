"""Causes that lie in what is sent: too few or too many messages, large arguments, large results, one long task."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from helpers.explaining.cause import Cause
from helpers.explaining.facts import Facts
from helpers.explaining.replay import Replay
from helpers.explaining.run_messages import LARGE
from helpers.model import Leg
from helpers.text import bytes_in_words, counted, format_seconds

SLOW_BYTE = 1.2e-9
"""Seconds to pickle, or to unpickle, a byte: lists of numbers and other small objects take more, arrays a fraction."""

ARRAY_BYTE = 4e-10
"""Seconds to pickle, or to unpickle, a byte of a NumPy array, about: it is copied, not taken to pieces."""

FEW = 4
"""No more messages for each worker are few; as many is what `Pool.map` makes by default."""

SMALL_WORK = 0.2
"""A message is small if its tasks compute for less than what it costs, divided by this."""

LEAST_SHARE = 0.2
"""The share of what a typical worker lost that messages must have cost, so that they are a cause."""

NAME_BYTES = 200.0
"""Bytes of what is sent instead of data: an index, or the name of a file."""


def causes_of_messages(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """Yield what can be wrong with the messages of this run, each with what its remedy would bring."""
    yield from _few_tasks(facts)
    if facts.threads:  # nothing is sent to them, and how their work was cut is not recorded
        return
    yield from _chunks(facts, replay)
    yield from _large_arguments(facts, replay)
    yield from _large_results(facts, replay)
    yield from _long_task(facts, replay)


def _chunks(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """Too many small messages, or too few large ones."""
    tasks, now = len(facts.spans), facts.chunksize
    if facts.one_at_a_time or facts.starved > 0.5 * facts.spent.whole:  # no other cut makes the program quicker
        return
    if facts.cuts_differ:
        return
    most = facts.most_in_a_call
    if most == 1:  # those of apply_async could go in one map
        most = facts.most_in_a_round
    sizes = {max(1, min(most, round(1.5**power))) for power in range(40) if 1.5**power <= most}
    few = len(facts.messages) <= FEW * facts.run.processes
    found = {size: replay.expect(chunksize=size) for size in sorted(sizes) if size < now or not few and size > now}
    if not found:
        return
    best = min(found.values())
    good = [size for size, seconds in found.items() if seconds <= 1.02 * best]
    size = min(good, key=lambda size: max(size / now, now / size))
    large = max(facts.message_bytes_in, facts.message_bytes_out) >= LARGE
    if size > now and large and not replay.is_like:  # then nothing says that it is their number which costs
        return
    remedy = f"chunksize={size}"
    in_messages = f"the {counted(tasks, 'task')} went in {counted(len(facts.messages), 'message')}"
    if size > now:
        lost = facts.spent.sending + facts.spent.returning + facts.spent.idle
        message, task = replay.message_seconds, sum(replay.durations) / tasks
        cost = message * len(facts.messages)
        if message < SMALL_WORK * now * task or cost < LEAST_SHARE * lost / facts.run.processes:
            return  # it is the cut that would come out better, by chance, or something else that costs
        costs = f"a message costs the program and a worker {format_seconds(message)} together"
        evidence = f"{in_messages}; {costs}, and a task computes for {format_seconds(task)}"
        yield Cause("too many small messages", lost, evidence, f"Put more tasks into each: {remedy}", found[size])
    else:
        evidence = f"{in_messages} only, and workers were idle while others computed"
        yield Cause("too few chunks", facts.spent.idle, evidence, f"Cut the work finer: {remedy}", found[size])


def _few_tasks(facts: Facts) -> Iterator[Cause]:
    """Fewer tasks than workers."""
    tasks, workers = facts.most_in_a_round, facts.run.processes
    if not facts.has_few_tasks or facts.one_at_a_time or facts.starved > 0.2 * facts.spent.whole:
        return
    evidence = f"there {'was' if tasks == 1 else 'were'} {counted(tasks, 'task')} for {counted(workers, 'worker')}"
    remedy = f"Cut the work into more tasks, {4 * min(workers, facts.cpus)} for instance, if it can be cut"
    gain = facts.run.seconds - facts.computing / min(workers, facts.cpus)
    yield Cause("fewer tasks than workers", facts.spent.idle, evidence, remedy, None, max(0.0, gain))


def _large_arguments(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """What travels to the workers: the same each time, as lists, or simply much."""
    if not facts.has_large_arguments:
        return
    size, messages = bytes_in_words(facts.message_bytes_in), counted(len(facts.messages), "message")
    lost, byte = facts.spent.sending, replay.pickling.send.byte
    less = replay.expect(
        bytes_in=[min(NAME_BYTES, each) for each in replay.bytes_in],
        function_bytes=min(NAME_BYTES, replay.function_bytes),
    )
    if facts.function_bytes >= LARGE:
        evidence = (
            f"the same {bytes_in_words(facts.function_bytes)} were pickled with the function, for each of {messages}"
        )
        remedy = (
            "Send what the function holds (a functools.partial, the object of a method, or a library's args=) once to "
            "each worker, with an initializer, or put it into shared memory"
        )
        yield Cause("the same large object sent again and again", lost, evidence, remedy, less)
    elif byte > SLOW_BYTE:
        evidence = f"each of {messages} carried about {size}, {_slowly(byte)}"
        remedy = "If these are numbers, send NumPy arrays instead of lists; if not, let workers read them"
        yield Cause("lists sent where arrays would do", lost, evidence, remedy, _as_arrays(replay, "send", "receive"))
    elif max(replay.bytes_in) <= 1.01 * min(replay.bytes_in):
        evidence = f"each of {messages} carried {size}, always as many bytes"
        remedy = (
            "If they are the same data each time, send them once to each worker, with an initializer, or put them "
            "into shared memory; if not, let the workers read or make their own"
        )
        yield Cause("the same large object sent again and again", lost, evidence, remedy, less)
    else:
        evidence = f"each of {messages} carried about {size}"
        remedy = "Let the workers read or make their own data: send an index, or the name of a file"
        yield Cause("large arguments", lost, evidence, remedy, less)


def _large_results(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """What travels back: as lists, or simply much."""
    if not facts.has_large_results:
        return
    lost, byte = facts.spent.returning, replay.pickling.reply.byte
    size, messages = bytes_in_words(facts.message_bytes_out), counted(len(facts.messages), "message")
    evidence = f"each of {messages} brought back about {size}"
    if byte > SLOW_BYTE:
        remedy, expected = (
            "If these are numbers, return NumPy arrays instead of lists; if not, return only what is needed",
            _as_arrays(replay, "reply", "collect"),
        )
        yield Cause("lists returned where arrays would do", lost, f"{evidence}, {_slowly(byte)}", remedy, expected)
        return
    remedy = "Return less: what is needed of it, or the name of a file; or let the workers write into shared memory"
    less = replay.expect(bytes_out=[min(NAME_BYTES, each) for each in replay.bytes_out])
    yield Cause("large results", lost, evidence, remedy, less)


def _slowly(byte: float) -> str:
    return f"and pickling took {byte * 1e9:.1f} ns a byte, as for lists"


def _as_arrays(replay: Replay, *legs: str) -> float:
    """Return the seconds that the run would take if a byte on these legs cost what it costs in an array."""
    cheaper: dict[str, Any] = {name: _with_cheap_bytes(getattr(replay.costs, name)) for name in legs}
    return replay.expect(costs=replace(replay.costs, **cheaper))


def _with_cheap_bytes(leg: Leg) -> Leg:
    return replace(leg, byte=min(leg.byte, ARRAY_BYTE))


def _long_task(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """One task that is much longer than the others, and came late."""
    longest = max(facts.spans, key=lambda span: span.finished - span.started)
    seconds = longest.finished - longest.started
    is_last = longest.finished == max(span.finished for span in facts.spans)
    if facts.run.processes == 1 or len(facts.spans) < 3 or seconds < 0.3 * facts.run.seconds or not is_last:
        return
    first = replay.expect(chunksize=1, **replay.in_rounds(lambda place: -replay.durations[place]))
    others = [span for span in facts.spans if span is not longest]
    idle = facts.spent.idle
    evidence = f"task {longest.task} took {format_seconds(seconds)}, and nothing else was left to do until it ended"
    if first > 0.9 * facts.run.seconds:
        typical = sum(span.finished - span.started for span in others) / len(others)
        if seconds > 3 * typical:
            remedy = "Cut this task into several: a pool takes at least as long as its longest task"
            yield Cause("one long task", idle, evidence, remedy, None, idle / facts.run.processes)
        return
    remedy = "Hand in the tasks that take longest first, with chunksize=1"
    yield Cause("a long task came late", idle, evidence, remedy, first)
