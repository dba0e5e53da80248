"""Finds in the text of a program the objects that cannot be pickled: open files, locks, generators, and their like."""

import ast
from collections.abc import Iterator

from helpers.program.causes import Cause
from helpers.program.code_reader import Code
from helpers.program.worker_code import Program

MAKERS = {
    "_thread.lock": {"Lock", "Condition", "Event", "Semaphore", "Queue", "Thread", "ThreadPoolExecutor", "Barrier"},
    "_thread.RLock": {"RLock", "Condition", "StreamHandler", "FileHandler", "RotatingFileHandler", "QueueHandler"},
    "TextIOWrapper": {"open", "stdout", "stderr", "fdopen", "TextIOWrapper"},
    "BufferedReader": {"open"},
    "BufferedWriter": {"open"},
    "Connection": {"connect"},
    "Cursor": {"cursor"},
    "socket": {"socket", "create_connection"},
    "SSLContext": {"SSLContext", "create_default_context"},
    "reader": {"reader"},
    "writer": {"writer"},
    "dict_keys": {"keys"},
    "dict_values": {"values"},
    "dict_items": {"items"},
    "weakref": {"ref", "Manager"},
    "ReferenceType": {"ref", "Manager"},
    "mmap.mmap": {"mmap"},
    "Struct": {"Struct"},
}
"""For the end of the name of a type that cannot be pickled, what makes its objects, or objects that hold one."""

OPENING = {"open", "fdopen", "connect", "cursor", "socket", "create_connection", "mmap"}
"""The last part of the names of functions whose results are open in one process, and cannot be sent to another."""


def is_opened(code: Code, value: ast.expr | None) -> bool:
    """Return whether a value is an open file, a connection or a socket."""
    return isinstance(value, ast.Call) and _maker(code, value)[1] in OPENING


def _maker(code: Code, value: ast.expr | None) -> tuple[str, str]:
    """Return the name of what makes a value, or is one, in full if it is known, and the last part of the name."""
    node = value.func if isinstance(value, ast.Call) else value
    full = code.module.full_name(node) if node is not None else None
    last = full.rpartition(".")[2] if full else node.attr if isinstance(node, ast.Attribute) else ""
    return full or "", last


def objects_of_type(program: Program, type_name: str) -> Iterator[Cause]:
    """Yield the lines that make an object of a type that cannot be pickled."""
    makers = {maker for ending, names in MAKERS.items() if type_name.endswith(ending) for maker in names}
    if type_name == "generator":
        makers |= _generator_functions(program)
    for code in program.codes:
        for site in code.values:
            full, last = _maker(code, site.value)
            if last in makers and (last == "Manager" or not full.startswith("multiprocessing")):
                why = (
                    f"Line {site.line} of {code.module.path.name} makes `{site.name}`, which holds a {type_name}. With "
                    "fork a process has its parent's objects. Otherwise they are pickled, and this one cannot be."
                )
                weight = 3 if "self." in site.name else 2
                yield Cause("unpicklable", code.module.path, site.line, why, site.name, weight)


def _generator_functions(program: Program) -> set[str]:
    return {
        function.name
        for code in program.codes
        for function in code.functions.values()
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function.node))
    }
