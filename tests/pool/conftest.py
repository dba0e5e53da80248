"""Pools to try claims on, under every start method of the platform."""

import copyreg
import multiprocessing
import multiprocessing.util
import os
import tempfile

import pytest
import workers
from pools import children_left

from helpers.machine import start_methods
from helpers.timing import warm_up
from helpers.xray import XrayPool


@pytest.fixture(scope="module", params=start_methods())
def context(request):
    return multiprocessing.get_context(request.param)


@pytest.fixture(scope="module", autouse=True)
def plain_exceptions():
    """Exceptions are pickled as Python does it, although another test imported Dask, whose tblib registers reducers."""
    reducers = copyreg.dispatch_table.copy()
    for kind in reducers:
        if isinstance(kind, type) and issubclass(kind, BaseException):
            del copyreg.dispatch_table[kind]
    yield
    copyreg.dispatch_table.update(reducers)


@pytest.fixture(scope="module")
def shared_pool(context, plain_exceptions):
    with XrayPool(2, context=context) as pool:
        yield pool


@pytest.fixture
def pool(shared_pool):
    """A pool that all tests of a module share, for whatever a pool survives. Its run begins anew with each test."""
    shared_pool.reset()
    return shared_pool


@pytest.fixture
def own_pool(context):
    """A pool of two workers that are ready, for a test that ends it."""
    with XrayPool(2, context=context) as pool:
        warm_up(pool, 2)
        pool.reset()  # so that the test's first task is task 0
        yield pool


@pytest.fixture
def temporary_folder(monkeypatch):
    """A temporary folder for one test, in which its pools must leave nothing."""
    multiprocessing.util.get_temp_dir()  # Python's own, for the socket of the forkserver, is there before
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield folder
        assert [name for name in os.listdir(folder) if not name.startswith("pymp-")] == []


@pytest.fixture
def next_pool_works(context, temporary_folder):
    """After the test no child is left three seconds later, and a new pool works."""
    yield
    assert not children_left(set(), within=3)
    with XrayPool(1, context=context) as pool:
        assert pool.map(workers.square, [2, 3]) == [4, 9]
    assert not multiprocessing.active_children()
