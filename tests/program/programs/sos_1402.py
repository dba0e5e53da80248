# Report: vatlab/sos#1402, Verbosity is not passed to workers correctly under Python 3.8
# Expected: silent with spawn, forkserver; cause stale in line 24
import sys
from concurrent.futures import ProcessPoolExecutor


class Environment:
    def __init__(self):
        self.verbosity = 1


env = Environment()


def step(number):
    if env.verbosity > 1:
        return f"step {number}: 3 statements"
    return f"step {number}"


def main(arguments):
    # The level comes from the command line.
    level = int(arguments[0]) if arguments else 2
    env.verbosity = level
    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(step, range(3))))


if __name__ == "__main__":
    main(sys.argv[1:])
