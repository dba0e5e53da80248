"""The pools of threads and the executors that take the places of the stock ones in a program, and record."""

import functools
import importlib
import os
import sys
from concurrent import futures
from typing import Any

from helpers.program.calls import ALONE, APPLY, MAP, SUBMIT
from helpers.program.pools import InJournal, ProgramPool, disguise
from helpers.program.tracebacks import as_program_future

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

IN_THREADS = ("threads", "interpreters")
"""The start methods of executors whose `map` hands in each call by itself, whatever the chunksize."""

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
    if name == "InterpreterPoolExecutor":  # which is a ThreadPoolExecutor, too: asyncio asks
        bases = (base, *recording_classes("concurrent.futures.thread").values())

    class Recording(*bases):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            base.__init__(self, *arguments, **keywords)
            self._recorder.made(self, type(self).__name__, self.processes, self.start_method, self._began)

        if hasattr(base, "submit"):

            def submit(self, *arguments: Any, **keywords: Any) -> Any:
                if not sys._getframe(1).f_code.co_filename.startswith(EXECUTORS):  # it is not the stock map that calls
                    self._recorder.note_caller(self, ALONE if self.start_method in IN_THREADS else SUBMIT)
                return as_program_future(base.submit(self, *arguments, **keywords))

            def map(self, *arguments: Any, **keywords: Any) -> Any:
                self._recorder.note_caller(self, ALONE if self.start_method in IN_THREADS else MAP)
                return base.map(self, *arguments, **keywords)

        else:

            def apply_async(self, *arguments: Any, **keywords: Any) -> Any:
                self._recorder.note_caller(self, APPLY)
                return base.apply_async(self, *arguments, **keywords)

            def imap(self, *arguments: Any, **keywords: Any) -> Any:
                self._recorder.note_caller(self, MAP)
                return base.imap(self, *arguments, **keywords)

            def imap_unordered(self, *arguments: Any, **keywords: Any) -> Any:
                self._recorder.note_caller(self, MAP)
                return base.imap_unordered(self, *arguments, **keywords)

            def _map_async(self, *arguments: Any, **keywords: Any) -> Any:
                self._recorder.note_caller(self, MAP)
                return base._map_async(self, *arguments, **keywords)

    disguise(Recording, next(kind for kind in base.__mro__ if kind.__name__ == name))
    return Recording
