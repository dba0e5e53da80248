"""The labs: choose, press Run, and watch. Each is a `helpers.lab.base.Lab` with its own controls."""

import html
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from helpers import tasks
from helpers.lab.base import Lab, diagnosis_text, make_button, model_note
from helpers.lab.experiment import Experiment
from helpers.lab.plan import DRAWS, METHODS, OWN, TASKS, Plan, sweep_processes, sweep_start_methods, write_code
from helpers.lab.result import Result
from helpers.lab.table import results_table
from helpers.machine import start_methods, usable_cpus
from helpers.model.simulator import MOST_PROCESSES
from helpers.spans import events
from helpers.text import counted, format_interval, format_seconds
from helpers.timing import Timing

CHUNK_OPTIONS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""The numbers of chunks, and the chunk sizes, that can be chosen."""

REPEATS = 3
"""How often a sweep or a comparison measures each of its plans."""

SAVE_FOLDER = Path("pool_lab_runs")
"""The folder for the files that Save writes, next to the notebook; a number is added to its name."""

STYLE = """<style>
.pool-lab.projector { zoom: 1.4 }
.pool-lab table { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 1.5 }
.pool-lab th, .pool-lab td { text-align: right; padding: 2px 6px; border-bottom: 1px solid #8885 }
.pool-lab th:nth-child(2), .pool-lab td:nth-child(2) { text-align: left }
.pool-lab th:nth-child(3), .pool-lab td:nth-child(n+3):not(:last-child) { white-space: pre }
.pool-lab-timeline { contain: content }
.pool-lab .widget-readout { min-width: 40px }
.pool-lab pre { user-select: all; overflow-x: auto; font-size: 13px; line-height: 1.4 }
.pool-lab pre { padding: 6px 10px; border: 1px solid #8885 }
.pool-lab .bar { display: inline-flex; width: 130px; height: 12px; vertical-align: middle; margin-right: 6px }
</style>"""


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
        self.processes = _processes_slider(max(8, 2 * usable_cpus()))
        experiment = Experiment(lambda plan: (function, np.array_split(rows, plan.processes)), serial)
        super().__init__(experiment, [self.processes])
        line = widgets.HBox([self.processes, self.run_button, self.stop_button, self.progress])
        self.children = [widgets.HTML(STYLE), line, self.status, self.picture, self.plot]
        self.add_class("pool-lab")

    def plan(self) -> Plan:
        processes = self.processes.value
        return Plan(rows=self.rows, processes=processes, chunks=processes)


class OrderLab(Lab):
    """Choose the sizes of three tasks and a method, press Run, and watch the order of tasks and of results."""

    def __init__(self) -> None:
        options = [(f"{n:,}", n) for n in (10**power for power in range(1, 8))]
        self.sizes = [
            widgets.SelectionSlider(options=options, value=size, description=f"Task {task}", **_wide(400))
            for task, size in enumerate((1_000_000, 1000, 10))
        ]
        self.method = _dropdown("Method", METHODS, 190)
        self.event_log = widgets.HTML()
        experiment = Experiment(lambda plan: (tasks.draw, [size.value for size in self.sizes]))
        super().__init__(experiment, [*self.sizes, self.method])
        line = widgets.HBox([self.method, self.run_button, self.stop_button])
        self.children = [widgets.HTML(STYLE), *self.sizes, line, self.status, self.picture, self.event_log]
        self.add_class("pool-lab")

    def plan(self) -> Plan:
        sizes = [size.value for size in self.sizes]
        return Plan(DRAWS, f"{sizes}", sum(sizes), processes=3, chunks=3, method=self.method.value)

    def show_results(self) -> None:
        """Show the log of the last run, and the order of its results."""
        for result in self.experiment.results[-1:]:
            log = "\n".join(self._log_lines(result))
            self.event_log.value = f"<pre>{html.escape(log)}</pre>"

    def _log_lines(self, result: Result) -> Iterator[str]:
        sizes = [size.value for size in self.sizes]
        for seconds, event, task in events(result.run):
            yield f"{format_seconds(seconds):>9}  {sizes[task]:,} draws {event}"
        spans = sorted(result.run.spans, key=lambda span: span.task)
        if result.plan.method == "imap_unordered":
            spans.sort(key=lambda span: span.delivered)
        yield f"\n{result.plan.method} gives: {', then '.join(f'{sizes[span.task]:,}' for span in spans)}"


class PoolLab(Lab):
    """The whole lab: choose what to run, on how many processes, and how; predict; run, sweep, compare; and watch.

    Its controls are attributes (`task`, `rows`, `processes`, `chunks`, ...), so a cell can set them too.
    """

    def __init__(self) -> None:
        self._make_choices()
        self._make_buttons()
        self.shown_run = widgets.Dropdown(description="Python for", **_wide(180))
        self.what_if_processes = widgets.IntText(64, description="What if: processes", **_wide(195))
        self.what_if_cpus = widgets.IntText(64, description="CPUs", **_wide(110))
        self.projector = widgets.Checkbox(False, description="projector", indent=False, layout={"width": "90px"})
        self.what_if_picture, self.table, self.code = (widgets.HTML(layout={"width": "100%"}) for _ in range(3))
        controls = [self.task, self.function, self.rows, self.processes, self.chunks, self.chunksize, self.method]
        controls += [self.start_method, self.warm, self.prediction, self.what_if_processes, self.what_if_cpus]
        controls += [self.simulate_button, self.sweep_button, self.compare_button, self.save_button, self.clear_button]
        super().__init__(Experiment(), [*controls, self.shown_run])
        self.task.observe(self._disable_unused_controls, "value")
        self.projector.observe(self._set_scale, "value")
        self.shown_run.observe(self._show_chosen_run, "value")
        self._lay_out()
        self._disable_unused_controls()

    def _make_choices(self) -> None:
        """Make a control for each field of a plan, and one for the prediction."""
        self.task = _dropdown("Task", TASKS, 235)
        self.function = widgets.Text(placeholder="module.function", description="Function", **_wide(220))
        self.rows = widgets.IntText(1_000_000, description="Rows", **_wide(150))
        self.processes = _processes_slider(2 * usable_cpus())
        self.chunks = widgets.SelectionSlider(options=CHUNK_OPTIONS, value=8, description="Chunks", **_wide(220))
        self.chunksize = widgets.SelectionSlider(options=CHUNK_OPTIONS, value=1, description="Chunk size", **_wide(240))
        self.method = _dropdown("Method", METHODS, 190)
        default, *others = start_methods()
        start_options = [(f"{default} (default)", default), *((name, name) for name in others)]
        self.start_method = _dropdown("Start", start_options, 200)
        self.warm = widgets.Checkbox(False, description="warm pool", indent=False, layout={"width": "105px"})
        self.prediction = widgets.Text(description="I think it takes", placeholder="seconds", **_wide(180))

    def _make_buttons(self) -> None:
        tip = f"1 to the chosen number, {REPEATS} times in turn"
        self.sweep_button = self.job_button("Sweep processes", self._sweep_processes, tip)
        tip = f"Each of them, {REPEATS} times in turn"
        self.compare_button = self.job_button("Compare start methods", self._compare_start_methods, tip)
        tip = "Write timings and spans into a new folder next to the notebook"
        self.save_button = self.job_button("Save", self._save_results, tip)
        self.clear_button = make_button("Clear", self._clear_results, "Forget all runs")
        tip = (
            f"Simulate the run that is shown with these processes (at most {MOST_PROCESSES:,}) and CPUs, and draw both"
        )
        self.simulate_button = self.job_button("Simulate", self._simulate_chosen_run, tip)

    def _lay_out(self) -> None:
        """Arrange the controls in the order of a sentence: what, on how many, how."""
        what_if = [self.what_if_processes, self.what_if_cpus, self.simulate_button]
        lines = [
            [self.task, self.function, self.rows, self.processes, widgets.HTML(f"of {usable_cpus()} usable")],
            [self.method, self.start_method, self.chunks, self.chunksize, self.warm],
            [self.prediction, self.run_button, self.stop_button, self.sweep_button, self.compare_button],
            [*what_if, self.save_button, self.clear_button, self.projector],
            [self.progress, self.status],
        ]
        rows = [widgets.HBox(line, layout=_ROW_LAYOUT) for line in lines]
        self.plot.layout = {"flex": "0 0 34%", "width": "auto"}
        runs = widgets.VBox([self.table, self.shown_run, self.code], layout={"flex": "1 1 66%"})
        plot_and_runs = widgets.HBox([self.plot, runs])
        self.children = [widgets.HTML(STYLE), *rows, self.picture, self.what_if_picture, plot_and_runs]
        self.add_class("pool-lab")

    def plan(self) -> Plan:
        return Plan(
            task=self.task.value,
            function=self.function.value.strip() if self.task.value == OWN else "",
            rows=self.rows.value,
            processes=self.processes.value,
            chunks=self.chunks.value,
            chunksize=self.chunksize.value,
            method=self.method.value,
            start_method=self.start_method.value,
            warm=self.warm.value,
        )

    def show_results(self) -> None:
        """Show the plot, the table of all runs, and the last one's code."""
        super().show_results()
        results = self.experiment.results
        self.table.value = results_table(results)
        options = [(f"run {number}", number) for number in range(1, len(results) + 1)]
        if list(self.shown_run.options) != options:
            self.shown_run.options = options
            self.shown_run.value = len(results) or None

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        self.what_if_picture.value = ""
        return super().measure(plans, repeats, predicted)

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        if not running:
            self._disable_unused_controls()

    def _disable_unused_controls(self, _change: object = None) -> None:
        """Disable the controls that do not apply to the task."""
        own = self.task.value == OWN
        self.function.disabled, self.rows.disabled = not own, own

    def _set_scale(self, _change: object) -> None:
        """Scale the lab for a projector. The timeline already has its full width, so its contents are drawn larger."""
        (self.add_class if self.projector.value else self.remove_class)("projector")
        self.timeline_width = 760 if self.projector.value else 1060
        self._show_chosen_run()

    def _show_chosen_run(self, _change: object = None) -> None:
        """Show the code and the timeline of the chosen run."""
        number = self.shown_run.value
        self.code.value = ""
        if number is not None:
            result = self.experiment.results[number - 1]
            code = html.escape(write_code(result.plan))
            self.code.value = f"<pre title='click to select, then copy'>{code}</pre>"
            self.picture.value = self.draw_run(result.run, note=model_note(result)) + diagnosis_text(result)
            self.what_if_picture.value = ""

    def _run(self) -> str:
        return self.measure([self.plan()], predicted=self._predicted_seconds())

    def _sweep_processes(self) -> str:
        return self.measure(sweep_processes(self.plan()), REPEATS)

    def _compare_start_methods(self) -> str:
        return self.measure(sweep_start_methods(self.plan()), REPEATS)

    def _simulate_chosen_run(self) -> str:
        if self.shown_run.value is None:
            raise ValueError("there is no run yet that could be simulated with more processes; press Run first")
        number, processes, cpus = self.shown_run.value, self.what_if_processes.value, self.what_if_cpus.value
        result = self.experiment.results[number - 1]
        run = self.experiment.simulate(result, processes, cpus)
        title = f"What if: run {number} with {counted(processes, 'process')} on {counted(cpus, 'CPU')}, simulated"
        interval = result.interval(run)
        self.picture.value = self.draw_run(result.run, until=run.seconds, note=model_note(result))
        low, high = map(format_seconds, interval)
        note = f"The model expects nine in ten such runs from {low} to {high}."
        self.what_if_picture.value = self.draw_run(run, title=title, cpus=cpus, until=result.run.seconds, note=note)
        ratio = result.serial.median / run.seconds
        took = f"{format_interval(run.seconds, *interval)}, {ratio:.2f} times as fast as the loop"
        return f"{title}: {took}. Measured: {format_seconds(result.timing.median)}."

    def _save_results(self) -> str:
        files = self.experiment.save(SAVE_FOLDER)
        return f"Saved {len(files)} files in the folder {files[0].parent}, next to this notebook."

    def _clear_results(self) -> None:
        self.experiment.clear()
        self.picture.value = self.what_if_picture.value = ""
        self.show_results()
        self.set_status("All runs are forgotten.")

    def _predicted_seconds(self) -> float | None:
        text = self.prediction.value.strip()
        if not text:
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise ValueError(f"your prediction must be a number of seconds above 0, such as 1.5, not {text!r}")
        return seconds


_ROW_LAYOUT = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 12px"}


def _wide(width: int) -> dict[str, Any]:
    """Return the style of a control that is `width` pixels wide, of which its label takes what it needs."""
    return {"layout": {"width": f"{width}px"}, "style": {"description_width": "initial"}}


def _dropdown(label: str, options: Any, width: int) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, description=label, **_wide(width))


def _processes_slider(most: int) -> widgets.IntSlider:
    return widgets.IntSlider(usable_cpus(), 1, most, description="Processes", continuous_update=False, **_wide(270))
