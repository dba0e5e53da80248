# Report: airspeed-velocity/asv#1551, CI: Python 3.14 (the environment is not inherited with a fork server)
# Expected: silent with forkserver; cause environ in line 17
import os
from multiprocessing import Pool


def environment(name):
    return name, os.environ.get(name, "not set")


def main():
    with Pool(1) as pool:
        print(pool.map(environment, ["ASV_ENV_NAME"]))

    # A spawned process has the parent's environment. The fork server has that of the first pool.

    os.environ["ASV_ENV_NAME"] = "virtualenv-py3.14"
    with Pool(1) as pool:
        print(pool.map(environment, ["ASV_ENV_NAME"]))


if __name__ == "__main__":
    main()
