"""The user's own function: imported anew after an edit, and its errors with their place.

Workers import this module: keep it light.
"""

import ast
import importlib
import importlib.util
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

_INSTALLED = tuple(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
_COURSE = os.path.dirname(os.path.realpath(__file__))
_PLACE = re.compile(r'File "(.+?)", line (\d+)')

_loaded: dict[str, int] = {}
"""When the file of each module was written that was imported here, in nanoseconds."""

_versions: dict[str, int] = {}
"""A number for each module whose function was loaded: another one when it, or a module that it uses, was edited."""


def load_function(name: str) -> Callable[..., Any]:
    """Import and return the function with this dotted name, such as `my_tasks.work`.

    If it was edited since it was imported, or a module of the user's that it uses, all of these are imported anew.
    Raises ValueError, TypeError, ImportError or AttributeError if there is no such function, and whatever the modules
    raise.
    """
    module_name, _, attribute = name.strip().rpartition(".")
    if not module_name or not all(part.isidentifier() for part in name.strip().split(".")):
        raise ValueError(
            f"give the dotted name of a function in a module, such as helpers.tasks.nap, not {name[:60]!r}"
        )
    importlib.invalidate_caches()
    edited = _is_edited(module_name)
    module = importlib.import_module(module_name)
    if edited:
        for used in _own_modules(module):
            _import_anew(used)
    own = _own_modules(module)
    _loaded.update({used.__name__: _written(used) or 0 for used in own})
    _versions[module_name] = hash(tuple((used.__name__, _loaded[used.__name__]) for used in own))
    function: Callable[..., Any] = getattr(module, attribute)
    if not callable(function):
        raise TypeError(f"{name} is not a function, but of type {type(function).__name__}")
    return function


def must_be_imported(name: str) -> bool:
    """Return whether `load_function` would run a module: it is not imported yet, or was edited since."""
    module_name = name.strip().rpartition(".")[0]
    return module_name not in sys.modules or _is_edited(module_name)


def try_import(name: str) -> None:
    """Run the module of a function, for a worker: what never ends there, or ends the process, harms nobody.

    Raises what `load_function` raises, and ImportError where the module ends the program instead, or raises an
    exception of its own, which nobody else could unpickle.
    """
    try:
        load_function(name)
    except Exception as error:
        if type(error).__module__ == name.strip().rpartition(".")[0]:
            raise ImportError(error_in_words(error)) from error
        raise
    except BaseException as error:
        ended = f"{name.strip().rpartition('.')[0]} ends the program when it is imported ({type(error).__name__})"
        raise ImportError(ended) from error


def version_of(name: str) -> int:
    """Return a number that changes when the function with this dotted name is imported anew; 0 before."""
    return _versions.get(name.strip().rpartition(".")[0], 0)


def place_in_words(error: BaseException) -> str:
    """Return where the user's own code raised an error, as ", in line 12 of my_tasks.py"; "" if it is not in theirs."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    places += [(file, int(line)) for file, line in _PLACE.findall(_text_of(error.__cause__))]  # in a worker, as text
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    own = [(file, line) for file, line in places if line and _is_own(file)]
    return f", in line {own[-1][1]} of {os.path.basename(own[-1][0])}" if own else ""


def _text_of(cause: BaseException | None) -> str:
    return error_in_words(cause) if cause is not None else ""


def error_in_words(error: BaseException) -> str:
    """Return the type and the text of an error, which may not be able to give its text."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as other:  # noqa: BLE001 - it is the user's own code that runs here
        return f"{type(error).__name__}, whose text cannot be shown ({type(other).__name__})"


def _is_edited(module_name: str) -> bool:
    """Whether a module that is imported, or one of the user's that it uses, was edited since."""
    module = sys.modules.get(module_name)
    used = _own_modules(module) if module is not None else []
    return any((_written(each) or 0) > _loaded.get(each.__name__, _began()) for each in used)


def _own_modules(module: ModuleType) -> list[ModuleType]:
    """Return a module and those of the user's that it uses, each after those that it uses itself."""
    found: dict[str, ModuleType] = {}
    seen = set()

    def walk(module: ModuleType) -> None:
        if module.__name__ in seen or _written(module) is None:
            return
        seen.add(module.__name__)
        for name in _imported_by(module):
            if name in sys.modules:
                walk(sys.modules[name])
        found[module.__name__] = module

    walk(module)
    return list(found.values())


def _imported_by(module: ModuleType) -> Iterator[str]:
    """Yield the names of the modules that a module's file imports; and "package.name" for each name of a package."""
    try:
        tree = ast.parse(Path(str(module.__file__)).read_bytes())
    except (OSError, SyntaxError, ValueError):  # to import it says why
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (module.__package__ or not node.level):
            package = importlib.util.resolve_name("." * node.level + (node.module or ""), module.__package__ or None)
            yield package
            yield from (f"{package}.{alias.name}" for alias in node.names)


def _stays(name: str, value: object, module: ModuleType) -> bool:
    """Whether a name of a module is not from its file: Python's own names, and the modules of a package."""
    is_submodule = isinstance(value, ModuleType) and value.__name__ == f"{module.__name__}.{name}"
    return name.startswith("__") or is_submodule


def _import_anew(module: ModuleType) -> None:
    """Run a module again, in place: names that are no longer in its file are gone."""
    before = {name: value for name, value in vars(module).items() if not _stays(name, value, module)}
    for name in before:
        delattr(module, name)
    try:
        importlib.reload(module)
    except BaseException:
        vars(module).update(before | vars(module))
        raise


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
