"""How far an experiment is, with a pool and a clock that are made by hand."""

from types import SimpleNamespace

import pytest

from helpers.lab import experiment as module
from helpers.lab import running
from helpers.lab.experiment import Experiment, Progress
from helpers.lab.plan import Plan
from helpers.timing import Timing
from helpers.trace import new_folder

POOL = SimpleNamespace(tasks_done=5)


def test_the_share_that_is_done_counts_the_runs_before_and_the_tasks_of_this_one():
    assert Progress("x", number=1, runs=4, done=0, tasks=10).fraction == 0.0
    assert Progress("x", number=3, runs=4, done=5, tasks=10).fraction == (2 + 0.5) / 4
    assert Progress("x", number=4, runs=4, done=10, tasks=10).fraction == 1.0
    assert Progress("a step that reports no tasks").fraction == 1.0
    nothing = Progress("x")
    assert (nothing.number, nothing.runs, nothing.done, nothing.tasks, nothing.seconds, nothing.remaining) == (
        1,
        1,
        0,
        0,
        0.0,
        0.0,
    )


def test_what_remains_is_what_was_expected_less_the_time_that_has_passed():
    start = Progress("x", tasks=20, remaining=12.0)
    after = start.after(4.0, POOL)
    assert (after.done, after.seconds, after.remaining, after.pool) == (5, 4.0, 8.0, POOL)
    assert start.after(13.0, POOL).remaining == 0.0


def test_what_remains_is_told_from_the_tasks_that_are_done_where_nothing_was_expected():
    """By hand: 5 of 20 tasks in 4 s are 16 s in all, of which 12 s remain."""
    assert Progress("x", tasks=20).after(4.0, POOL).remaining == 12.0
    assert Progress("x", tasks=20).after(4.0, SimpleNamespace(tasks_done=0)).remaining == 0.0


@pytest.mark.parametrize(("processes", "cpus", "seconds"), [(2, 4, 5.0), (8, 4, 2.5)])
def test_a_plan_that_has_not_run_is_expected_to_share_the_loop_among_its_cpus(monkeypatch, processes, cpus, seconds):
    monkeypatch.setattr(module, "usable_cpus", lambda: cpus)
    serial = Timing("loop", (10.0,), (10.0,))
    experiment = Experiment(serial=serial)
    assert experiment._expected_seconds(Plan(processes=processes), serial, 0) == seconds
    experiment.results.append(SimpleNamespace(timing=Timing("run", (7.0, 9.0, 8.0), (0.0,) * 3)))
    assert experiment._expected_seconds(Plan(processes=processes), serial, 0) == 8.0
    assert experiment._expected_seconds(Plan(processes=processes), serial, 1) == seconds


def test_progress_is_reported_at_the_start_each_two_fifths_of_a_second_and_at_the_end(monkeypatch):
    """The clock: reported first at 10.0; then the tasks yield at 10.1, 10.41, 10.5 and 10.82; the end is at 10.9."""
    now = iter([10.0, 10.1, 10.41, 10.5, 10.82, 10.9])
    monkeypatch.setattr(running, "time", SimpleNamespace(perf_counter=lambda: next(now)))
    reports = running.report(Progress("x", tasks=20), POOL, 8.0, iter([None] * 4))
    found = []
    while True:
        try:
            found.append(next(reports).seconds)
        except StopIteration as end:
            assert end.value == pytest.approx(2.9)
            break
    assert found == pytest.approx([0.0, 2.41, 2.82, 2.9])


class Handle:
    """A result that is there after so many waits."""

    def __init__(self, waits, error=None):
        self.waits, self.error, self.waited = waits, error, []

    def ready(self):
        return len(self.waited) >= self.waits

    def wait(self, timeout):
        self.waited.append(timeout)

    def get(self):
        if self.error:
            raise self.error


def test_waiting_yields_every_two_fifths_of_a_second_and_raises_what_the_task_raised():
    handle = Handle(3)
    assert list(running.wait_for(handle)) == [None] * 3
    assert handle.waited == [0.4] * 3
    with pytest.raises(ZeroDivisionError):
        list(running.wait_for(Handle(0, ZeroDivisionError())))


def test_tasks_run_one_by_one_each_when_the_one_before_it_is_done():
    log = []

    def apply_async(function, arguments):
        log.append((function, arguments))
        return Handle(1)

    steps = running.run_one_by_one(SimpleNamespace(apply_async=apply_async), (abs, [1, 2]))
    next(steps)
    assert log == [(abs, (1,))]
    assert len(list(steps)) == 1
    assert log == [(abs, (1,)), (abs, (2,))]


def test_a_new_folder_has_the_next_free_number(tmp_path):
    folders = [new_folder(tmp_path / "some" / "runs") for _ in range(3)]
    assert [folder.name for folder in folders] == ["runs_1", "runs_2", "runs_3"]
    assert all(folder.is_dir() for folder in folders)
