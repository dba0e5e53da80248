"""Programs that take a pool, or wrap its iterators, give the same results with `XrayPool` as with the stock pool."""

import io
import multiprocessing

import numpy as np
import pytest
import workers

from helpers.xray import XrayPool

MISSING = 'not installed; get it with: pip install -e ".[programs]"'


@pytest.fixture
def pools():
    with multiprocessing.Pool(2) as stock, XrayPool(2) as xray:
        yield stock, xray


def test_scipy_finds_the_same_minimum_by_differential_evolution(pools):
    optimize = pytest.importorskip("scipy.optimize", reason=MISSING)
    stock, xray = (
        optimize.differential_evolution(
            optimize.rosen, [(-2, 2)] * 2, maxiter=5, rng=1, updating="deferred", workers=pool.map
        )
        for pool in pools
    )
    assert np.array_equal(xray.x, stock.x)
    assert (xray.fun, xray.nfev) == (stock.fun, stock.nfev)
    assert np.allclose(xray.x, 1, atol=0.1)


def test_tqdm_counts_what_imap_gives(pools):
    tqdm = pytest.importorskip("tqdm", reason=MISSING).tqdm
    for pool in pools:
        bar = tqdm(pool.imap(workers.square, range(50)), total=50, file=io.StringIO())
        assert list(bar) == [number * number for number in range(50)]
        assert bar.n == 50
