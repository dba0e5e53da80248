# Report: RegioHelden/django-kafka#192, Support spawn/forkserver process start methods (the registry is empty)
# Expected: silent with spawn, forkserver; cause stale in line 11
import multiprocessing

registry = {}


def consumer(name):
    def register(function):
        # This runs when the applications are loaded.
        registry[name] = function
        return function

    return register


def load_applications():
    consumer("orders")(print)
    consumer("refunds")(print)


def start():
    print("consumers:", sorted(registry))


if __name__ == "__main__":
    load_applications()
    process = multiprocessing.Process(target=start)
    process.start()
    process.join()
