"""The labs of two lessons: choose, press Run, and watch. Each is a `helpers.lab.base.Lab` with its own controls."""

import ast
import html
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers import tasks
from helpers.lab.base import Lab
from helpers.lab.experiment import Experiment
from helpers.lab.fields import dropdown, processes_slider, slider
from helpers.lab.plan import DRAWS, METHODS, Plan
from helpers.lab.result import Result
from helpers.lab.stage import Stage, part
from helpers.machine import usable_cpus
from helpers.spans import events
from helpers.text import format_seconds
from helpers.timing import Timing


class SpeedupLab(Lab):
    """Choose a number of processes, press Run, and watch the speed-up plot gain a point: a part of `PoolLab`.

    function: a top-level function of a module, or a partial of one, that takes a chunk of the rows.
    rows: the table, an array of shape (n, d); each run splits it into as many chunks as there are processes.
    serial: the timing of the serial loop over the same rows, to compare with.

    Every run starts a new pool, so its time includes the start. The status line shows the error of a run that fails,
    and the earlier runs stay.
    """

    def __init__(self, function: Callable[[Any], object], rows: NDArray[Any], *, serial: Timing) -> None:
        self.rows = len(rows)
        self.processes = processes_slider(max(8, 2 * usable_cpus()))
        experiment = Experiment(lambda plan: (function, np.array_split(rows, plan.processes)), serial)
        super().__init__(experiment, [self.processes])
        bar = self.row("pool-lab-bar", self.processes, self.run_button, self.stop_button)
        line = self.row("pool-lab-line", self.progress, self.status)
        self.children = [self.style_sheet, bar, line, self.stage]

    def plan(self) -> Plan:
        processes = self.processes.value
        return Plan(rows=self.rows, processes=processes, chunks=processes)


class OrderLab(Lab):
    """Choose the sizes of three tasks and a method, press Run, and watch the order of tasks and of results."""

    def __init__(self) -> None:
        options = [(f"{n:,}", n) for n in (10**power for power in range(1, 8))]
        sizes = enumerate((1_000_000, 1000, 10))
        self.sizes = [slider(f"Task {task}", options, size, 240) for task, size in sizes]
        self.method = dropdown("Method", METHODS, 195)
        self.event_log = part("pool-lab-log")
        experiment = Experiment(lambda plan: (tasks.draw, ast.literal_eval(plan.function)))
        stage = Stage([self.event_log])
        super().__init__(experiment, [*self.sizes, self.method], stage)
        bar = self.row("pool-lab-bar", *self.sizes, self.method, self.run_button, self.stop_button)
        line = self.row("pool-lab-line", self.progress, self.status)
        self.children = [self.style_sheet, bar, line, stage]

    def plan(self) -> Plan:
        sizes = [size.value for size in self.sizes]
        return Plan(DRAWS, f"{sizes}", sum(sizes), processes=3, chunks=3, method=self.method.value)

    def show_results(self) -> None:
        """Show the log of the last run, and the order of its results."""
        for result in self.experiment.results[-1:]:
            log = "\n".join(self._log_lines(result))
            self.event_log.value = f"<pre>{html.escape(log)}</pre>"

    def _log_lines(self, result: Result) -> Iterator[str]:
        sizes = ast.literal_eval(result.plan.function)
        for seconds, event, task in events(result.run):
            yield f"{format_seconds(seconds):>9}  {sizes[task]:,} draws {event}"
        spans = sorted(result.run.spans, key=lambda span: span.task)
        if result.plan.method == "imap_unordered":
            spans.sort(key=lambda span: span.delivered)
        yield f"\n{result.plan.method} gives: {', then '.join(f'{sizes[span.task]:,}' for span in spans)}"
