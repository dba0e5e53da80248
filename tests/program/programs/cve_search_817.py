# Report: cve-search/cve-search#817, TypeError: cannot pickle '_thread.lock' object on macOS with Python 3.9
# Expected: fails with spawn, forkserver; cause unpicklable in line 9
import multiprocessing
import threading


class Downloader:
    def __init__(self, urls):
        self.progress_lock = threading.Lock()
        self.urls = urls

    def process(self, url):
        with self.progress_lock:
            print("processing", url)

    def populate(self):
        workers = [multiprocessing.Process(target=self.process, args=(url,)) for url in self.urls]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    Downloader(["feed one", "feed two"]).populate()
