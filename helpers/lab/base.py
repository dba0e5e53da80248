"""What every lab is built on: buttons, progress, status and stage, and the one rule for threads.

A callback only switches buttons and starts a thread. The thread owns the pool and sets widget traits; it never prints,
never uses pyplot and never captures output, because which thread runs a callback differs between versions of ipykernel.
Traits work in all of them.
"""

import html
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from helpers.lab.experiment import Experiment
from helpers.lab.fields import Refused, button
from helpers.lab.kernel import let_any_page_answer, on_interrupt
from helpers.lab.names import short_names
from helpers.lab.plan import Plan
from helpers.lab.plotting import speedup_html
from helpers.lab.running import Progress, Stopped
from helpers.lab.same_notebook import Meanwhile
from helpers.lab.stage import Stage, figure_html, part
from helpers.machine import usable_cpus
from helpers.own_function import error_in_words, place_in_words
from helpers.text import format_seconds
from helpers.xray import XrayPool

DRAWING_SHARE = 0.03
"""The share of one CPU that drawing may use while a pool is at work."""

STYLE = Path(__file__).with_name("style.css")


class Lab(widgets.VBox):
    """An experiment with widgets. A subclass adds controls, and decides which plans run and which results are shown.

    controls: the widgets that are disabled while something runs.
    """

    def __init__(self, experiment: Experiment, controls: Sequence[widgets.Widget], stage: Stage | None = None) -> None:
        self.experiment = experiment
        self.controls = list(controls)
        self.thread: threading.Thread | None = None
        self.stage = stage or Stage()
        self.picture, self.plot = self.stage.picture, self.stage.plot
        self.pool_is_drawn = False  # whether the stage shows a pool that is, or was, at work
        self.disturbed: dict[int, str] = {}  # what else computed during a run, by its number
        self.run_button = self.job_button("Run", self._run, "Run the pool once", style="primary")
        self.stop_button = button("Stop", self._stop, "Stop at once; what was measured stays", style="danger")
        self.stop_button.disabled = True
        self.progress = widgets.FloatProgress(0.0, min=0.0, max=1.0)
        self.status = part("pool-lab-status")
        self.style_sheet = widgets.HTML(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
        self.style_sheet.add_class("pool-lab-style")
        self.plot.value = speedup_html([])
        cpus = usable_cpus()
        self.set_status(f"{'1 CPU is' if cpus == 1 else f'{cpus} CPUs are'} yours to use. Press Run.")
        super().__init__()
        self.add_class("pool-lab")
        on_interrupt(self._stop)

    def __repr__(self) -> str:
        return "Run this cell, and the lab appears here."

    def _repr_mimebundle_(self, **options: Any) -> Any:
        let_any_page_answer(self)
        return super()._repr_mimebundle_(**options)

    def plan(self) -> Plan:
        """Return the plan that the controls describe. Raises ValueError for a value that makes no sense."""
        raise NotImplementedError

    def show_results(self) -> None:
        """Show the results so far."""
        results = self.experiment.results
        self.plot.value = speedup_html(results, results[-1] if results else None, inches=self.stage.inches)

    def show_run(self, number: int) -> None:
        """Show a measured run on the stage; its number counts from 1."""
        result = self.experiment.results[number - 1]
        self.stage.show_result(result, self.heading(number), self.notes(number))

    def show_last(self) -> None:
        """Show, after a failure, what is there: the pool as far as it got, or else the last run, or nothing."""
        if self.pool_is_drawn:
            return
        if self.experiment.results:
            self.show_run(len(self.experiment.results))
        else:
            self.stage.clear()

    def heading(self, number: int) -> str:
        """Return the title of a measured run's picture."""
        result = self.experiment.results[number - 1]
        repeats, last = result.timing.repeats, format_seconds(result.timing.seconds[-1])
        took = f"{last}, the last of {repeats} repeats" if repeats > 1 else last
        return f"Run {number}: {took}; {self.names()[number - 1]}"

    def sentence(self, number: int) -> str:
        """Return the result of a run in one sentence."""
        result = self.experiment.results[number - 1]
        took = format_seconds(result.timing.median)
        return f"Run {number}, {result.plan.size}: {took}, {result.speedup:.2f} times as fast as the loop."

    def notes(self, number: int) -> list[str]:
        """Return what is to be said below the picture of a measured run, one sentence each."""
        result = self.experiment.results[number - 1]
        said = f"You said {format_seconds(result.predicted)}." if result.predicted else ""
        notes = said, result.model_sentence, result.others_in_words, self.disturbed.get(number, "")
        return [note for note in notes if note]

    def names(self) -> list[str]:
        """Return a short name for each result, which tells them apart."""
        return short_names([result.plan for result in self.experiment.results])

    def set_status(self, text: str) -> None:
        """Show a text in the status line."""
        self.status.value = f"<span role='status'>{html.escape(text)}</span>"

    def start(self, job: Callable[[], str]) -> None:
        """Run a job in a thread, and show the text that it returns as the status. Ignored while another job runs."""
        if self.run_button.disabled:
            return
        self.experiment.rearm()
        self._set_running(True)
        self.thread = threading.Thread(target=self._run_job, args=(job,), daemon=True)
        self.thread.start()

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        """Run plans, show their progress, and return a text with the last result: a job for `start`."""
        results = self.experiment.results
        first, next_drawing = len(results), 0.0
        self.pool_is_drawn = False
        shown = first
        with Meanwhile() as meanwhile:
            with closing(self.experiment.run(plans, repeats, predicted)) as reports:
                for progress in reports:
                    self._say_progress(progress, " Another lab is measuring, too." if meanwhile.others else "")
                    if len(results) > shown:
                        shown = len(results)
                        self.show_results()
                    if progress.pool is not None and time.perf_counter() >= next_drawing:
                        next_drawing = self._draw_live(progress.pool, progress)
            words = meanwhile.in_words()
        if words:
            self.disturbed |= dict.fromkeys(range(first + 1, len(results) + 1), words)
        self.show_run(len(results))
        return f"{self.sentence(len(results))} {words}".strip()

    def job_button(self, label: str, job: Callable[[], str], tooltip: str, style: str = "") -> widgets.Button:
        """Return a button that starts a job."""
        return button(label, lambda: self.start(job), tooltip, style)

    def row(self, name: str, *children: widgets.Widget) -> widgets.HBox:
        """Return widgets in a row of this class, for the style sheet."""
        made = widgets.HBox(children)
        made.add_class(name)
        return made

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
            self.show_last()
        except Refused as refused:
            text = str(refused)
        except BaseException as error:  # noqa: BLE001 - the user sees it; SystemExit, too, would leave a dead lab
            text = f"It failed{place_in_words(error)}. {error_in_words(error)}"
            self.show_last()
        try:
            self.show_results()
        finally:
            self.set_status(text)
            self._set_running(False)

    def _set_running(self, running: bool) -> None:
        """Switch the controls, at the beginning and at the end of a job."""
        controls = (self.run_button, *self.controls)
        self.stop_button.disabled = not running
        for control in controls if running else reversed(controls):  # whoever can press Run can press all
            control.disabled = running
        if running:
            self.progress.value = 0.0

    def _say_progress(self, progress: Progress, also: str = "") -> None:
        """Say what runs. How far it is moves the bar only: a browser on the workers' CPUs takes long to show words."""
        if not progress.tasks:
            self.set_status(f"Now {progress.what} ...")
            return
        run = f"run {progress.number} of {progress.runs}" if progress.runs > 1 else "running"
        what = progress.plan.size if progress.plan else progress.what
        self.progress.value = progress.fraction
        self.set_status(f"{run.capitalize()}: {what}.{also}")
        self.stage.figure.value = figure_html("", run, what, "running")

    def _draw_live(self, pool: XrayPool, progress: Progress) -> float:
        """Draw what the pool has done so far, and return the moment before which it must not be drawn again."""
        began = time.perf_counter()
        self.pool_is_drawn = not progress.is_serial
        if progress.is_serial:
            self.stage.show_loop(f"First the loop, to compare with: {progress.in_words}")
        else:
            self.stage.show_live(pool.live, progress.in_words)
        ended = time.perf_counter()
        return ended + (ended - began) / DRAWING_SHARE
