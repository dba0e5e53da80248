"""What the lab costs and how fast it answers: in JupyterLab and Chromium, on this machine."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Page, expect

from benchmarks.results import Figure
from helpers.spans import Run, Span, Worker
from helpers.timeline import timeline
from tools.browser import jupyter, pages, run_all

MEASURE_PAIR = """
import json, numpy as np
from helpers.lab.experiment import Experiment
changes = []
lab.picture.unobserve_all()
lab.picture.observe(lambda change: changes.append(1), "value")
lab.chunks.value, lab.rows.value, lab.warm.value = 40, {rows}, True
lab.run_button.click()
lab.thread.join()
alone = Experiment(serial=lab.experiment.results[-1].serial)
list(alone.run([lab.plan()]))
changes.clear()
lab.run_button.click()
lab.thread.join()
del changes[-1:]  # the one after the run
pair = [one.results[-1].timing.seconds[0] for one in (alone, lab.experiment)]
print(json.dumps([(pair[1] / pair[0] - 1) * 100, len(changes) / pair[1]]))
"""

SECONDS_TO_ANSWER = """([button, words]) => new Promise(done => {
    const lab = document.querySelector('.pool-lab'), pressed = performance.now();
    const before = lab.querySelector('[role=status]').innerText;
    new MutationObserver((_, observer) => {
        const now = lab.querySelector('[role=status]')?.innerText ?? before;
        if (words ? now.startsWith(words) : now !== before) {
            observer.disconnect();
            done((performance.now() - pressed) / 1000);
        }
    }).observe(lab, {subtree: true, childList: true, characterData: true});
    [...lab.querySelectorAll('button')].find(one => one.innerText === button).click();
})"""


def measure_lab(_: object, repeats: int, rows: int = 1_000_000) -> Iterator[Figure]:
    """What the lab adds to a run, and how fast it answers on the screen.

    The run is measured twice: while a page shows it, whose browser paints in software on the CPUs that the workers
    use, and after the page is closed.
    """
    often = 4 * repeats
    with tempfile.TemporaryDirectory() as folder, pages() as new_page, jupyter(Path(folder), "jupyterlab") as address:
        page = new_page()
        page.goto(address)
        run_all(page)
        for _ in range(often):
            cost, updates = _pair(Path(folder), rows)
            yield Figure(f"watching {rows:,} rows live, the browser on the same CPUs", cost, "%", often, 2.0)
            yield Figure("pictures of a live run", updates, "a second", often, 2.0, at_least=True)
        for _ in range(repeats):
            started, stopped = _answers(page)
            yield Figure("from Run to the first change on the screen", started, "s", repeats, 0.3)
            yield Figure("from Stop to the end, on the screen", stopped, "s", repeats, 1.0)
        page.close()
        for _ in range(often):
            cost, _ = _pair(Path(folder), rows)
            yield Figure(f"watching {rows:,} rows live, the page closed", cost, "%", often, 2.0)
    for _ in range(often):
        yield Figure("drawing 10,000 tasks", _seconds_to_draw(), "s", often, 0.1)


def _pair(folder: Path, rows: int) -> tuple[float, float]:
    """Return the per cent that the lab adds to a run, and its pictures per second."""
    (connection,) = (folder / "runtime").glob("kernel-*.json")
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    output: list[str] = []
    try:
        client.execute_interactive(
            MEASURE_PAIR.format(rows=rows),
            timeout=120,
            output_hook=lambda m: output.append(m["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
    cost, pictures = json.loads("".join(output))
    return cost, pictures


def _answers(page: Page) -> tuple[float, float]:
    """Return the seconds from Run to the first change on the screen, and from Stop to the end of the run."""
    started = page.evaluate(SECONDS_TO_ANSWER, ["Run", ""])
    time.sleep(0.7)
    stopped = page.evaluate(SECONDS_TO_ANSWER, ["Stop", "Stopped"])
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=30_000)
    return started, stopped


def _seconds_to_draw() -> float:
    workers = tuple(Worker(pid, 0.0) for pid in range(1, 5))
    spans = tuple(_span(number, 1 + number % 4, number // 4 * 2e-3) for number in range(10_000))
    run = Run(spans, workers, 4, "fork", 0.0, spans[-1].delivered)
    began = time.perf_counter()
    timeline(run)
    return time.perf_counter() - began


def _span(task: int, worker: int, begin: float) -> Span:
    moments = [begin + n * 1e-4 for n in range(10)]
    return Span(task, worker, 0.0, *moments, cpu=1e-4, bytes_in=100, bytes_out=100)  # type: ignore[misc, arg-type]  # of ten moments
