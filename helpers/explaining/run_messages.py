"""What a run shows of its messages: which tasks came together, and how many bytes they carried."""

import statistics
from functools import cached_property

from helpers.spans import Run, Span

LARGE = 100_000
"""Bytes of a message, or of a function, from which on its bytes cost more than the message itself."""

SMALL = 1_000
"""Bytes of a task, up to which it costs as much as one of no bytes."""

Message = list[Span]
"""The tasks that were sent in one message, in order."""


class Messages:
    """The messages of one run. spans: the tasks that have ended."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.spans = [span for span in run.spans if span.outcome in ("ok", "error")]

    @cached_property
    def messages(self) -> list[Message]:
        """The tasks by the message in which they came, in the order in which the messages were pickled."""
        found: dict[tuple[int, float], Message] = {}
        for span in self.spans:
            found.setdefault((span.worker, span.arrived), []).append(span)
        return sorted(found.values(), key=lambda message: message[0].packed)

    @cached_property
    def chunksize(self) -> int:
        """How many tasks most messages held."""
        return int(statistics.median_high([len(message) for message in self.messages]))

    @cached_property
    def cuts_differ(self) -> bool:
        """Whether calls were cut in very different ways, each in several messages, so that no size is typical."""
        lengths: dict[float, list[int]] = {}
        for message in self.messages:
            lengths.setdefault(message[0].submitted, []).append(len(message))
        typical = [statistics.median(each) for each in lengths.values() if len(each) > 1]
        return bool(typical) and max(typical) > 4 * min(typical)

    @cached_property
    def function_bytes(self) -> int:
        """Bytes of the function, which travels in each message. Else known only where a message holds several tasks."""
        if self.run.function_bytes:
            return self.run.function_bytes
        several = [message for message in self.messages if len(message) > 1]
        if not several:
            return 0
        more = [first.bytes_in - statistics.median(span.bytes_in for span in rest) for first, *rest in several]
        return max(0, int(statistics.median(more)))

    @cached_property
    def has_large_arguments(self) -> bool:
        """Whether messages to workers are large, because of what a task or the function holds."""
        each = self._bytes_of_a_task("bytes_in")
        return self.message_bytes_in >= LARGE and (each >= SMALL or self.function_bytes >= LARGE)

    @cached_property
    def has_large_results(self) -> bool:
        """Whether messages from workers are large, because of what a task returns."""
        each = self._bytes_of_a_task("bytes_out")
        return self.message_bytes_out >= LARGE and each >= SMALL

    def _bytes_of_a_task(self, name: str) -> float:
        """The bytes of a typical task in a typical message: calls of many small tasks do not hide large ones."""
        typical = (statistics.median(getattr(span, name) for span in message) for message in self.messages)
        return float(statistics.median(typical))

    @cached_property
    def sizes_in(self) -> list[int]:
        """The bytes that each message carried to a worker."""
        return [sum([span.bytes_in for span in message]) for message in self.messages]

    @cached_property
    def sizes_out(self) -> list[int]:
        """The bytes that each message carried back."""
        return [sum([span.bytes_out for span in message]) for message in self.messages]

    @cached_property
    def message_bytes_in(self) -> float:
        """Bytes that a typical message carried to a worker."""
        return statistics.median(self.sizes_in)

    @cached_property
    def message_bytes_out(self) -> float:
        """Bytes that a typical message carried back."""
        return statistics.median(self.sizes_out)
