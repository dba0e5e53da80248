"""What an `XrayPool` refuses at once, saying what would do, since its workers could only die of it."""

import functools
import numbers
import os
import pickle
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from helpers.pool.pickling import dumps

MOST_PROCESSES = 60 if os.name == "nt" else 1000
"""Windows waits for at most 63 handles at once, and the pool needs some itself (python/cpython#71090)."""


def checked_processes(processes: int | None) -> int:
    """Return the number of processes; None: the stock pool's default. Raises ValueError outside 1 to MOST_PROCESSES."""
    if processes is None:  # from Python 3.13 on the stock pool asks process_cpu_count
        return min(getattr(os, "process_cpu_count", os.cpu_count)() or 1, MOST_PROCESSES)
    whole = isinstance(processes, numbers.Integral) and not isinstance(processes, bool)
    if not whole or not 1 <= processes <= MOST_PROCESSES:
        raise ValueError(f"processes must be a whole number from 1 to {MOST_PROCESSES}, not {processes!r}")
    return int(processes)


def checked_chunksize(chunksize: int) -> int:
    """Return the chunk size. Raises ValueError unless it is a whole number of 1 or more."""
    if not isinstance(chunksize, numbers.Integral) or chunksize < 1:
        raise ValueError(f"Chunksize must be 1+, not {chunksize!r}")  # the stock pool's words
    return int(chunksize)


def checked_limit(limit: float | None) -> float | None:
    """Return the time limit. Raises ValueError unless it is None or a number of seconds above 0."""
    if limit is not None and not (isinstance(limit, numbers.Real) and not isinstance(limit, bool) and limit > 0):
        raise ValueError(f"limit must be a number of seconds above 0, or None for no limit, not {limit!r}")
    return None if limit is None else float(limit)


def check_function(function: Callable[..., Any], start_method: str) -> None:
    """Raise PicklingError for a function that no worker could find."""
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    main = sys.modules["__main__"]
    if start_method != "fork" and _module_of(inner) == "__main__" and not hasattr(main, "__file__"):
        raise pickle.PicklingError(
            f"{getattr(inner, '__name__', inner)!r} lives in this notebook, where a worker that was started with"
            f" {start_method} cannot find it; put it in a file: begin its cell with %%writefile my_tasks.py, run the"
            " cell, and import it from my_tasks"
        )
    if not isinstance(inner, (FunctionType, type)):
        return  # an object may be large, and is pickled only once: when it is sent
    try:
        dumps(inner)  # its name, for a worker to find it by
    except Exception as error:
        raise pickle.PicklingError(
            f"{function!r} cannot be sent to a worker ({error}); give the pool a function that is defined"
            " with def at the top level of a module, such as helpers.tasks, or a functools.partial of one"
        ) from error


def _module_of(function: Callable[..., Any]) -> str:
    """Return the name of a function's module; "" for an object that has none, or does not say."""
    try:
        return str(getattr(function, "__module__", ""))
    except Exception:  # noqa: BLE001 (an object may do anything when it is asked for an attribute)
        return ""


def check_main(start_method: str) -> None:
    """Raise RuntimeError for a `__file__` set by hand: a fresh worker runs that file first, and dies if it cannot."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if start_method == "fork" or path is None or getattr(main, "__spec__", None) is not None:
        return
    if "get_ipython" in vars(main) or not os.path.isfile(path):
        raise RuntimeError(
            f"__file__ is set to {path!r} here, and every worker that is started with {start_method} would try to run"
            " that file first; delete it with: del __file__"
        )
