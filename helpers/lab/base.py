"""What every lab is built on: buttons, progress, status, timeline, plot, and the one rule for threads.

A callback only switches buttons and starts a thread. The thread owns the pool and sets widget traits; it never prints,
never uses pyplot and never captures output: which thread runs a callback differs between versions of ipykernel, and
traits work in all of them.
"""

import html
import threading
import time
from collections.abc import Callable, Sequence

import ipywidgets as widgets

from helpers.lab.experiment import Experiment, News, Stopped
from helpers.lab.plan import Plan
from helpers.lab.result import Result, laws_of
from helpers.machine import usable_cpus
from helpers.plots import Point, runs_plot
from helpers.spans import Run
from helpers.text import format_seconds
from helpers.timeline import timeline

SHARE = 0.03
"""How much of one CPU drawing may take while a pool is at work."""


class Bench(widgets.VBox):
    """A bench for an experiment. A lab adds controls, and says which plans to run and what to show of the results.

    controls: what is disabled while something runs.
    """

    def __init__(self, experiment: Experiment, controls: Sequence[widgets.Widget]) -> None:
        self.experiment = experiment
        self.controls = list(controls)
        self.thread: threading.Thread | None = None
        self.width = 1060  # of the timeline, in its own pixels: fewer make everything in it larger
        self.run_button = button("Run", self._on_run, "Run the pool once", style="primary")
        self.stop_button = button("Stop", self._on_stop, "Stop at once; what was measured stays", style="danger")
        self.stop_button.disabled = True
        self.progress = widgets.FloatProgress(0.0, min=0.0, max=1.0, layout={"width": "200px"})
        self.status = widgets.HTML()
        self.picture = widgets.HTML(layout={"width": "100%"})
        self.picture.add_class("pool-lab-timeline")
        self.plot = widgets.HTML(self._plot(), layout={"width": "100%"})
        self._draw_next = 0.0
        self._seen = 0
        self.say(f"{_cpus()} to use. Press Run.")
        super().__init__()

    def __repr__(self) -> str:
        return "The bench stands here while the notebook runs."

    def plan(self) -> Plan:
        """Return what the controls say. Raises ValueError where they say nothing sensible."""
        raise NotImplementedError

    def show(self) -> None:
        """Show the results so far."""
        self.plot.value = self._plot()

    def say(self, words: str) -> None:
        """Tell it in the status line."""
        self.status.value = f"<span role='status'>{html.escape(words)}</span>"

    def start(self, job: Callable[[], str]) -> None:
        """Do a job in a thread, and say what it returns. One at a time."""
        if self.run_button.disabled:
            return
        self._switch(running=True)
        self.thread = threading.Thread(target=self._work, args=(job,), daemon=True)
        self.thread.start()

    def measure(self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> str:
        """Carry out plans; return the last result in words. For `start`."""
        self._seen = len(self.experiment.results)
        self._draw_next = 0.0
        self.experiment.carry_out(plans, self._hear, repeats, predicted)
        result = self.experiment.results[-1]
        self.picture.value = self.drawn(result.run)
        took = f"{format_seconds(result.timing.median)}, {result.speedup:.2f} times as fast as the loop"
        return f"Run {len(self.experiment.results)}, {result.plan.label}: {took}."

    def drawn(self, run: Run, *, live: bool = False, until: float = 0.0) -> str:
        """Return the timeline of a run up to so many seconds, as HTML; without the same in figures while it changes."""
        picture = timeline(run, cpus=usable_cpus(), width=self.width, tooltips=not live, until=until)
        return picture.svg if live else picture.html

    def _on_run(self, _button: widgets.Button) -> None:
        self.start(lambda: self.measure([self.plan()]))

    def _on_stop(self, _button: widgets.Button) -> None:
        if self.stop_button.disabled:
            return
        self.stop_button.disabled = True
        threading.Thread(target=self.experiment.stop, daemon=True).start()

    def _work(self, job: Callable[[], str]) -> None:
        self.say("Starting ...")
        try:
            words = job()
            self.progress.value = 1.0
        except Stopped:
            words = "Stopped. No process is left, and what was measured stays."
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            words = f"It failed. {type(error).__name__}: {error}"
        self._switch(running=False)
        self.show()
        self.say(words)

    def _switch(self, *, running: bool) -> None:
        self.stop_button.disabled = not running
        for control in (self.run_button, *self.controls):
            control.disabled = running
        if running:
            self.progress.value = 0.0

    def _hear(self, news: News) -> None:
        self.progress.value = (news.number - 1 + news.done / news.tasks) / news.runs if news.tasks else 1.0
        if not news.tasks:
            self.say(f"Now {news.what} ...")
            return
        place = f"Run {news.number} of {news.runs}: " if news.runs > 1 else "Now "
        left = f", about {news.left:.1f} s to go" if news.left > 0 else ""
        self.say(f"{place}{news.what}: {news.done:,} of {news.tasks:,} tasks, {news.seconds:.1f} s{left}")
        if len(self.experiment.results) > self._seen:
            self._seen = len(self.experiment.results)
            self.show()
        began = time.perf_counter()
        if news.pool is not None and began >= self._draw_next:
            self.picture.value = self.drawn(news.pool.live, live=True)
            ended = time.perf_counter()
            self._draw_next = ended + (ended - began) / SHARE

    def _plot(self) -> str:
        results = self.experiment.results
        points = [_point(number, result) for number, result in enumerate(results, 1)]
        places = range(1, max((point.processes for point in points), default=0) + 1)
        serial = results[-1].serial.median if results else 0.0
        laws = laws_of(results)
        curves = {law.name: dict(zip(places, serial / law.seconds(places)[0])) for law in laws}
        picture = runs_plot(points, laws=curves, cpus=usable_cpus(), size=(4.8, 3.5 if laws else 3.1))
        return picture.svg + "".join(f"<div>{html.escape(law.short)}</div>" for law in laws)


def _point(number: int, result: Result) -> Point:
    serial, timing = result.serial.median, result.timing
    ratios = [serial / seconds for seconds in timing.seconds]
    expected = [serial / seconds if seconds else None for seconds in (result.predicted, result.modelled)]
    return Point(result.plan.processes, result.speedup, min(ratios), max(ratios), timing.median, str(number), *expected)


def button(name: str, pressed: Callable[[widgets.Button], None], tip: str, style: str = "") -> widgets.Button:
    """Return a button that calls pressed."""
    made = widgets.Button(description=name, tooltip=tip, button_style=style, layout={"width": "auto"})
    made.on_click(pressed)
    return made


def _cpus() -> str:
    cpus = usable_cpus()
    return "1 CPU is yours" if cpus == 1 else f"{cpus} CPUs are yours"
