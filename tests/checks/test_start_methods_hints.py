"""Each usual mistake about starting workers gets the hint that names it; what scripts print is made by hand."""

import math
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import checks, tasks

PRAISE = "Workers find the function and the rate, and do not ask for the rate themselves."
RATES = "[12.5, 25.0, 37.5]"


@pytest.mark.parametrize(
    "lines, ended, hint",
    [
        (("Asking for the rate", RATES), True, PRAISE),
        (
            ("Asking for the rate", "Asking for the rate", RATES),
            True,
            "It asked for the rate 2 times: once in each process that ran that line.",
        ),
        (
            ("Asking for the rate", "[1]"),
            True,
            f"It must print two lines, 'Asking for the rate' and then '{RATES}'. Yours ended with: [1]",
        ),
        ((), True, f"It must print two lines, 'Asking for the rate' and then '{RATES}'. Yours ended with: nothing"),
        (
            ("... 201 more lines", "x"),
            False,
            "Its workers fail while they import it, again and again: the import starts processes (RuntimeError).",
        ),
        (("... 200 more lines", " x "), False, "It still ran after 6 s. The last line that it printed: x"),
        (
            ("RuntimeError", "... Safe importing of main module ..."),
            False,
            "Its workers fail while they import it, again and again: the import starts processes (RuntimeError).",
        ),
        ((), False, "It still ran after 6 s. The last line that it printed: nothing"),
        (("Asking for the rate", RATES), False, f"It still ran after 6 s. The last line that it printed: {RATES}"),
    ],
)
def test_a_script_gets_the_hint_that_names_its_mistake(monkeypatch, lines, ended, hint):
    asked = []

    def run_apart(code, deadline):
        asked.append((code, deadline))
        return SimpleNamespace(lines=lines, ended=ended)

    monkeypatch.setattr("helpers.checks.start_methods.run_apart", run_apart)
    assert checks.spawned_script("print(1)").sentence == hint
    ((code, deadline),) = asked
    assert deadline == 6.0
    assert "script.py" in code


def findable(function):
    module = sys.modules.get(function.__module__)
    if function.__module__ == "__main__":
        return False
    found = module
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


CASES = {
    "tasks.distances": tasks.distances,
    "math.sqrt": math.sqrt,
    "a method of a class, such as pathlib.Path.exists": Path.exists,
    "a lambda": "<lambda>",
    "a function inside a function": "inner",
    "a function of a cell": "plus_one_of_a_cell",
}


@pytest.mark.parametrize("name, case", [*CASES.items()])
def test_each_kind_of_function_is_tried(name, case):
    assert checks.findable(findable).right
    wrong = checks.findable(lambda f: findable(f) is not (f is case or f.__name__ == case))
    assert wrong.sentence == f"Try it with {name}: can a spawned worker import that by its name?"


def test_the_function_of_a_cell_is_gone_after_the_check():
    before = dict(vars(sys.modules["__main__"]))
    seen = []
    checks.findable(
        lambda f: (
            seen.append(f.__module__ == "__main__" and vars(sys.modules["__main__"])[f.__name__] is f) or findable(f)
        )
    )
    assert seen == [False] * 5 + [True]
    assert dict(vars(sys.modules["__main__"])) == before
