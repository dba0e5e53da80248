"""Measure what the course promises of its own speed. Leave the machine alone meanwhile."""

import argparse
import multiprocessing
import os
import signal
from functools import partial
from types import FrameType

from benchmarks import explaining, growth, lab, peers, predicting, starting, xray
from benchmarks.results import LATEST, RECORDED, Results, this_machine
from benchmarks.running import run
from helpers.machine import start_methods
from tools.quiet import State, disturbances, measure_state

PARTS = {
    "recipes": peers.compare_recipes,
    "peers": peers.compare_peers,
    "memory": peers.measure_memory,
    "growth-rows": growth.more_rows,
    "growth-tasks": growth.more_tasks,
    "xray-tasks": xray.empty_tasks,
    "xray-apply": xray.empty_apply,
    "xray-rows": xray.many_rows,
    "xray-start": xray.start_and_end,
    "xray-spans": xray.million_spans,
    "workers": starting.first_result,
    "model": predicting.validate,
    "simulator": predicting.simulate,
    "explain": explaining.diagnose,
    "lab": lab.measure_lab,
}
"""A part is a function of the multiprocessing context and the number of repeats, and yields figures as they come."""


def chosen(names: list[str]) -> list[str]:
    """Return the parts of these names, in their order; "xray" stands for all whose names begin so; none: all parts.

    Raises ValueError for a name that fits no part.
    """
    fits = {name: [part for part in PARTS if part == name or part.startswith(f"{name}-")] for name in names}
    if unknown := [name for name, parts in fits.items() if not parts]:
        raise ValueError(f"no part is named {', '.join(unknown)}; --list names them")
    return [part for part in PARTS if not names or any(part in parts for parts in fits.values())]


def main() -> None:
    """Measure the chosen parts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a part, or the beginning of several; default: all parts"
    )
    parser.add_argument("--list", action="store_true", help="name the parts, and measure nothing")
    parser.add_argument("--start-method", choices=start_methods(), default=start_methods()[0])
    parser.add_argument(
        "--repeats", type=int, default=5, help="of long measurements; short ones have four times as many"
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help=f"keep the results in {RECORDED.name}, which the pages quote, and not in {LATEST.name}",
    )
    options = parser.parse_args()
    try:
        parts = chosen(options.names)
    except ValueError as error:
        parser.error(str(error))
    if options.list:
        for part in parts:
            summary = (PARTS[part].__doc__ or "").splitlines()[0]
            print(f"{part:<14}{summary}")
        return
    results = Results(RECORDED if options.record else LATEST)
    context = multiprocessing.get_context(options.start_method)
    interrupt_only_this_process()
    for part in parts:
        print(f"\n{part}", flush=True)
        before = measure_state()
        check = partial(_disturbed_since, before)
        run(part, PARTS[part](context, options.repeats), this_machine(options.start_method), results, check)


def interrupt_only_this_process() -> None:
    """Let Ctrl-C, which every process of the terminal receives, end this process, which ends its workers.

    Forked workers inherit the handler and print no tracebacks between the rows.
    """
    parent = os.getpid()

    def handle(number: int, frame: FrameType | None) -> None:
        if os.getpid() == parent:
            signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, handle)


def _disturbed_since(before: State) -> str:
    return "; ".join(disturbances(before, measure_state()))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
