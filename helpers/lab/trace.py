"""A run as two files: the run itself as JSON, and a trace for a viewer.

- `.json` holds every field of the run, its workers and its spans, under their names.
- `.trace.json` is in the Trace Event Format (document "Trace Event Format", Google): open it in Perfetto
  (https://ui.perfetto.dev) or in chrome://tracing. Its times are microseconds since the run began.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.spans import Run, Segment, segments

_SHOWN_FIELDS = ("task", "worker", "cpu", "bytes_in", "bytes_out", "outcome")  # of a span, in the viewer


def save_run(run: Run, folder: Path, name: str) -> list[Path]:
    """Write `name.json` and `name.trace.json` into the folder, and return their paths."""
    files = {folder / f"{name}.json": _json(run), folder / f"{name}.trace.json": _trace(run)}
    for path, content in files.items():
        path.write_text(json.dumps(content), encoding="utf-8")
    return list(files)


def _json(run: Run) -> dict[str, Any]:
    return {
        "spans": [span._asdict() for span in run.spans],
        "workers": [worker._asdict() for worker in run.workers],
        "processes": run.processes,
        "start_method": run.start_method,
        "began": run.began,
        "ended": run.ended,
        "load": run.load._asdict() if run.load is not None else None,
    }


def _trace(run: Run) -> dict[str, Any]:
    events = [_trace_event(segment, run.began) for segment in segments(run) if segment.seconds > 0]
    return {"traceEvents": [*_thread_names(len(run.workers)), *events], "displayTimeUnit": "ms"}


def _thread_names(workers: int) -> Iterator[dict[str, Any]]:
    names = ["notebook", "notebook, results", *(f"worker {number}" for number in range(1, workers + 1))]
    for thread, name in enumerate(names):
        for key, value in (("name", name), ("sort_index", thread)):
            yield {"ph": "M", "name": f"thread_{key}", "pid": 0, "tid": thread, "args": {key: value}}


def _trace_event(segment: Segment, began: float) -> dict[str, Any]:
    return {
        "ph": "X",
        "name": segment.phase,
        "pid": 0,
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
