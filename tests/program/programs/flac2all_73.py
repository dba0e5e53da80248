# Report: ZivaVatra/flac2all#73, Set multiprocessing start method (waits for all child processes to die)
# Expected: hangs with spawn, forkserver; cause children in line 20
import time
from multiprocessing import Process

import psutil


def encode(name):
    print("encoded", name)


if __name__ == "__main__":
    processes = [Process(target=encode, args=(name,)) for name in ("a.flac", "b.flac")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    # A child that has ended and was waited for is gone.
    while psutil.Process().children():
        time.sleep(0.05)
    print("all done")
