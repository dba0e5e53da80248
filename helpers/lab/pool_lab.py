"""The whole lab: choose what to run, on how many processes, and how; predict; run, sweep, compare; and watch."""

import html
import threading
from collections.abc import Callable, Sequence
from functools import partial
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

NO_RUN = ("no run yet", 0)
"""What is in the list of all runs, hidden, as long as there is none."""

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
        self.shown_run = widgets.ToggleButtons(options=[NO_RUN], value=None, layout={"visibility": "hidden"})
        self.table, self.code, self.saved = part("pool-lab-table"), part("pool-lab-code"), part("pool-lab-saved")
        self.expectation: Expectation | None = None
        self._number = 0  # of the run that was shown last
        self._marked: int | None = None  # the run that is on the stage now
        self._choosing = 0  # the thread that marks a run in the list
        self._expected_now = False  # whether the stage shows what is expected, and not a run
        self._draw_again: Callable[[], None] | None = None  # draws what is on the stage; not what moves
        self._folder = Path.cwd() / SAVE_FOLDER
        self._make_buttons()
        controls = [*choices.controls, self.shown_run, self.simulate_button, self.sweep_button, self.compare_button]
        super().__init__(Experiment(), [*controls, self.save_button, self.clear_button])
        self.forecast = Forecast(self.experiment, self._show_expected, self._learns)
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
        usable = widgets.HTML(f"on {counted(usable_cpus(), 'CPU')}")
        bar = [self.task, self.processes, usable, self.run_button, self.stop_button, self.more, self.projector]
        folds = [fold("All runs", "A table of all runs", self.table), fold("Python", "The same in Python", self.code)]
        runs = self.row("pool-lab-runs", self.shown_run, *folds, self.save_button, self.clear_button, self.saved)
        line = self.row("pool-lab-line", self.progress, self.status)
        rows = [self.row("pool-lab-bar", *bar), more, line, self.stage, runs, self.table, self.code]
        self.children = [self.style_sheet, *rows]

    def plan(self) -> Plan:
        return self.choices.plan()

    def show_results(self) -> None:
        """Show the plot, the table and the list of all runs; a new one is chosen."""
        results = self.experiment.results
        self.table.value = results_table(results)
        if len(results) != len(self._named()):
            self._number, self._expected_now = len(results), False
        self._choose(self._marked)
        self._show_plot()

    def show_run(self, number: int) -> None:
        """Show a measured run, its code, and its place in the plot; its number counts from 1."""
        super().show_run(number)
        self._number = self._marked = number
        self._expected_now, self._draw_again = False, partial(self.show_run, number)
        self._choose(number)
        self._show_code(self.experiment.results[number - 1].plan)

    def show_last(self) -> None:
        """Show the run that was on the stage before, and mark it; a pool that was stopped stays, as far as it got."""
        if self._marked is None and not self.pool_is_drawn and self._number:
            self.show_run(self._number)
        elif self._marked is None:
            super().show_last()

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        self.forecast.stop()
        self._marked, self._draw_again, self._expected_now = None, None, False
        return super().measure(plans, repeats, predicted)

    def _choose(self, number: int | None) -> None:
        """Mark a run in the list of all runs, without showing it.

        A page takes no button away when the list becomes shorter (ipywidgets 8.1), so an empty list is hidden, and has
        one button that is like no other.
        """
        named = zip(self.names(), self.experiment.results, strict=True)
        options = [(f"{n}: {name}, {result.speedup:.2f} ×", n) for n, (name, result) in enumerate(named, 1)]
        self.shown_run.layout.visibility = "visible" if options else "hidden"
        options = options or [NO_RUN]
        self._choosing = threading.get_ident()
        if list(self.shown_run.options) != options:
            self.shown_run.options = options
        self.shown_run.value = number
        self._choosing = 0

    def _named(self) -> list[tuple[str, int]]:
        """Return the runs that are in the list."""
        return [option for option in self.shown_run.options if option != NO_RUN]

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        if running:
            self.saved.value = ""
            self.more.value = self.more.value and not self.projector.value  # or the result is below the window
        else:
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
            if learning:
                self.set_status("The model looks at some of the tasks ...")

    def _choice_changed(self, change: Any) -> None:
        """Refuse aloud what makes no sense; else say what the model expects, if the choice changes what runs."""
        if change.owner is self.task and self.task.value == OWN:
            self.more.value = True
        if self.run_button.disabled:
            return
        changes_run = change.owner not in (self.prediction, self.what_if_processes, self.what_if_cpus)
        try:
            plan = self.choices.plan() if changes_run else self.choices.check()
        except ValueError as error:
            (self._drop_expected if changes_run else self.set_status)(str(error))
            return
        self.set_status("Press Run.")
        if changes_run:
            self.forecast.want(plan)

    def _drop_expected(self, text: str) -> None:
        """Show the last run instead of what was expected, and why."""
        if self._expected_now:
            self._expected_now, self.expectation, self._draw_again = False, None, None
            if self._number:
                self.show_run(self._number)
            else:
                self.stage.clear()
            self._show_plot()
        self.set_status(text)

    def _show_expected(self, found: Expectation | str) -> None:
        if self.run_button.disabled:
            return
        if isinstance(found, str):
            self._drop_expected(found)
            return
        self.expectation, self._expected_now, self._marked = found, True, None
        self._draw_again = partial(self._show_expected, found)
        plan, seconds = found.plan, found.run.seconds
        about = format_interval(seconds, *found.interval) if found.interval else f"about {format_seconds(seconds)}"
        self.stage.show_simulated(found.run, found.loop, f"Expected: {about}; {plan.size}", "expected by the model")
        self._choose(None)
        self._show_code(plan)
        self._show_plot()
        self.set_status(f"The model expects {about} for {plan.size}. Press Run.")

    def _set_scale(self, _change: object) -> None:
        """Enlarge the lab for a projector."""
        (self.add_class if self.projector.value else self.remove_class)("projector")
        self.stage.width, self.stage.inches = PROJECTED if self.projector.value else WIDTHS
        if self._draw_again is not None:
            self._draw_again()
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
        results, expected = self.experiment.results, self.expectation if self._expected_now else None
        shown = results[self._number - 1] if self._number and not expected else None
        self.plot.value = speedup_html(results, shown, expected, inches=self.stage.inches)

    def _run(self) -> str:
        text = self.measure([self.choices.plan()], predicted=self.choices.guess())
        self.prediction.value = ""  # it was a guess about this run
        return text

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
        self._draw_again = partial(
            self.stage.show_what_if, result, self.heading(number), run, title, f"simulated, with {machine}"
        )
        self._draw_again()
        self._marked = None  # so that the run alone can be chosen again
        ratio = result.speedup_of(run)
        took = f"{format_interval(run.seconds, *result.interval(run))}, {ratio:.2f} times as fast as the loop"
        median = f", the median of {result.timing.repeats}" if result.timing.repeats > 1 else ""
        return f"{title}: {took}. Measured: {format_seconds(result.timing.median)}{median}."

    def _save_results(self) -> str:
        on_result = partial(self._say_what_is_saved, len(self.experiment.results))
        try:
            files = self.experiment.save(self._folder, on_result)
        except OSError as error:
            raise Refused(
                f"Nothing was saved: {self._folder.parent} cannot be written to ({error.strerror})."
            ) from None
        name = files[0].parent.name
        self.saved.value = f"Saved in {name}"
        return f"Saved {len(files)} files in {files[0].parent}."

    def _say_what_is_saved(self, runs: int, number: int) -> None:
        self.set_status(f"Saving run {number} of {runs} ...")

    def _clear_results(self) -> None:
        if self.run_button.disabled:  # a cell can press a button that is disabled
            return
        self.experiment.clear()
        self.disturbed.clear()
        self._number, self._expected_now, self.expectation, self.code.value = 0, False, None, ""
        self._marked = self._draw_again = None
        self.progress.value, self.saved.value = 0.0, ""
        self.stage.clear()
        self.show_results()
        self.forecast.drop()
        self.set_status("All runs are forgotten.")
