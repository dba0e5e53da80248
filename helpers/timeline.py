"""A run as a picture: what the notebook and every worker did, when, and where their time went.

The bars are `spans.segments`, the sums `spans.breakdown`: the picture and its figures cannot disagree.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from html import escape
from itertools import groupby

from helpers.drawing import svg as drawing
from helpers.drawing.picture import COLOURS, Picture
from helpers.spans import PHASES, Breakdown, Run, Segment, breakdown, each_segment, no_sums, summed, whole_of
from helpers.text import aligned, format_seconds

_TOP = 64  # room for the title, in pixels
Tip = Callable[[Segment], str]
_MOST_BARS = 700  # more, and the eye no longer tells them apart, nor does the file stay small


def timeline(
    run: Run,
    *,
    title: str | None = None,
    cpus: int | None = None,
    width: int = 960,
    tooltips: bool = True,
    until: float = 0.0,
) -> Picture:
    """Draw a run: a row for the notebook, one for each worker in order of birth, time to the right.

    title: what ran; made from the run by default. cpus: how many CPUs were usable, for the sentence under the title.
    width: of the drawing, in pixels. tooltips: whether each bar tells its figures; a picture that changes needs none.
    until: seconds that the axis shows at least; two runs with the same can be compared by eye.

    The filled part of a computing bar's height is its CPU time over its wall time. Where bars are too narrow to be
    told apart, neighbours stand as one column, filled by the shares of their phases.
    """
    height, pitch = _row_size(_rows(run))
    bottom = _TOP + _rows(run) * pitch
    title = title or f"{_count(len(run.spans), 'task')} on {_count(run.processes, 'worker')}, {_how_long(run)}"
    across = max(run.seconds, until) or 1.0
    scale = (width - drawing.LEFT - drawing.RIGHT) / across
    sums = no_sums(run)
    hatch = f"lost-{abs(hash((run.began, run.ended)))}"  # one page may hold several pictures
    rows = {worker.pid: row for row, worker in enumerate(run.workers, 1)}
    tip = partial(_tip, rows=rows) if tooltips else lambda piece: ""
    bars = list(_bars(run, summed(each_segment(run), sums), scale, height, pitch, hatch, tip))
    sentence = _sentence(run, whole_of(run, sums), cpus)
    lines = _lines(sentence, width)
    parts = [
        drawing.words(drawing.LEFT, 24, title, "font-size='16' font-weight='600'"),
        *(drawing.words(drawing.LEFT, 46 + 18 * n, line, "opacity='0.75'") for n, line in enumerate(lines)),
        f"<g transform='translate(0 {18 * (len(lines) - 1)})'>",
        *_tracks(_rows(run), height, pitch, width),
        *drawing.axis(across, scale, bottom),
        *bars,
        *drawing.legend(bottom + 44, width, hatch, {span.outcome for span in run.spans} - {"ok"}),
        "</g>",
    ]
    high = bottom + 62 + 18 * (len(lines) - 1)
    return Picture(drawing.frame(parts, width, high, title, hatch), _table(run, sums, [title, sentence, ""]))


def where_time_went(runs: Mapping[str, Run], *, width: int = 960) -> Picture:
    """Draw one stacked bar for each run: its workers' time (wall time x processes), by what it went to.

    runs: the runs by their label. All bars share one axis, in worker-seconds. width: of the drawing, in pixels.

    Raises ValueError when there is no run.
    """
    if not runs:
        raise ValueError("where_time_went needs one run or more, by its label, not an empty mapping")
    title = "Where the workers' time went"
    margin = max(0, 8 * max(map(len, runs)) + 12 - drawing.LEFT)  # long labels get room of their own
    width -= margin
    sums = {label: breakdown(run) for label, run in runs.items()}
    most = max(parts.whole for parts in sums.values())
    scale = (width - drawing.LEFT - drawing.RIGHT) / (most or 1.0)
    pitch = 44
    bottom = 44 + len(runs) * pitch
    marks = [drawing.words(drawing.LEFT, 24, title, "font-size='16' font-weight='600'")]
    for row, (label, parts) in enumerate(sums.items()):
        marks += _stack(label, parts, 44 + row * pitch, scale)
    marks += [*drawing.axis(most, scale, bottom, "worker-seconds"), *drawing.legend(bottom + 60, width)]
    moved = [f"<g transform='translate({margin} 0)'>", *marks, "</g>"]
    return Picture(drawing.frame(moved, width + margin, bottom + 78, title), _shares(sums))


def _rows(run: Run) -> int:
    return 1 + max(run.processes, len(run.workers))


def _row_size(rows: int) -> tuple[int, int]:
    """Return a bar's height, and the distance from row to row, in pixels."""
    return (24, 34) if rows <= 12 else (13, 17)


