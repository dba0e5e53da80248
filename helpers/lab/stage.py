"""The stage of a lab: the timeline on the left, and below it where the time went, which tells what its colours mean; on
the right the result in large figures, and the plot; below them one sentence with the diagnosis.

Everything here sets traits of widgets only, so any thread may do it.
"""

import html
import re
from collections.abc import Mapping, Sequence

import ipywidgets as widgets

from helpers.drawing.picture import COLOURS
from helpers.lab.result import Result
from helpers.spans import Run, breakdown
from helpers.text import counted, format_seconds
from helpers.timeline import timeline

WIDTHS, PROJECTED = (740, 4.3), (560, 3.1)
"""The widths of a timeline in its own pixels and of a plot in inches: smaller ones make everything in them larger."""

MOST_WORKERS = 32
"""Of more workers than this, only the first ones are drawn."""

MOST_SIMULATED = 12
"""The same for a simulated run below a measured one: both are to be seen at once."""


LOOP = "<div class='empty'>One process, and one task after another.</div>"


class Stage(widgets.VBox):
    """What a lab shows. Its parts are HTML widgets. right: other widgets for the right column."""

    def __init__(self, right: Sequence[widgets.Widget] = ()) -> None:
        self.width, self.inches = WIDTHS
        self.picture = part("pool-lab-timeline")
        self.figure, self.plot, self.where = part("pool-lab-figure"), part("pool-lab-plot"), part("pool-lab-where")
        self.diagnosis = part("pool-lab-diagnosis")
        left, column = widgets.VBox([self.picture, self.where]), widgets.VBox(list(right or (self.figure, self.plot)))
        left.add_class("pool-lab-left")
        column.add_class("pool-lab-right")
        both = widgets.HBox([left, column])
        both.add_class("pool-lab-both")
        super().__init__([both, self.diagnosis])
        self.add_class("pool-lab-stage")
        self.clear()

    def clear(self) -> None:
        """Show that there is nothing yet."""
        self.picture.value = "<div class='empty'>What each worker does appears here.</div>"
        self.where.value = self.diagnosis.value = ""
        self.figure.value = figure_html("", "", "")

    def show_result(self, result: Result, heading: str, notes: Sequence[str] = ()) -> None:
        """Show a measured run."""
        self.picture.value = self.drawn(result.run, heading, notes)
        self.figure.value = figure_html(f"{result.speedup:.2f}", format_seconds(result.timing.median), compared(result))
        self.where.value = where_html(result.run)
        self.diagnosis.value = diagnosis_html(result)

    def show_simulated(self, run: Run, serial: float, heading: str, caption: str, notes: Sequence[str] = ()) -> None:
        """Show what the model expects, in a dashed frame."""
        ratio = serial / run.seconds if run.seconds else 0.0
        self.picture.value = f"<div class='simulated'>{self.drawn(run, heading, notes)}</div>"
        self.figure.value = figure_html(f"≈ {ratio:.2f}", format_seconds(run.seconds), caption, "simulated")
        self.where.value = f"<div class='simulated'>{where_html(run, verb='would go')}</div>"
        self.diagnosis.value = ""

    def show_what_if(self, result: Result, heading: str, run: Run, title: str, caption: str) -> None:
        """Show a measured run, and below it a simulated one, to the same scale."""
        until = max(result.run.seconds, run.seconds)
        pictures = {heading: self.svg(result.run, until), title: self.svg(run, until, MOST_SIMULATED)}
        low, high = map(format_seconds, result.interval(run))
        notes = [f"The model expects nine in ten such runs from {low} to {high}.", *_left_out(run, MOST_SIMULATED)]
        if not result.plan.warm:
            notes.append(f"The first task is sent when all {counted(run.processes, 'process')} have been started.")
        self.picture.value = framed(stacked(pictures), "", notes)
        ratio = f"≈ {result.speedup_of(run):.2f}"
        self.figure.value = figure_html(ratio, format_seconds(run.seconds), caption, "simulated")
        self.where.value = f"<div class='simulated'>{where_html(run, verb='would go')}</div>"
        self.diagnosis.value = ""

    def show_loop(self, heading: str) -> None:
        """Show that the serial loop runs: there is no pool that could be drawn."""
        self.picture.value = framed(LOOP, heading)
        self.where.value = self.diagnosis.value = ""

    def show_live(self, run: Run, heading: str) -> None:
        """Show a run that goes on."""
        self.picture.value = framed(self.svg(run, tooltips=False), heading)
        self.where.value = where_html(run, known=False)
        self.diagnosis.value = ""

    def drawn(self, run: Run, heading: str, notes: Sequence[str] = ()) -> str:
        """Return the timeline of a run as HTML, with its heading above it and its notes below."""
        return framed(self.svg(run), heading, [*notes, *_left_out(run, MOST_WORKERS)])

    def svg(self, run: Run, until: float = 0.0, most: int = MOST_WORKERS, tooltips: bool = True) -> str:
        """Return the bare timeline of a run, with the arguments of `timeline`."""
        return timeline(run, width=self.width, until=until, bare=True, most_workers=most, tooltips=tooltips).svg


