# Report: python/cpython#83998, CRITICAL: TypeError: cannot pickle 'generator'
# Expected: fails with spawn, forkserver; cause unpicklable in line 13 or 20 or 21
import multiprocessing


def numbers(limit):
    for number in range(limit):
        yield number * number


class Reader:
    def __init__(self, limit):
        self.lines = numbers(limit)

    def read(self):
        print(sum(self.lines))


if __name__ == "__main__":
    process = multiprocessing.Process(target=Reader(5).read)
    process.start()
    process.join()
