# Report: python/cpython#123208, Creating multiprocessing.Queues operates strangely with Process's created in classes
# Expected: messages with spawn, forkserver; cause dropped
from multiprocessing import Process, Queue
from time import sleep


def foo(queue):
    queue.put("hello")


class Bar:
    def method(self):
        self.queue = Queue()
        process = Process(target=foo, args=(self.queue,))
        process.start()


if __name__ == "__main__":
    Bar().method()
    sleep(1)
