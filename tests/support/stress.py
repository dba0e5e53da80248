"""Kill workers of pools at random moments, many times: the caller must see it, soon, and nothing must be left behind.

    python -m tests.support.stress --kills 500 --seed 1

Each trial makes a pool and kills one of its workers with a random signal while the workers are idle, compute, or return
a result of 60 MB. It counts as a hang if a result or the end of the pool takes more than 10 seconds.
"""

import argparse
import faulthandler
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable

from helpers.machine import start_methods
from helpers.xray import WorkerDied, XrayPool
from tests.support import workers

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV]
STATES = {
    "idle": (workers.square, []),
    "computing": (workers.sleep_for, [0.02] * 20),
    "60 MB": (workers.zero_bytes, [60_000_000] * 3),
}
HANG = 10.0  # seconds


def trial(method: str, state: str, number: int, chance: random.Random) -> tuple[str, float, float, int]:
    """Kill one worker; return what the caller saw, the seconds until then and until the end, and who was left."""
    function, values = STATES[state]
    expected = [function(value) for value in values[:1]] * len(values)
    with XrayPool(2, context=multiprocessing.get_context(method)) as pool:
        pool.map(workers.square, range(2))
        result = pool.map_async(function, values, chunksize=1)
        time.sleep(chance.uniform(0, 0.15))
        os.kill(chance.choice(multiprocessing.active_children()).pid, number)
        killed = time.monotonic()
        seen = outcome(result.get, expected)
        while seen == "finished":  # the pool must notice before long that it has lost a worker
            seen = outcome(lambda timeout: pool.map_async(workers.square, [2]).get(timeout), [4])
            seen = "hang" if time.monotonic() > killed + HANG else seen
        noticed = time.monotonic()
    return seen, noticed - killed, time.monotonic() - noticed, len(multiprocessing.active_children())


def outcome(get: Callable[..., list], expected: list) -> str:
    """Ask for a result, and say what came."""
    try:
        return "finished" if get(timeout=HANG) == expected else "WRONG"
    except WorkerDied:
        return "died"
    except multiprocessing.TimeoutError:
        return "hang"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    seen = defaultdict(list)
    for count in range(options.kills):
        faulthandler.dump_traceback_later(3 * HANG, exit=True)  # a hang that no time-out reaches
        method = start_methods()[count % len(start_methods())]
        state, number = chance.choice(list(STATES)), chance.choice(SIGNALS)
        seen[state, number.name, method].append(trial(method, state, number, chance))
    faulthandler.cancel_dump_traceback_later()
    return report(seen, options.seed)


def report(seen: dict, seed: int) -> int:
    """Print a table, and return the exit code: 0 if every worker's death was noticed and nothing was left."""
    print(f"{sys.version.split()[0]}, seed {seed}")
    print(f"{'state':<10} {'signal':<8} {'start':<11} {'kills':>5} {'noticed':>8} {'worst':>8} {'end':>8} {'left':>5}")
    for key in sorted(seen):
        kinds, noticed, ended, left = zip(*seen[key], strict=True)
        figures = f"{kinds.count('died'):>8} {max(noticed):>6.2f} s {max(ended):>6.2f} s {sum(left):>5}"
        print(f"{key[0]:<10} {key[1]:<8} {key[2]:<11} {len(kinds):>5} {figures}")
    trials = [one for group in seen.values() for one in group]
    wrong = [one for one in trials if one[0] != "died" or one[2] > HANG]
    left = sum(one[3] for one in trials)
    print(f"{len(trials)} kills, {len(wrong)} hangs, {left} left behind")
    return 1 if wrong or left else 0


if __name__ == "__main__":
    sys.exit(main())
