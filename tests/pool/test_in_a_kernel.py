"""What a student sees in a real notebook kernel: Stop, a killed kernel and a restart leave nothing behind."""

import os
import signal
import time
from tempfile import TemporaryDirectory

import pytest
from kernels import SUPPORT, Kernel, gone

from helpers.machine import start_methods

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals are sent here as a terminal sends them"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SETUP = """
import sys, time, multiprocessing
sys.path.insert(0, {support!r})
import faults, workers
from helpers.xray import XrayPool
context = multiprocessing.get_context({method!r})
"""
FOREVER = """
with XrayPool(3, context=context) as pool:
    print("made", flush=True)
    pool.map(faults.never_end, range(6))
"""
FOREVER_IN_ONE_LINE = "XrayPool(3, context=context) as pool: pool.map(faults.never_end, range(6))"
LEAVING = """
with XrayPool(3, context=context) as pool:
    result = pool.map_async(faults.ignore_sigterm, range(6), chunksize=1)
    while sum(span.finished - span.started > 0.1 for span in pool.live.spans) < 3:  # by now they ignore the signal
        time.sleep(0.01)
    print("left", flush=True)
"""
WORKS = "with XrayPool(2, context=context) as pool: print(pool.map(workers.square, [2, 3]))"


def setup(method: str) -> list[str]:
    """What a kernel runs first. After that the helper processes of the start method are there."""
    return [SETUP.format(support=str(SUPPORT), method=method), WORKS]


@pytest.fixture(scope="module", params=start_methods())
def method(request):
    return request.param


@pytest.fixture(scope="module")
def kernels_folder():
    """The temporary folder of the kernels."""
    with TemporaryDirectory(prefix="t") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        yield folder


@pytest.fixture(scope="module")
def kernel(method, kernels_folder):
    """One kernel for all that it must survive."""
    kernel = Kernel(*setup(method))
    yield kernel
    kernel.end()


@pytest.fixture
def doomed(method):
    """A kernel for one test, which ends it."""
    kernel = Kernel(*setup(method))
    yield kernel
    kernel.end()


def stop(kernel: Kernel, to: str) -> None:
    if to == "group":
        os.killpg(os.getpgid(kernel.process.pid), signal.SIGINT)
    else:
        kernel.process.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "moment, to",
    [(0.0, "group"), (0.0, "kernel"), (0.01, "kernel"), (0.03, "group"), (0.1, "kernel"), (0.5, "group")],
)
def test_stop_at_any_moment_is_one_keyboard_interrupt_and_no_noise(kernel, moment, to, tmp_path, kernels_folder):
    begun, files = tmp_path / "begun", set(os.listdir(kernels_folder))
    message = kernel.start(f"with open({str(begun)!r}, 'w'), {FOREVER_IN_ONE_LINE}")
    while not begun.exists():  # after a print, Stop could meet ipykernel's own code
        time.sleep(0.001)
    time.sleep(moment)  # from the making of the pool to the waiting for its results
    stop(kernel, to)
    _, noise, error = kernel.finish(message, seconds=3)
    assert error.startswith("KeyboardInterrupt")
    assert noise == ""
    assert gone(kernel.workers(), 2)
    assert set(os.listdir(kernels_folder)) == files
    assert kernel.run(WORKS) == ("[4, 9]\n", "", "")


@pytest.mark.parametrize("to", ["group", "kernel"])
def test_stop_while_the_pool_is_left_leaves_nothing(kernel, to):
    message = kernel.start(LEAVING, until="left")
    time.sleep(0.3)  # the pool waits a second for workers that do not end when they are asked to
    stop(kernel, to)
    _, noise, error = kernel.finish(message, seconds=3)
    assert error.startswith("KeyboardInterrupt")
    assert noise == ""
    assert gone(kernel.workers(), 3)


def test_no_worker_outlives_a_killed_kernel(doomed):
    doomed.start(FOREVER, until="made")
    time.sleep(0.3)
    everything = doomed.workers() | doomed.helpers
    assert len(doomed.workers()) == 3
    doomed.process.kill()
    assert gone(everything, 3)


def test_a_restart_in_the_middle_of_a_pool_leaves_nothing_and_the_next_pool_works(doomed, method):
    doomed.start(FOREVER, until="made")
    everything = doomed.workers() | doomed.helpers
    doomed.manager.restart_kernel(now=True)
    assert gone(everything, 3)
    doomed.prepare(*setup(method))
    assert doomed.run(WORKS) == ("[4, 9]\n", "", "")


def test_a_function_of_a_cell_is_refused_or_works(kernel, method):
    kernel.run("def mine(value): return value + 1")
    output, noise, error = kernel.run("with XrayPool(1, context=context) as pool: print(pool.map(mine, [1]))")
    if method == "fork":
        assert (output, noise, error) == ("[2]\n", "", "")
    else:
        assert "'mine'" in error and "notebook" in error
        assert "%%writefile" in error
        assert noise == ""


def test_file_set_in_the_notebook_is_refused_with_the_remedy(kernel, method):
    _, noise, error = kernel.run(f"__file__ = {str(SUPPORT / 'faults.py')!r}\n{WORKS}")
    assert noise == ""
    assert error == "" if method == "fork" else error.endswith("delete it with: del __file__")
    assert kernel.run(f"del __file__\n{WORKS}") == ("[4, 9]\n", "", "")


def test_input_in_a_task_says_that_nobody_can_answer(kernel):
    _, _, error = kernel.run("with XrayPool(1, context=context) as pool: pool.map(faults.ask, ['name? '])")
    assert error.startswith("EOFError: input()") and "worker" in error


def test_a_killed_worker_is_the_error_of_the_cell(kernel):
    _, noise, error = kernel.run("with XrayPool(2, context=context) as pool: pool.map(faults.kill_this_process, [9])")
    assert error.startswith("WorkerDied: worker ")
    assert "SIGKILL" in error
    assert noise == ""
