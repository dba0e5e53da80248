"""What one press of Stop does to a stock pool in a notebook: how many presses it takes, what is printed, what is left.

python -m tools.press_stop [ROUNDS]

Each round runs each cell in a new kernel under each start method, interrupts the kernel at a random moment, as
JupyterLab's Stop does, and interrupts it again each time the cell still runs PATIENCE seconds later. The lesson that
introduces `Pool` quotes what it found.
"""

import multiprocessing
import random
import sys
import time
from queue import Empty

import psutil
from jupyter_client.manager import KernelManager

PATIENCE = 8.0
"""Seconds after which a student presses again."""

MOST_PRESSES = 3
LATEST = 2.5
"""Seconds after the start of the cell, within which Stop is pressed."""

SETUP = """
import multiprocessing, signal
from functools import partial
import numpy as np
from helpers import tasks
Pool = multiprocessing.get_context({method!r}).Pool
rows = np.random.default_rng(0).normal(size=(600_000, 10))
function, chunks = partial(tasks.distances, target=rows[0]), np.array_split(rows, 5)
"""
CELLS = {
    "with": "with Pool(5) as pool:\n    parts = pool.map(function, chunks)",
    "with, workers ignore it": "with Pool(5, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:\n"
    "    parts = pool.map(function, chunks)",
    "without with": "pool = Pool(5)\nparts = pool.map(function, chunks)",
}
END = "pool.terminate(); pool.join()"
"""The cell that ends the workers of a pool that was made without `with`."""


class Kernel:
    """A new kernel with a client."""

    def __init__(self, method: str) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.wait(self.client.execute(SETUP.format(method=method)), 60)
        self.process = psutil.Process(self.manager.provisioner.pid)
        self.before = set(self.process.children(recursive=True))

    def wait(self, message: str, seconds: float) -> int | None:
        """Wait for the end of a cell; return how many lines it wrote to stderr, None if it still runs."""
        deadline, lines = time.monotonic() + seconds, 0
        while True:
            try:
                answer = self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                return None
            if answer["parent_header"].get("msg_id") != message:
                continue
            if answer["msg_type"] == "stream" and answer["content"]["name"] == "stderr":
                lines += answer["content"]["text"].count("\n")
            elif answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return lines

    def workers(self) -> int:
        """Count what the kernel has started, without the forkserver and the resource tracker."""
        found = 0
        for process in set(self.process.children(recursive=True)) - self.before:
            try:
                words = process.cmdline()
                of_python = any("resource_tracker" in word or "forkserver" in word for word in words)
                found += not of_python or bool(process.ppid() != self.process.pid)
            except psutil.NoSuchProcess:
                continue
        return found

    def shut_down(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def press(cell: str, method: str) -> tuple[int, int, int, int | None]:
    """Return how often Stop was pressed, the lines on stderr, the workers left, and for "without with" those after END.

    One press more than MOST_PRESSES: the cell never ended. None: END did not end, or was not tried.
    """
    kernel = Kernel(method)
    try:
        message = kernel.client.execute(cell)
        time.sleep(random.uniform(0.1, LATEST))
        for presses in range(1, MOST_PRESSES + 1):
            kernel.manager.interrupt_kernel()
            lines = kernel.wait(message, PATIENCE)
            if lines is not None:
                break
        else:
            return MOST_PRESSES + 1, 0, kernel.workers(), None
        time.sleep(0.3)
        left = kernel.workers()
        ended = "with " not in cell and kernel.wait(kernel.client.execute(END), PATIENCE) is not None
        time.sleep(0.3)
        return presses, lines, left, kernel.workers() if ended else None
    finally:
        kernel.shut_down()


def main() -> None:
    """Press Stop ROUNDS times (12 by default) in each cell under each start method, and print each as it comes."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    print("cell | start method | presses | lines on stderr | workers left | after terminate and join")
    for _ in range(rounds):
        for name, cell in CELLS.items():
            for method in multiprocessing.get_all_start_methods():
                print(" | ".join(map(str, (name, method, *press(cell, method)))), flush=True)


if __name__ == "__main__":
    main()
