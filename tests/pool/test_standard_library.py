"""CPython's own tests of `Pool` cannot tell `XrayPool` from the stock pool."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.machine import start_methods

ROOT = Path(__file__).parents[2]
PROGRAM = "from tests.support import standard_library; standard_library.main()"


def has_tests_of_pool() -> bool:
    try:
        return importlib.util.find_spec("test._test_multiprocessing") is not None
    except ModuleNotFoundError:
        return False


pytestmark = [
    pytest.mark.timeout(300),  # the first test waits for all of them
    pytest.mark.skipif(not has_tests_of_pool(), reason="this Python comes without its own tests"),
]


@pytest.fixture(scope="module")
def runs():
    """For each start method, what a run of the tests wrote to stdout and to stderr. They run side by side."""
    started = {}
    for method in start_methods():
        environment = os.environ | {"START_METHOD": method}
        started[method] = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        return {method: process.communicate(timeout=240) for method, process in started.items()}
    finally:
        for process in started.values():
            process.kill()
            process.communicate()


@pytest.mark.parametrize("method", start_methods())
def test_every_test_of_the_stock_pool_passes(runs, method):
    stdout, stderr = runs[method]
    assert stdout, stderr
    report = json.loads(stdout.splitlines()[-1])
    assert {name: end for name, end in report["outcomes"].items() if end != "passed"} == {}
    assert len(report["outcomes"]) >= 32  # as many as in Python 3.11; no later one has fewer
    assert report["pools made"] >= 16  # so it was not the stock pool that passed


@pytest.mark.parametrize("method", start_methods())
def test_the_tests_leave_as_little_behind_as_with_the_stock_pool(runs, method):
    """They warn of threads and processes that stay, and Python of semaphores; with the stock pool nobody warns."""
    assert runs[method][1] == ""
