"""A run that was saved: loads as it was, reads as a table, opens in a trace viewer."""

import csv
import json
from dataclasses import replace

import pytest

from helpers.lab.trace import load_run, save_run
from helpers.spans import Run, Span, Worker
from helpers.tasks import identity
from helpers.xray import XrayPool

# Moments in 64ths of a second, which binary numbers hold exactly.
FIRST = Span(0, 101, 100.0, 100.0, 100.25, 100.5, 100.5, 100.5, 102.0, 102.0, 102.25, 102.5, 103.0, 1.25, 10, 20)
SECOND = Span(
    1, 102, 100.0, 102.25, 102.75, 103.0, 103.0, 103.0, 103.5, 103.5, 103.5, 103.5, 103.5, 0.5, 30, 0, "error"
)
RUN = Run((FIRST, SECOND), (Worker(101, 100.25), Worker(102, 101.0)), 2, "spawn", 100.0, 103.5)
EMPTY = Run((), (), 2, "fork", 1.0, 1.0)


@pytest.fixture
def trace(tmp_path):
    """Return the trace of RUN, read back."""
    save_run(RUN, tmp_path / "run.trace.json")
    return json.loads((tmp_path / "run.trace.json").read_text())


@pytest.mark.parametrize("run", [RUN, EMPTY, replace(RUN, began=0.1 + 0.2)])
def test_a_run_loads_from_json_as_it_was(tmp_path, run):
    save_run(run, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == run


def test_a_measured_run_loads_as_it_was(tmp_path):
    with XrayPool(2) as pool:
        pool.map(identity, range(10))
        save_run(pool.run, str(tmp_path / "run.json"))
        assert load_run(str(tmp_path / "run.json")) == pool.run


def test_csv_has_a_row_for_each_span_with_moments_since_the_run_began(tmp_path):
    save_run(RUN, tmp_path / "run.csv")
    with open(tmp_path / "run.csv", newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == Span._fields
    assert float(first["started"]) == 0.5
    assert float(first["delivered"]) == 3.0
    assert (first["task"], first["worker"], float(first["cpu"]), first["bytes_in"]) == ("0", "101", 1.25, "10")
    assert second["outcome"] == "error"


def test_csv_of_an_empty_run_is_its_header(tmp_path):
    save_run(EMPTY, tmp_path / "run.csv")
    assert len((tmp_path / "run.csv").read_text().splitlines()) == 1


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


def test_a_run_is_not_saved_under_another_suffix(tmp_path):
    with pytest.raises(ValueError, match=r"\.json, \.csv or \.trace\.json, not as .*run\.xml"):
        save_run(RUN, tmp_path / "run.xml")


def test_what_is_not_a_run_is_refused_and_the_file_stays_as_it_was(tmp_path):
    save_run(RUN, tmp_path / "run.json")
    with pytest.raises(TypeError, match=r"only a run can be saved, such as pool\.run, not tuple"):
        save_run(RUN.spans, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == RUN


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "run.csv"
    save_run(EMPTY, path)
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        save_run(replace(RUN, spans=(FIRST._replace(outcome="\udc80"),)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["run.csv", "run.trace.json", "run.txt"])
def test_a_run_is_loaded_from_json_only(tmp_path, name):
    with pytest.raises(ValueError, match=rf"\.json file that save_run wrote.*{name}"):
        load_run(tmp_path / name)


def broken(**changes):
    """Return the JSON of RUN with these fields of its first span changed; None leaves a field out."""
    record = FIRST._asdict() | changes
    span = {name: value for name, value in record.items() if value is not None}
    workers = [{"pid": 101, "ready": 1.0}]
    run = {"spans": [span], "workers": workers, "processes": 2, "start_method": "fork", "began": 1.0, "ended": 2.0}
    return json.dumps(run)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        '{"spans": [], "workers": [], "processes": 2}',
        '{"spans": 1, "workers": []}',
        broken(started=None),
        broken(started="now"),
        broken(colour="red"),
        broken(worker=7),
        broken(outcome="fine"),
        "\xff",
    ],
)
def test_a_file_that_holds_no_run_is_named(tmp_path, text):
    path = tmp_path / "run.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"run\.json does not hold a run"):
        load_run(path)


def test_the_unbroken_file_of_the_test_above_loads(tmp_path):
    (tmp_path / "run.json").write_text(broken())
    assert load_run(tmp_path / "run.json").spans == (FIRST,)
