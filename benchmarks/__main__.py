"""Run every benchmark and print one table. It takes a few minutes; leave the machine alone meanwhile."""

import argparse
import multiprocessing
import sys

from benchmarks import lab, pool, predicting, starting, xray
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
        "the X-ray of empty tasks": lambda: xray.empty_tasks(context, repeats=4 * options.repeats),
        "the X-ray of an empty apply": lambda: xray.empty_apply(context, repeats=4 * options.repeats),
        "the X-ray of the million rows": lambda: xray.many_rows(context, repeats=options.repeats),
        "the start and the end of a pool": lambda: xray.start_and_end(context, repeats=4 * options.repeats),
        "a million spans": xray.million_spans,
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
