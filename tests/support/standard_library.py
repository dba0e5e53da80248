"""CPython's own tests of `multiprocessing.Pool`, run with `XrayPool` in its place; the outcome of each as JSON.

    START_METHOD=spawn python -c "from tests.support import standard_library; standard_library.main()"

`STOCK_POOL=1` leaves the stock pool in its place, as a control. Everything is read from the environment, because a
worker imports this module again when it unpickles a method of a test, and must find the same classes here.
"""

import json
import multiprocessing
import multiprocessing.pool
import os
import sys
import unittest
from multiprocessing.context import BaseContext
from pathlib import Path
from types import MethodType
from unittest import mock

from helpers.xray import XrayPool

ROOT = Path(__file__).parents[2]
CLASSES = ["WithProcessesTestPool", "WithProcessesTestPoolWorkerErrors", "WithProcessesTestPoolWorkerLifetime",
           "TestPoolNotLeakOnFailure"]  # fmt: skip
pools_made = 0


def replace_pool() -> None:
    """Let `multiprocessing.Pool`, and `Pool` of every context, make an `XrayPool`.

    The class `multiprocessing.pool.Pool` stays: its own threads look it up by that name.
    """

    def make_pool(context: BaseContext, *args: object, **keywords: object) -> XrayPool:
        global pools_made
        pools_made += 1
        return XrayPool(*args, context=context.get_context(), **keywords)

    BaseContext.Pool = make_pool
    multiprocessing.Pool = MethodType(make_pool, multiprocessing.Pool.__self__)


def replace_pool_beyond_contexts(tests: dict) -> None:
    """Reach the two places where `replace_pool` does not: a test that calls the class, and a program in a test."""
    from test.support import script_helper

    assert_python_ok = script_helper.assert_python_ok

    def with_xray_pool(option: str, program: str) -> object:
        start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support import standard_library as tests"
        return assert_python_ok(option, f"{start}; tests.replace_pool()\n{program}")

    calls_the_class = mock.patch("multiprocessing.pool.Pool", XrayPool)
    runs_a_program = mock.patch.object(script_helper, "assert_python_ok", with_xray_pool)
    tests["TestPoolNotLeakOnFailure"] = calls_the_class(tests["TestPoolNotLeakOnFailure"])
    tests["WithProcessesTestPoolWorkerLifetime"] = runs_a_program(tests["WithProcessesTestPoolWorkerLifetime"])


class Outcomes(unittest.TestResult):
    """How each test ended, by its name: "passed", or why it did not."""

    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[str, str] = {}

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.by_name.setdefault(test.id(), "passed")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.by_name[test.id()] = f"skipped: {reason}"

    def addFailure(self, test: unittest.TestCase, error: tuple) -> None:
        self.by_name[test.id()] = self._exc_info_to_string(error, test)

    addError = addExpectedFailure = addFailure

    def addSubTest(self, test: unittest.TestCase, _: unittest.TestCase, error: tuple | None) -> None:
        if error is not None:
            self.addFailure(test, error)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.by_name[test.id()] = "passed, against expectation"


def main() -> None:
    """Run the tests; print how each ended, and how many pools of ours they made."""
    load = unittest.defaultTestLoader.loadTestsFromName
    tests = unittest.TestSuite(load(name, sys.modules[__name__]) for name in CLASSES)
    names = [test.id() for tests_of_class in tests for test in tests_of_class]
    outcomes = Outcomes()
    tests.run(outcomes)
    print(json.dumps({"outcomes": dict.fromkeys(names, "not run") | outcomes.by_name, "pools made": pools_made}))


if "START_METHOD" in os.environ:
    if "STOCK_POOL" not in os.environ:
        replace_pool()
    from test import _test_multiprocessing  # after the pool was replaced: it takes `multiprocessing.Pool` on import

    _test_multiprocessing.install_tests_in_module_dict(globals(), os.environ["START_METHOD"])
    if "STOCK_POOL" not in os.environ:
        replace_pool_beyond_contexts(globals())
