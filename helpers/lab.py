"""The widgets of the course: thin, on top of everything else.

A callback only switches a button and starts a thread. The thread owns the pool and sets widget traits; it never
prints, never uses pyplot and never captures output: which thread runs a callback differs between versions of ipykernel,
and traits work in all of them.
"""

import html
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from helpers.machine import usable_cpus
from helpers.plots import speedup_plot
from helpers.spans import Run
from helpers.timeline import timeline
from helpers.timing import Timing, measure
from helpers.xray import XrayPool


class SpeedupLab(widgets.VBox):
    """Choose a number of processes, press Run, and watch the speed-up plot gain a point.

    function: a top-level function of a module, or a partial of one, that takes a chunk of the rows.
    rows: the table, an array of shape (n, d); each run splits it into as many chunks as there are processes.
    serial: the timing of the serial loop over the same rows, to compare with.

    Every run starts a pool of its own, so the start counts. A run that fails is told in the status line, and the
    earlier runs stay.
    """

    def __init__(self, function: Callable[[Any], object], rows: np.ndarray, *, serial: Timing) -> None:
        self.function = function
        self.rows = rows
        self.serial = serial
        self.measured: dict[int, Timing] = {}
        self.thread: threading.Thread | None = None
        most = max(8, 2 * usable_cpus())
        self.processes = widgets.IntSlider(
            usable_cpus(), 1, most, description="Processes", continuous_update=False, layout={"width": "420px"}
        )
        self.run_button = widgets.Button(description="Run", button_style="primary", tooltip="Run the pool once")
        self.status = widgets.HTML(f"{usable_cpus()} of the CPUs are yours to use. Press Run.")
        self.plot = widgets.HTML(self._plot())
        self.picture = widgets.HTML()
        self.run_button.on_click(self._start)
        super().__init__([widgets.HBox([self.processes, self.run_button]), self.status, self.plot, self.picture])

    def _start(self, _button: widgets.Button) -> None:
        self.run_button.disabled = self.processes.disabled = True
        self.thread = threading.Thread(target=self._work, args=(self.processes.value,), daemon=True)
        self.thread.start()

    def _work(self, processes: int) -> None:
        self.status.value = f"Running {_count(processes)} ..."
        try:
            timing = measure(self._run_pool, processes, repeats=1, warmup=0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the student
            self.status.value = html.escape(f"The run failed. {type(error).__name__}: {error}")
        else:
            self._show(processes, timing)
        finally:
            self.run_button.disabled = self.processes.disabled = False

    def _run_pool(self, processes: int) -> Run:
        chunks = np.array_split(self.rows, processes)
        with XrayPool(processes) as pool:
            pool.map(self.function, chunks, chunksize=1)
            return pool.run

    def _show(self, processes: int, timing: Timing) -> None:
        earlier = self.measured.get(processes)
        seconds = timing.seconds if earlier is None else earlier.seconds + timing.seconds
        cpu = timing.cpu if earlier is None else earlier.cpu + timing.cpu
        self.measured[processes] = Timing(_count(processes), seconds, cpu)
        self.plot.value = self._plot()
        self.picture.value = timeline(timing.result, cpus=usable_cpus()).html
        ratio = self.serial.median / timing.median
        self.status.value = f"{_count(processes)}: {timing.median:.2f} s, {ratio:.2f} times as fast as the loop."

    def _plot(self) -> str:
        return speedup_plot(self.serial, self.measured, cpus=usable_cpus()).html


def _count(processes: int) -> str:
    return "1 process" if processes == 1 else f"{processes} processes"
