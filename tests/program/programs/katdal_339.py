# Report: ska-sa/katdal#339, Fix mvftoms on macOS and Python 3.8+ (a named tuple whose class is local)
# Expected: fails with spawn, forkserver; cause nested in line 8
import multiprocessing
from collections import namedtuple


def corrprod_index(names):
    CPInfo = namedtuple("CPInfo", "names count")
    return CPInfo(names, len(names))


def write(info):
    print(info.count, "products")


if __name__ == "__main__":
    process = multiprocessing.Process(target=write, args=(corrprod_index(["m000h", "m001v"]),))
    process.start()
    process.join()
