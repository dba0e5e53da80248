"""Keep a run as a file: JSON to load again, CSV for a spreadsheet, a trace for a viewer.

- `.json` holds the whole run; what `load_run` returns is equal to what was saved.
- `.csv` has a row for each span, under the names of its fields. Moments are seconds since the run began, cpu is CPU
  seconds, bytes_in and bytes_out are bytes; worker is a process id.
- `.trace.json` is in the Trace Event Format (document "Trace Event Format", Google): open it in Perfetto
  (https://ui.perfetto.dev) or in chrome://tracing. Its times are microseconds since the run began.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.spans import OUTCOMES, Run, Segment, Span, Worker, segments
from helpers.text import write_whole

_MOMENTS = {name for name, kind in Span.__annotations__.items() if kind is float and name != "cpu"}
_ARGUMENTS = ("task", "worker", "cpu", "bytes_in", "bytes_out", "outcome")  # what a viewer shows of a span


def save_run(run: Run, path: str | Path) -> None:
    """Save the run in the format that the suffix names. A file that is there is replaced as a whole, or not at all.

    Raises ValueError for another suffix than .json, .csv or .trace.json, and TypeError for what is not a run.
    """
    path = Path(path)
    if not isinstance(run, Run):
        raise TypeError(f"only a run can be saved, such as pool.run, not {type(run).__name__}")
    if path.name.endswith(".trace.json"):
        text = json.dumps(_trace(run))
    elif path.suffix == ".json":
        text = json.dumps(_record(run))
    elif path.suffix == ".csv":
        text = _csv(run)
    else:
        raise ValueError(f"a run is saved as .json, .csv or .trace.json, not as {path}")
    write_whole(path, text)


def load_run(path: str | Path) -> Run:
    """Return the run that `save_run` wrote to this .json file. Raises ValueError, with its name, if it holds none."""
    path = Path(path)
    if path.suffix != ".json" or path.name.endswith(".trace.json"):
        raise ValueError(f"a run is loaded from the .json file that save_run wrote, and {path} is of another kind")
    try:
        record = json.loads(path.read_bytes())
        spans = tuple(_made(Span, span) for span in record["spans"])
        workers = tuple(_made(Worker, worker) for worker in record["workers"])
        run = _made(Run, record | {"spans": spans, "workers": workers})
        _check_consistent(run)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} does not hold a run ({error}); expected is a file from save_run") from error
    return run


def _record(run: Run) -> dict[str, Any]:
    record = {name: getattr(run, name) for name in Run.__annotations__}
    for name in ("spans", "workers"):
        record[name] = [entry._asdict() for entry in record[name]]
    return record


def _made(kind: type, record: Mapping[str, Any]) -> Any:
    for name, declared in kind.__annotations__.items():
        allowed = {int: int, float: (int, float), str: str}.get(declared, tuple)
        if not isinstance(record[name], allowed):
            raise TypeError(f"{name} of a {kind.__name__.lower()} is {record[name]!r}")
    return kind(**record)


def _check_consistent(run: Run) -> None:
    workers = {worker.pid for worker in run.workers}
    for span in run.spans:
        if span.worker not in workers or span.outcome not in OUTCOMES:
            raise ValueError(f"task {span.task} has worker {span.worker} and outcome {span.outcome!r}")


def _csv(run: Run) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(Span._fields)
    for span in run.spans:
        record = span._asdict().items()
        writer.writerow([f"{value - run.began:.9f}" if name in _MOMENTS else value for name, value in record])
    return file.getvalue()


def _trace(run: Run) -> dict[str, Any]:
    pieces = [segment for segment in segments(run) if segment.seconds > 0]
    events = [_trace_event(segment, run.began) for segment in pieces]
    return {"traceEvents": [*_trace_names(len(run.workers)), *events], "displayTimeUnit": "ms"}


def _trace_names(workers: int) -> Iterator[dict[str, Any]]:
    names = ["notebook", "notebook, results", *(f"worker {number}" for number in range(1, workers + 1))]
    for thread, name in enumerate(names):
        for key, value in (("name", name), ("sort_index", thread)):
            yield {"ph": "M", "name": f"thread_{key}", "pid": 0, "tid": thread, "args": {key: value}}


def _trace_event(segment: Segment, began: float) -> dict[str, Any]:
    return {
        "ph": "X",
        "name": segment.phase,
        "pid": 0,
        "tid": _trace_thread(segment),
        "ts": round((segment.begin - began) * 1e6, 3),
        "dur": round(segment.seconds * 1e6, 3),
        "args": {name: getattr(segment.span, name) for name in _ARGUMENTS} if segment.span else {},
    }


def _trace_thread(segment: Segment) -> int:
    # The parent sends and takes results at the same time, and a viewer nests what overlaps on one thread: it gets two.
    return segment.row + 1 if segment.row else int(segment.phase == "returning")
