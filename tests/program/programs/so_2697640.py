# Report: stackoverflow.com/questions/2697640, multiprocessing bomb
# Expected: silent with spawn, forkserver; cause guard in line 15
import multiprocessing


def worker():
    """worker function"""
    print("Worker")


jobs = []
for i in range(3):
    p = multiprocessing.Process(target=worker)
    jobs.append(p)
    p.start()
for p in jobs:
    p.join()
