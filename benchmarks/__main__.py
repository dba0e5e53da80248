"""Run every benchmark and print one table. It takes a few minutes; leave the machine alone meanwhile."""

import argparse
import multiprocessing
import sys

from benchmarks import guarding, lab, pool, predicting, starting, watching
from benchmarks.table import table
from helpers.machine import describe, start_methods


def main() -> None:
    """Measure with the chosen start method, and print the machine and the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--start-method", choices=start_methods(), default=start_methods()[0])
    parser.add_argument("--repeats", type=int, default=5, help="pairs of long runs (short ones: four times as many)")
    options = parser.parse_args()
    context = multiprocessing.get_context(options.start_method)
    parts = {
        "the lesson's pool": lambda: pool.shares(context, repeats=options.repeats),
        "watching empty tasks": lambda: watching.empty_tasks(context, repeats=4 * options.repeats),
        "watching the million rows": lambda: watching.many_rows(context, repeats=options.repeats),
        "what guarding costs": lambda: guarding.empty_apply(context, repeats=4 * options.repeats),
        "guarding the million rows": lambda: guarding.many_rows(context, repeats=options.repeats),
        "starting a worker": lambda: starting.first_result(repeats=4 * options.repeats),
        "the model": lambda: predicting.validate(context, repeats=options.repeats),
        "the simulator": lambda: predicting.simulating(repeats=options.repeats),
        "the lab": lambda: lab.measure_lab(repeats=options.repeats),
    }
    rows = []
    for name, measured in parts.items():
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        rows += measured()
    print(f"{describe()}\npools start by {options.start_method}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
