# Report: widmi/multiprocess-shared-numpy-arrays#2, Does not work on Windows (an array found by globals()[name])
# Expected: fails with spawn, forkserver; cause stale in line 14
from multiprocessing import Pool, RawArray

PREFIX = "_shared_"


def total(name):
    return sum(globals()[PREFIX + name])


def share(name, values):
    # The name is made at run time.
    globals()[PREFIX + name] = RawArray("i", values)


if __name__ == "__main__":
    share("numbers", [1, 2, 3])
    with Pool(2) as pool:
        print(pool.map(total, ["numbers"] * 2))
