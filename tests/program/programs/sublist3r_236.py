# Report: aboul3la/Sublist3r#236, TypeError: cannot pickle '_thread.lock' object
# Expected: fails with spawn, forkserver; cause unpicklable in line 11
import multiprocessing
import threading


class Engine(multiprocessing.Process):
    def __init__(self, domain, found):
        super().__init__()
        self.found = found
        self.lock = threading.Lock()
        self.domain = domain

    def run(self):
        with self.lock:
            self.found.put(f"www.{self.domain}")


def main():
    found = multiprocessing.Queue()
    engines = [Engine(domain, found) for domain in ("example.com", "example.org")]
    for engine in engines:
        engine.start()
    print(sorted(found.get() for _ in engines))
    for engine in engines:
        engine.join()


if __name__ == "__main__":
    main()
