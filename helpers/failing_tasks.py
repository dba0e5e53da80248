"""Worker functions that go wrong, for the museum of failures. Standard library only, as `helpers.tasks`."""

import os
import signal
import time


class UnpicklableError(Exception):
    """An exception that cannot be unpickled: pickle calls the class with one argument, and it takes two."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")


def divide(number: float) -> float:
    """Divide one by the number; fail for 0."""
    return 1 / number


def raise_unpicklable(row: int) -> int:
    """Raise an exception that cannot be unpickled for row 2; else return the row."""
    if row == 2:
        raise UnpicklableError(row, "has no distance")
    return row


def open_file(name: str) -> object:
    """Return an open file, which cannot be pickled."""
    return open(name, encoding="utf-8")  # that it stays open is the point


def kill_worker(row: int) -> int:
    """Kill the worker process for row 2, as Linux does when memory runs out; else return the row."""
    if row == 2:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has SIGTERM only, and it kills
    return row


def never_end(row: int) -> int:
    """Sleep for an hour for row 2; else return the row."""
    if row == 2:
        time.sleep(3600)
    return row


def open_missing_file() -> None:
    """Fail as an initializer: the file is not there."""
    open_file("settings-that-nobody-wrote.toml")
