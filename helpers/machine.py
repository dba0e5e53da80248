"""What this computer really offers to a pool, and how much memory a run needs. Each figure comes from the library that knows it best."""

import multiprocessing
import os
import platform
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import joblib
import psutil
import threadpoolctl


@dataclass(frozen=True, repr=False)
class Machine:
    """This computer as a pool sees it; the fields are what the functions of this module return."""

    python: str
    platform: str
    cpus: int
    usable_cpus: int
    physical_cores: int
    start_methods: tuple[str, ...]
    blas_threads: int

    def __repr__(self) -> str:
        default, *others = self.start_methods
        lines = {
            "Python": self.python,
            "platform": self.platform,
            "usable CPUs": f"{self.usable_cpus} of {self.cpus}",
            "physical cores": self.physical_cores,
            "start methods": ", ".join([f"{default} (default)", *others]),
            "BLAS threads": self.blas_threads or "not known",
        }
        return "\n".join(f"{name:<16}{value}" for name, value in lines.items())


def usable_cpus() -> int:
    """Return how many CPUs this process may use: affinity and a container's quota count (see `joblib.cpu_count`)."""
    return joblib.cpu_count()


def physical_cores() -> int:
    """Return how many physical cores there are; where fewer CPUs than the machine has are usable, that number."""
    return joblib.cpu_count(only_physical_cores=True)


def start_methods() -> list[str]:
    """Return the start methods that this platform has, the one a pool takes by default first.

    Python's own only: from 3.14 on its list also holds those that joblib adds as it is imported.
    """
    methods = [name for name in multiprocessing.get_all_start_methods() if name in ("fork", "spawn", "forkserver")]
    default = multiprocessing.get_start_method(allow_none=True) or methods[0]  # asks without fixing the default
    return sorted(methods, key=lambda method: method != default)


def blas_threads() -> int:
    """Return how many threads a matrix product of NumPy may use, or 0 if its BLAS does not tell (Accelerate)."""
    import numpy  # noqa: F401 - loads the BLAS that is asked about

    pools = threadpoolctl.threadpool_info()
    return max((pool["num_threads"] for pool in pools if pool["user_api"] == "blas"), default=0)


def free_memory() -> int:
    """Return how many bytes of memory are free for new work; a container's own limit is not known here."""
    return psutil.virtual_memory().available


def describe() -> Machine:
    """Return all of it; it prints itself as a few lines."""
    return Machine(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=f"{platform.system()} on {platform.machine()}",
        cpus=os.cpu_count() or 1,
        usable_cpus=usable_cpus(),
        physical_cores=physical_cores(),
        start_methods=tuple(start_methods()),
        blas_threads=blas_threads(),
    )


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
