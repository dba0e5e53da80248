"""The labs: choose, press Run, and watch. Each is a `helpers.lab.base` with its own controls."""

import html
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from helpers import tasks
from helpers.lab import plan as plans
from helpers.lab.base import Bench, button
from helpers.lab.experiment import Experiment, every_start, sweep
from helpers.lab.plan import Plan
from helpers.lab.result import Result
from helpers.lab.table import runs_table
from helpers.machine import start_methods, usable_cpus
from helpers.spans import events
from helpers.text import format_seconds
from helpers.timeline import timeline
from helpers.timing import Timing

MANY = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""The numbers of chunks, and the chunk sizes, that the bench offers."""

REPEATS = 3
"""How often a sweep measures each of its plans."""

FOLDER = Path("pool_lab_runs")
"""Where Save puts its files, with a number; beside the notebook."""

STYLE = """<style>
.pool-lab.projector { zoom: 1.4 }
.pool-lab table { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 1.5 }
.pool-lab th, .pool-lab td { text-align: right; padding: 2px 6px; border-bottom: 1px solid #8885 }
.pool-lab th:nth-child(2), .pool-lab td:nth-child(2) { text-align: left }
.pool-lab th:nth-child(3), .pool-lab td:nth-child(n+3):not(:last-child) { white-space: pre }
.pool-lab-timeline { contain: content }
.pool-lab .widget-readout { min-width: 40px }
.pool-lab pre { user-select: all; overflow-x: auto; font-size: 13px; line-height: 1.4; padding: 6px 10px; border: 1px solid #8885 }
.pool-lab .bar { display: inline-flex; width: 130px; height: 12px; vertical-align: middle; margin-right: 6px }
</style>"""


class SpeedupLab(Bench):
    """Choose a number of processes, press Run, and watch the speed-up plot gain a point: a corner of `PoolLab`.

    function: a top-level function of a module, or a partial of one, that takes a chunk of the rows.
    rows: the table, an array of shape (n, d); each run splits it into as many chunks as there are processes.
    serial: the timing of the serial loop over the same rows, to compare with.

    Every run starts a pool of its own, so the start counts. A run that fails is told in the status line, and the
    earlier runs stay.
    """

    def __init__(self, function: Callable[[Any], object], rows: np.ndarray, *, serial: Timing) -> None:
        self.rows = len(rows)
        self.processes = _processes(max(8, 2 * usable_cpus()))
        experiment = Experiment(lambda plan: (function, np.array_split(rows, plan.processes)), serial)
        super().__init__(experiment, [self.processes])
        line = widgets.HBox([self.processes, self.run_button, self.stop_button, self.progress])
        self.children = [widgets.HTML(STYLE), line, self.status, self.picture, self.plot]
        self.add_class("pool-lab")

    def plan(self) -> Plan:
        processes = self.processes.value
        return Plan(rows=self.rows, processes=processes, chunks=processes)


class OrderLab(Bench):
    """Choose the sizes of three tasks and a method, press Run, and watch in which order they end and come back."""

    def __init__(self) -> None:
        sizes = [10**power for power in range(1, 8)]
        self.sizes = [
            widgets.SelectionSlider(options=[(f"{n:,}", n) for n in sizes], value=n, description=name, **_shape(400))
            for name, n in (("Task 0", 1_000_000), ("Task 1", 1000), ("Task 2", 10))
        ]
        self.method = _choice("Method", plans.METHODS, 190)
        self.story = widgets.HTML()
        experiment = Experiment(lambda plan: (tasks.draw, [size.value for size in self.sizes]))
        super().__init__(experiment, [*self.sizes, self.method])
        line = widgets.HBox([self.method, self.run_button, self.stop_button])
        self.children = [widgets.HTML(STYLE), *self.sizes, line, self.status, self.picture, self.story]
        self.add_class("pool-lab")

    def plan(self) -> Plan:
        sizes = [size.value for size in self.sizes]
        return Plan(plans.DRAWS, f"{sizes}", sum(sizes), processes=3, chunks=3, method=self.method.value)

    def show(self) -> None:
        """Show the log of the last run, and the order of its results."""
        for result in self.experiment.results[-1:]:
            self.story.value = f"<pre>{html.escape(chr(10).join(self._story(result)))}</pre>"

    def _story(self, result: Result) -> Iterator[str]:
        sizes = [size.value for size in self.sizes]
        for seconds, what, task in events(result.run):
            yield f"{format_seconds(seconds):>9}  {sizes[task]:,} iterations {what}"
        spans = sorted(result.run.spans, key=lambda span: span.task)
        if result.plan.method == "imap_unordered":
            spans.sort(key=lambda span: span.delivered)
        yield f"\n{result.plan.method} gives: {', then '.join(f'{sizes[span.task]:,}' for span in spans)}"


class PoolLab(Bench):
    """The whole bench: choose what to run, on how many processes, and how; predict; run, sweep, compare; and watch.

    Its controls are attributes (`task`, `rows`, `processes`, `chunks`, ...), so a cell can set them too.
    """

    def __init__(self) -> None:
        self.task = _choice("Task", plans.TASKS, 235)
        self.function = widgets.Text(placeholder="module.function", description="Function", **_shape(220))
        self.rows = widgets.IntText(1_000_000, description="Rows", **_shape(150))
        self.processes = _processes(2 * usable_cpus())
        self.chunks = widgets.SelectionSlider(options=MANY, value=8, description="Chunks", **_shape(220))
        self.chunksize = widgets.SelectionSlider(options=MANY, value=1, description="Chunk size", **_shape(240))
        self.method = _choice("Method", plans.METHODS, 190)
        default, *others = start_methods()
        self.start_method = _choice(
            "Start", [(f"{default} (default)", default), *((name, name) for name in others)], 200
        )
        self.warm = widgets.Checkbox(False, description="warm pool", indent=False, layout={"width": "105px"})
        self.guess = widgets.Text(description="I think it takes", placeholder="seconds", **_shape(180))
        self.projector = widgets.Checkbox(False, description="projector", indent=False, layout={"width": "90px"})
        self.sweep_button = button(
            "Sweep processes", self._on_sweep, f"1 to the chosen number, {REPEATS} times in turn"
        )
        self.compare_button = button(
            "Compare start methods", self._on_compare, f"Each of them, {REPEATS} times in turn"
        )
        self.save_button = button(
            "Save", self._on_save, "Write timings and spans into a new folder beside the notebook"
        )
        self.clear_button = button("Clear", self._on_clear, "Forget all runs")
        self.shown = widgets.Dropdown(description="Python for", **_shape(180))
        self.imagined = widgets.IntText(64, description="What if: processes", **_shape(195))
        self.imagined_cpus = widgets.IntText(64, description="CPUs", **_shape(110))
        tip = "Simulate the run that is shown with as many processes and CPUs, and draw both"
        self.simulate_button = button("Simulate", self._on_simulate, tip)
        self.second = widgets.HTML(layout={"width": "100%"})
        self.table = widgets.HTML(layout={"width": "100%"})
        self.code = widgets.HTML(layout={"width": "100%"})
        chosen = [self.task, self.function, self.rows, self.processes, self.chunks, self.chunksize, self.method]
        chosen += [self.start_method, self.warm, self.guess]
        chosen += [self.imagined, self.imagined_cpus]
        pressed = [self.simulate_button, self.sweep_button, self.compare_button, self.save_button, self.clear_button]
        super().__init__(Experiment(), [*chosen, *pressed, self.shown])
        self.task.observe(self._apply, "value")
        self.projector.observe(self._project, "value")
        self.shown.observe(self._on_pick, "value")
        self._lay_out()
        self._apply()

    def plan(self) -> Plan:
        return Plan(
            task=self.task.value,
            function=self.function.value.strip() if self.task.value == plans.OWN else "",
            rows=self.rows.value,
            processes=self.processes.value,
            chunks=self.chunks.value,
            chunksize=self.chunksize.value,
            method=self.method.value,
            start_method=self.start_method.value,
            warm=self.warm.value,
        )

    def show(self) -> None:
        """Show the table of all runs, and the last one's code."""
        super().show()
        results = self.experiment.results
        self.table.value = runs_table(results)
        options = [(f"run {number}", number) for number in range(1, len(results) + 1)]
        if list(self.shown.options) != options:
            self.shown.options = options
            self.shown.value = len(results) or None

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        self.second.value = ""
        return super().measure(plans, repeats, predicted)

    def _lay_out(self) -> None:
        """Put the controls into the order of the sentence: what, on how many, how."""
        lines = [
            [self.task, self.function, self.rows, self.processes, widgets.HTML(f"of {usable_cpus()} usable")],
            [self.method, self.start_method, self.chunks, self.chunksize, self.warm],
            [self.guess, self.run_button, self.stop_button, self.sweep_button, self.compare_button],
            [self.imagined, self.imagined_cpus, self.simulate_button, self.save_button, self.clear_button],
            [self.progress, self.status],
        ]
        lines[3].append(self.projector)
        rows = [widgets.HBox(line, layout=_ROW) for line in lines]
        self.plot.layout = {"flex": "0 0 34%", "width": "auto"}
        runs = widgets.VBox([self.table, self.shown, self.code], layout={"flex": "1 1 66%"})
        self.children = [widgets.HTML(STYLE), *rows, self.picture, self.second, widgets.HBox([self.plot, runs])]
        self.add_class("pool-lab")

    def _apply(self, _change: object = None) -> None:
        """Disable what does not apply to the task."""
        own = self.task.value == plans.OWN
        self.function.disabled, self.rows.disabled = not own, own

    def _switch(self, *, running: bool) -> None:
        super()._switch(running=running)
        if not running:
            self._apply()

    def _project(self, _change: object) -> None:
        """Scale the bench. The timeline has its whole width already, so what stands in it grows."""
        (self.add_class if self.projector.value else self.remove_class)("projector")
        self.width = 760 if self.projector.value else 1060
        self._on_pick()

    def _on_run(self, _button: widgets.Button) -> None:
        self.start(lambda: self.measure([self.plan()], predicted=self._guessed()))

    def _on_sweep(self, _button: widgets.Button) -> None:
        self.start(lambda: self.measure(sweep(self.plan()), REPEATS))

    def _on_compare(self, _button: widgets.Button) -> None:
        self.start(lambda: self.measure(every_start(self.plan()), REPEATS))

    def _on_simulate(self, _button: widgets.Button) -> None:
        self.start(self._simulated)

    def _simulated(self) -> str:
        if self.shown.value is None:
            raise ValueError("there is no run yet that could be simulated with more processes; press Run first")
        number, processes, cpus = self.shown.value, self.imagined.value, self.imagined_cpus.value
        result = self.experiment.results[number - 1]
        run, measured = result.simulate(processes, cpus), result.run
        self.picture.value = self.drawn(measured, until=run.seconds)
        title = f"What if: run {number} with {plans.count(processes)} on {cpus} CPU{'s' * (cpus != 1)}, simulated"
        same = {"width": self.width, "until": measured.seconds}
        self.second.value = timeline(run, title=title, cpus=cpus, **same).html
        ratio = result.serial.median / run.seconds
        took = f"{format_seconds(run.seconds)}, {ratio:.2f} times as fast as the loop"
        return f"{title}: {took}. Measured: {format_seconds(result.timing.median)}."

    def _on_save(self, _button: widgets.Button) -> None:
        self.start(self._saved)

    def _saved(self) -> str:
        files = self.experiment.save(FOLDER)
        return f"Saved {len(files)} files in the folder {files[0].parent}, beside this notebook."

    def _on_clear(self, _button: widgets.Button) -> None:
        self.experiment.clear()
        self.picture.value = self.second.value = ""
        self.show()
        self.say("All runs are forgotten.")

    def _on_pick(self, _change: object = None) -> None:
        """Show the code and the timeline of the run that was picked."""
        number = self.shown.value
        self.code.value = ""
        if number is not None:
            result = self.experiment.results[number - 1]
            self.code.value = f"<pre title='click to select, then copy'>{html.escape(plans.code(result.plan))}</pre>"
            self.picture.value = self.drawn(result.run)
            self.second.value = ""

    def _guessed(self) -> float | None:
        text = self.guess.value.strip()
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise ValueError(f"your prediction must be a number of seconds above 0, such as 1.5, not {text!r}")
        return seconds


_ROW = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 12px"}


def _shape(width: int) -> dict[str, Any]:
    """Return how a control looks: so many pixels wide, its name taking the room that it needs."""
    return {"layout": {"width": f"{width}px"}, "style": {"description_width": "initial"}}


def _choice(name: str, options: Any, width: int) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, description=name, **_shape(width))


def _processes(most: int) -> widgets.IntSlider:
    return widgets.IntSlider(usable_cpus(), 1, most, description="Processes", continuous_update=False, **_shape(270))
