# Report: python/cpython#142249, multiprocessing.Pool lambda initializer raises PicklingError in 3.14
# Expected: fails with spawn, forkserver; cause nested in line 6
import multiprocessing

if __name__ == "__main__":
    with multiprocessing.Pool(2, lambda: None) as pool:
        print(pool.map(abs, [-1, -2]))
