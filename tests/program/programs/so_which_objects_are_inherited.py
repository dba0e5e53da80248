# Report: e-learn.cn/content/wangluowenzhang/523288, multiprocessing spawn: which objects are "necessary"?
# Expected: silent with spawn, forkserver; cause stale in line 18 or 19
import multiprocessing as mp

x = 0


class A:
    y = 0


def f():
    print("global", x, "attribute", A.y)


def main():
    global x
    x = 1
    A.y = 1
    p = mp.Process(target=f)
    p.start()
    p.join()


if __name__ == "__main__":
    main()
