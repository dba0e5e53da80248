# Report: dongzhang0725/PhyloSuite#129, RuntimeError: Queue objects should only be shared ... through inheritance
# Expected: fails with all; cause inheritance in line 15
from multiprocessing import Pool, Queue


def extract(arguments):
    name, queue = arguments
    queue.put(name)
    return len(name)


if __name__ == "__main__":
    progress = Queue()
    with Pool(2) as pool:
        print(pool.map(extract, [("one", progress), ("three", progress)]))
