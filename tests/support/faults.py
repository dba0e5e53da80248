"""Worker functions and values that do everything wrong that they can do wrong. Standard library and the pool only."""

import ctypes
import faulthandler
import os
import signal
import sys
import time
from multiprocessing import Pool

from helpers.xray import XrayPool


class CannotBeUnpickled(Exception):
    """An exception that pickles and cannot be unpickled: its text is not the arguments that it needs."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


class CannotBePickled(Exception):
    """An exception with a lambda among its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.secret = lambda: None


class RebuildsItself(Exception):
    """An exception that is rebuilt from something else than its args, and without its attributes."""

    def __init__(self, code: int) -> None:
        super().__init__(f"odd code {code}")
        self.code = code

    def __reduce__(self) -> tuple:
        return RebuildsItself, (self.code,)


class RefusesAttributes(ValueError):
    """An exception that nothing can be set on, not even its cause."""

    __slots__ = ("code",)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


class Breaks:
    """A value that does what `misbehave` says while it is pickled, or while it is unpickled."""

    def __init__(self, moment: str, action: str) -> None:
        self.moment = moment
        self.action = action

    def __reduce__(self) -> tuple:
        if self.moment == "pickled":
            misbehave(self.action)
        return (misbehave, (self.action,)) if self.moment == "unpickled" else (Breaks, (self.moment, self.action))


def misbehave(action: str) -> str:
    """Do what the action says, in whatever process calls this."""
    if action == "error":
        raise ValueError("as asked for")
    if action == "exit":
        sys.exit("left by sys.exit")
    if action == "crash":
        os._exit(7)
    if action == "segfault":
        faulthandler.disable()  # no traceback of it on the screen
        ctypes.string_at(0)
    return action


def kill_this_process(signal_number: int) -> None:
    faulthandler.disable()
    os.kill(os.getpid(), signal_number)
    time.sleep(60)


def exit_with(code: int) -> None:
    os._exit(code)


def never_end(number: int) -> None:
    while True:
        time.sleep(0.05)


def ignore_sigterm(number: int) -> None:
    """Never end, and ignore every polite request to do so."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    never_end(number)


def ask(prompt: str) -> str:
    return input(prompt)


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is one too many", number)
    return number


def raise_value_error(number: int) -> None:
    raise ValueError(f"bad number {number}")


def raise_cannot_be_unpickled(number: int) -> None:
    raise CannotBeUnpickled(number, "needs two arguments")


def raise_cannot_be_pickled(number: int) -> None:
    raise CannotBePickled("holds a lambda")


def raise_rebuilds_itself(code: int) -> None:
    raise RebuildsItself(code)


def raise_refuses_attributes(code: int) -> None:
    raise RefusesAttributes(code)


def raise_named(name: str) -> None:
    """Raise the exception of that name that would end a worker."""
    raise {"SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt, "GeneratorExit": GeneratorExit}[name](
        "gone"
    )


def raise_stop_iteration_at_two(number: int) -> int:
    if number == 2:
        raise StopIteration(number)
    return number


def fail_to_initialize(text: str) -> None:
    raise ValueError(text)


def return_lambda(number: int) -> object:
    return lambda: number


def return_breaks(moment: str, action: str) -> Breaks:
    return Breaks(moment, action)


def start_stock_pool(number: int) -> list:
    with Pool(1) as pool:
        return pool.map(abs, [number])


def start_xray_pool(number: int) -> list:
    with XrayPool(1) as pool:
        return pool.map(abs, [number])


def let_tblib_pickle_exceptions() -> None:
    """Let a library pickle every exception from now on, as importing Dask does."""
    import tblib.pickling_support

    tblib.pickling_support.install()


def hang_in_the_stock_pool() -> None:
    """Kill a worker of a stock pool: as long as that hangs, this never returns."""
    with Pool(2) as pool:
        pool.map(exit_with, [7])


if __name__ == "__main__":
    hang_in_the_stock_pool()
