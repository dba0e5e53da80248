"""The whole lab: choose what to run, on how many processes, and how; predict; run, sweep, compare; and watch."""

import html
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from helpers.lab.base import Lab
from helpers.lab.choices import Choices
from helpers.lab.expecting import Expectation, Forecast
from helpers.lab.experiment import Experiment
from helpers.lab.fields import Refused, button, checkbox, fold
from helpers.lab.plan import OWN, Plan, sweep_processes, sweep_start_methods, write_code
from helpers.lab.plotting import speedup_html
from helpers.lab.stage import PROJECTED, WIDTHS, part
from helpers.lab.table import results_table
from helpers.machine import usable_cpus
from helpers.model.simulator import MOST_PROCESSES
from helpers.text import counted, format_interval, format_seconds

REPEATS = 3
"""How often a sweep or a comparison measures each of its plans."""

SAVE_FOLDER = Path("pool_lab_runs")
"""The folder for the files that Save writes, next to the notebook; a number is added to its name."""


class PoolLab(Lab):
    """The bench: a bar with the task, the processes and Run; the stage; and all runs below it.

    Its controls are attributes (`task`, `rows`, `processes`, `chunks`, ...), so a cell can set them too.
    """

    def __init__(self) -> None:
        self.choices = choices = Choices()
        self.task, self.function, self.rows, self.processes = (
            choices.task, choices.function, choices.rows, choices.processes
        )  # fmt: skip
        self.chunks, self.chunksize, self.method = choices.chunks, choices.chunksize, choices.method
        self.start_method, self.warm, self.prediction = choices.start_method, choices.warm, choices.prediction
        self.what_if_processes, self.what_if_cpus = choices.what_if_processes, choices.what_if_cpus
        self.projector = checkbox("projector", "Larger, for a room")
        self.shown_run = widgets.ToggleButtons(options=(), tooltips=())
        self.table, self.code = part("pool-lab-table"), part("pool-lab-code")
        self.expectation: Expectation | None = None
        self._number = 0  # of the run that was shown last
        self._choosing = 0  # the thread that marks a run in the list
        self._expected_now = False  # whether the stage shows what is expected, and not a run
        self._make_buttons()
        controls = [*choices.controls, self.shown_run, self.simulate_button, self.sweep_button, self.compare_button]
        super().__init__(Experiment(), [*controls, self.save_button, self.clear_button])
        self.forecast = Forecast(self.experiment, max(self.processes.options), self._show_expected, self._learns)
        self._lay_out()
        self.add_class("pool-lab-bench")
        for control in choices.controls:
            control.observe(self._choice_changed, "value")
        self.projector.observe(self._set_scale, "value")
        self.shown_run.observe(self._show_chosen_run, "value")

    def _make_buttons(self) -> None:
        tip = f"1 to the chosen number of processes, {REPEATS} times in turn"
        self.sweep_button = self.job_button("Sweep processes", self._sweep_processes, tip)
        tip = f"Each of them, {REPEATS} times in turn"
        self.compare_button = self.job_button("Compare start methods", self._compare_start_methods, tip)
        tip = "Write timings and spans into a new folder next to the notebook"
        self.save_button = self.job_button("Save", self._save_results, tip)
        self.clear_button = button("Clear", self._clear_results, "Forget all runs")
        tip = (
            f"Simulate the run that is shown with these processes (at most {MOST_PROCESSES:,}) and CPUs, and draw both"
        )
        self.simulate_button = self.job_button("Simulate", self._simulate_chosen_run, tip)

    def _lay_out(self) -> None:
        """The bar, what More unfolds, the status, the stage, and the runs."""
        choices = self.choices
        more = self.row("pool-lab-more", *choices.of_more, self.sweep_button, self.compare_button)
        more.children += (self.what_if_processes, self.what_if_cpus, self.simulate_button)
        self.more = fold("More", "Chunks, method, start method, prediction, sweep, what if", more)
        usable = widgets.HTML(f"of {usable_cpus()} usable")
        bar = [self.task, self.processes, usable, self.run_button, self.stop_button, self.more, self.projector]
        folds = [fold("All runs", "A table of all runs", self.table), fold("Python", "The same in Python", self.code)]
        runs = self.row("pool-lab-runs", self.shown_run, *folds, self.save_button, self.clear_button)
        line = self.row("pool-lab-line", self.progress, self.status)
        rows = [self.row("pool-lab-bar", *bar), more, line, self.stage, runs, self.table, self.code]
        self.children = [self.style_sheet, *rows]

    def plan(self) -> Plan:
        return self.choices.plan()

    def show_results(self) -> None:
        """Show the plot, the table and the list of all runs; a new one is chosen."""
        results = self.experiment.results
        self.table.value = results_table(results)
        if len(results) != len(self.shown_run.options):
            self._number, self._expected_now = len(results), False
        self._choose(None if self._expected_now else self._number)
        self._show_plot()

    def show_run(self, number: int) -> None:
        """Show a measured run, its code, and its place in the plot; its number counts from 1."""
        super().show_run(number)
        self._number, self._expected_now = number, False
        self._choose(number)
        self._show_code(self.experiment.results[number - 1].plan)

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        self.forecast.stop()
        return super().measure(plans, repeats, predicted)

    def _choose(self, number: int | None) -> None:
        """Mark a run in the list of all runs, without showing it."""
        named = zip(self.names(), self.experiment.results, strict=True)
        options = [(f"{n}: {name}, {result.speedup:.2f} ×", n) for n, (name, result) in enumerate(named, 1)]
        self._choosing = threading.get_ident()
        if list(self.shown_run.options) != options:
            self.shown_run.options = options
        self.shown_run.value = number or None
        self._choosing = 0

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        if not running:
            self.choices.disable_unused()

    def _stop(self) -> None:
        if self.run_button.disabled or self.stop_button.disabled:
            super()._stop()
            return
        self.stop_button.disabled = True
        threading.Thread(target=self._stop_learning, daemon=True).start()

    def _stop_learning(self) -> None:
        self.forecast.stop()
        self.set_status("Stopped. No process is left.")

    def _learns(self, learning: bool) -> None:
        """Let Stop be pressed while the model learns."""
        if not self.run_button.disabled:
            self.stop_button.disabled = not learning

    def _choice_changed(self, change: Any) -> None:
        """Refuse aloud what makes no sense; else say what the model expects, if it knows or if processes are chosen."""
        if change.owner is self.task and self.task.value == OWN:
            self.more.value = True
        if self.run_button.disabled:
            return
        try:
            plan = self.choices.check()
        except ValueError as error:
            self.set_status(str(error))
            return
        self.set_status("Press Run.")
        if change.owner is self.processes or self.forecast.knows(plan):
            self.forecast.want(plan)
        elif self._expected_now and self._number:
            self.show_run(self._number)
            self._show_plot()

    def _show_expected(self, found: Expectation | str) -> None:
        if self.run_button.disabled:
            return
        if isinstance(found, str):
            self.set_status(found)
            return
        self.expectation, self._expected_now = found, True
        plan, seconds = found.plan, found.run.seconds
        about = format_interval(seconds, *found.interval) if found.interval else f"about {format_seconds(seconds)}"
        what = f"{counted(plan.chunks, 'task')} on {counted(plan.processes, 'process')}"
        self.stage.show_simulated(found.run, found.loop, f"Expected: {what}, {about}", "expected by the model")
        self._choose(None)
        self._show_code(plan)
        self._show_plot()
        self.set_status(f"The model expects {about} for {what}. Press Run.")

    def _set_scale(self, _change: object) -> None:
        """Enlarge the lab for a projector."""
        (self.add_class if self.projector.value else self.remove_class)("projector")
        self.stage.width, self.stage.inches = PROJECTED if self.projector.value else WIDTHS
        if self._expected_now and self.expectation:
            self._show_expected(self.expectation)
        elif self._number:
            self.show_run(self._number)
            self._show_plot()

    def _show_chosen_run(self, _change: object = None) -> None:
        if self.shown_run.value is not None and self._choosing != threading.get_ident():
            self.show_run(self.shown_run.value)
            self._show_plot()
            self.set_status(self.sentence(self.shown_run.value))

    def _show_code(self, plan: Plan) -> None:
        self.code.value = f"<pre title='click to select, then copy'>{html.escape(write_code(plan))}</pre>"

    def _show_plot(self) -> None:
        """Show the runs of the same work as the one that is shown, or that is expected."""
        results, expected = self.experiment.results, self.expectation
        if self._expected_now:
            self.plot.value = speedup_html(results, None, expected, inches=self.stage.inches)
            return
        shown = results[self._number - 1] if self._number else None
        same = shown and expected and expected.plan.work_key == shown.plan.work_key
        self.plot.value = speedup_html(results, shown, expected if same else None, inches=self.stage.inches)

    def _run(self) -> str:
        return self.measure([self.choices.plan()], predicted=self.choices.guess())

    def _sweep_processes(self) -> str:
        return self.measure(sweep_processes(self.choices.plan()), REPEATS)

    def _compare_start_methods(self) -> str:
        return self.measure(sweep_start_methods(self.choices.plan()), REPEATS)

    def _simulate_chosen_run(self) -> str:
        processes, cpus = self.choices.what_if()
        if not self._number:
            raise Refused("There is no run yet that could be simulated with more processes: press Run first.")
        self.forecast.stop()
        number = self._number
        result = self.experiment.results[number - 1]
        run = self.experiment.simulate(result, processes, cpus)
        machine = f"{counted(processes, 'process')} on {counted(cpus, 'CPU')}"
        title = f"What if: run {number} with {machine}, simulated"
        self.show_run(number)
        self.stage.show_what_if(result, self.heading(number), run, title, f"simulated, with {machine}")
        ratio = result.speedup_of(run)
        took = f"{format_interval(run.seconds, *result.interval(run))}, {ratio:.2f} times as fast as the loop"
        return f"{title}: {took}. Measured: {format_seconds(result.timing.median)}."

    def _save_results(self) -> str:
        files = self.experiment.save(SAVE_FOLDER)
        return f"Saved {len(files)} files in the folder {files[0].parent}, next to this notebook."

    def _clear_results(self) -> None:
        self.experiment.clear()
        self.disturbed.clear()
        self._number, self._expected_now, self.expectation, self.code.value = 0, False, None, ""
        self.stage.clear()
        self.show_results()
        self.set_status("All runs are forgotten.")
