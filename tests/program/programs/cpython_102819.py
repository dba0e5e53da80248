# Report: python/cpython#102819, Multiprocessing issue on Windows and globals() overflow
# Expected: silent with spawn, forkserver; cause import in line 5
import multiprocessing

print("the names so far:", sorted(name for name in globals() if not name.startswith("_")))


def test():
    pass


if __name__ == "__main__":
    processes = [multiprocessing.Process(target=test) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
