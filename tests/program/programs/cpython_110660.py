# Report: python/cpython#110660, Objects passed to multiprocessing.Process are garbage collected too soon
# Expected: messages with spawn, forkserver; cause dropped
import multiprocessing


def increment(counter):
    counter.value += 1


def start():
    multiprocessing.Process(target=increment, kwargs={"counter": multiprocessing.Value("i", 0)}).start()


if __name__ == "__main__":
    start()
