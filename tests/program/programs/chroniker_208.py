# Report: chrisspen/django-chroniker#208, TypeError: cannot pickle '_io.TextIOWrapper' object
# Expected: fails with spawn, forkserver; cause unpicklable in line 10
import multiprocessing
import sys


class TimedProcess(multiprocessing.Process):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.output = sys.stdout

    def run(self):
        print("running", file=self.output)
        super().run()


def job(name):
    print("job", name)


if __name__ == "__main__":
    process = TimedProcess(target=job, args=("backup",))
    process.start()
    process.join()
