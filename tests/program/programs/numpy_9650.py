# Report: numpy/numpy#9650, Random seed is replication across child processes
# Expected: silent with spawn, forkserver; cause random in line 9
import multiprocessing as mp

import numpy as np


def draw(queue):
    queue.put(np.random.random())


if __name__ == "__main__":
    print(len(np.random.random(3)), "numbers in the parent")
    queue = mp.Queue()
    processes = [mp.Process(target=draw, args=(queue,)) for _ in range(3)]
    for process in processes:
        process.start()
    for number in sorted(queue.get() for _ in processes):
        print(number)
    for process in processes:
        process.join()
