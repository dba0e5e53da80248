# Report: statisticalbiotechnology/triqler#8, Multiprocessing fails on Windows
# Expected: fails with spawn, forkserver; cause nested in line 10
import signal
from multiprocessing import Pool


class MyPool:
    def __init__(self, processes):
        self.results = []
        ignore_interrupts = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.pool = Pool(processes, ignore_interrupts)

    def apply_async(self, function, arguments):
        self.results.append(self.pool.apply_async(function, arguments))

    def check_pool(self):
        results = [result.get() for result in self.results]
        self.pool.close()
        self.pool.join()
        return results


def posterior(number):
    return number / 2


if __name__ == "__main__":
    pool = MyPool(2)
    for each in range(3):
        pool.apply_async(posterior, (each,))
    print(pool.check_pool())
