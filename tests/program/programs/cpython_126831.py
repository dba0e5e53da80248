# Report: python/cpython#126831, PicklingError when a Process is started with a target defined in a function
# Expected: fails with spawn, forkserver; cause nested in line 7
import multiprocessing


def main():
    def func():
        pass

    proc = multiprocessing.Process(target=func)
    proc.start()
    proc.join(3)
    return proc.exitcode


if __name__ == "__main__":
    print(main())
