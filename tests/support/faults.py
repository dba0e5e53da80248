"""Worker functions that do everything wrong that a worker can do wrong. Nothing but the standard
library and the pool."""

import ctypes
import faulthandler
import os
import signal
import sys
import time
from multiprocessing import Pool

from helpers.xray import XrayPool


class TwoNeeded(Exception):
    """An exception that pickles and cannot be unpickled: its text is not the arguments that it needs."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


class Locked(Exception):
    """An exception that cannot be pickled."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.secret = lambda: None


class Evil:
    """A value that breaks, or kills, at the moment asked for: "pack" or "open"."""

    def __init__(self, moment: str, action: str) -> None:
        self.moment = moment
        self.action = action

    def __reduce__(self) -> tuple:
        if self.moment == "pack":
            act(self.action)
        return (act, (self.action,)) if self.moment == "open" else (Evil, (self.moment, self.action))


def act(action: str) -> str:
    """Do what the action says."""
    if action == "error":
        raise ValueError("as asked for")
    if action == "exit":
        sys.exit("left by sys.exit")
    if action == "crash":
        os._exit(7)
    if action == "segfault":
        faulthandler.disable()  # no traceback of it on the screen
        ctypes.string_at(0)
    if action == "kill":
        kill_me(signal.SIGKILL)
    return action


def kill_me(signal_number: int) -> None:
    faulthandler.disable()
    os.kill(os.getpid(), signal_number)
    time.sleep(60)


def square(number: int) -> int:
    return number * number


def square_but_not(number: int, bad: int, action: str) -> int:
    """Return the square of the number, but act for the bad one."""
    return act(action) if number == bad else number * number


def arguments(*args: object, **keywords: object) -> tuple:
    return args, keywords


def raises(number: int) -> None:
    raise ValueError(f"bad number {number}")


def raises_two_needed(number: int) -> None:
    raise TwoNeeded(number, "cannot come home")


def raises_locked(number: int) -> None:
    raise Locked("cannot leave")


def raises_named(name: str) -> None:
    """Raise the built-in exception of that name."""
    raise {"SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt, "GeneratorExit": GeneratorExit}[name](
        "gone"
    )


def stops_iteration(number: int) -> int:
    if number == 2:
        raise StopIteration(number)
    return number


def returns_lambda(number: int) -> object:
    return lambda: number


def returns_evil(moment: str, action: str) -> Evil:
    return Evil(moment, action)


def takes(value: object) -> object:
    return value


def exits(code: int) -> None:
    os._exit(code)


def forever(number: int) -> None:
    while True:
        time.sleep(0.05)


def stubborn(number: int) -> None:
    """Ignore every polite request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forever(number)


def asks(prompt: str) -> str:
    return input(prompt)


def pool_inside(number: int) -> list:
    with Pool(1) as pool:
        return pool.map(square, [number])


def xray_pool_inside(number: int) -> list:
    with XrayPool(1) as pool:
        return pool.map(square, [number])


def slowly(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def pid(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def big(size: int, seconds: float = 0.0) -> bytes:
    time.sleep(seconds)
    return bytes(size)


def bad_initializer(text: str) -> None:
    raise ValueError(text)


def set_flag(value: object) -> None:
    os.environ["POOL_FLAG"] = str(value)


def flag(_: object) -> str:
    return os.environ.get("POOL_FLAG", "")


def stock_pool_with_a_killed_worker() -> None:
    """What the canary runs, in a process of its own: it never returns as long as the stock pool hangs."""
    with Pool(2) as pool:
        pool.map(exits, [7])


if __name__ == "__main__":
    stock_pool_with_a_killed_worker()


def let_tblib_pickle_exceptions() -> None:
    """As importing Dask does, in this worker: from now on a library pickles every exception."""
    import tblib.pickling_support

    tblib.pickling_support.install()
