"""The records of tasks, without a pool: every field comes back in its own place, whatever the chunk went through."""

import pytest

from helpers.pool import recorder as module
from helpers.pool.recorder import ERROR, LOST, OK, Held, Recorder, Sending, decode, pack_work, recorder_of, worked_on
from helpers.spans import OUTCOMES, Span

SENDING = Sending("square", 10.0, 11.0, [12.0, 13.0, 14.0], [100, 200, 300])
WORK = pack_work(20.0, 40.0, (21.0, 22.0, 25.0, 2.5, 26.0, 27.0, 33.0, 5.5), (41.0, 43.0), (7, 8))


def spans(recorder):
    records, _ = recorder.snapshot()
    return [Span(*fields) for record in records for fields in decode(record)]


def test_a_chunk_comes_back_as_one_span_for_each_task_with_every_moment_in_its_place():
    recorder = Recorder()
    recorder.sending[5] = SENDING
    recorder.end(5, 101, 9.0, OK, WORK, 50.0, [51.0, 53.0])
    assert spans(recorder) == [
        Span(5, 101, 10.0, 11.0, 12.0, 20.0, 21.0, 22.0, 25.0, 40.0, 41.0, 50.0, 51.0, 2.5, 100, 7, "ok"),
        Span(6, 101, 10.0, 12.0, 13.0, 20.0, 26.0, 27.0, 33.0, 41.0, 43.0, 51.0, 53.0, 5.5, 200, 8, "ok"),
    ]
    assert recorder.count == 2
    assert recorder.snapshot()[1] == {101: 9.0}
    assert recorder.sending == {}


def test_a_chunk_of_one_task_has_every_moment_in_its_place():
    recorder = Recorder()
    recorder.sending[5] = Sending("square", 10.0, 11.0, [12.0], [100])
    recorder.end(5, 101, 9.0, ERROR, pack_work(20.0, 40.0, (21.0, 22.0, 25.0, 2.5), (41.0,), (7,)), 50.0, [51.0])
    assert spans(recorder) == [
        Span(5, 101, 10.0, 11.0, 12.0, 20.0, 21.0, 22.0, 25.0, 40.0, 41.0, 50.0, 51.0, 2.5, 100, 7, "error")
    ]


def test_only_the_last_task_of_a_chunk_has_another_outcome():
    recorder = Recorder()
    recorder.sending[5] = SENDING
    recorder.end(5, 101, 9.0, ERROR, WORK, 50.0, [51.0, 53.0])
    assert [span.outcome for span in spans(recorder)] == ["ok", "error"]


def test_what_a_worker_knows_of_its_chunk_tells_how_many_tasks_it_worked_on():
    assert worked_on(WORK) == 2
    assert worked_on(pack_work(1.0, 2.0, (), (), ())) == 0


def test_a_chunk_that_comes_back_twice_counts_once():
    recorder = Recorder()
    recorder.sending[5] = SENDING
    for _ in range(2):
        recorder.end(5, 101, 9.0, OK, WORK, 50.0, [51.0, 53.0])
    assert (recorder.count, len(spans(recorder))) == (2, 2)


def test_a_task_of_a_thread_is_a_span_without_bytes_that_is_delivered_when_it_has_finished():
    recorder = Recorder()
    recorder.keep(7, 4000, 0.5, ERROR, 1.0, 2.0, 3.0, 4.0, 6.0, 1.5)
    (record,), ready = recorder.snapshot()
    (span,) = (Span(*fields) for fields in decode(record))
    assert span == Span(7, 4000, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 6.0, 6.0, 6.0, 6.0, 6.0, 1.5, 0, 0, "error")
    assert (ready, recorder.count) == ({4000: 0.5}, 1)


def test_tasks_are_numbered_one_call_after_another():
    recorder = Recorder()
    assert [recorder.number(3), recorder.number(4), recorder.number(1)] == [0, 3, 7]


