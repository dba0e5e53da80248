"""Worker functions for the tests of the X-ray."""

import math
import os
import sys
import threading
import time


class Odd(Exception):
    """An exception that rebuilds itself from something else than its args, and leaves its attributes behind."""

    def __init__(self, code: int) -> None:
        super().__init__(f"odd code {code}")
        self.code = code

    def __reduce__(self):
        return Odd, (self.code,)


class Fixed(ValueError):
    """An exception with slots that refuses new attributes."""

    __slots__ = ("code",)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


class Unpicklable:
    def __reduce__(self):
        raise ZeroDivisionError("this argument cannot be pickled")


class Counter:
    """A class with a method, for a bound method as the function."""

    def __init__(self, step: int) -> None:
        self.step = step

    def add(self, number: int) -> int:
        return number + self.step


def square(number: float) -> float:
    return number * number


def slow_square(number: float) -> float:
    time.sleep(0.05)
    return number * number


def add(left: int, right: int = 0, *, scale: int = 1) -> int:
    return (left + right) * scale


def fail(number: int) -> int:
    if number == 3:
        raise ValueError("three is one too many", number)
    return number


def raise_odd(code: int) -> None:
    raise Odd(code)


def raise_fixed(code: int) -> None:
    raise Fixed(code)


def pid(_: object = None) -> int:
    time.sleep(0.02)
    return os.getpid()


def modules() -> list[str]:
    return sorted(sys.modules)


def lock(_: object = None) -> object:
    return threading.Lock()


def identity_of(pair: tuple[object, object]) -> bool:
    return pair[0] is pair[1]


def writeable(array) -> bool:
    return array.flags.writeable


def remember(value: object) -> None:
    global remembered
    remembered = value


def recall(_: object = None) -> object:
    return remembered


def make_pool(_: object = None) -> None:
    from multiprocessing import Pool

    Pool(1)


def length(data) -> int:
    return len(data)


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