def _y(row: int, pitch: int) -> int:
    return _TOP + row * pitch


def _tracks(rows: int, height: int, pitch: int, width: int) -> Iterator[str]:
    for row in range(rows):
        y = _y(row, pitch)
        yield drawing.words(drawing.LEFT - 10, y + height / 2 + 4.5, _name(row), "text-anchor='end'")
        yield drawing.track(drawing.LEFT, y, width - drawing.LEFT - drawing.RIGHT, height)


def _bars(
    run: Run, pieces: Iterable[Segment], scale: float, height: int, pitch: int, hatch: str, tip: Tip
) -> Iterator[str]:
    """Return a bar for each segment; of very many, those that are narrower than a column share columns.

    So there are never more bars than fit beside each other.
    """
    column = max(3.0, _rows(run) * 840 / 400)  # pixels
    narrow = column if 5 * len(run.spans) > _MOST_BARS else 0.5
    last: list[Segment] = []
    for row, group in groupby(pieces, key=lambda piece: piece.row):
        y = _y(row, pitch)
        for crowd in _crowds(group, narrow / scale, column / scale):
            x = drawing.LEFT + (crowd[0].begin - run.began) * scale
            if crowd[-1].end == crowd[0].begin and not _stands_out(crowd[0]):
                continue
            if len(crowd) > 1:
                yield from _column(crowd, x, y, scale, height)
            elif _stands_out(crowd[0]):
                last += crowd  # so that nothing covers them
            else:
                yield _bar(crowd[0], x, y, scale, height, hatch, tip)
    for piece in last:
        x = drawing.LEFT + (piece.begin - run.began) * scale
        yield _bar(piece, x, _y(piece.row, pitch), scale, height, hatch, tip)


def _stands_out(piece: Segment) -> bool:
    return piece.phase == "computing" and piece.span.outcome != "ok"


def _crowds(pieces: Iterable[Segment], narrow: float, widest: float) -> Iterator[list[Segment]]:
    """Gather neighbours that are narrower than narrow seconds, up to widest seconds; others stand alone."""
    crowd: list[Segment] = []
    for piece in pieces:
        small = piece.end - piece.begin < narrow and not _stands_out(piece)
        if crowd and (not small or piece.end - crowd[0].begin > widest):
            yield crowd
            crowd = []
        if small:
            crowd.append(piece)
        else:
            yield [piece]
    if crowd:
        yield crowd


def _bar(piece: Segment, x: float, y: float, scale: float, height: int, hatch: str, tip: Tip) -> str:
    span, width = piece.span, max(piece.seconds * scale, 3.0 if _stands_out(piece) else 0.5)
    if piece.phase != "computing":
        return f"<g>{tip(piece)}{drawing.box(x, y, width, height, COLOURS[piece.phase])}</g>"
    if span.outcome == "lost":
        inside = drawing.box(x, y, width, height, f"url(#{hatch})")
    else:
        share = span.computing / piece.seconds if piece.seconds and span.outcome != "running" else 1.0
        filled = height * share
        colour = COLOURS["computing" if span.outcome == "ok" else span.outcome]
        inside = drawing.box(x, y, width, height, COLOURS["waiting for a CPU"])
        inside += drawing.box(x, y + height - filled, width, filled, colour)
    return f"<g>{tip(piece)}{inside}{_number(span.task, x + width / 2, y, width, height)}</g>"


def _number(task: int, x: float, y: float, width: float, height: int) -> str:
    if width < 10 + 8 * len(str(task)):
        return ""
    halo = "stroke='#00263d' stroke-width='3' paint-order='stroke' font-weight='600' font-size='12'"
    return drawing.words(x, y + height / 2 + 4.5, str(task), f"text-anchor='middle' {halo}", fill="#fff")


def _column(crowd: list[Segment], x: float, y: float, scale: float, height: int) -> Iterator[str]:
    """Stand for many narrow bars: one column, filled from the bottom by the shares of their phases."""
    seconds = crowd[-1].end - crowd[0].begin
    width = max(seconds * scale, 0.5)
    sums = dict.fromkeys(COLOURS, 0.0)
    for piece in crowd:
        if piece.phase == "computing":
            sums["computing"] += piece.span.computing
            sums["waiting for a CPU"] += piece.span.waiting_for_cpu
        else:
            sums[piece.phase] += piece.end - piece.begin
    tasks = {piece.span.task for piece in crowd if piece.span}
    tip = (
        f"<title>{_count(len(tasks), 'task')}, too short to draw one by one: {format_seconds(seconds)} together</title>"
    )
    boxes, top = "", y + height
    for phase, part in sums.items():
        filled = height * min(1.0, part / seconds) if seconds else 0.0
        if filled:
            top -= filled
            boxes += drawing.box(x, top, width, filled, COLOURS[phase])
    yield f"<g>{tip}{boxes}</g>"


