# Report: ungoogled-software/ungoogled-chromium#3866, Fix global variables in Python 3.14 multiprocessing processes
# Expected: silent with spawn, forkserver; cause stale in line 17
import argparse
from multiprocessing import Pool

EXCLUDED = ["third_party/"]


def is_listed(path):
    return not path.startswith(tuple(EXCLUDED))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--exclude", default=".pc/")
    options = parser.parse_args()
    EXCLUDED.append(options.exclude)
    paths = ["base/a.cc", ".pc/a.cc", "third_party/b.cc"]
    with Pool(2) as pool:
        print([path for path, listed in zip(paths, pool.map(is_listed, paths), strict=True) if listed])


if __name__ == "__main__":
    main()
