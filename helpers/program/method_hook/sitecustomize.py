"""Gives a program another default start method. Python imports this file by itself if its folder is on PYTHONPATH.

The program is not touched: only the default changes that `multiprocessing` has for this platform, as on a platform with
that default. What the program chooses itself still holds, and is noted. Processes that the program starts find this
file, too. It imports next to nothing, because it runs before the program does.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any

METHOD = os.environ.get("HELPERS_START_METHOD", "")
"""The start method to use by default; empty: the default of the platform."""

NOTES = os.environ.get("HELPERS_START_METHOD_NOTES", "")
"""The file that collects the notes, a line each: the `repr` of a dictionary."""

FIRST = "HELPERS_START_METHOD_FIRST"
"""The environment variable with the number of the process that the program began with."""

FOLDER = os.path.dirname(os.path.abspath(__file__))
CHANGED = "multiprocessing.context"
POOLS_OWN = {"_handle_workers", "_handle_tasks", "_handle_results", "_feed", "serve_forever", "serve_client"}
"""Functions that run in the threads that pools, queues and managers start for themselves."""


def note(kind: str, **facts: object) -> None:
    """Add a line to the notes. Nothing that goes wrong here may reach the program."""
    try:
        file = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, (repr({"kind": kind, "pid": os.getpid(), **facts}) + "\n").encode("utf-8", "replace"))
        finally:
            os.close(file)
    except OSError:
        pass


class Finder:
    """Finds `multiprocessing.context` as Python does, and changes it when it has been executed."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != CHANGED:
            return None
        sys.meta_path.remove(cls)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_change(module: ModuleType) -> None:
                execute(module)
                if module.__name__ == CHANGED:
                    change(module)

            spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


def change(context: Any) -> None:
    """Set the default start method, and note what the program chooses itself, in a module that was just executed."""
    default = context._default_context
    if METHOD:
        default._default_context = context._concrete_contexts[METHOD]
    own = os.path.dirname(context.__file__)
    for name in ("set_start_method", "get_context"):
        method = getattr(context.DefaultContext, name)
        setattr(context.DefaultContext, name, noting(method, (own, os.path.join(os.path.dirname(own), "concurrent"))))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=note_threads)
    if os.environ.get(FIRST) == str(os.getpid()):
        import atexit

        atexit.register(note_processes, context.process)
    note("imported", default=default._default_context._name)


def noting(function: Callable[..., Any], own: tuple[str, ...]) -> Callable[..., Any]:
    """Return a method of the default context that notes the start method that it is given, and by which line.

    own: the folders of Python's own modules, which choose nothing.
    """

    def noted(*args: Any, **kwargs: Any) -> Any:
        method = kwargs.get("method", args[1] if len(args) > 1 else None)
        caller = sys._getframe(1)
        file = caller.f_code.co_filename
        if method is not None and not file.startswith(own):
            note("chosen", how=function.__name__, method=str(method), file=file, line=caller.f_lineno)
        return function(*args, **kwargs)

    noted.__name__, noted.__qualname__, noted.__doc__ = function.__name__, function.__qualname__, function.__doc__
    return noted


def note_threads() -> None:
    """Note, before a fork, the threads of the program: the new process has copies of the locks that they hold."""
    threading = sys.modules.get("threading")
    if threading is None:
        return
    try:
        for thread in threading.enumerate():
            code = code_of(thread)
            if thread in (threading.main_thread(), threading.current_thread()) or code is None:
                continue
            if code.co_name not in POOLS_OWN and not code.co_filename.endswith(os.path.join("futures", "process.py")):
                facts = {"function": code.co_name, "file": code.co_filename, "line": code.co_firstlineno}
                note("thread", name=thread.name, **facts)
    except (AttributeError, RuntimeError):  # a thread that is starting or ending may lack what is read here
        return


def code_of(thread: Any) -> CodeType | None:
    """Return the code that a thread runs: of its target, or of the `run` of its class."""
    function = getattr(thread, "_target", None) or type(thread).run
    return getattr(getattr(function, "__func__", function), "__code__", None)


def note_processes(process: Any) -> None:
    """Note, when the program ends, how many processes it has made. The counter shows the next number."""
    note("ended", processes=int(repr(process._process_counter).strip("count()")) - 1)


def import_hidden() -> None:
    """Import the `sitecustomize` that this one hides, if there is one."""
    mine = sys.modules.pop(__name__)
    try:
        __import__(__name__)
    except ModuleNotFoundError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, mine)


if __name__ == "sitecustomize":
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != FOLDER]
    os.environ.setdefault(FIRST, str(os.getpid()))
    note("started")
    if CHANGED in sys.modules:  # a .pth file has imported it
        change(sys.modules[CHANGED])
    else:
        sys.meta_path.insert(0, Finder)
    import_hidden()
