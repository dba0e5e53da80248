"""Voila with the settings of the checkout: it shows no link that it refuses, and a closed tab leaves no kernel."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
import pytest
from browsers import browser_or_skip

from tools.browser import NOTEBOOK, serving, until

SETTINGS = Path(__file__).parents[1] / "voila.json"


def test_the_lab_links_to_no_file_since_voila_serves_none():
    text = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "markdown")
    assert [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith(("https://", "#"))] == []


def test_a_kernel_ends_a_minute_after_its_tab_was_closed():
    assert 30 <= json.loads(SETTINGS.read_text())["MappingKernelManager"]["cull_idle_timeout"] <= 60


@pytest.mark.timeout(180)
def test_an_open_tab_keeps_its_kernel_and_a_closed_one_does_not(tmp_path):
    settings = json.loads(SETTINGS.read_text())
    settings["MappingKernelManager"] |= {"cull_idle_timeout": 10, "cull_interval": 1}
    (tmp_path / "voila.json").write_text(json.dumps(settings))
    port = free_port()
    server = ("voila", NOTEBOOK.name, f"--port={port}", "--no-browser", "--Voila.ip=127.0.0.1")
    with browser_or_skip() as new_page, serving(tmp_path, *server):
        until(lambda: answers(port))
        page = new_page()
        page.goto(f"http://127.0.0.1:{port}/", timeout=90_000)
        page.locator(".pool-lab").wait_for(timeout=90_000)
        links = page.evaluate("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
        assert [link for link in links if link and not link.startswith(("https://", "#"))] == []
        page.wait_for_timeout(12_000)
        assert len(list(kernels())) == 1
        page.close()
        until(lambda: not list(kernels()))


def kernels() -> Iterator[psutil.Process]:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            if "ipykernel_launcher" in process.cmdline():
                yield process


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
