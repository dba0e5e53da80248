"""No command outlives its block, no part of a cluster listens where others could reach it, and Stop leaves it alive."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from kernels import Kernel, gone

from helpers.cluster import terminals
from tools.browser import until


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
client = Client(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                preload="helpers.dask_process", silence_logs=logging.CRITICAL)
"""
LONG = "print('go', flush=True); client.gather(client.map(tasks.nap, [1.0] * 50, pure=False))"
SHORT = "print(client.gather(client.map(tasks.identity, [4, 5], pure=False)))"


LISTENERS = """
import psutil
processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
found = [link.laddr for process in processes for link in process.net_connections() if link.status == "LISTEN"]
scheduler = client.cluster.scheduler
print({address.ip for address in found}, scheduler.http_server.port == 8787)
"""


def test_no_part_of_a_cluster_listens_where_others_could_reach_it_or_on_the_port_that_all_clusters_want():
    kernel = Kernel(CLUSTER)
    assert kernel.finish(kernel.start(LISTENERS), seconds=20) == ("{'127.0.0.1'} False\n", "", "")
    kernel.end()


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
