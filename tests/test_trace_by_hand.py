"""A trace, event by event: its threads, their order, and microseconds counted from the beginning of the run."""

import json

from helpers.spans import Run, Span, Worker
from helpers.trace import new_folder, save_run, save_trace

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


def test_runs_of_one_program_are_processes_of_one_trace_from_the_beginning_of_the_first(tmp_path):
    later = RUN._replace(spans=(), began=90.0)
    save_trace({"first pool": RUN, "second pool": later}, tmp_path / "trace.json", parent="program")
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert trace["displayTimeUnit"] == "ms"
    events = trace["traceEvents"]
    heads = [event["args"] for event in events if event["name"].startswith("process_")]
    assert heads == [{"name": "first pool"}, {"sort_index": 0}, {"name": "second pool"}, {"sort_index": 1}]
    threads = [(event["pid"], event["args"]["name"]) for event in events if event["name"] == "thread_name"]
    parents = ["program", "program, results", "worker 1"]
    assert threads == [(process, name) for process in (0, 1) for name in parents]
    assert [event["ts"] for event in events if event["name"] == "computing"] == [11e6]  # since 90 s
    starting = [(event["pid"], event["ts"], event["dur"]) for event in events if event["name"] == "starting"]
    assert starting == [(1, 0.0, 10e6)]  # its worker was ready at 100 s


def test_a_trace_of_no_run_is_an_empty_one(tmp_path):
    save_trace({}, tmp_path / "trace.json", parent="program")
    assert json.loads((tmp_path / "trace.json").read_text()) == {"displayTimeUnit": "ms", "traceEvents": []}


def test_each_folder_has_the_next_free_number(tmp_path):
    names = [new_folder(tmp_path / "made" / "xray").name for _ in range(3)]
    assert names == ["xray_1", "xray_2", "xray_3"]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == names
