"""The moments of a task, as bytes, and the recorder that keeps them.

Moments travel and are kept as bytes, not as objects: many small objects are slow to pickle and keep the garbage
collector busy. Workers import this module: keep it light.
"""

import itertools
import time
import weakref
from collections.abc import Iterator
from struct import Struct
from typing import Any

OUT = Struct("=qddd")
"""On the way out: bytes in, submitted, packed, sent."""

WORK = Struct("=ddddddd")
"""In the worker: arrived, received, started, finished, CPU seconds, returned, replied."""

HOME = Struct("=qqqdd")
"""On the way home: worker (pid), outcome (OK, ERROR or LOST), bytes out, landed, delivered."""

OK, ERROR, LOST = range(3)
"""Places in `helpers.spans.OUTCOMES`."""

_TASK = Struct("=q" + OUT.format[1:] + WORK.format[1:] + HOME.format[1:])
_NUMBER = Struct("=q")
_keys = itertools.count()
_recorders: "weakref.WeakValueDictionary[int, Recorder]" = weakref.WeakValueDictionary()


class Recorder:
    """What the parent knows of the tasks of one run. Answers find it by its key, for as long as it lives."""

    def __init__(self) -> None:
        self.key = next(_keys)
        self.tasks = itertools.count()
        self.packed: dict[int, bytes] = {}
        self.ready: dict[int, float] = {}
        self._ended: list[bytes] = []
        _recorders[self.key] = self

    def end(self, task: int, work: bytes, home: bytes) -> None:
        """Keep what is known of a task: from its sending, its worker, and its way home."""
        sending = self.packed.pop(task, None)
        if sending is not None:  # else it was reported as lost in the meantime
            self._ended.append(_NUMBER.pack(task) + sending + work + home)

    def lose(self, worker: int, ready: float, task: int, moments: tuple[float, float, float]) -> None:
        """Keep what is known of a task that ends now, with its worker. moments: arrived, received, started, or 0."""
        now = time.perf_counter()
        self.ready[worker] = ready
        work = WORK.pack(*(moment or now for moment in moments), now, 0.0, now, now)
        self.end(task, work, HOME.pack(worker, LOST, 0, now, now))

    @property
    def count(self) -> int:
        """How many tasks have ended."""
        return len(self._ended)

    def tasks_ended(self) -> Iterator[tuple[Any, ...]]:
        """Yield the number of every task that has ended, and the numbers of its OUT, WORK and HOME."""
        return map(_TASK.unpack, self._ended.copy())


def recorder_of(key: int) -> Recorder | None:
    """Return the recorder with this key, if anybody still wants to know."""
    return _recorders.get(key)
