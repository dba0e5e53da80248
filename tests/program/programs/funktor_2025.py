# Report: funktor.github.io, multiprocessing-python-os-issue (Can't pickle local object 'fn.<locals>.producer')
# Expected: fails with spawn, forkserver; cause nested in line 7
import multiprocessing


def fn():
    def producer(queue):
        for i in range(5):
            queue.put(i)
        queue.put(None)

    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=producer, args=(queue,), daemon=True)
    process.start()
    for item in iter(queue.get, None):
        print(item * item)
    process.join()


if __name__ == "__main__":
    fn()
