"""Memory that a block holds is seen, in the parent and in a worker."""

import multiprocessing

import pytest
import workers

from helpers.machine import PeakMemory, start_methods

MB = 1_000_000


def test_what_the_parent_held_in_between_is_seen():
    with PeakMemory() as peak:
        workers.hold_megabytes(80)
    assert 70 * MB < peak.parent < 120 * MB


@pytest.mark.parametrize("method", start_methods())
def test_what_a_worker_held_is_seen(method):
    with PeakMemory() as peak, multiprocessing.get_context(method).Pool(1) as pool:
        pool.map(workers.hold_megabytes, [80])
    assert 70 * MB < peak.worker < 200 * MB
