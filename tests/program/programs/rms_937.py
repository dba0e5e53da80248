# Report: CroatianMeteorNetwork/RMS#937, Fix QueuedPool multiprocessing crash on Windows (spawn)
# Expected: fails with spawn, forkserver; cause unpicklable in line 8
import multiprocessing


class QueuedPool:
    def __init__(self):
        self.manager = multiprocessing.Manager()
        self.results = self.manager.list()
        self.pool = multiprocessing.Pool(2, initializer=self.set_up)

    def set_up(self):
        self.results.append("ready")

    def run(self):
        found = self.pool.map(abs, [-1, -2])
        self.pool.close()
        self.pool.join()
        return found


if __name__ == "__main__":
    print(QueuedPool().run())
