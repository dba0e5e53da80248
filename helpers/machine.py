"""What this computer offers a pool: CPUs, start methods, BLAS threads and memory; and how much memory a run needs."""

import math
import multiprocessing
import os
import platform
import threading
from dataclasses import dataclass
from typing import Self

import joblib
import psutil
import threadpoolctl

from helpers import markup

SAMPLING_INTERVAL = 0.1
"""Seconds between two samples of the memory in use."""

MOST_ON_WINDOWS = 60
"""Processes of an `XrayPool` on Windows, which waits for at most 63 handles at once (python/cpython#71090)."""


@dataclass(frozen=True, repr=False)
class Machine:
    """What this computer offers a pool; the fields hold what the functions of this module return."""

    python: str
    platform: str
    cpus: int
    usable_cpus: int
    physical_cores: int
    start_methods: tuple[str, ...]
    blas_threads: int

    def __repr__(self) -> str:
        return "\n".join(f"{name:<16}{value}" for name, value in self._lines().items())

    def _repr_html_(self) -> str:
        return markup.facts({name: str(value) for name, value in self._lines().items()})

    def _lines(self) -> dict[str, object]:
        default, *others = self.start_methods
        return {
            "Python": self.python,
            "platform": self.platform,
            "usable CPUs": f"{self.usable_cpus} of {self.cpus}",
            "physical cores": self.physical_cores,
            "start methods": ", ".join([f"{default} (default)", *others]),
            "BLAS threads": self.blas_threads or "unknown",
        }


def usable_cpus() -> int:
    """Return how many CPUs this process may use, within its affinity and its container's quota (`joblib.cpu_count`).

    On Windows no more than 60: no pool can have more processes there.
    """
    cpus = int(joblib.cpu_count())
    return min(cpus, MOST_ON_WINDOWS) if os.name == "nt" else cpus


def physical_cores() -> int:
    """Return the number of physical cores, or of usable CPUs where a limit leaves this process fewer of them."""
    return int(joblib.cpu_count(only_physical_cores=True))


def start_methods() -> list[str]:
    """Return Python's start methods on this platform, the default one first.

    Since Python 3.14, `multiprocessing.get_all_start_methods` also lists methods that joblib adds; they are left out.
    """
    methods = [name for name in multiprocessing.get_all_start_methods() if name in ("fork", "spawn", "forkserver")]
    default = multiprocessing.get_start_method(allow_none=True) or methods[0]  # does not fix the default
    return sorted(methods, key=lambda method: method != default)


def blas_threads() -> int:
    """Return how many threads a matrix product of NumPy may use, or 0 if its BLAS does not report it (Accelerate)."""
    import numpy  # noqa: F401 - loads the BLAS library

    pools = threadpoolctl.threadpool_info()
    return max((pool["num_threads"] for pool in pools if pool["user_api"] == "blas"), default=0)


def free_memory() -> int:
    """Return how many bytes of memory are available; a container's own limit is not taken into account."""
    return psutil.virtual_memory().available


def describe() -> Machine:
    """Return what this computer offers; it prints itself as a few lines."""
    return Machine(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=f"{platform.system()} on {platform.machine()}",
        cpus=os.cpu_count() or 1,
        usable_cpus=usable_cpus(),
        physical_cores=physical_cores(),
        start_methods=tuple(start_methods()),
        blas_threads=blas_threads(),
    )


class PeakMemory:
    """The most memory, in bytes, that this process and its largest descendant held while the block ran.

    Only a process's own memory counts, which would be free again if the process ended (USS, see psutil): no shared
    memory, and no pages that a fork has not changed. parent counts from the beginning of the block, worker from
    nothing. A peak between two samples, SAMPLING_INTERVAL seconds apart, is missed. Where the system does not let this
    process ask for the memory of another one, as macOS may not, worker is nan.

        with PeakMemory() as peak:
            results = pool.map(...)
        peak.parent, peak.worker
    """

    def __init__(self) -> None:
        self.parent = 0.0
        self.worker = 0.0
        self._process = psutil.Process()
        self._done = threading.Event()
        self._sampling = threading.Thread(target=self._sample_until_done, daemon=True)

    def __enter__(self) -> Self:
        self._begin = _own_bytes(self._process)
        self._sampling.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._sampling.join()
        self._sample()

    def _sample_until_done(self) -> None:
        while not self._done.wait(SAMPLING_INTERVAL):
            self._sample()

    def _sample(self) -> None:
        self.parent = _most(self.parent, _own_bytes(self._process) - self._begin)
        self.worker = _most(self.worker, *map(_own_bytes, self._process.children(recursive=True)))


def _own_bytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss)
    except psutil.AccessDenied:
        return math.nan
    except psutil.Error:  # the process has ended
        return 0.0


def _most(*numbers: float) -> float:
    """Return the largest number, or nan if one of them is unknown."""
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)
