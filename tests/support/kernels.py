"""A real notebook kernel, with all the processes that it has started, and whether processes have ended."""

import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty

import psutil
from jupyter_client.manager import KernelManager

SUPPORT = Path(__file__).parent


def gone(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Whether all of the processes end within that many seconds."""
    deadline = time.monotonic() + seconds
    while any(runs(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def runs(process: psutil.Process) -> bool:
    """Whether a process still runs; a zombie, which only waits to be reaped, does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Kernel:
    """A kernel with a client, and the processes that it has started."""

    def __init__(self, *setup: str) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(cwd=SUPPORT)
        self.client = self.manager.client()
        self.client.start_channels()
        self.prepare(*setup)

    def prepare(self, *setup: str) -> None:
        self.client.wait_for_ready(timeout=30)
        for code in setup:
            assert self.run(code)[1:] == ("", ""), code
        self.process = psutil.Process(self.manager.provisioner.pid)
        self.helpers = set(self.process.children(recursive=True))

    def start(self, code: str, until: str = "") -> str:
        """Begin to run a cell, and wait until it has printed this."""
        message = self.client.execute(code)
        while until and until not in self.client.get_iopub_msg(timeout=10)["content"].get("text", ""):
            pass
        return message

    def finish(self, message: str, seconds: float = 10) -> tuple[str, str, str]:
        """Wait for the end of a cell; return what it printed, what it wrote to stderr, and its error."""
        deadline = time.monotonic() + seconds
        shown = {"stdout": "", "stderr": "", "error": ""}
        while True:
            try:
                answer = self.client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError(f"the cell still runs; so far it has shown {shown}") from None
            if answer["parent_header"].get("msg_id") != message:
                continue
            content = answer["content"]
            if answer["msg_type"] == "stream":
                shown[content["name"]] += content["text"]
            elif answer["msg_type"] == "error":
                shown["error"] += f"{content['ename']}: {content['evalue']}"
            elif answer["msg_type"] == "status" and content["execution_state"] == "idle":
                return shown["stdout"], shown["stderr"], shown["error"]

    def run(self, code: str) -> tuple[str, str, str]:
        return self.finish(self.start(code))

    def workers(self) -> set:
        return set(self.process.children(recursive=True)) - self.helpers

    def end(self) -> None:
        """Kill the kernel alone: its helper processes see that, clear its named semaphores away, and leave."""
        self.client.stop_channels()
        self.process.kill()
        gone(self.helpers, 5)
        self.manager.shutdown_kernel(now=True)
