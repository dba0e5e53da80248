# Report: jruere/multiprocessing-logging#37, Does not work on Windows?
# Expected: silent with spawn, forkserver; cause settings in line 13
import logging
import multiprocessing
import sys


def thread_test():
    logging.getLogger().warning("Thread")


def main():
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s] %(message)s")
    logging.getLogger().warning("Main")
    p = multiprocessing.Process(target=thread_test)
    p.start()
    p.join()


if __name__ == "__main__":
    main()
