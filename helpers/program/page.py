"""The page about a program: one HTML file that needs nothing else, for the screen, light or dark, and for print."""

import heapq
import html
from collections.abc import Iterable, Sequence

from helpers.machine import usable_cpus
from helpers.program.recording import Group, RecordedPool, Recording
from helpers.program.same_place import explain_group
from helpers.program.summary import as_sentence, describe_group, notes_of
from helpers.spans import Span
from helpers.text import counted, format_seconds
from helpers.timeline import timeline, where_time_went

MOST_TASKS = 200
"""Tasks in the table of a pool: the slowest."""

MOST_GROUPS = 6
"""Places whose longest pool is drawn."""

MOST_POOLS = 50
"""Pools in the table of those that were made at the same place."""

STYLE = """
:root { color-scheme: light dark; --line: #8886; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem;
  background: #fff; color: #1a1a1a; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-top: 1px solid var(--line);
  padding-top: 1rem; overflow-wrap: anywhere; } h3 { font-size: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; } pre, table { font-size: 0.85rem; }
figure { margin: 1rem 0; overflow-x: auto; }
.scroll { overflow: auto; max-height: 32rem; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.4rem; text-align: right; white-space: nowrap; }
th { position: sticky; top: 0; background: #eee; } td.text, th.text { text-align: left; }
tr + tr td { border-top: 1px solid var(--line); } .faint { opacity: 0.75; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e6e6; } th { background: #2a2d31; } }
@media print { body { max-width: none; margin: 0; background: #fff; color: #000; } .scroll { max-height: none; }
  th { position: static; } h2, figure { break-inside: avoid; } :root { color-scheme: light; } }
"""


def page(recording: Recording, program: str, ending: str, trace: str) -> str:
    """Return the page. program: its command line. ending: how it ended, as a sentence. trace: the name of the trace."""
    title = f"X-ray of {program}"
    count = f"{counted(recording.made, 'pool')}, made at {counted(len(recording.groups), 'place')}"
    parts = [
        f"<h1>{_escaped(title)}</h1>",
        f"<p>{_escaped(ending)} {count}.</p>",
        *(f"<p>{_escaped(as_sentence(note))}</p>" for note in notes_of(recording)),
        *_contents(recording.groups),
    ]
    for number, group in enumerate(recording.groups[:MOST_GROUPS], 1):
        parts += _section(number, group)
    if len(recording.groups) > MOST_GROUPS:
        parts.append("<h2>More places</h2>")
        parts += [
            f"<p>{_escaped(f'{group.place}: {describe_group(group)}')}</p>" for group in recording.groups[MOST_GROUPS:]
        ]
    parts.append(
        f"<p class='faint'>For {recording.traced()[1]}, open the file {_escaped(trace)} beside this page in"
        " https://ui.perfetto.dev or in chrome://tracing.</p>"
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            "<html lang='en'><head><meta charset='utf-8'><link rel='icon' href='data:,'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            f"<title>{_escaped(title)}</title><style>{STYLE}</style></head><body>",
            *parts,
            "</body></html>\n",
        ]
    )


def _contents(groups: Sequence[Group]) -> list[str]:
    """Return the list of places, if there are several."""
    if len(groups) < 2:
        return []
    rows = [_group_row(number, group) for number, group in enumerate(groups, 1)]
    return list(_table(["made at", "pools", "tasks", "time"], rows, texts=1))


def _group_row(number: int, group: Group) -> list[str]:
    place = _escaped(group.place)
    link = f"<a href='#place-{number}'>{place}</a>" if number <= MOST_GROUPS else place
    return [link, f"{len(group.pools):,}", f"{group.tasks:,}", format_seconds(group.seconds)]


