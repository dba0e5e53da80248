"""Worker functions for tests, that do what is asked of them. Standard library only."""

import gc
import io
import math
import os
import sys
import time


class Counter:
    """A class with a method, for a bound method as the function."""

    def __init__(self, step: int) -> None:
        self.step = step

    def add(self, number: int) -> int:
        return number + self.step


def large_buffers(_: object) -> int:
    """How many buffers of more than a megabyte this process holds: a message that is read from."""
    buffers = [found for found in gc.get_objects() if type(found) is io.BytesIO]
    return sum(len(buffer.getbuffer()) > 1_000_000 for buffer in buffers)


def write_for(seconds: float, shared: dict) -> None:
    """Write into what a Manager holds, again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        shared["key"] = end


def square(number: float) -> float:
    return number * number


def slow_square(number: float) -> float:
    time.sleep(0.05)
    return number * number


def add(left: int, right: int = 0, *, scale: int = 1) -> int:
    return (left + right) * scale


def arguments(*args: object, **keywords: object) -> tuple:
    return args, keywords


def sleep_for(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def zero_bytes(size: int) -> bytes:
    return bytes(size)


def loaded_modules() -> list[str]:
    return sorted(sys.modules)


def is_one_object(pair: tuple[object, object]) -> bool:
    return pair[0] is pair[1]


def is_writeable(array) -> bool:
    return array.flags.writeable


def remember(value: object) -> None:
    global remembered
    remembered = value


def recall(_: object = None) -> object:
    return remembered


def nap_or_leave(seconds: float) -> None:
    if seconds < 0:
        os._exit(3)
    time.sleep(seconds)


def quarter_nap(number: int) -> int:
    time.sleep(0.25)
    return number


def negative_root(number: int) -> float:
    return math.sqrt(-1 - number)


def leave(_: int) -> None:
    os._exit(3)


def hold_megabytes(number: int) -> int:
    held = bytearray(number * 1_000_000)
    time.sleep(0.2)
    return len(held)
