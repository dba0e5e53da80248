"""How much memory a run needs, in this process and in its workers, while it goes on."""

import threading
from types import TracebackType
from typing import Self

import psutil

STEP = 0.1
"""Seconds between two looks."""


class PeakMemory:
    """The most memory that this process and its largest child process held of their own, while the block lasted.

    Bytes. "Of their own" is what would be free again if the process ended (USS, see psutil): shared memory, and pages
    that a fork has not changed, are nobody's own. parent counts from the beginning of the block, worker from nothing.
    A peak that is over between two looks, STEP seconds apart, is missed.

        with PeakMemory() as peak:
            results = pool.map(...)
        peak.parent, peak.worker
    """

    def __init__(self) -> None:
        self.parent = 0
        self.worker = 0
        self._done = threading.Event()
        self._process = psutil.Process()

    def __enter__(self) -> Self:
        self._begin = _own(self._process)
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._watching.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(STEP):
            self._look()

    def _look(self) -> None:
        self.parent = max(self.parent, _own(self._process) - self._begin)
        self.worker = max([self.worker, *map(_own, self._process.children(recursive=True))])


def _own(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().uss
    except psutil.Error:  # it has just ended
        return 0