def _section(number: int, group: Group) -> Iterable[str]:
    longest = group.pools[0]
    yield f"<h2 id='place-{number}'>{_escaped(group.place)}</h2>"
    yield f"<p>{_escaped(as_sentence(describe_group(group)))}</p>"
    yield from _pictures(longest)
    if explanation := explain_group(group):
        yield f"<h3>What cost most, and what to do about it</h3><pre>{_escaped(explanation)}</pre>"
    yield from _tasks(longest)
    if len(group.pools) > 1:
        yield "<h3>The pools that were made here, the longest first</h3>"
        rows = [_pool_row(place, pool) for place, pool in enumerate(group.pools[:MOST_POOLS], 1)]
        if rest := group.pools[MOST_POOLS:]:
            tasks, seconds = sum(len(pool.run.spans) for pool in rest), sum(pool.run.seconds for pool in rest)
            rows.append([f"{len(rest):,} more", "", "", "", f"{tasks:,}", format_seconds(seconds)])
        yield from _table(["", "kind", "functions", "workers", "tasks", "time"], rows, texts=3)


def _pictures(pool: RecordedPool) -> Iterable[str]:
    run = pool.run
    pictures = [timeline(run, cpus=usable_cpus(), parent="program")]
    pictures += [where_time_went({"pool": pool.spent})] if run.spans else []
    yield from (f"<figure>{picture.svg}{picture.figures}</figure>" for picture in pictures)
    if pool.facts.waits_for_no_cpu and pool.facts.wait_is_known:
        yield "<p>For the most part, the tasks did not wait for a CPU, though the pictures call it so.</p>"


def _pool_row(number: int, pool: RecordedPool) -> list[str]:
    run = pool.run
    functions = _escaped(", ".join(pool.names[:3]))
    figures = [f"{run.processes:,}", f"{len(run.spans):,}", format_seconds(run.seconds)]
    return [str(number), _escaped(pool.kind), functions, *figures]


def _tasks(pool: RecordedPool) -> Iterable[str]:
    """Return the table of the tasks that took longest, and one row for the others."""
    run = pool.run
    if not run.spans:
        return
    walls = [-_wall(span) for span in run.spans]
    slowest = heapq.nsmallest(MOST_TASKS, range(len(walls)), key=walls.__getitem__)
    shown = [(run.spans[place], pool.functions[place]) for place in slowest]
    taken = set(slowest)
    rest = [span for place, span in enumerate(run.spans) if place not in taken]
    numbers = {worker.pid: number for number, worker in enumerate(run.workers, 1)}
    heads = ["task", "function", "outcome", "worker", "began at", "pickling", "queued", "function ran", "on a CPU"]
    rows = [_task_row(span, function, numbers[span.worker], run.began) for span, function in shown]
    if rest:
        rows.append([f"{len(rest):,} more", "", "", "", "", *_figures(rest)])
    yield f"<h3>{'The slowest tasks' if rest else 'The tasks, the slowest first'}</h3>"
    yield from _table([*heads, "returning", "bytes in", "bytes out"], rows, texts=3)


def _task_row(span: Span, function: str, worker: int, began: float) -> list[str]:
    words = [str(span.task), _escaped(function), span.outcome, str(worker), format_seconds(span.started - began)]
    return [*words, *_figures([span])]


def _figures(spans: Sequence[Span]) -> list[str]:
    """Return the sums of what some tasks took."""
    pickling = queued = wall = computing = returning = 0.0
    bytes_in = bytes_out = 0
    for span in spans:
        ran = span.finished - span.started
        pickling += span.sent - span.packed
        queued += max(0.0, span.arrived - span.sent)
        wall += ran
        computing += min(span.cpu, ran)
        returning += span.delivered - span.returned
        bytes_in += span.bytes_in
        bytes_out += span.bytes_out
    seconds = map(format_seconds, (pickling, queued, wall, computing, returning))
    return [*seconds, f"{bytes_in:,}", f"{bytes_out:,}"]


def _wall(span: Span) -> float:
    return span.finished - span.started


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int) -> Iterable[str]:
    """Return a table whose cells are HTML; the first columns, this many of them, are text."""

    def line(tag: str, cells: Sequence[str]) -> str:
        kinds = [" class='text'" if place < texts else "" for place in range(len(cells))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    yield f"<div class='scroll'><table><thead><tr>{line('th', heads)}</tr></thead><tbody>"
    yield from (f"<tr>{line('td', row)}</tr>" for row in rows)
    yield "</tbody></table></div>"


def _escaped(text: str) -> str:
    return html.escape(text)
