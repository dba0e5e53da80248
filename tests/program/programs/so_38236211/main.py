# Report: stackoverflow.com/questions/38236211, Why multiprocessing.Process behave differently on windows and linux
# Expected: silent with spawn, forkserver; cause stale in line 19
from multiprocessing import Process

import import_mock


class A:
    def __init__(self):
        self.a = 1
        self.c = 3

    def __getstate__(self):
        return {"a": self.a, "c": 0}


def func():
    # The line below is what the worker does not see.
    import_mock.to_mock = 1
    return A()


def func1(a):
    print(a.a, a.c)
    print(import_mock.to_mock)


if __name__ == "__main__":
    process = Process(target=func1, args=(func(),))
    process.start()
    process.join()
