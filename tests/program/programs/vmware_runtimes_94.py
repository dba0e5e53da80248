# Report: vmware-archive/runtimes#94, Python runtime deadlock due to logging + multithreading + fork
# Expected: works with spawn, forkserver, unlike fork; cause threads in line 10
import threading
import time
from multiprocessing import Process

lock = threading.Lock()


def log_requests(stop):
    while not stop.is_set():
        with lock:
            time.sleep(0.05)


def handle():
    with lock:
        print("handled")


if __name__ == "__main__":
    stop = threading.Event()
    thread = threading.Thread(target=log_requests, args=(stop,), daemon=True)
    thread.start()
    time.sleep(0.01)
    process = Process(target=handle)
    process.start()
    process.join()
    stop.set()
