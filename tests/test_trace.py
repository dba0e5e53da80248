"""A saved run holds every field as JSON, and a trace that a viewer can show."""

import json

import pytest

from helpers.spans import Load, Run, Span, Worker
from helpers.tasks import identity
from helpers.trace import save_run
from helpers.xray import XrayPool

# Moments in 64ths of a second, which binary numbers hold exactly.
FIRST = Span(0, 101, 100.0, 100.0, 100.25, 100.5, 100.5, 100.5, 102.0, 102.0, 102.25, 102.5, 103.0, 1.25, 10, 20)
SECOND = Span(
    1, 102, 100.0, 102.25, 102.75, 103.0, 103.0, 103.0, 103.5, 103.5, 103.5, 103.5, 103.5, 0.5, 30, 0, "error"
)
RUN = Run((FIRST, SECOND), (Worker(101, 100.25), Worker(102, 101.0)), 2, "spawn", 100.0, 103.5)


@pytest.fixture
def trace(tmp_path):
    """Return the trace of RUN, read back."""
    _, path = save_run(RUN, tmp_path, "run")
    return json.loads(path.read_text())


def rebuilt(record):
    """Return the run that the JSON of a run describes."""
    spans = tuple(Span(**span) for span in record.pop("spans"))
    workers = tuple(Worker(**worker) for worker in record.pop("workers"))
    load = record.pop("load")
    return Run(spans=spans, workers=workers, load=load and Load(**load), **record)


@pytest.mark.parametrize("run", [RUN, Run((), (), 2, "fork", 0.1 + 0.2, 1.0)], ids=["run", "empty"])
def test_a_run_can_be_rebuilt_from_its_json(run, tmp_path):
    path, _ = save_run(run, tmp_path, "run")
    assert rebuilt(json.loads(path.read_text())) == run


def test_a_measured_run_can_be_rebuilt_from_its_json(tmp_path):
    with XrayPool(2) as pool:
        pool.map(identity, range(10))
    path, _ = save_run(pool.run, tmp_path, "run")
    assert rebuilt(json.loads(path.read_text())) == pool.run


def test_a_run_is_saved_as_two_files_of_the_given_name(tmp_path):
    assert save_run(RUN, tmp_path, "run_1") == [tmp_path / "run_1.json", tmp_path / "run_1.trace.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run_1.json", "run_1.trace.json"]


def test_a_trace_names_the_notebook_and_every_worker(trace):
    names = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
    assert names == {0: "notebook", 1: "notebook, results", 2: "worker 1", 3: "worker 2"}


def test_a_trace_has_a_complete_event_in_microseconds_for_each_phase_of_each_worker(trace):
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert {(e["tid"], e["name"], e["ts"], e["dur"]) for e in events if e["tid"] > 1} == {
        (2, "starting", 0, 250_000),
        (2, "sending", 250_000, 250_000),
        (2, "computing", 500_000, 1_500_000),
        (2, "returning", 2_000_000, 250_000),
        (2, "returning", 2_250_000, 750_000),
        (3, "starting", 0, 1_000_000),
        (3, "sending", 2_250_000, 750_000),
        (3, "computing", 3_000_000, 500_000),
    }
    (computing,) = (e for e in events if e["tid"] == 3 and e["name"] == "computing")
    assert computing["args"] == {
        "task": 1,
        "worker": 102,
        "cpu": 0.5,
        "bytes_in": 30,
        "bytes_out": 0,
        "outcome": "error",
    }


def test_in_a_trace_sending_and_results_have_a_thread_each_where_nothing_overlaps(trace):
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert [(e["ts"], e["dur"]) for e in events if e["tid"] == 0] == [(0, 250_000), (2_250_000, 500_000)]
    assert [(e["ts"], e["dur"]) for e in events if e["tid"] == 1] == [(2_500_000, 500_000)]
    assert {event["name"] for event in events if event["tid"] == 1} == {"returning"}
