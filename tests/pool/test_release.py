"""When a pool has ended, everything that it held is released: at once, and without the garbage collector."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import weakref
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import faults
import hostile
import pytest
import workers
from pools import becomes_true, children_left

from helpers import tasks
from helpers.pool.pickling import dumps, loads
from helpers.pool.worker import Initializer
from helpers.xray import PoolStopped, WorkerDied, XrayPool

pytestmark = pytest.mark.timeout(20)  # for whatever hangs
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="it counts descriptors and semaphores as Linux shows them"
)


@pytest.fixture(autouse=True)
def without_garbage_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def fork_or(fewer: int, context, number: int) -> int:
    """How many pools to make: a fork takes a few milliseconds, and a fresh Python a hundred times as long."""
    return number if context.get_start_method() == "fork" else fewer


def held() -> tuple[int, int, int]:
    """How many descriptors, semaphores and threads this process has."""
    semaphores = Path("/proc/self/maps").read_text().count("/dev/shm/sem.")
    return len(os.listdir("/proc/self/fd")), semaphores, threading.active_count()


def holds_no_more_than(before: tuple[int, int, int]) -> bool:
    return all(now <= then for now, then in zip(held(), before, strict=True))


def use(pool: XrayPool) -> None:
    assert pool.map(workers.square, range(4), 1) == [0, 1, 4, 9]
    assert list(pool.imap(workers.square, range(4))) == [0, 1, 4, 9]


def use_and_lose(function):
    """Let a worker die, and keep nothing of the error."""

    def lose(pool: XrayPool) -> None:
        try:
            pool.map(function, [7])
        except WorkerDied as error:
            error.__traceback__ = None
        else:
            pytest.fail("no worker died")

    return lose


@on_linux
@pytest.mark.parametrize("end", ["terminate", "close", "lose"])
def test_25_pools_in_turn_leave_no_descriptor_semaphore_or_thread(context, end):
    kept = []  # as a notebook keeps what its cells returned
    with XrayPool(1, context=context) as pool:  # starts what Python keeps, such as the forkserver
        pool.map(workers.square, [1])
    before = held()
    for _ in range(fork_or(3, context, 25 if end != "lose" else 10)):
        pool = XrayPool(2, context=context)
        use(pool)
        if end == "lose":
            use_and_lose(hostile.die_within_an_answer)(pool)
        getattr(pool, end if end != "lose" else "terminate")()
        pool.join()
        kept.append(pool)
    assert holds_no_more_than(before)


CALLS = {
    "map": lambda pool, function, values: pool.map(function, values),
    "async": lambda pool, function, values: pool.apply_async(function, (pool.map_async(function, values).get(),)).get(),
    "imap": lambda pool, function, values: list(pool.imap(function, values)),
    "a worker died": lambda pool, function, values: use_and_lose(faults.exit_with)(pool),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("end", ["terminate", "close"])
def test_function_input_initializer_and_pool_are_freed(context, call, end):
    function, values, initializer = hostile.Thing(), hostile.Things([hostile.Thing(), hostile.Thing()]), hostile.Thing()
    pool = XrayPool(2, initializer, (values,), context=context)
    things = {"function": function, "input": values, "value": values[0], "initializer": initializer, "pool": pool}
    references = {name: weakref.ref(thing) for name, thing in things.items()}
    pool.map(function, values)
    call(pool, function, values)
    getattr(pool, end)()
    pool.join()
    del function, values, initializer, pool, things
    becomes_true(lambda: not any(reference() for reference in references.values()), within=3)
    assert [name for name, reference in references.items() if reference() is not None] == []


def test_an_ended_pool_that_is_kept_holds_nothing_that_it_was_given(context):
    function = hostile.Thing()
    reference = weakref.ref(function)
    with XrayPool(1, function, context=context) as pool:
        pool.map(function, [1])
    del function
    assert becomes_true(lambda: reference() is None, within=3)


def test_a_pool_that_goes_on_keeps_nothing_of_calls_that_have_ended(pool):
    function, values = hostile.Thing(), hostile.Things([hostile.Thing()])
    references = [weakref.ref(thing) for thing in (function, values, values[0])]
    pool.map(function, values)
    list(pool.imap(function, values))
    pool.apply_async(function, (values,)).get()
    del function, values
    for _ in range(3):  # the last call is kept until the next
        pool.map(workers.square, [1])
    assert becomes_true(lambda: not any(reference() for reference in references), within=3)


def test_a_worker_drops_the_pickled_message_before_its_tasks_run(pool):
    message = b"x" * 2_000_000
    assert pool.apply(workers.large_buffers, (message,)) == 0
    assert pool.map(workers.large_buffers, [message] * 2, chunksize=2) == [0, 0]


def test_a_worker_drops_its_pickled_initializer_when_it_has_run():
    initializer = loads(dumps(Initializer(workers.large_buffers, (b"x" * 2_000_000,))))
    initializer.run()
    assert not initializer.parts


@pytest.mark.parametrize("died", [False, True], ids=["alive", "dead"])
@pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning")
def test_a_pool_that_is_deleted_without_an_end_is_ended(context, died):
    before = set(multiprocessing.active_children())
    threads = set(threading.enumerate())
    pool = XrayPool(2, context=context)
    pool.map(workers.square, [1])
    for pid in [worker.pid for worker in set(multiprocessing.active_children()) - before] if died else ():
        with suppress(ProcessLookupError):  # the pool has noticed the first death, and ended the others
            os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    del pool
    assert not children_left(before, within=3)
    assert becomes_true(lambda: set(threading.enumerate()) <= threads, within=3)


@pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool:ResourceWarning")
def test_a_pool_can_be_deleted_by_its_own_callback(context):
    before = set(multiprocessing.active_children())
    pools, done = [XrayPool(1, context=context)], threading.Event()

    def forget(_: object) -> None:
        pools.clear()
        done.set()

    pools[0].apply_async(workers.square, (3,), callback=forget)
    assert done.wait(10)
    assert not children_left(before, within=3)


def test_a_worker_that_is_being_made_while_its_pool_ends_is_ended(context, monkeypatch):
    """The stock pool's thread takes longer to make it than the pool waits for that thread before it ends workers."""
    start, before = BaseProcess.start, set(multiprocessing.active_children())

    def start_late(process: BaseProcess) -> None:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(1.3)
        start(process)

    monkeypatch.setattr(BaseProcess, "start", start_late)
    pool = XrayPool(1, context=context)
    with pytest.raises(WorkerDied):
        pool.map(faults.exit_with, [7])
    pool.terminate()
    assert not children_left(before, within=3)


@pytest.mark.parametrize("end", ["terminate", "close"])
def test_a_pool_can_be_ended_twice_and_by_several_threads(context, end):
    pool = XrayPool(2, context=context)
    result = pool.map_async(workers.square, range(4), 1)

    def leave() -> None:
        getattr(pool, end)()
        pool.join()

    leaving = [threading.Thread(target=leave) for _ in range(4)]
    for thread in leaving:
        thread.start()
    for thread in leaving:
        thread.join()
    leave()
    if end == "close":
        assert result.get() == [0, 1, 4, 9]
    with pytest.raises((ValueError, PoolStopped)):
        pool.map(tasks.identity, [1])
