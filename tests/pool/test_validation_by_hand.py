"""What is refused and what is not, without a pool."""

import functools
import pickle
import sys
import types
from fractions import Fraction

import numpy as np
import pytest

from helpers import tasks
from helpers.pool import validation
from helpers.pool.validation import check_function, check_main, checked_chunksize, checked_limit, checked_processes


@pytest.mark.parametrize("number", [1, 2, validation.MOST_PROCESSES, np.int64(3)])
def test_a_whole_number_in_the_range_is_taken_as_an_int(number):
    assert checked_processes(number) == number
    assert type(checked_processes(number)) is int
    assert type(checked_chunksize(number)) is int


@pytest.mark.parametrize("number", [0, validation.MOST_PROCESSES + 1, True, 1.0, "1"])
def test_any_other_number_of_processes_is_refused_with_the_range(number):
    with pytest.raises(
        ValueError, match=f"processes must be a whole number from 1 to {validation.MOST_PROCESSES}, not {number!r}"
    ):
        checked_processes(number)


@pytest.mark.parametrize(("cpus", "processes"), [(7, 7), (None, 1), (10**6, validation.MOST_PROCESSES)])
def test_without_a_number_there_is_a_process_for_each_cpu_as_in_the_stock_pool(monkeypatch, cpus, processes):
    monkeypatch.setattr(validation.os, "cpu_count", lambda: cpus)
    monkeypatch.setattr(validation.os, "process_cpu_count", lambda: cpus, raising=False)
    assert checked_processes(None) == processes


@pytest.mark.parametrize("size", [0, -1, 1.5, "2"])
def test_a_chunk_size_below_1_or_not_whole_is_refused(size):
    with pytest.raises(ValueError, match=rf"Chunksize must be 1\+, not {size!r}"):
        checked_chunksize(size)


@pytest.mark.parametrize(
    ("limit", "seconds"), [(None, None), (1, 1.0), (0.001, 0.001), (Fraction(1, 2), 0.5), (np.float64(2), 2.0)]
)
def test_a_limit_is_none_or_seconds_above_0(limit, seconds):
    assert checked_limit(limit) == seconds
    assert type(checked_limit(limit)) in (float, type(None))


@pytest.mark.parametrize("limit", [0, -1.0, True, "1", float("nan")])
def test_any_other_limit_is_refused(limit):
    with pytest.raises(
        ValueError, match=f"limit must be a number of seconds above 0, or None for no limit, not {limit!r}"
    ):
        checked_limit(limit)


class Callable:
    """An object that cannot be pickled, and is found out only when it is sent."""

    def __call__(self, value):
        return value

    def __reduce__(self):
        raise ZeroDivisionError


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_function_that_a_worker_finds_by_its_name_is_taken(method):
    for function in (tasks.nap, functools.partial(functools.partial(tasks.draw, 1), 2), int, len, Callable()):
        check_function(function, method)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("wrap", [lambda function: function, functools.partial])
def test_a_function_without_a_name_in_its_module_is_refused(method, wrap):
    with pytest.raises(pickle.PicklingError, match="cannot be sent to a worker .* at the top level of a module"):
        check_function(wrap(lambda value: value), method)


@pytest.fixture
def main(monkeypatch):
    """A `__main__` of its own, as that of a notebook or a script."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def of_main(main):
    def mine(value):
        return value

    mine.__module__, mine.__qualname__ = "__main__", "mine"
    main.mine = mine
    return mine


def test_a_function_of_the_notebook_is_refused_unless_workers_are_forked(main):
    mine = of_main(main)
    check_function(mine, "fork")
    for function in (mine, functools.partial(mine, 1)):
        with pytest.raises(
            pickle.PicklingError, match=r"'mine' lives in this notebook, .* with spawn .* %%writefile my_tasks\.py"
        ):
            check_function(function, "spawn")
    main.__file__ = "script.py"  # a script, which a worker runs itself
    check_function(mine, "spawn")


@pytest.mark.parametrize(
    "method, file, is_notebook, has_spec, refused",
    [
        ("spawn", "missing.py", False, False, True),
        ("forkserver", "missing.py", False, False, True),
        ("fork", "missing.py", False, False, False),
        ("spawn", None, False, False, False),
        ("spawn", None, True, False, False),
        ("spawn", "missing.py", False, True, False),
        ("spawn", __file__, False, False, False),
        ("spawn", __file__, True, False, True),
    ],
)
def test_a_file_set_by_hand_is_refused_where_a_worker_would_run_it(main, method, file, is_notebook, has_spec, refused):
    if file is not None:
        main.__file__ = file
    if is_notebook:
        main.get_ipython = None
    main.__spec__ = object() if has_spec else None
    if not refused:
        check_main(method)
        return
    with pytest.raises(
        RuntimeError, match=f"every worker that is started with {method} would .* del __file__"
    ) as caught:
        check_main(method)
    assert repr(file) in str(caught.value)
