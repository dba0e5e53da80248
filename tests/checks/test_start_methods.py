"""The exercises of the lesson on start methods: right answers written in different ways, and textbook errors."""

# ruff: noqa: BLE001 - the answers of students catch what a task raises, whatever it is

import importlib
import pickle
import sys

import pytest

from helpers import checks
from helpers.checks import start_methods

IMPORTS = "from functools import partial\nfrom multiprocessing import get_context\n"
CONVERT = "def convert(rate, price):\n    return price * rate\n"
ASK = 'print("Asking for the rate")\nrate = 1.25\n'
GUARD = 'if __name__ == "__main__":\n'
WITH = 'with get_context("spawn").Pool(2) as pool:\n    print(pool.map(partial(convert, rate), [10, 20, 30]))\n'


def indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))


AS_GIVEN = (
    IMPORTS
    + ASK
    + """
def convert(price):
    return price * rate

with get_context("spawn").Pool(2) as pool:
    print(pool.map(convert, [10, 20, 30]))
"""
)
SENT_BY_STARMAP = (
    IMPORTS
    + CONVERT
    + """
def main():
    print("Asking for the rate")
    with get_context("spawn").Pool(2) as pool:
        print(pool.starmap(convert, [(1.25, 10), (1.25, 20), (1.25, 30)]))

if __name__ == "__main__":
    main()
"""
)
BY_AN_INITIALIZER = (
    IMPORTS
    + """
def set_rate(value):
    global rate
    rate = value

def convert(price):
    return price * rate

if __name__ == '__main__':
    print("Asking for the rate")
    pool = get_context("spawn").Pool(3, initializer=set_rate, initargs=(1.25,))
    print(list(pool.imap(convert, [10, 20, 30])))
    pool.close()
    pool.join()
"""
)
BY_AN_EXECUTOR = (
    IMPORTS
    + "from concurrent.futures import ProcessPoolExecutor\n"
    + CONVERT
    + GUARD
    + indented(ASK)
    + """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        print(list(pool.map(convert, [rate] * 3, [10, 20, 30])))
"""
)
RIGHT_SCRIPTS = {
    "the rate by partial": IMPORTS + CONVERT + GUARD + indented(ASK + WITH),
    "the rate by starmap, in a main function": SENT_BY_STARMAP,
    "the rate by an initializer": BY_AN_INITIALIZER,
    "an executor": BY_AN_EXECUTOR,
}
WRONG_SCRIPTS = {
    "as it was given": AS_GIVEN,
    "the question is outside of the guard": IMPORTS + CONVERT + ASK + GUARD + indented(WITH),
    "everything is below the guard": IMPORTS + GUARD + indented(CONVERT + ASK + WITH),
    "the rate is not sent": AS_GIVEN.replace(ASK, "")
    .replace("with get", GUARD + indented(ASK) + "    with get")
    .replace("    print(pool", "        print(pool"),
    "forkserver instead": (IMPORTS + CONVERT + GUARD + indented(ASK + WITH)).replace('"spawn"', '"forkserver"'),
    "fork instead": AS_GIVEN.replace('"spawn"', '"fork"'),
    "no pool": IMPORTS + ASK + "print([10 * rate, 20 * rate, 30 * rate])\n",
    "a lambda": IMPORTS + GUARD + indented(ASK + WITH.replace("partial(convert, rate)", "lambda price: price * rate")),
}  # fmt: skip


@pytest.mark.parametrize("script", RIGHT_SCRIPTS.values(), ids=RIGHT_SCRIPTS)
def test_a_script_that_works_under_spawn_gets_a_tick(script):
    assert checks.spawned_script(script).right, checks.spawned_script(script)


@pytest.mark.parametrize("script", WRONG_SCRIPTS.values(), ids=WRONG_SCRIPTS)
def test_a_script_that_does_not_gets_a_hint(script, monkeypatch):
    monkeypatch.setattr(start_methods, "SCRIPT_DEADLINE", 3.0)
    verdict = checks.spawned_script(script)
    assert not verdict.right
    assert "Checking your answer raised" not in verdict.sentence


def by_pickle(function):
    if function.__module__ == "__main__":
        return False
    try:
        pickle.dumps(function)
    except Exception:
        return False
    return True


def by_its_qualified_name(function):
    found = importlib.import_module(function.__module__) if function.__module__ != "__main__" else None
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def by_the_marks_in_its_name(function):
    return 1 if "<" not in function.__qualname__ and function.__module__ != "__main__" else 0


RIGHT_FUNCTIONS = [by_pickle, by_its_qualified_name, by_the_marks_in_its_name]


def whatever_pickle_takes(function):
    try:
        pickle.dumps(function)
    except Exception:
        return False
    return True


def whatever_is_no_lambda(function):
    return function.__name__ != "<lambda>"


def whatever_is_in_a_module(function):
    return function.__module__ != "__main__"


def by_its_short_name(function):
    return function.__module__ != "__main__" and hasattr(
        importlib.import_module(function.__module__), function.__name__
    )


def whatever_can_be_called(function):
    return callable(function)


def nothing_is(function):
    return False


WRONG_FUNCTIONS = [
    whatever_pickle_takes,
    whatever_is_no_lambda,
    whatever_is_in_a_module,
    by_its_short_name,
    whatever_can_be_called,
    nothing_is,
]


@pytest.mark.parametrize("function", RIGHT_FUNCTIONS)
def test_a_function_that_tells_what_workers_find_gets_a_tick(function):
    assert checks.findable(function).right, checks.findable(function)


@pytest.mark.parametrize("function", WRONG_FUNCTIONS)
def test_a_function_that_does_not_gets_a_hint(function):
    verdict = checks.findable(function)
    assert not verdict.right
    assert "Try it with" in verdict.sentence


def test_the_function_of_a_cell_is_removed_from_main():
    before = set(vars(sys.modules["__main__"]))
    checks.findable(by_pickle)
    assert set(vars(sys.modules["__main__"])) == before


def test_a_script_without_a_guard_is_told_what_its_workers_do(monkeypatch):
    monkeypatch.setattr(start_methods, "SCRIPT_DEADLINE", 3.0)
    assert "RuntimeError" in checks.spawned_script(AS_GIVEN).sentence
