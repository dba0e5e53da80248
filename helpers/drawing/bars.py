"""The bars of a timeline: one for each segment, or one column for many that are too narrow to be told apart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from helpers.drawing import svg
from helpers.drawing.picture import COLOURS
from helpers.spans import Segment, Span, Stretch, seconds_by_phase
from helpers.text import counted, format_seconds

TOP = 64
"""Room for the title above the first row, in pixels."""

_MOST_BARS = 700  # more cannot be distinguished by eye, and would make the file large
_MOST_COLUMNS = 400  # in all rows together


class Layout(NamedTuple):
    """How a timeline is laid out: time to the right from `began` on, rows from top to bottom.

    began: the moment (seconds) at the left edge. scale: pixels a second. right: where every track ends, in pixels.
    rows: how many. hatch: the id of the pattern for lost tasks. numbers: the number of each worker by its process id.
    tooltips: whether bars have any. parent: the name of the first row. digits: of the longest task number; a bar has
    its number where this many have room, so that those with short numbers do not look special. in_threads: whether the
    workers are threads, which have no pipe.
    """

    began: float
    scale: float
    right: float
    rows: int
    hatch: str
    numbers: Mapping[int, int]
    tooltips: bool
    parent: str = "notebook"
    digits: int = 1
    in_threads: bool = False

    @property
    def height(self) -> int:
        """The height of a bar, in pixels."""
        return 24 if self.rows <= 12 else 13

    @property
    def pitch(self) -> int:
        """The distance from row to row, in pixels."""
        return 34 if self.rows <= 12 else 17

    @property
    def bottom(self) -> int:
        """The lower edge of the last row, in pixels."""
        return self.y(self.rows)

    def place(self, begin: float, end: float, least: float) -> tuple[float, float]:
        """Return where a bar from one moment (seconds) to another begins, and its width, both in pixels.

        It is at least this many pixels wide, and never leaves its track: what lies before or after is cut off.
        """
        first, last = (svg.LEFT + (moment - self.began) * self.scale for moment in (begin, end))
        x = min(max(first, svg.LEFT), self.right - least)
        return x, max(min(last, self.right) - x, least)

    def y(self, row: int) -> int:
        """Return the upper edge of a row, in pixels."""
        return TOP + row * self.pitch


def row_name(row: int, parent: str) -> str:
    """Return the name of a row: the first is the parent process, whose name is given."""
    return f"worker {row}" if row else parent


def draw_tracks(layout: Layout) -> Iterator[str]:
    """Return the name of each row, and idle time over its length for the bars to cover."""
    for row in range(layout.rows):
        y = layout.y(row)
        yield svg.text(svg.LEFT - 10, y + layout.height / 2 + 4.5, row_name(row, layout.parent), "text-anchor='end'")
        yield svg.idle(svg.LEFT, y, layout.right - svg.LEFT, layout.height)


def draw_bars(rows: Sequence[Sequence[Stretch]], layout: Layout) -> Iterator[str]:
    """Return the bars of all segments, by row; where there are very many, narrow neighbours share a column.

    Bars of tasks that failed, were lost or are running are never merged, and are drawn last, so nothing covers them.
    """
    column = max(3.0, len(rows) * 840 / _MOST_COLUMNS)  # pixels; the rows are about 840 pixels wide
    narrow = column if sum(map(len, rows)) > _MOST_BARS else 0.5
    marked = []
    for row in rows:
        for crowd in _crowds(row, narrow / layout.scale, column / layout.scale):
            first = Segment._make(crowd[0])
            if _is_marked(first):
                marked.append(first)
            elif (end := max(stretch[3] for stretch in crowd)) > first.begin:
                yield _bar(first, layout) if len(crowd) == 1 else _column(crowd, first, end, layout)
    for segment in marked:
        yield _bar(segment, layout)


def _crowds(row: Iterable[Stretch], narrow: float, widest: float) -> Iterator[list[Stretch]]:
    """Group neighbours that are shorter than narrow seconds, up to widest seconds; each other segment is alone.

    A segment that is marked (see below) is alone, too.
    """
    crowd: list[Stretch] = []
    since = 0.0
    for segment in row:
        _, phase, begin, end, span = segment
        small = end - begin < narrow and not (phase == "computing" and span is not None and span.outcome != "ok")
        if crowd and (not small or end - since > widest):
            yield crowd
            crowd = []
        if small:
            since = since if crowd else begin
            crowd.append(segment)
        else:
            yield [segment]
    if crowd:
        yield crowd


def _is_marked(segment: Segment) -> bool:
    """Return whether the segment computes a task that has another outcome than "ok"."""
    return segment.phase == "computing" and segment.span is not None and segment.span.outcome != "ok"


def _bar(segment: Segment, layout: Layout) -> str:
    y, span = layout.y(segment.row), segment.span
    x, width = layout.place(segment.begin, segment.end, 3.0 if _is_marked(segment) else 0.5)
    if span is None or segment.phase != "computing":
        parts = svg.rectangle(x, y, width, layout.height, COLOURS[segment.phase])
    else:
        parts = _computing(span, segment.seconds, layout, x, y, width)
        if width >= 10 + 8 * layout.digits:
            parts += _task_number(span.task, x + width / 2, y, layout.height)
    return svg.group(parts, _tooltip(segment, layout) if layout.tooltips else "")


def _computing(span: Span, seconds: float, layout: Layout, x: float, y: float, width: float) -> str:
    """Return a bar that is filled to the share of its seconds in which the task had a CPU."""
    if span.outcome == "lost":
        return svg.rectangle(x, y, width, layout.height, f"url(#{layout.hatch})")
    share = span.computing / seconds if seconds and span.outcome != "running" else 1.0
    filled = layout.height * share
    colour = COLOURS["computing" if span.outcome == "ok" else span.outcome]
    whole = svg.rectangle(x, y, width, layout.height, COLOURS["waiting for a CPU"])
    return whole + svg.rectangle(x, y + layout.height - filled, width, filled, colour)


def _task_number(task: int, x: float, y: float, height: int) -> str:
    halo = "stroke='#00263d' stroke-width='3' paint-order='stroke' font-weight='600' font-size='12'"
    return svg.text(x, y + height / 2 + 4.5, str(task), f"text-anchor='middle' {halo}", fill="#fff")


def _column(crowd: Sequence[Stretch], first: Segment, end: float, layout: Layout) -> str:
    """Return one bar for many narrow ones, filled from the bottom by the shares of their phases."""
    seconds, sums = end - first.begin, seconds_by_phase(crowd)
    full = max(seconds, sum(sums.values()))  # more than the seconds where the parent sends and returns at once
    x, width = layout.place(first.begin, end, 0.5)
    parts, top = "", layout.y(first.row) + float(layout.height)
    for phase, part in sums.items():
        filled = layout.height * part / full
        if filled:
            top -= filled
            parts += svg.rectangle(x, top, width, filled, COLOURS[phase])
    tasks = counted(len({span.task for *_, span in crowd if span is not None}), "task")
    return svg.group(parts, f"{tasks}, too short to draw one by one: {format_seconds(seconds)} together")


def _tooltip(segment: Segment, layout: Layout) -> str:
    span = segment.span
    if span is None:
        return f"starting: {format_seconds(segment.seconds)}"
    kind = "thread" if layout.in_threads else "process"
    task = f"task {span.task} on worker {layout.numbers[span.worker]} ({kind} {span.worker}): {span.outcome}\n"
    if segment.phase == "sending" and layout.in_threads:
        return f"{task}in the queue for {format_seconds(segment.seconds)} while its thread was free"
    if segment.phase == "sending":
        steps = _pickling(span.packed, span.sent, span.arrived)
        if segment.row:  # a later task of a message waits for those before it
            steps += f", unpickling {format_seconds(span.received - max(span.arrived, segment.begin))}"
        return f"{task}sending {span.bytes_in:,} bytes: {steps}"
    if segment.phase == "returning":
        steps = _pickling(span.returned, span.replied, span.landed)
        unpickling = format_seconds(span.delivered - span.landed)
        return f"{task}returning {span.bytes_out:,} bytes: {steps}, unpickling {unpickling}"
    seconds, cpu = format_seconds(segment.seconds), format_seconds(span.computing)
    sizes = f"{span.bytes_in:,} bytes in, {span.bytes_out:,} bytes out"
    return f"{task}computing {seconds}, with a CPU for {cpu}\n{sizes}"


def _pickling(begin: float, sent: float, read: float) -> str:
    return f"pickling {format_seconds(sent - begin)}, in the pipe {format_seconds(read - sent)}"
