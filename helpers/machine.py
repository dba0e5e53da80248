"""What this computer really offers to a pool. Each figure comes from the library that knows it best."""

import multiprocessing
import os
import platform
from dataclasses import dataclass

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
