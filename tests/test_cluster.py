"""A cluster's run becomes spans on this process's clock, and no command outlives its block."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from kernels import Kernel, gone

from helpers.cluster import cluster_run, terminals
from helpers.spans import Run
from tools.browser import until


class Scheduler:
    """In the place of a client: its scheduler's clock is an hour ahead."""

    def run_on_scheduler(self, function) -> float:
        return time.perf_counter() + 3600


def record(worker: str, start: float, stop: float, status: str = "OK", **more) -> dict:
    steps = [{"action": "compute", "start": start + 3600, "stop": stop + 3600}]
    return {"worker": worker, "startstops": steps, "status": status, "nbytes": 5} | more


def test_the_records_of_a_cluster_become_spans_on_this_clock():
    records = [record("b", 2.0, 3.0), record("a", 1.0, 2.5), record("a", 2.5, 4.0, status="erred")]
    run = cluster_run(Scheduler(), records, 0.5, 4.5)
    assert [(span.worker, span.outcome) for span in run.spans] == [(1, "ok"), (2, "ok"), (1, "error")]
    assert [span.started for span in run.spans] == pytest.approx([1.0, 2.0, 2.5], abs=0.01)
    assert [span.finished for span in run.spans] == pytest.approx([2.5, 3.0, 4.0], abs=0.01)
    assert (run.began, run.ended, run.processes, run.start_method) == (0.5, 4.5, 2, "cluster")


def test_every_span_is_within_its_run():
    run = cluster_run(Scheduler(), [record("a", 0.0, 9.0)], 1.0, 2.0)
    assert (run.spans[0].started, run.spans[0].finished) == (1.0, 2.0)
    assert isinstance(run, Run)


def test_without_a_record_the_error_says_how_to_record():
    with pytest.raises(ValueError, match="record them with: with get_task_stream"):
        cluster_run(Scheduler(), [], 0.0, 1.0)


def test_a_command_ends_with_its_block():
    before = set(psutil.Process().children(recursive=True))
    with terminals("http.server --bind 127.0.0.1 0"):
        family = set(psutil.Process().children(recursive=True)) - before
        assert family
    assert gone(family, 10)


def test_a_command_that_fails_is_reported_with_the_end_of_its_output():
    before = set(psutil.Process().children())
    with pytest.raises(RuntimeError, match="No module named no_such_module"), terminals("no_such_module"):
        (command,) = set(psutil.Process().children()) - before
        until(lambda: command.status() == psutil.STATUS_ZOMBIE)
        time.sleep(0.5)  # its last thread may still be leaving


START = """
import sys, time
from helpers.cluster import terminals
with terminals("http.server --bind 127.0.0.1 0"):
    time.sleep(1)
    print("up", flush=True)
    time.sleep(60)
"""


def test_a_command_ends_when_its_notebook_is_killed():
    with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True) as notebook:
        assert notebook.stdout.readline() == "up\n"
        family = psutil.Process(notebook.pid).children(recursive=True)
        assert len(family) >= 2
        notebook.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    assert gone(family, 10)


CLUSTER = """
import logging
from distributed import Client
from helpers import tasks
client = Client(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
                preload="helpers.dask_process", silence_logs=logging.CRITICAL)
"""
LONG = "print('go', flush=True); client.gather(client.map(tasks.nap, [1.0] * 50, pure=False))"
SHORT = "print(client.gather(client.map(tasks.identity, [4, 5], pure=False)))"


@pytest.mark.skipif(os.name == "nt", reason="signals are sent here as a terminal sends them")
def test_a_cluster_survives_stop_and_ends_with_its_kernel():
    kernel = Kernel(CLUSTER)
    message = kernel.start(LONG, until="go")
    time.sleep(0.5)  # so that Stop interrupts the wait for results, not the print
    kernel.manager.interrupt_kernel()
    assert kernel.finish(message)[1:] == ("", "KeyboardInterrupt: ")
    assert kernel.finish(kernel.start(SHORT), seconds=20) == ("[4, 5]\n", "", "")
    kernel.process.kill()
    assert gone(kernel.helpers, 15)
    kernel.end()