def _tip(piece: Segment, rows: Mapping[int, int]) -> str:
    span = piece.span
    if span is None:
        return f"<title>starting: {format_seconds(piece.seconds)}</title>"
    lines = [f"task {span.task} on worker {rows[span.worker]} (process {span.worker}): {span.outcome}"]
    if piece.phase == "sending":
        steps = (("packing", span.packed, span.sent), ("in the pipe", span.sent, span.arrived))
        steps += (("unpacking", span.arrived, span.received),)
        lines += [f"sending {span.bytes_in:,} bytes: {_steps(steps)}"]
    elif piece.phase == "returning":
        steps = (("packing", span.returned, span.replied), ("in the pipe", span.replied, span.landed))
        steps += (("unpacking", span.landed, span.delivered),)
        lines += [f"returning {span.bytes_out:,} bytes: {_steps(steps)}"]
    else:
        lines += [f"computing {format_seconds(piece.seconds)}, with a CPU for {format_seconds(span.computing)}"]
        lines += [f"{span.bytes_in:,} bytes in, {span.bytes_out:,} bytes out"]
    return f"<title>{escape(chr(10).join(lines))}</title>"


def _steps(steps: Iterable[tuple[str, float, float]]) -> str:
    return ", ".join(f"{name} {format_seconds(end - begin)}" for name, begin, end in steps)


def _stack(label: str, parts: Breakdown, y: float, scale: float) -> Iterator[str]:
    yield drawing.words(drawing.LEFT - 10, y + 20, label, "text-anchor='end'")
    x = float(drawing.LEFT)
    for phase, seconds in parts.items():
        width = seconds * scale
        words = f"{phase}: {format_seconds(seconds)}, {seconds / (parts.whole or 1):.0%}"
        box = drawing.box(x, y, width, 30, COLOURS[phase]) if phase != "idle" else drawing.track(x, y, width, 30)
        share = f"{seconds / (parts.whole or 1):.0%}"
        inside = "text-anchor='middle' font-size='12' font-weight='600'"
        ink = "#fff" if phase in ("computing", "returning") else "#222"
        number = drawing.words(x + width / 2, y + 19.5, share, inside, fill=ink) if width > 38 else ""
        yield f"<g><title>{escape(words)}</title>{box}{number}</g>"
        x += width


def _sentence(run: Run, parts: Breakdown, cpus: int | None) -> str:
    if not run.spans:
        return "No task has come back."
    if under_way := sum(span.outcome == "running" for span in run.spans):
        return f"{_count(under_way, 'task')} under way, {_count(len(run.spans) - under_way, 'task')} done."
    busy = (
        f"{parts.computing / run.seconds:.1f} of {_count(cpus, 'CPU')}"
        if cpus
        else f"{parts.computing / run.seconds:.1f} CPUs"
    )
    words = f"The workers computed for {format_seconds(parts.computing)}: {busy} busy on average."
    phase, seconds = max(parts.items()[1:], key=lambda item: item[1])
    return f"{words} Most of the rest of their time: {phase}, {seconds / parts.whole:.0%}."


def _lines(sentence: str, width: int) -> list[str]:
    """Return the sentence, or its two sentences where they do not fit beside each other."""
    if 6.7 * len(sentence) <= width - drawing.LEFT:
        return [sentence]
    return sentence.replace(" Most of", "\nMost of").split("\n")


def _how_long(run: Run) -> str:
    return f"{run.start_method}: {format_seconds(run.seconds)}"


def _name(row: int) -> str:
    return f"worker {row}" if row else "notebook"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _table(run: Run, sums: list[dict[str, float]], head: list[str]) -> str:
    counts = Counter(span.worker for span in run.spans)
    tasks = [0, *(counts[worker.pid] for worker in run.workers), *[0] * len(sums)]
    rows = [("", "tasks", *PHASES)]
    for row, parts in enumerate(sums):
        idle = run.seconds - sum(parts.values())
        rows.append((_name(row), str(tasks[row]), *map(format_seconds, (*parts.values(), idle))))
    return "\n".join([*head, *aligned(rows)])


def _shares(sums: Mapping[str, Breakdown]) -> str:
    rows = [("", *PHASES, "whole")]
    for label, parts in sums.items():
        rows.append((label, *(format_seconds(seconds) for _, seconds in parts.items()), format_seconds(parts.whole)))
    return "\n".join(["Where the workers' time went, in worker-seconds", "", *aligned(rows)])