def part(name: str) -> widgets.HTML:
    """Return an HTML widget of this class, for the style sheet."""
    made = widgets.HTML()
    made.add_class(name)
    return made


def framed(svg: str, heading: str, notes: Sequence[str] = ()) -> str:
    """Return a picture as HTML, with its heading above it and its notes below, each on a line of its own."""
    lines = "".join(f"<div class='note'>{html.escape(note)}</div>" for note in notes)
    return f"<div class='heading'>{html.escape(heading)}</div>{svg}{lines}"


def stacked(pictures: Mapping[str, str], gap: int = 12) -> str:
    """Return pictures of the same width, by their headings, one below the other as one, so that they have one scale."""
    parts, top, width = [], 0.0, "0"
    for title, svg in pictures.items():
        found = re.search(r"viewBox='0 0 (\S+) (\S+)'", svg)
        assert found is not None
        width, height = found.group(1), float(found.group(2))
        words = f"<text x='0' y='{top + 16:.0f}' fill='currentColor' font-weight='600'>{html.escape(title)}</text>"
        parts += [words, svg.replace("<svg ", f"<svg y='{top + 22:.0f}' height='{height:.0f}' ", 1)]
        top += height + 22 + gap
    style = "font-family='system-ui, sans-serif' font-size='14'"
    return f"<svg viewBox='0 0 {width} {top - gap:.0f}' width='{width}' role='group' {style}>{''.join(parts)}</svg>"


def figure_html(ratio: str, seconds: str, caption: str, kind: str = "measured") -> str:
    """Return the result in large figures: how many times as fast, and the seconds. kind: a class of the style sheet."""
    large = f"<b>{ratio} ×</b>" if ratio else ""
    small = f"<span class='seconds'>{html.escape(seconds)}</span>" if seconds else ""
    return f"<div class='{kind}'><div class='large'>{large}{small}</div><div>{html.escape(caption)}</div></div>"


def compared(result: Result) -> str:
    """Return with what a result is compared, in words."""
    loop = format_seconds(result.serial.median)
    repeats = f", median of {result.timing.repeats}" if result.timing.repeats > 1 else ""
    return f"as fast as the loop ({loop}){repeats}; efficiency {result.efficiency:.0%}"


def where_html(run: Run, known: bool = True, verb: str = "went") -> str:
    """Return a bar of what the workers' time went to, and what its colours mean, here and in the timeline.

    known: whether the run is over; before that, only what the colours mean. verb: of its title.
    """
    outcomes = sorted({span.outcome for span in run.spans} - {"ok"})
    words = {phase: f"{phase} {share:.0%}" if known else phase for phase, share in shares(run)}
    words |= {outcome: outcome for outcome in outcomes}
    keys = "".join(f"<span class='key'><i style='{fill(each)}'></i>{text}</span>" for each, text in words.items())
    bar = f"<div class='title'>Where the workers' time {verb}</div>{phase_bar(run)}" if known else ""
    return f"{bar}<div class='keys'>{keys}</div>"


def phase_bar(run: Run) -> str:
    """Return a bar with a piece for each phase, as wide as its share of the workers' time."""
    pieces = "".join(
        f"<span title='{phase}: {share:.0%}' style='width: {share:.1%}; {fill(phase)}'></span>"
        for phase, share in shares(run)
    )
    return f"<span class='bar'>{pieces}</span>"


def shares(run: Run) -> list[tuple[str, float]]:
    """Return the share of the workers' time that each phase took."""
    parts = breakdown(run)
    return [(phase, seconds / parts.whole if parts.whole else 0.0) for phase, seconds in parts.items()]


def fill(meaning: str) -> str:
    """Return the style of a piece in the colour of its meaning; idle time lets the page shine through."""
    return "background: #8883" if meaning == "idle" else f"background: {COLOURS[meaning]}"


def diagnosis_html(result: Result) -> str:
    """Return what cost a run most and what to change as a sentence, and all the rest folded."""
    if result.diagnosis is None:
        return ""
    first, *rest = re.split(r"\n(?! )", str(result.diagnosis))
    more = f"<details><summary>more</summary><pre>{html.escape(chr(10).join(rest))}</pre></details>" if rest else ""
    return f"<p>{html.escape(' '.join(first.split()))}</p>{more}"


def _left_out(run: Run, most: int) -> list[str]:
    workers = max(run.processes, len(run.workers))
    return [f"Drawn: the first {most} of {counted(workers, 'worker')}."] if workers > most else []
