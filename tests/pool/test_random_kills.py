"""Whatever moment a worker is killed at, `XrayPool` reports it, and the stock pool still hangs."""

import os
import signal
import subprocess
import sys

import pytest
from pools import ROOT


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to be killed by")
def test_random_kills_never_hang_the_pool():
    command = [sys.executable, "-m", "tests.support.stress", "--kills", "12", "--seed", "1"]
    output = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50, cwd=ROOT)
    assert output.returncode == 0, output.stdout + output.stderr
    assert "12 kills, 0 hangs, 0 left behind" in output.stdout


def test_the_stock_pool_still_hangs_when_a_worker_is_killed():
    process = subprocess.Popen([sys.executable, ROOT / "tests" / "support" / "faults.py"], start_new_session=True)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
    finally:
        kill_with_children(process)


def kill_with_children(process: subprocess.Popen) -> None:
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
