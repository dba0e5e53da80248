"""The user's own function: imported anew after an edit, and its errors with their place."""

import importlib
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

import psutil

_INSTALLED = tuple(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
_COURSE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_PLACE = re.compile(r'File "(.+?)", line (\d+)')

_loaded: dict[str, int] = {}
"""When the file of each module was written that was imported here, in nanoseconds."""


def load_function(name: str) -> Callable[..., Any]:
    """Import and return the function with this dotted name, such as `my_tasks.work`.

    A module of the user's that was edited since it was imported is imported anew. Raises ValueError, TypeError,
    ImportError or AttributeError if there is no such function, and whatever the module raises.
    """
    module_name, _, attribute = name.strip().rpartition(".")
    if not module_name or not all(part.isidentifier() for part in name.strip().split(".")):
        raise ValueError(
            f"give the dotted name of a function in a module, such as helpers.tasks.nap, not {name[:60]!r}"
        )
    importlib.invalidate_caches()
    written = _written(sys.modules.get(module_name))
    module = importlib.import_module(module_name)
    if written is not None and written > _loaded.get(module_name, _began()):
        module = importlib.reload(module)
    _loaded[module_name] = _written(module) or 0
    function: Callable[..., Any] = getattr(module, attribute)
    if not callable(function):
        raise TypeError(f"{name} is not a function, but of type {type(function).__name__}")
    return function


def version_of(name: str) -> int:
    """Return a number that changes when the function with this dotted name is imported anew; 0 before."""
    return _loaded.get(name.strip().rpartition(".")[0], 0)


def place_in_words(error: BaseException) -> str:
    """Return where the user's own code raised an error, as ", in line 12 of my_tasks.py"; "" if it is not in theirs."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    places += [(file, int(line)) for file, line in _PLACE.findall(str(error.__cause__ or ""))]  # in a worker, as text
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    own = [(file, line) for file, line in places if line and _is_own(file)]
    return f", in line {own[-1][1]} of {os.path.basename(own[-1][0])}" if own else ""


def _began() -> int:
    """Return when this process began: what was not written since then is imported as it is."""
    return int(psutil.Process().create_time() * 1e9)


def _written(module: ModuleType | None) -> int | None:
    """Return when the file of a module of the user's was written; None for any other, and for one without a file."""
    file = getattr(module, "__file__", None)
    if module is None or file is None or module.__name__ == "__main__" or not _is_own(file):
        return None
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None


def _is_own(file: str) -> bool:
    """Return whether a file is neither Python's, nor installed, nor this course's, nor a cell of a notebook."""
    path = os.path.realpath(file)
    return os.path.isfile(path) and not path.startswith((*_INSTALLED, _COURSE))
