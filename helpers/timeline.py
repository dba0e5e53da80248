"""A run as a picture: what the parent process and every worker did, when, and where their time went.

The bars are `spans.segments`, and the figures are sums of the same segments, so they cannot disagree.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from helpers.drawing import svg
from helpers.drawing.bars import TOP, Layout, draw_bars, draw_tracks, row_name
from helpers.drawing.picture import COLOURS, Picture
from helpers.spans import (
    IN_THREADS,
    PHASES,
    Breakdown,
    Run,
    breakdown,
    breakdown_of,
    seconds_by_phase,
    seconds_idle,
    stretches_by_row,
)
from helpers.text import aligned, counted, cpus_in_words, format_seconds

WAIT_OF_THREADS = "waiting for the GIL or a CPU"
"""What the waiting of threads is called: how much of it was for the GIL, no clock tells."""


def timeline(
    run: Run,
    *,
    title: str | None = None,
    cpus: int | None = None,
    width: int = 960,
    tooltips: bool = True,
    until: float = 0.0,
    note: str = "",
    parent: str = "notebook",
    bare: bool = False,
    most_workers: int | None = None,
) -> Picture:
    """Draw a run: a row for the parent process, one for each worker, in the order in which they were ready.

    title: what ran; made from the run by default. cpus: how many CPUs were usable, for the sentence under the title.
    width: of the drawing, in pixels. tooltips: whether each bar shows its figures; a picture that changes needs none.
    until: the least number of seconds on the axis; two runs drawn with the same number can be compared by eye, and the
    tracks of the shorter one end where it ended. note: one more sentence under the title. parent: the name of the first
    row, where the pool was made. bare: only the rows and the time axis, for a page that has the words and the legend
    beside it. most_workers: draw and list no more workers than this, those that were ready first; the sentences count
    all of them.

    The filled part of a computing bar's height is its CPU time over its wall time. Where bars are too narrow to be
    told apart, neighbours share one column, filled by the shares of their phases.
    """
    rows = stretches_by_row(run)
    sums = [seconds_by_phase(row) for row in rows]
    title = title or _title(run)
    sentences = [*_sentences(run, breakdown_of(run, sums[1:]), cpus), *([note] if note else [])]
    lines = _wrapped(sentences, width)
    seconds = max(run.seconds, until) or 1.0
    scale = (width - svg.LEFT - svg.RIGHT) / seconds
    hatch = f"lost-{abs(hash((run.began, run.ended)))}"  # one page may show several pictures
    numbers = {worker.pid: number for number, worker in enumerate(run.workers, 1)}
    shown = rows if most_workers is None else rows[: most_workers + 1]
    digits = len(str(max((span.task for span in run.spans), default=0)))
    right = svg.LEFT + (run.seconds or seconds) * scale
    in_threads = run.start_method in IN_THREADS
    layout = Layout(run.began, scale, right, len(shown), hatch, numbers, tooltips, parent, digits, in_threads)
    extra = 2 - TOP if bare else 18 * (len(lines) - 1)
    words = [svg.heading(title)]
    words += [svg.text(svg.LEFT, 46 + 18 * n, line, "opacity='0.75'") for n, line in enumerate(lines)]
    outcomes = {span.outcome for span in run.spans} - {"ok"}
    legend = svg.legend(layout.bottom + 44, width, hatch, outcomes, _names(run))
    parts = [
        *([] if bare else words),
        f"<g transform='translate(0 {extra})'>",
        *draw_tracks(layout),
        *svg.time_axis(seconds, scale, layout.bottom),
        *draw_bars(shown, layout),
        *([] if bare else legend),
        "</g>",
    ]
    drawing = svg.document(parts, width, layout.bottom + (20 if bare else 62) + extra, title, hatch)
    table = _table(run, sums[: len(shown)], seconds_idle(rows[0], run), parent)
    return Picture(drawing, "\n".join([title, " ".join(sentences), "", *table]))


def where_time_went(runs: Mapping[str, Run | Breakdown], *, width: int = 960) -> Picture:
    """Draw one stacked bar for each run: its workers' time (wall time x processes), by phase.

    runs: the runs by their label, or their breakdowns. All bars share one axis, in worker-seconds. width: of the
    drawing, in pixels.

    Raises ValueError when there is no run.
    """
    if not runs:
        raise ValueError("where_time_went needs one run or more, by its label, not an empty mapping")
    title = "Where the workers' time went"
    margin = max(0, 8 * max(map(len, runs)) + 12 - svg.LEFT)  # more room at the left for long labels
    breakdowns = {label: run if isinstance(run, Breakdown) else breakdown(run) for label, run in runs.items()}
    most = max(parts.whole for parts in breakdowns.values())
    scale = (width - margin - svg.LEFT - svg.RIGHT) / (most or 1.0)
    top, pitch = 44, 44
    bottom = top + len(runs) * pitch
    parts = [f"<g transform='translate({margin} 0)'>", svg.heading(title)]
    for row, (label, spent) in enumerate(breakdowns.items()):
        parts += _stacked_bar(label, spent, top + row * pitch, scale)
    parts += svg.time_axis(most, scale, bottom, "worker-seconds")
    parts += svg.legend(bottom + 60, width - margin)
    parts += ["</g>"]
    table = _table_of_breakdowns(breakdowns)
    return Picture(
        svg.document(parts, width, bottom + 78, title), "\n".join([f"{title}, in worker-seconds", "", *table])
    )


def _title(run: Run) -> str:
    tasks, workers = counted(len(run.spans), "task"), counted(run.processes, "worker")
    return f"{tasks} on {workers}, {run.start_method}: {format_seconds(run.seconds)}"


def _sentences(run: Run, spent: Breakdown, cpus: int | None) -> list[str]:
    if not run.spans:
        return ["No task has finished yet."]
    if running := sum(span.outcome == "running" for span in run.spans):
        return [f"{counted(running, 'task')} under way, {counted(len(run.spans) - running, 'task')} done."]
    used = cpus_in_words(spent.computing / run.seconds, cpus)
    phase, seconds = max(spent.items()[1:], key=lambda item: item[1])
    return [
        f"The workers computed for {format_seconds(spent.computing)}, on average on {used}.",
        f"The largest other part of their time: {_names(run).get(phase, phase)}, {seconds / spent.whole:.0%}.",
    ]


def _names(run: Run) -> dict[str, str]:
    """Return what phases are called in this run, where that is not what they are called elsewhere."""
    return {"waiting for a CPU": WAIT_OF_THREADS} if run.start_method == "threads" else {}


def _wrapped(sentences: Sequence[str], width: int) -> list[str]:
    """Return the sentences as one line, or as a line each where they do not fit beside each other."""
    line = " ".join(sentences)
    return [line] if 6.7 * len(line) <= width - svg.LEFT else list(sentences)


def _table(run: Run, sums: Sequence[Mapping[str, float]], parent_idle: float, parent: str) -> list[str]:
    tasks = Counter(span.worker for span in run.spans)
    counts = [0, *(tasks[worker.pid] for worker in run.workers)]
    counts = [*counts, *[0] * len(sums)][: len(sums)]
    rows = [["", "tasks", *(_names(run).get(phase, phase) for phase in PHASES)]]
    for number, (count, parts) in enumerate(zip(counts, sums, strict=True)):
        idle = max(0.0, run.seconds - sum(parts.values())) if number else parent_idle  # not -0.00 µs
        seconds = [*parts.values(), idle]
        rows.append([row_name(number, parent), str(count), *map(format_seconds, seconds)])
    return aligned(rows)


def _stacked_bar(label: str, spent: Breakdown, y: float, scale: float) -> Iterator[str]:
    yield svg.text(svg.LEFT - 10, y + 20, label, "text-anchor='end'")
    style = "text-anchor='middle' font-size='12' font-weight='600'"
    x = float(svg.LEFT)
    for phase, seconds in spent.items():
        width = seconds * scale
        share = f"{seconds / (spent.whole or 1):.0%}"
        bar = svg.idle(x, y, width, 30) if phase == "idle" else svg.rectangle(x, y, width, 30, COLOURS[phase])
        if width > 38:
            bar += svg.text(x + width / 2, y + 19.5, share, style, svg.INKS.get(phase, svg.DARK_INK))
        yield svg.group(bar, f"{phase}: {format_seconds(seconds)}, {share}")
        x += width


def _table_of_breakdowns(breakdowns: Mapping[str, Breakdown]) -> list[str]:
    rows = [["", *PHASES, "whole"]]
    for label, spent in breakdowns.items():
        rows.append([label, *(format_seconds(seconds) for _, seconds in spent.items()), format_seconds(spent.whole)])
    return aligned(rows)
