"""Is this machine quiet enough to record figures on?

Two loops side by side must be nearly twice as fast as one, and a loop must always take about as long.

python -m tools.quiet
"""

import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.machine import usable_cpus
from helpers.timing import warm_up

LEAST_SCALING = 1.9
"""Two loops in two processes must be at least this many times as fast as one after the other."""

MOST_UNEVEN = 1.2
"""The same loop may take so many times as long at one moment as at another; another guest may share a core unseen."""

MOST_STOLEN = 0.001
"""The share of the CPUs' time that other guests of the host may have taken: one tick of the clock in ten seconds."""

ROUNDS = 5
ITERATIONS = 9_000_000  # a loop of about a third of a second, beside which the cost of a message is small
CPU_TIMES = Path("/proc/stat")  # on Linux


@dataclass(frozen=True)
class CpuTimes:
    """How many ticks the CPUs have spent since the machine started, and how many of them other guests took."""

    all: int
    stolen: int


@dataclass(frozen=True)
class State:
    """The machine at one moment.

    scaling: of two loops against one; None on one CPU. times: None if the machine reports none. fastest and slowest:
    seconds of the same loop.
    """

    scaling: float | None
    times: CpuTimes | None
    fastest: float = 1.0
    slowest: float = 1.0


def measure_state() -> State:
    """Measure the machine, which takes about four seconds."""
    loops, pairs = time_loops()
    return State(scaling(loops, pairs) if usable_cpus() > 1 else None, read_cpu_times(), min(loops), max(loops))


def measure_scaling() -> float:
    """Return how many times as fast two loops are side by side as one after the other: the median of several rounds."""
    return scaling(*time_loops())


def time_loops() -> tuple[list[float], list[float]]:
    """Return the seconds of one loop, and of two side by side, in each of several rounds."""
    ones: list[float] = []
    twos: list[float] = []
    with multiprocessing.Pool(2) as pool:
        warm_up(pool, 2)
        for _ in range(ROUNDS):
            for seconds, loops in ((ones, 1), (twos, 2)):
                began = time.perf_counter()
                pool.map(count, [ITERATIONS] * loops, chunksize=1)
                seconds.append(time.perf_counter() - began)
    return ones, twos


def count(iterations: int) -> int:
    """Use a CPU for a while."""
    total = 0
    for number in range(iterations):
        total += number
    return total


def scaling(ones: Sequence[float], twos: Sequence[float]) -> float:
    """Return the median over the rounds of twice the seconds of one loop, divided by those of two side by side."""
    return statistics.median(2 * one / two for one, two in zip(ones, twos, strict=True))


def read_cpu_times(path: Path = CPU_TIMES) -> CpuTimes | None:
    """Return the machine's times so far, from the first line of /proc/stat (man 5 proc_stat); None without it."""
    if not path.exists():
        return None
    ticks = [int(number) for number in path.read_text().splitlines()[0].split()[1:9]]
    return CpuTimes(sum(ticks), ticks[7] if len(ticks) == 8 else 0)


def disturbances(before: State, after: State | None = None) -> list[str]:
    """Return what speaks against figures that were recorded between these two moments, or right after the first."""
    found = []
    for moment, state in (("before", before), ("after", after)):
        if state is not None and state.scaling is not None and state.scaling < LEAST_SCALING:
            loops = f"two loops side by side were {state.scaling:.2f} times as fast as one"
            found.append(f"{loops} {moment} the run, not {LEAST_SCALING}")
    states = [state for state in (before, after) if state is not None]
    fastest, slowest = min(state.fastest for state in states), max(state.slowest for state in states)
    if slowest > MOST_UNEVEN * fastest:
        found.append(f"the same loop took {fastest:.2f} s once, and {slowest:.2f} s another time")
    if after and after.times and before.times:
        elapsed, stolen = after.times.all - before.times.all, after.times.stolen - before.times.stolen
        if stolen > MOST_STOLEN * elapsed:
            found.append(f"other guests of the host took {stolen / elapsed:.1%} of the CPUs' time")
    return found


def main() -> None:
    """Print the machine's state; exit with an error when it is disturbed."""
    before = measure_state()
    found = disturbances(before, measure_state())
    if before.scaling is None:
        print("There is one CPU to use, so two loops side by side show nothing.")
    else:
        print(f"Two loops side by side are {before.scaling:.2f} times as fast as one after the other.")
    if found:
        raise SystemExit(f"This machine is disturbed: {'; '.join(found)}.")
    print("This machine is quiet.")


if __name__ == "__main__":
    main()