@pytest.mark.parametrize(
    "place, packed, sent, size", [(0, 11.0, 12.0, 100), (1, 12.0, 13.0, 200), (2, 13.0, 14.0, 300)]
)
def test_a_task_of_a_chunk_was_packed_when_the_one_before_it_had_been_sent(place, packed, sent, size):
    assert SENDING.of_task(place).tolist() == [10.0, packed, sent, size]


def held(task=6, arrived=20.0, started=22.0):
    return Held(pid=101, ready=9.0, recorder=0, first=5, task=task, arrived=arrived, started=started)


def test_a_task_that_is_lost_has_the_moments_that_it_reached_and_now_for_the_others(monkeypatch):
    monkeypatch.setattr(module, "time", type("Clock", (), {"perf_counter": staticmethod(lambda: 60.0)}))
    recorder = Recorder()
    recorder.sending[5] = SENDING
    recorder.lose(held())
    recorder.lose(held())
    assert spans(recorder) == [
        Span(6, 101, 10.0, 12.0, 13.0, 20.0, 22.0, 22.0, 60.0, 60.0, 60.0, 60.0, 60.0, 0.0, 200, 0, "lost")
    ]
    assert (recorder.count, recorder.snapshot()[1]) == (1, {101: 9.0})


def test_a_task_whose_answer_is_lost_ends_as_it_is_said_to_have_ended():
    recorder = Recorder()
    first = recorder.number(1)
    recorder.sending[first] = Sending("f", 1.0, 2.0, [3.0], [30])
    recorder.lose(Held(50, 0.5, recorder.key, first, first, 4.0, 5.0), ERROR)
    assert [fields[-1] for record in recorder.snapshot()[0] for fields in decode(record)] == ["error"]
    assert (recorder.sending, recorder.count) == ({}, 1)


@pytest.mark.parametrize(
    "arrived, started, expected",
    [(20.0, 22.0, (20.0, 22.0)), (20.0, 20.0, (20.0, 20.0)), (20.0, 0.0, (20.0, 60.0)), (0.0, 0.0, (60.0, 60.0))],
)
def test_a_task_under_way_reaches_now_what_it_did_not_reach(arrived, started, expected):
    recorder = Recorder()
    recorder.sending[5] = SENDING
    span = Span(*recorder.running(held(arrived=arrived, started=started), 60.0))
    assert (span.arrived, span.started, span.finished, span.outcome) == (*expected, 60.0, "running")
    assert recorder.sending[5] is SENDING
    assert recorder.count == 0


@pytest.mark.parametrize("task", [4, 8])
def test_a_note_that_names_no_task_of_its_chunk_is_passed_over(task):
    recorder = Recorder()
    recorder.sending[5] = SENDING
    assert recorder.running(held(task=task), 60.0) is None
    recorder.lose(held(task=task))
    assert spans(recorder) == []
    assert recorder.sending[5] is SENDING


@pytest.mark.parametrize("task", [5, 7])
def test_the_first_and_the_last_task_of_a_chunk_belong_to_it(task):
    recorder = Recorder()
    recorder.sending[5] = SENDING
    assert recorder.running(held(task=task), 60.0) is not None


def test_a_recorder_is_found_by_its_key_for_as_long_as_it_lives():
    one, other = Recorder(), Recorder()
    assert one.key != other.key
    assert recorder_of(one.key) is one
    key = one.key
    del one
    assert recorder_of(key) is None
    assert recorder_of(-1) is None
    Recorder()
    assert key not in module._recorders
    assert other.key in module._recorders


def test_what_is_read_is_a_copy():
    recorder = Recorder()
    records, ready = recorder.snapshot()
    records.append(b"")
    ready[1] = 2.0
    assert recorder.snapshot() == ([], {})


def test_the_outcomes_are_those_of_spans():
    assert module.OUTCOMES == OUTCOMES
    assert [OUTCOMES[number] for number in (OK, ERROR, LOST, module.RUNNING)] == ["ok", "error", "lost", "running"]
