"""Which line of a program has made a pool: pools are told apart by it."""

import multiprocessing
import os
import sys
from types import FrameType
from typing import Any

Line = tuple[str, int, str]
"""A file, the number of a line, and the function that it belongs to."""

STANDARD_LIBRARY = os.path.dirname(os.__file__)
PACKAGES = ("site-packages", "dist-packages")
"""Folders of installed packages."""

_COURSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_MAKERS = tuple(
    folder + os.sep
    for folder in (os.path.dirname(multiprocessing.__file__), os.path.join(STANDARD_LIBRARY, "concurrent"), _COURSE)
)
"""Where pools are made on behalf of somebody else."""


def lines_that_made(pool: object) -> list[Line]:
    """Return the line that made a pool which is being made, and if it is a library's, the line that led there."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _makes(frame, pool):
        frame = frame.f_back
    if frame is None:
        return []
    lines = [_line(frame)]
    while frame is not None and is_library(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is not None and (line := _line(frame)) != lines[0]:
        lines.append(line)
    return lines


def is_library(file: str) -> bool:
    """Whether a file is Python's own, or belongs to an installed package."""
    if file.startswith("<frozen "):
        return True
    return file.startswith(STANDARD_LIBRARY + os.sep) or any(f"{os.sep}{name}{os.sep}" in file for name in PACKAGES)


def library_of(file: str) -> str:
    """Return the name of the library that a file belongs to: its first folder, or its own name."""
    for name in PACKAGES:
        _, found, after = file.rpartition(f"{os.sep}{name}{os.sep}")
        if found:
            return after.split(os.sep)[0].removesuffix(".py")
    return os.path.relpath(file, STANDARD_LIBRARY).split(os.sep)[0].removesuffix(".py")


def describe(lines: list[Line], folder: str) -> str:
    """Return the lines as words, with names of files as seen from a folder: "script.py:12 in main"."""
    if not lines:
        return "an unknown place"
    return ", called from ".join(f"{_shortened(file, folder)}:{number}{_where(name)}" for file, number, name in lines)


def _where(function: str) -> str:
    return "" if function == "<module>" else f" in {function}"


def _makes(frame: FrameType, pool: object) -> bool:
    """Whether a frame is of those that make a pool on behalf of the program, or the pool's own `__init__`."""
    code = frame.f_code
    if code.co_filename.startswith(_MAKERS):
        return True
    return code.co_name == "__init__" and bool(code.co_argcount) and _first_argument(frame) is pool


def _first_argument(frame: FrameType) -> Any:
    return frame.f_locals.get(frame.f_code.co_varnames[0])


def _line(frame: FrameType) -> Line:
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname


def _shortened(file: str, folder: str) -> str:
    for name in PACKAGES:
        _, found, after = file.rpartition(f"{os.sep}{name}{os.sep}")
        if found:
            return after
    for root in (folder, STANDARD_LIBRARY):
        if file.startswith(root.rstrip(os.sep) + os.sep):
            return os.path.relpath(file, root)
    return file
