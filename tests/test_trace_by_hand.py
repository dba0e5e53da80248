"""A trace, event by event: its threads, their order, and microseconds counted from the beginning of the run."""

import json

from helpers.spans import Run, Span, Worker
from helpers.trace import save_run

SPAN = Span(7, 101, 100.0, 100.5, 101.0, 101.0, 101.0, 101.0, 102.0, 102.0, 102.0, 102.5, 103.0, 0.75, 10, 20)
RUN = Run((SPAN,), (Worker(101, 100.0),), 2, "spawn", 100.0, 103.0)


def test_a_trace_is_the_one_written_by_hand(tmp_path):
    _, path = save_run(RUN, tmp_path, "run")
    fields = {"task": 7, "worker": 101, "cpu": 0.75, "bytes_in": 10, "bytes_out": 20, "outcome": "ok"}
    names = ["notebook", "notebook, results", "worker 1"]
    head = [
        {"ph": "M", "name": f"thread_{key}", "pid": 0, "tid": thread, "args": {key: value}}
        for thread, name in enumerate(names)
        for key, value in (("name", name), ("sort_index", thread))
    ]
    events = [
        {"ph": "X", "name": phase, "pid": 0, "tid": thread, "ts": begin, "dur": seconds, "args": fields}
        for phase, thread, begin, seconds in [
            ("sending", 0, 500_000.0, 500_000.0),
            ("returning", 1, 2_500_000.0, 500_000.0),
            ("sending", 2, 500_000.0, 500_000.0),
            ("computing", 2, 1_000_000.0, 1_000_000.0),
            ("returning", 2, 2_000_000.0, 1_000_000.0),
        ]
    ]
    assert json.loads(path.read_text()) == {"traceEvents": [*head, *events], "displayTimeUnit": "ms"}


def test_the_moments_of_a_trace_are_thousandths_of_a_microsecond(tmp_path):
    third = SPAN._replace(packed=100.0 + 1 / 3, sent=100.0 + 2 / 3)
    _, path = save_run(RUN._replace(spans=(third,)), tmp_path, "run")
    events = json.loads(path.read_text())["traceEvents"]
    sending = next(event for event in events if event["ph"] == "X" and event["tid"] == 0 and event["name"] == "sending")
    assert (sending["ts"], sending["dur"]) == (333_333.333, 333_333.333)
