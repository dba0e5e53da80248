"""What every lab is built on: buttons, progress, status, timeline and plot, and the one rule for threads.

A callback only switches buttons and starts a thread. The thread owns the pool and sets widget traits; it never prints,
never uses pyplot and never captures output, because which thread runs a callback differs between versions of ipykernel.
Traits work in all of them.
"""

import html
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing

import ipywidgets as widgets

from helpers.lab.experiment import Experiment, Progress, Stopped
from helpers.lab.plan import Plan
from helpers.lab.result import Result, fit_laws
from helpers.machine import usable_cpus
from helpers.plots import Point, runs_plot
from helpers.spans import Run
from helpers.text import format_seconds
from helpers.timeline import timeline
from helpers.xray import XrayPool

DRAWING_SHARE = 0.03
"""The share of one CPU that drawing may use while a pool is at work."""


class Lab(widgets.VBox):
    """An experiment with widgets. A subclass adds controls, and decides which plans run and which results are shown.

    controls: the widgets that are disabled while something runs.
    """

    def __init__(self, experiment: Experiment, controls: Sequence[widgets.Widget]) -> None:
        self.experiment = experiment
        self.controls = list(controls)
        self.thread: threading.Thread | None = None
        self.timeline_width = 1060  # in the drawing's own pixels; fewer make everything in it larger
        self.run_button = self.job_button("Run", self._run, "Run the pool once", style="primary")
        self.stop_button = make_button("Stop", self._stop, "Stop at once; what was measured stays", style="danger")
        self.stop_button.disabled = True
        self.progress = widgets.FloatProgress(0.0, min=0.0, max=1.0, layout={"width": "200px"})
        self.status = widgets.HTML()
        self.picture = widgets.HTML(layout={"width": "100%"})
        self.picture.add_class("pool-lab-timeline")
        self.plot = widgets.HTML(self._draw_plot(), layout={"width": "100%"})
        cpus = usable_cpus()
        self.set_status(f"{'1 CPU is' if cpus == 1 else f'{cpus} CPUs are'} yours to use. Press Run.")
        super().__init__()

    def __repr__(self) -> str:
        return "Run this cell, and the lab appears here."

    def plan(self) -> Plan:
        """Return the plan that the controls describe. Raises ValueError for a value that makes no sense."""
        raise NotImplementedError

    def show_results(self) -> None:
        """Show the results so far."""
        self.plot.value = self._draw_plot()

    def set_status(self, text: str) -> None:
        """Show a text in the status line."""
        self.status.value = f"<span role='status'>{html.escape(text)}</span>"

    def start(self, job: Callable[[], str]) -> None:
        """Run a job in a thread, and show the text that it returns as the status. Ignored while another job runs."""
        if self.run_button.disabled:
            return
        self._set_running(True)
        self.thread = threading.Thread(target=self._run_job, args=(job,), daemon=True)
        self.thread.start()

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        """Run plans, show their progress, and return a text with the last result: a job for `start`."""
        results = self.experiment.results
        shown, next_drawing = len(results), 0.0
        with closing(self.experiment.run(plans, repeats, predicted)) as reports:
            for progress in reports:
                self._show_progress(progress)
                if len(results) > shown:
                    shown = len(results)
                    self.show_results()
                if progress.pool is not None and time.perf_counter() >= next_drawing:
                    next_drawing = self._draw_live(progress.pool)
        result = results[-1]
        self.picture.value = self.draw_run(result.run, note=model_note(result)) + diagnosis_text(result)
        took = f"{format_seconds(result.timing.median)}, {result.speedup:.2f} times as fast as the loop"
        return f"Run {len(results)}, {result.plan.label}: {took}."

    def draw_run(
        self, run: Run, *, title: str | None = None, cpus: int | None = None, until: float = 0.0, note: str = ""
    ) -> str:
        """Return the timeline of a run as HTML, with the arguments of `timeline`; cpus: None for those usable here."""
        cpus, width = cpus or usable_cpus(), self.timeline_width
        return timeline(run, title=title, cpus=cpus, width=width, until=until, note=note).html

    def job_button(self, label: str, job: Callable[[], str], tooltip: str, style: str = "") -> widgets.Button:
        """Return a button that starts a job."""
        return make_button(label, lambda: self.start(job), tooltip, style)

    def _run(self) -> str:
        return self.measure([self.plan()])

    def _stop(self) -> None:
        if self.stop_button.disabled:
            return
        self.stop_button.disabled = True
        threading.Thread(target=self.experiment.stop, daemon=True).start()

    def _run_job(self, job: Callable[[], str]) -> None:
        self.set_status("Starting ...")
        try:
            text = job()
            self.progress.value = 1.0
        except Stopped:
            text = "Stopped. No process is left, and what was measured stays."
        except Exception as error:  # noqa: BLE001 - the user sees it, whatever it is
            text = f"It failed. {type(error).__name__}: {error}"
        self._set_running(False)
        self.show_results()
        self.set_status(text)

    def _set_running(self, running: bool) -> None:
        self.stop_button.disabled = not running
        for control in (self.run_button, *self.controls):
            control.disabled = running
        if running:
            self.progress.value = 0.0

    def _show_progress(self, progress: Progress) -> None:
        self.progress.value = progress.fraction
        if not progress.tasks:
            self.set_status(f"Now {progress.what} ...")
            return
        run = f"Run {progress.number} of {progress.runs}: " if progress.runs > 1 else "Now "
        done = f"{progress.done:,} of {progress.tasks:,} tasks, {progress.seconds:.1f} s"
        remaining = f", about {progress.remaining:.1f} s to go" if progress.remaining > 0 else ""
        self.set_status(f"{run}{progress.what}: {done}{remaining}")

    def _draw_live(self, pool: XrayPool) -> float:
        """Draw what the pool has done so far, and return the moment before which it must not be drawn again."""
        began = time.perf_counter()
        picture = timeline(pool.live, cpus=usable_cpus(), width=self.timeline_width, tooltips=False)
        self.picture.value = picture.svg
        ended = time.perf_counter()
        return ended + (ended - began) / DRAWING_SHARE

    def _draw_plot(self) -> str:
        results = self.experiment.results
        points = [_point(number, result) for number, result in enumerate(results, 1)]
        processes = range(1, max((point.processes for point in points), default=0) + 1)
        serial = results[-1].serial.median if results else 0.0
        laws = fit_laws(results)
        curves = {law.name: dict(zip(processes, serial / law.seconds(processes)[0], strict=True)) for law in laws}
        picture = runs_plot(points, laws=curves, cpus=usable_cpus(), size=(4.8, 3.5 if laws else 3.1))
        return picture.svg + "".join(f"<div>{html.escape(law.short)}</div>" for law in laws)


def _point(number: int, result: Result) -> Point:
    serial, timing = result.serial.median, result.timing
    ratios = [serial / seconds for seconds in timing.seconds]
    expected = [serial / seconds if seconds else None for seconds in (result.predicted, result.predicted_by_model)]
    return Point(result.plan.processes, result.speedup, min(ratios), max(ratios), timing.median, str(number), *expected)


def model_note(result: Result) -> str:
    """Return what the model predicted for a measured run, as a sentence for its timeline; "" if it predicts nothing."""
    return f"The model said {result.model_in_words}: {result.inside_in_words}." if result.sample else ""


def diagnosis_text(result: Result) -> str:
    """Return what cost the run most and what to change, as HTML for below its timeline."""
    text = html.escape(str(result.diagnosis or ""))
    return f"<pre class='pool-lab-diagnosis' style='white-space: pre-wrap'>{text}</pre>"


def make_button(label: str, on_click: Callable[[], None], tooltip: str, style: str = "") -> widgets.Button:
    """Return a button. style: "primary" or "danger"."""
    button = widgets.Button(description=label, tooltip=tooltip, button_style=style, layout={"width": "auto"})
    button.on_click(lambda _button: on_click())
    return button
