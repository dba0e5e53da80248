# Report: CAHLR/pyBKT#11, Accessing global variable from child process on Windows is different from MacOS
# Expected: fails with spawn, forkserver; cause stale in line 14
from multiprocessing import Pool

inputs = None


def inner(place):
    return sum(value * place for value in inputs)


def run(data):
    global inputs
    inputs = data
    with Pool(2) as pool:
        return pool.map(inner, range(3))


if __name__ == "__main__":
    print(run([1, 2, 3]))
