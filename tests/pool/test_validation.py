"""What could only hang or kill workers is refused at once, with a remedy, before anything starts."""

import multiprocessing
import pickle

import pytest
import workers
from pools import METHODS_THAT_IMPORT, raises_soon, run_python

from helpers.pool.validation import MOST_PROCESSES
from helpers.xray import XrayPool


@pytest.mark.parametrize("processes", [0, -1, "2", 2.5, 2.0, True, MOST_PROCESSES + 1, 10000])
def test_an_impossible_number_of_processes_is_refused_with_the_range(context, processes):
    before = multiprocessing.active_children()
    with raises_soon(ValueError, f"whole number from 1 to {MOST_PROCESSES}", f"not {processes!r}", within=0.5):
        XrayPool(processes, context=context)
    assert multiprocessing.active_children() == before


@pytest.mark.parametrize("limit", [0, -1, "1", True])
def test_an_impossible_limit_is_refused(limit):
    with raises_soon(ValueError, "seconds above 0", within=1):
        XrayPool(1, limit=limit)


def test_an_initializer_that_cannot_be_called_is_refused(context):
    with pytest.raises(TypeError, match="initializer must be a callable"):
        XrayPool(1, initializer="hello", context=context)


def test_a_refused_pool_writes_nothing_to_the_screen(capfd):
    for arguments in [(0,), (1, "no function"), (1, None, (), 0)]:
        with pytest.raises((ValueError, TypeError)):
            XrayPool(*arguments)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("method", ["imap", "imap_unordered"])
def test_a_chunk_size_below_1_is_refused(pool, method):
    with pytest.raises(ValueError, match="Chunksize must be 1"):
        getattr(pool, method)(workers.square, range(3), 0)


def nested():
    def inner(number):
        return number

    return inner


@pytest.mark.parametrize(
    "function, name", [(lambda number: number, "lambda"), (nested(), "inner")], ids=["lambda", "nested"]
)
@pytest.mark.parametrize(
    "method", ["apply", "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered"]
)
def test_a_function_that_cannot_be_pickled_is_refused_and_the_pool_goes_on(pool, method, function, name):
    pool.map(workers.square, [1])
    with raises_soon(pickle.PicklingError, name, "cannot be sent to a worker", "top level of a module", within=1):
        getattr(pool, method)(function, [1])
    assert pool.map(workers.square, [2]) == [4]
    assert len(pool.run.spans) == 2


@pytest.mark.parametrize("method", METHODS_THAT_IMPORT)
def test_a_function_of_the_notebook_is_refused_with_the_remedy(method):
    code = (
        "import multiprocessing as m, time; from functools import partial; from helpers.xray import XrayPool\n"
        "def mine(x): return x\n"
        f"with XrayPool(1, context=m.get_context({method!r})) as pool:\n"
        "    for function in (mine, partial(mine)):\n"
        "        began = time.monotonic()\n"
        "        try: pool.map(function, [1])\n"
        "        except Exception as error: print(type(error).__name__, error, time.monotonic() - began < 1)\n"
    )
    lines = run_python(code).stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("PicklingError 'mine'")
        assert "notebook" in line and "%%writefile" in line
        assert line.endswith("True")


@pytest.mark.parametrize("method", METHODS_THAT_IMPORT)
@pytest.mark.parametrize("path", ["missing.ipynb", "missing.py"])
def test_a_file_set_by_hand_is_refused_when_the_pool_is_made(method, path):
    code = (
        f"import multiprocessing as m; __file__ = {path!r}; from helpers.xray import XrayPool\n"
        f"try: XrayPool(1, context=m.get_context({method!r}))\n"
        "except RuntimeError as error: print(error, m.active_children())\n"
    )
    output = run_python(code)
    assert f"__file__ is set to {path!r}" in output.stdout
    assert output.stdout.strip().endswith("del __file__ []")
    assert output.stderr == ""


def test_a_pool_whose_making_was_interrupted_at_once_is_deleted_without_noise(capfd):
    XrayPool.__new__(XrayPool)
    assert capfd.readouterr().err == ""
