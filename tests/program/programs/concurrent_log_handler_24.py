# Report: Preston-Landers/concurrent-log-handler#24, TypeError: can't pickle _thread.RLock objects
# Expected: fails with spawn, forkserver; cause unpicklable in line 9
import logging
from multiprocessing import Process


class Foo:
    def __init__(self):
        self.handler = logging.StreamHandler()

    def func(self):
        self.handler.handle(logging.makeLogRecord({"msg": "log this"}))


if __name__ == "__main__":
    process = Process(target=Foo().func)
    process.start()
    process.join()
