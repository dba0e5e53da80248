"""Segments and breakdowns of runs made by hand, against figures calculated by hand."""

import itertools

import pytest

from helpers.spans import (
    PHASES,
    PIPE,
    Run,
    Span,
    Worker,
    breakdown,
    events,
    seconds_by_phase,
    seconds_idle,
    segments,
    segments_by_row,
)


def span(task, worker, times, cpu, outcome="ok"):
    """Make a span of the moments from submitted to delivered, in their order."""
    return Span(task, worker, *map(float, times), cpu=cpu, bytes_in=1, bytes_out=1, outcome=outcome)


# Two workers, the wall time from 0 to 10.    subm pack sent arr rcv strt fin ret repl land deliv
FIRST = span(0, 101, times=(0, 0, 1, 1, 2, 2, 5, 5, 6, 6, 7), cpu=2.0)
SECOND = span(1, 102, times=(0, 1, 2, 3, 3, 4, 8, 8, 9, 9, 10), cpu=4.0)
THIRD = span(2, 101, times=(0, 2, 3, 6, 6, 6, 7, 7, 7, 7, 8), cpu=0.5)
RUN = Run((FIRST, SECOND, THIRD), (Worker(101, 0.5), Worker(102, 1.5)), 2, "spawn", 0.0, 10.0)

# As above, but worker 101 was lost after its first task, and 103 replaced it at 8.
LATE = span(2, 103, times=(0, 7, 7, 8, 8, 8.5, 9, 9, 9.5, 9.5, 9.5), cpu=0.5)
REPLACED = Run((FIRST, SECOND, LATE), (*RUN.workers, Worker(103, 8.0)), 2, "spawn", 0.0, 10.0)

EMPTY = Run((), (), 3, "fork", 5.0, 5.0)


def rows(run):
    """Return (phase, begin, end, task) of the segments that last, by row."""
    lasting = [segment for segment in segments(run) if segment.seconds > 0]
    return {
        row: [(s.phase, s.begin, s.end, s.span.task if s.span else None) for s in lasting if s.row == row]
        for row in range(len(run.workers) + 1)
    }


def test_a_worker_starts_then_its_tasks_are_sent_computed_and_returned():
    assert rows(RUN)[1] == [
        ("starting", 0.0, 0.5, None),
        ("sending", 0.5, 2.0, 0),
        ("computing", 2.0, 5.0, 0),
        ("returning", 5.0, 6.0, 0),
        ("computing", 6.0, 7.0, 2),
        ("returning", 7.0, 8.0, 2),
    ]


def test_a_worker_that_is_ready_late_is_sent_its_task_only_from_then_on():
    assert rows(RUN)[2] == [
        ("starting", 0.0, 1.5, None),
        ("sending", 1.5, 4.0, 1),
        ("computing", 4.0, 8.0, 1),
        ("returning", 8.0, 9.0, 1),
        ("returning", 9.0, 10.0, 1),
    ]


def test_the_parent_pickles_tasks_and_unpickles_results():
    assert rows(RUN)[0] == [
        ("sending", 0.0, 1.0, 0),
        ("sending", 1.0, 2.0, 1),
        ("sending", 2.0, 3.0, 2),
        ("returning", 6.0, 7.0, 0),
        ("returning", 7.0, 8.0, 2),
        ("returning", 9.0, 10.0, 1),
    ]


@pytest.mark.parametrize(
    ("size", "outcome", "sending"),
    [
        (PIPE, "ok", [(0, 1), (3, 4)]),
        (PIPE + 1, "ok", [(0, 3), (3, 6)]),  # until the next is pickled, and until it has been read
        (PIPE + 1, "lost", [(0, 1), (3, 4)]),  # when it was read is not known
    ],
)
def test_the_parent_sends_a_message_that_no_pipe_holds_until_it_has_been_read(size, outcome, sending):
    first = span(0, 101, (0, 0, 1, 5, 6, 6, 7, 7, 7, 7, 8), 1.0, outcome)._replace(bytes_in=size)
    second = span(1, 102, (0, 3, 4, 6, 6, 6, 7, 7, 7, 7, 8), 1.0, outcome)._replace(bytes_in=size)
    parent = segments_by_row(Run((first, second), RUN.workers, 2, "fork", 0.0, 8.0))[0]
    assert [(piece.begin, piece.end) for piece in parent if piece.phase == "sending"] == sending


