"""Starting workers, and how they find the functions that they run."""

import math
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers import tasks
from helpers.checks.verdict import exercise_check
from helpers.museum import run_apart

SCRIPT_DEADLINE = 6.0
"""Seconds that a student's script may take; a repaired one needs less than one."""

SCRIPT_OUTPUT = ("Asking for the rate", "[12.5, 25.0, 37.5]")
"""What the script of the exercise prints under fork, line by line."""

STORM = 200
"""More lines than this come only from workers that fail, and are replaced, again and again."""

BOOTSTRAPPING = "Safe importing of main module"
"""Words of the error that Python raises where the import of a script starts processes."""

LAUNCHER = """
import multiprocessing, runpy, sys

def refuse_fork(event, args):
    if event == "os.fork":
        raise RuntimeError("this script forks; start its workers with spawn")

sys.addaudithook(refuse_fork)
runpy.run_path({path!r}, run_name="__main__")
server = sys.modules.get("multiprocessing.forkserver")
if server is not None and server._forkserver._forkserver_pid is not None:
    print("this script uses forkserver; start its workers with spawn")
if int(multiprocessing.Process().name.rpartition("-")[2]) == 1:  # processes are numbered from 1
    print("this script starts no process")
"""


@exercise_check(praise="Workers find the function and the rate, and do not ask for the rate themselves.")
def spawned_script(answer: str) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "script.py")
        path.write_text(answer, encoding="utf-8")
        seen = run_apart(LAUNCHER.format(path=str(path)), deadline=SCRIPT_DEADLINE)
    last = seen.lines[-1] if seen.lines else "nothing"
    if not seen.ended:
        cut = re.match(r"\.\.\. (\d+) more lines", seen.lines[0]) if seen.lines else None
        if cut and int(cut[1]) > STORM or any(BOOTSTRAPPING in line for line in seen.lines):
            return "Its workers fail while they import it, again and again: the import starts processes (RuntimeError)."
        return f"It still ran after {SCRIPT_DEADLINE:g} s. The last line that it printed: {last.strip()}"
    if seen.lines == SCRIPT_OUTPUT:
        return None
    if (asked := seen.lines.count(SCRIPT_OUTPUT[0])) > 1:
        return f"It asked for the rate {asked} times: once in each process that ran that line."
    return f"It must print two lines, {SCRIPT_OUTPUT[0]!r} and then {SCRIPT_OUTPUT[1]!r}. Yours ended with: {last}"


@exercise_check(
    praise="A worker finds a function by the name of its module and its name in there, and by nothing else."
)
def findable(answer: Callable[[Callable[..., object]], bool]) -> str | None:
    with _function_of_a_cell() as of_a_cell:
        cases: list[tuple[str, Callable[..., object], bool]] = [
            ("tasks.distances", tasks.distances, True),
            ("math.sqrt", math.sqrt, True),
            ("a method of a class, such as pathlib.Path.exists", Path.exists, True),
            ("a lambda", lambda number: number + 1, False),
            ("a function inside a function", _nested(), False),
            ("a function of a cell", of_a_cell, False),
        ]
        for name, function, expected in cases:
            if bool(answer(function)) is not expected:
                return f"Try it with {name}: can a spawned worker import that by its name?"
    return None


def _nested() -> Callable[..., object]:
    def inner(number: int) -> int:
        return number + 1

    return inner


@contextmanager
def _function_of_a_cell() -> Iterator[Callable[..., object]]:
    """Give a function that `__main__` defines, as a cell of a notebook does, and remove it again."""

    def plus_one_of_a_cell(number: int) -> int:
        return number + 1

    plus_one_of_a_cell.__module__, plus_one_of_a_cell.__qualname__ = "__main__", plus_one_of_a_cell.__name__
    namespace = vars(sys.modules["__main__"])
    namespace[plus_one_of_a_cell.__name__] = plus_one_of_a_cell
    try:
        yield plus_one_of_a_cell
    finally:
        del namespace[plus_one_of_a_cell.__name__]
