"""`XrayPool` records what happened: a span for every task, and when each worker was ready."""

import faults
import numpy as np
import pytest
import workers
from pools import becomes_true

from helpers import tasks
from helpers.spans import OUTCOMES, Run
from helpers.xray import TookTooLong, WorkerDied, XrayPool

MOMENTS = [
    "submitted",
    "packed",
    "sent",
    "arrived",
    "received",
    "started",
    "finished",
    "returned",
    "replied",
    "landed",
    "delivered",
]


def call_every_method(pool: XrayPool) -> None:
    pool.map(workers.square, range(5))
    pool.map_async(workers.square, range(5), 2).get()
    pool.starmap(workers.add, [(1, 2)] * 5)
    pool.starmap_async(workers.add, [(1, 2)] * 5).get()
    list(pool.imap(workers.square, range(5)))
    list(pool.imap_unordered(workers.square, range(5), 2))
    pool.apply(workers.add, (1, 2))
    pool.apply_async(workers.add, (1, 2)).get()


def test_every_method_records_one_span_a_task_in_the_order_of_the_tasks(pool):
    call_every_method(pool)
    assert [span.task for span in pool.run.spans] == list(range(32))
    assert {span.outcome for span in pool.run.spans} == {"ok"} <= set(OUTCOMES)
    assert pool.tasks_done == 32


def test_the_moments_of_a_task_are_in_order(pool):
    call_every_method(pool)
    for span in pool.run.spans:
        moments = [getattr(span, moment) for moment in MOMENTS]
        assert moments == sorted(moments)
        assert pool.run.began <= moments[0] <= moments[-1] <= pool.run.ended


def test_a_span_names_the_process_that_ran_the_task(pool):
    pids = pool.map(tasks.nap, [0.02] * 6, chunksize=1)
    assert [span.worker for span in pool.run.spans] == pids
    assert {worker.pid for worker in pool.run.workers} == set(pids)


def test_workers_were_ready_after_the_pool_began_and_before_their_first_task(context):
    with XrayPool(2, context=context) as pool:
        pool.map(tasks.nap, [0.02] * 4, chunksize=1)
        run = pool.run
    ready = {worker.pid: worker.ready for worker in run.workers}
    assert all(run.began < ready[span.worker] <= span.started for span in run.spans)
    assert run.start_method == context.get_start_method()


def test_bytes_count_what_is_sent_and_what_is_returned(pool):
    array = np.zeros(100_000)
    pool.map(tasks.identity, [array])
    pool.map(len, [array])
    sent_and_returned, sent = pool.run.spans
    assert array.nbytes < sent_and_returned.bytes_in < array.nbytes + 1000
    assert array.nbytes < sent_and_returned.bytes_out < array.nbytes + 1000
    assert sent.bytes_out < 100


def test_an_object_that_tasks_of_a_chunk_share_is_sent_once(pool):
    array = np.zeros(100_000)
    assert pool.map(len, [array] * 4, chunksize=2) == [100_000] * 4
    sizes = [span.bytes_in for span in pool.run.spans]
    assert [size > array.nbytes for size in sizes] == [True, False, True, False]


def test_a_sleeping_task_uses_less_cpu_than_time(pool):
    pool.map(tasks.nap, [0.2])
    (span,) = pool.run.spans
    assert 0 <= span.cpu < span.finished - span.started


def test_a_failed_task_is_recorded_with_those_of_its_chunk_that_came_before(pool):
    with pytest.raises(ValueError, match="three") as caught:
        pool.map(faults.fail_at_three, range(6), chunksize=6)
    assert caught.value.xray == 3
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(0, "ok"), (1, "ok"), (2, "ok"), (3, "error")]


def test_a_task_is_recorded_though_its_exception_loses_its_attributes(pool):
    with pytest.raises(faults.RebuildsItself) as caught:
        pool.map(faults.raise_rebuilds_itself, [5])
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(caught.value.xray, "error")]


def test_the_task_that_a_dead_worker_held_is_lost_and_the_error_names_it(context):
    with XrayPool(2, context=context) as pool:
        pool.map(tasks.nap, [0.0] * 4, chunksize=1)
        with pytest.raises(WorkerDied, match="exit code 3.*task 6 .nap_or_leave.") as caught:
            pool.map(workers.nap_or_leave, [0.1, 0.1, -1.0], chunksize=1)
        died = next(span for span in pool.run.spans if span.worker == caught.value.worker and span.outcome != "ok")
    assert (died.task, died.outcome) == (caught.value.task, "lost") == (6, "lost")
    assert pool.run.began < died.submitted <= died.started < died.finished == died.delivered <= pool.run.ended


def test_what_is_under_way_at_the_time_limit_is_lost(context):
    with XrayPool(1, context=context, limit=1.0) as pool:
        results = pool.imap(tasks.nap, [0.0, 60.0])
        next(results)
        with pytest.raises(TookTooLong):
            next(results)
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(0, "ok"), (1, "lost")]
    assert pool.run.seconds > 1.0


def test_reset_begins_a_new_run_and_late_results_stay_out_of_it(pool):
    late = pool.apply_async(workers.slow_square, (1,))
    pool.reset()
    began = pool.run.began
    pool.map(workers.square, range(3))
    late.get(timeout=30)
    assert [span.task for span in pool.run.spans] == [0, 1, 2]
    assert all(span.submitted >= began for span in pool.run.spans)


def test_the_run_of_a_pool_without_work_is_empty(context):
    with XrayPool(3, context=context) as pool:
        run = pool.run
    assert run == Run((), (), 3, context.get_start_method(), run.began, run.began)


def test_two_pools_at_once_do_not_mix(context):
    with XrayPool(1, context=context) as one, XrayPool(1, context=context) as two:
        results = [one.map_async(tasks.nap, [0.02] * 5), two.map_async(tasks.nap, [0.02] * 7)]
        pids = [set(result.get(timeout=30)) for result in results]
        assert [len(pool.run.spans) for pool in (one, two)] == [5, 7]
        assert [{worker.pid for worker in pool.run.workers} for pool in (one, two)] == pids


def test_spans_can_be_read_while_a_call_is_under_way(pool):
    results = pool.imap(tasks.nap, [0.02] * 4)
    next(results)
    assert 1 <= len(pool.run.spans) <= 4
    assert len(list(results)) == 3
    assert len(pool.run.spans) == 4


def test_live_shows_the_task_that_is_under_way(pool):
    result = pool.map_async(tasks.nap, [0.0, 0.5], chunksize=1)
    assert becomes_true(lambda: [span.outcome for span in pool.live.spans] == ["ok", "running"], within=10)
    live = pool.live
    assert live.spans[1].started <= live.spans[1].finished == live.ended
    assert live.spans[1].worker in {worker.pid for worker in live.workers}
    assert result.get()[1] == live.spans[1].worker