def test_tasks_of_one_message_are_written_together():
    """By hand: each has half of what a pipe holds, and a byte; the second one is pickled from 1 to 2, and read at 5."""
    half = [span(n, 101, (0, n, n + 1, 5, 6, 6, 7, 7, 7, 7, 8), 0.0)._replace(bytes_in=PIPE // 2 + 1) for n in range(2)]
    parent = segments_by_row(Run(tuple(half), RUN.workers[:1], 1, "fork", 0.0, 8.0))[0]
    assert [(piece.begin, piece.end) for piece in parent if piece.phase == "sending"] == [(0, 1), (1, 5)]


def test_the_breakdown_is_the_one_calculated_by_hand():
    assert dict(breakdown(RUN).items()) == {
        "computing": 6.5,
        "waiting for a CPU": 1.5,
        "sending": 4.0,
        "returning": 4.0,
        "starting": 2.0,
        "idle": 2.0,
    }


def test_a_replacement_counts_from_the_moment_when_it_was_ready():
    assert rows(REPLACED)[3] == [
        ("sending", 8.0, 8.5, 2),
        ("computing", 8.5, 9.0, 2),
        ("returning", 9.0, 9.5, 2),
    ]
    assert dict(breakdown(REPLACED).items()) == {
        "computing": 6.5,
        "waiting for a CPU": 1.0,
        "sending": 4.5,
        "returning": 4.5,
        "starting": 2.0,
        "idle": 1.5,
    }


def test_the_seconds_of_a_row_are_summed_by_phase():
    assert [seconds_by_phase(row) for row in segments_by_row(RUN)] == [
        {"computing": 0.0, "waiting for a CPU": 0.0, "sending": 3.0, "returning": 3.0, "starting": 0.0},
        {"computing": 2.5, "waiting for a CPU": 1.5, "sending": 1.5, "returning": 2.0, "starting": 0.5},
        {"computing": 4.0, "waiting for a CPU": 0.0, "sending": 2.5, "returning": 2.0, "starting": 1.5},
    ]


def test_a_process_that_was_never_ready_has_an_empty_row():
    assert segments_by_row(EMPTY) == [[], [], [], []]


def test_the_segments_are_the_rows_one_after_another():
    assert segments(RUN) == list(itertools.chain.from_iterable(segments_by_row(RUN)))


def idle_gaps(run):
    """Return the seconds of a run that no segment of any worker covers, counted gap by gap."""
    idle = 0.0
    for row in range(1, max(run.processes, len(run.workers)) + 1):
        free = run.began
        for segment in sorted((s for s in segments(run) if s.row == row), key=lambda s: s.begin):
            idle += segment.begin - free
            free = segment.end
        idle += run.ended - free
    return idle


@pytest.mark.parametrize("run", [RUN, EMPTY, Run(RUN.spans, RUN.workers, 4, "spawn", 0.0, 11.0)])
def test_idle_is_the_time_that_no_segment_covers(run):
    split = breakdown(run)
    assert [phase for phase, _ in split.items()] == list(PHASES)
    assert split.idle == pytest.approx(idle_gaps(run))
    assert split.whole == run.seconds * run.processes


@pytest.mark.parametrize(
    ("row", "idle"),
    [
        ([(1.0, 2.0), (3.0, 4.0)], 1 + 1 + 6),
        ([(3.0, 4.0), (1.0, 2.0)], 1 + 1 + 6),  # in the order of time
        ([(1.0, 5.0), (2.0, 3.0)], 1 + 5),  # the parent sends and returns at the same time
        ([(-1.0, 2.0), (8.0, 12.0)], 6),  # no more than the run
        ([(11.0, 12.0)], 10),
        ([], 10),
    ],
)
def test_a_row_is_idle_where_none_of_its_segments_is(row, idle):
    pieces = [(0, "sending", begin, end, None) for begin, end in row]
    assert seconds_idle(pieces, RUN) == idle
    later = [(0, "sending", begin + 5.0, end + 5.0, None) for begin, end in row]
    assert seconds_idle(later, RUN._replace(began=5.0, ended=15.0)) == idle


def test_messages_are_written_in_the_order_in_which_they_were_pickled_whatever_their_numbers():
    """Each is too large for the pipe, and is written until its worker has it, or the next one is pickled."""
    large = [one._replace(bytes_in=PIPE + 1) for one in (FIRST, SECOND, THIRD)]
    renamed = [one._replace(task=2 - one.task) for one in large]
    parent = segments_by_row(RUN._replace(spans=tuple(renamed[::-1])))[0]
    sending = [(s.begin, s.end, s.span.task) for s in parent if s.phase == "sending"]
    assert sending == [(0, 1, 2), (1, 2, 1), (2, 6, 0)]


@pytest.mark.parametrize("run", [RUN, REPLACED])
def test_segments_of_one_worker_never_overlap(run):
    pieces = sorted((s for s in segments(run) if s.row), key=lambda s: (s.row, s.begin, s.end))
    for earlier, later in itertools.pairwise(pieces):
        assert earlier.row != later.row or earlier.end <= later.begin


def test_a_chunk_of_two_tasks_is_returned_once_both_are_computed():
    first = span(0, 101, times=(0, 0, 0, 1, 1, 1, 2, 4, 4.5, 5, 5), cpu=1.0)
    second = span(1, 101, times=(0, 0, 0, 1, 2, 2, 4, 4.5, 5, 5, 6), cpu=2.0)
    run = Run((first, second), (Worker(101, 0.0),), 1, "fork", 0.0, 6.0)
    assert rows(run)[1] == [
        ("sending", 0.0, 1.0, 0),
        ("computing", 1.0, 2.0, 0),
        ("computing", 2.0, 4.0, 1),
        ("returning", 4.0, 4.5, 0),
        ("returning", 4.5, 5.0, 1),
        ("returning", 5.0, 6.0, 1),
    ]


def test_a_coarse_cpu_clock_never_makes_computing_longer_than_the_call():
    coarse = span(0, 101, times=(0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2), cpu=2.5)
    split = breakdown(Run((coarse,), (Worker(101, 0.0),), 1, "fork", 0.0, 2.0))
    assert (split.computing, split.waiting_for_cpu, split.idle) == (2.0, 0.0, 0.0)


def test_an_empty_run_has_no_segments_and_no_events_and_prints():
    assert segments(EMPTY) == events(EMPTY) == []
    assert "whole                 0.000 s   0.0%" in str(breakdown(EMPTY))


def test_a_breakdown_prints_a_line_for_each_phase_with_its_share():
    lines = str(breakdown(RUN)).splitlines()
    assert lines[0] == "computing             6.500 s  32.5%"
    assert lines[-1] == "whole                20.000 s 100.0%"
    assert len(lines) == len(PHASES) + 1


def test_events_are_in_the_order_of_time_counted_from_the_beginning_of_the_run():
    later = Run(RUN.spans, RUN.workers, 2, "spawn", began=-1.0, ended=10.0)
    assert events(later) == [
        (3.0, "started", 0),
        (5.0, "started", 1),
        (6.0, "finished", 0),
        (7.0, "started", 2),
        (8.0, "finished", 2),
        (9.0, "finished", 1),
    ]


def test_the_wall_time_of_a_task_is_computing_and_waiting_for_a_cpu():
    assert (SECOND.computing, SECOND.waiting_for_cpu) == (4.0, 0.0)


def test_a_short_breakdown_prints_its_shares_of_a_whole_below_a_second():
    lone = span(0, 101, times=(0, 0, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5), cpu=0.125)
    lines = str(breakdown(Run((lone,), (Worker(101, 0.0),), 1, "fork", 0.0, 0.5))).splitlines()
    assert [line.split()[-1] for line in lines] == ["25.0%", "25.0%", "0.0%", "50.0%", "0.0%", "0.0%", "100.0%"]


def test_the_last_result_of_a_worker_is_the_one_that_it_sent_last_whatever_its_number():
    """By hand: task 1 ran first and task 0 last, and the parent had the result of task 0 a second after it was sent."""
    first = span(1, 101, times=(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2), cpu=1.0)
    last = span(0, 101, times=(0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4), cpu=1.0)
    run = Run((last, first), (Worker(101, 0.0),), 1, "fork", 0.0, 4.0)
    assert rows(run)[1][-2:] == [("returning", 2.0, 3.0, 0), ("returning", 3.0, 4.0, 0)]


def test_results_that_were_pickled_at_the_same_moment_are_told_apart_by_when_they_were_sent():
    """Two tasks of a chunk: both results are pickled from the same moment on, and one is sent before the other."""
    first = span(0, 101, times=(0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 4), cpu=1.0)
    second = span(1, 101, times=(0, 0, 0, 0, 1, 1, 2, 2, 4, 4, 5), cpu=1.0)
    run = Run((first, second), (Worker(101, 0.0),), 1, "fork", 0.0, 5.0)
    assert rows(run)[1][-1] == ("returning", 4.0, 5.0, 1)


def test_a_task_that_is_pickled_while_its_worker_is_free_is_sent_from_then_on():
    late = span(0, 101, times=(0, 2, 3, 3, 3, 4, 5, 5, 5, 5, 5), cpu=1.0)
    run = Run((late,), (Worker(101, 0.0),), 1, "fork", 0.0, 5.0)
    assert rows(run)[1] == [("sending", 2.0, 4.0, 0), ("computing", 4.0, 5.0, 0)]
    assert breakdown(run).idle == 2.0


def test_a_worker_that_was_ready_before_the_run_began_does_not_start():
    warm = Run(RUN.spans, (Worker(101, -3.0), Worker(102, -2.0)), 2, "spawn", 0.0, 10.0)
    assert breakdown(warm).starting == 0.0
    assert rows(warm)[1][0] == ("sending", 0.0, 2.0, 0)
    assert not [segment for segment in segments(warm) if segment.phase == "starting"]


def test_the_seconds_of_a_run_and_of_a_segment_are_counted_from_its_beginning():
    assert Run((), (), 1, "fork", began=3.0, ended=7.5).seconds == 4.5
    assert {segment.seconds for segment in segments(RUN) if segment.phase == "starting"} == {0.5, 1.5}


def test_the_time_without_a_cpu_is_what_the_cpu_clock_did_not_count():
    assert (FIRST.computing, FIRST.waiting_for_cpu) == (2.0, 1.0)
