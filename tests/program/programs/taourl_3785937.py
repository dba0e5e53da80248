# Report: taourl.com/read-3785937, variables defined in __main__ are inaccessible in child processes
# Expected: silent with spawn, forkserver; cause stale in line 13
from multiprocessing import Process

x = 10


def worker():
    print(x)


if __name__ == "__main__":
    x = 20
    p = Process(target=worker)
    p.start()
    p.join()
