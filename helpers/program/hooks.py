"""What happens when a program has imported a module with pools: its classes are replaced by classes that record.

The classes that record are subclasses of the stock ones. So their modules must be imported while the stock ones are in
their places, and whatever these import meanwhile has its turn afterwards.
"""

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from helpers.program.journal import NOTE, Journal, note_elsewhere
from helpers.program.places import lines_that_made

UNSEEN = {
    "loky.process_executor": (
        "ProcessPoolExecutor",
        "loky (joblib's default) pickles its tasks in a way of its own, so its pools are not X-rayed",
    ),
    "concurrent.futures.interpreter": (
        "InterpreterPoolExecutor",
        "InterpreterPoolExecutor runs its tasks in interpreters of their own, so its pools are not X-rayed",
    ),
    "multiprocess.pool": (
        "Pool",
        "the package multiprocess is a copy of multiprocessing with another pickle, so its pools are not X-rayed",
    ),
}
"""Classes whose pools cannot be X-rayed, and the sentence that says why: by the module that has them."""

MAKERS = {
    "multiprocessing.pool": "Pool",
    "concurrent.futures.process": "ProcessPoolExecutor",
    "concurrent.futures.thread": "ThreadPoolExecutor",
    "loky.process_executor": "ProcessPoolExecutor",
    "multiprocess.pool": "Pool",
}
"""The classes whose `__init__` makes the pools, by the module that has them."""

_waiting: list[ModuleType] = []
_is_busy = False


def replace(module: ModuleType, path: str) -> None:
    """Replace the classes of a module that has just been imported. path: of the program's journal."""
    global _is_busy
    _waiting.append(module)
    if _is_busy or _is_half_loaded("concurrent.futures.interpreter", "InterpreterPoolExecutor"):
        return  # the latter derives its class from one that would be replaced now, and has its turn soon
    _is_busy = True
    try:
        while _waiting:
            _replace(_waiting.pop(0), journal_at(path))
    finally:
        _is_busy = False


def _is_half_loaded(module: str, attribute: str) -> bool:
    """Whether a module that is being imported has not got this attribute so far."""
    return module in sys.modules and not hasattr(sys.modules[module], attribute)


def watch(module: ModuleType, path: str) -> None:
    """Let the classes of a module, imported in a fork of the program, say that pools are made there: no more is done.

    path: of the program's journal.
    """
    name = module.__name__.removeprefix("joblib.externals.")
    if name in MAKERS:
        _when_made(
            getattr(module, MAKERS[name]),
            lambda pool: note_elsewhere(path, repr(lines_that_made(pool)).encode(errors="replace")),
        )


@functools.cache
def journal_at(path: str) -> Journal:
    """Return the one journal of the program."""
    return Journal(path)


def _replace(module: ModuleType, journal: Journal) -> None:
    name = module.__name__.removeprefix("joblib.externals.")
    classes = _classes(name, journal) if name.startswith(("multiprocessing.", "concurrent.")) else {}
    package = sys.modules[module.__name__.rpartition(".")[0]]
    for attribute, made in classes.items():
        stock = getattr(module, attribute)
        setattr(module, attribute, made)
        if vars(package).get(attribute) is stock:  # concurrent.futures keeps those that were asked for
            setattr(package, attribute, made)
    if not classes and name in UNSEEN:
        kind, sentence = UNSEEN[name]
        _when_made(getattr(module, kind), lambda pool: journal.add(NOTE, sentence.encode()))


def _classes(module: str, journal: Journal) -> dict[str, type]:
    """Return the classes that record for a module of the standard library, by the names that they get there."""
    import multiprocessing.pool  # noqa: F401 (stock as yet, for the modules that are imported next)

    from helpers.program import executors, pools

    pools.use(journal)
    return executors.recording_classes(module)


def _when_made(kind: Any, note: Callable[[Any], None]) -> None:
    """Let this be called with each object that the program makes of a class."""
    make: Callable[..., None] = kind.__init__

    @functools.wraps(make)
    def noting(self: Any, *arguments: Any, **keywords: Any) -> None:
        note(self)
        make(self, *arguments, **keywords)

    kind.__init__ = noting
