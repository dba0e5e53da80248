"""A run as two files: the run itself as JSON, and a trace for a viewer; several runs as one trace.

- `.json` holds every field of the run, its workers and its spans, under their names.
- `.trace.json` is in the Trace Event Format (document "Trace Event Format", Google): open it in Perfetto
  (https://ui.perfetto.dev) or in chrome://tracing. Its times are microseconds since the first run began.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.spans import Run, Segment, segments

_SHOWN_FIELDS = ("task", "worker", "cpu", "bytes_in", "bytes_out", "outcome")  # of a span, in the viewer


def save_run(run: Run, folder: Path, name: str) -> list[Path]:
    """Write `name.json` and `name.trace.json` into the folder, and return their paths."""
    trace = {"traceEvents": list(_events(run, run.began)), "displayTimeUnit": "ms"}
    files = {folder / f"{name}.json": _json(run), folder / f"{name}.trace.json": trace}
    for path, content in files.items():
        path.write_text(json.dumps(content), encoding="utf-8")
    return list(files)


def save_trace(runs: Mapping[str, Run], path: Path, parent: str) -> None:
    """Write runs, by their names, as one trace on one axis: each is a process of the viewer, with its threads.

    parent: the name of the process that made the pools. The events are written one by one, since there may be many.
    """
    began = min((run.began for run in runs.values()), default=0.0)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"displayTimeUnit": "ms", "traceEvents": [')
        separator = "\n"
        for process, (name, run) in enumerate(runs.items()):
            names = [_metadata("process", key, value, process, 0) for key, value in _label(name, process)]
            for event in (*names, *_events(run, began, process, parent)):
                file.write(separator + json.dumps(event))
                separator = ",\n"
        file.write("\n]}\n")


def _json(run: Run) -> dict[str, Any]:
    return {
        "spans": [span._asdict() for span in run.spans],
        "workers": [worker._asdict() for worker in run.workers],
        "processes": run.processes,
        "start_method": run.start_method,
        "began": run.began,
        "ended": run.ended,
        "function_bytes": run.function_bytes,
        "load": run.load._asdict() if run.load is not None else None,
    }


def _events(run: Run, began: float, process: int = 0, parent: str = "notebook") -> Iterator[dict[str, Any]]:
    names = [parent, f"{parent}, results", *(f"worker {number}" for number in range(1, len(run.workers) + 1))]
    for thread, name in enumerate(names):
        for key, value in _label(name, thread):
            yield _metadata("thread", key, value, process, thread)
    for segment in segments(run):
        if segment.seconds > 0:
            yield _trace_event(segment, began, process)


def _label(name: str, place: int) -> tuple[tuple[str, str | int], ...]:
    return ("name", name), ("sort_index", place)


def _metadata(kind: str, key: str, value: str | int, process: int, thread: int) -> dict[str, Any]:
    return {"ph": "M", "name": f"{kind}_{key}", "pid": process, "tid": thread, "args": {key: value}}


def _trace_event(segment: Segment, began: float, process: int) -> dict[str, Any]:
    return {
        "ph": "X",
        "name": segment.phase,
        "pid": process,
        "tid": _thread_of(segment),
        "ts": round((segment.begin - began) * 1e6, 3),
        "dur": round(segment.seconds * 1e6, 3),
        "args": {name: getattr(segment.span, name) for name in _SHOWN_FIELDS} if segment.span else {},
    }


def _thread_of(segment: Segment) -> int:
    # The parent sends tasks and receives results at the same time. A viewer nests events that overlap on one thread,
    # so the parent gets two threads.
    return segment.row + 1 if segment.row else int(segment.phase == "returning")


def new_folder(folder: Path) -> Path:
    """Make and return a folder of this name, with the next free number added to it."""
    number = 1
    while True:
        new = folder.with_name(f"{folder.name}_{number}")
        try:
            new.mkdir(parents=True)
            return new
        except FileExistsError:
            number += 1
