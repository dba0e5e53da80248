# Report: python/cpython#105982, PicklingError on multiprocessing for windows (a decorator)
# Expected: fails with spawn, forkserver; cause nested in line 16
import multiprocessing


def run_as_process(function):
    def start(*arguments):
        process = multiprocessing.Process(target=function, args=arguments)
        process.start()
        process.join()

    return start


@run_as_process
def work(name):
    print("working on", name)


if __name__ == "__main__":
    work("a file")
