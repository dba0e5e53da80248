"""The pools of threads and the executors that take the places of the stock ones in a program, and record."""

import functools
import importlib
import os
import sys
from collections.abc import Callable
from concurrent import futures
from multiprocessing.pool import ThreadPool
from typing import Any

from helpers.program.calls import ALONE, APPLY, MAP, SUBMIT
from helpers.program.pools import ENDING, InJournal, ProgramPool, disguise
from helpers.program.stock_tracebacks import as_program_future
from helpers.spans import IN_THREADS

RECORDING = {
    "multiprocessing.pool": {"ThreadPool": ("helpers.xray_threads", "XrayThreadPool")},
    "concurrent.futures.process": {"ProcessPoolExecutor": ("helpers.xray_executor", "XrayProcessPoolExecutor")},
    "concurrent.futures.thread": {"ThreadPoolExecutor": ("helpers.xray_executor", "XrayThreadPoolExecutor")},
    "concurrent.futures.interpreter": {
        "InterpreterPoolExecutor": ("helpers.xray_executor", "XrayInterpreterPoolExecutor")
    },
}
"""The classes that record, by the module and the name of the stock class in whose place they are. The last is there
from Python 3.14 on."""

WAYS = {
    "submit": {"map": MAP},
    "apply_async": {"apply_async": APPLY, "imap": MAP, "imap_unordered": MAP, "_map_async": MAP},
}
"""The methods that are noted, of executors and of pools of threads, which are told apart by the method that hands in
one call; `submit` is noted apart, since the stock `map` calls it, too."""

EXECUTORS = os.path.dirname(futures.__file__)


def recording_classes(module: str) -> dict[str, type]:
    """Return the classes that record, by the names of the stock ones, for a module of the standard library."""
    places = RECORDING.get(module, {})
    bases = {name: getattr(importlib.import_module(door), xray, None) for name, (door, xray) in places.items()}
    found = {name: _recording(base, name) for name, base in bases.items() if base is not None}
    return {"Pool": ProgramPool} | found if module == "multiprocessing.pool" else found


@functools.cache
def _recording(base: Any, name: str) -> type[Any]:
    """Return a class that is like this one, which keeps a recorder, and writes into the journal."""
    bases: tuple[type, ...] = (InJournal, base)
    if name == "ThreadPool":
        bases = (base, ProgramPool)  # it is such a pool, too: a program may ask
    if name == "InterpreterPoolExecutor":  # which is a ThreadPoolExecutor, too: asyncio asks
        bases = (base, *recording_classes("concurrent.futures.thread").values())

    class Recording(*bases):  # type: ignore[misc]
        _is_stock = True  # so what `ProgramPool` has is the stock class's

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            base.__init__(self, *arguments, **keywords)
            self._recorder.made(self, type(self).__name__, self._xray_processes, self._xray_method, self._began)

        if hasattr(base, "submit"):

            def submit(self, *arguments: Any, **keywords: Any) -> Any:
                if not sys._getframe(1).f_code.co_filename.startswith(EXECUTORS):  # it is not the stock map that calls
                    self._recorder.note_caller(self, ALONE if self._xray_method in IN_THREADS else SUBMIT)
                return as_program_future(base.submit(self, *arguments, **keywords))

    for method, how in WAYS["submit" if hasattr(base, "submit") else "apply_async"].items():
        setattr(Recording, method, _noting(getattr(base, method), how))
    if name == "ThreadPool":
        for method in ENDING:
            setattr(Recording, method, getattr(ThreadPool, method))
    disguise(Recording, next(kind for kind in base.__mro__ if kind.__name__ == name))
    return Recording


def _noting(stock: Callable[..., Any], how: str) -> Callable[..., Any]:
    """Return a method that notes how it was called, and does what it did."""

    @functools.wraps(stock)
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        alone = hasattr(self, "submit") and self._xray_method in IN_THREADS  # such executors ignore the chunksize
        self._recorder.note_caller(self, ALONE if alone else how)
        return stock(self, *arguments, **keywords)

    return method
