"""A run that was simulated with known costs is repeated from its spans alone, and so are changes of it."""

import pytest

from benchmarks.explaining import split
from helpers.explaining.facts import Facts
from helpers.explaining.replay import CLOCKS, MOST_ROUNDS, MOST_TASKS, Replay
from helpers.model import Costs, Leg, simulate
from helpers.spans import Run

COSTS = Costs(
    fork=2e-3,
    boot=3e-2,
    send=Leg(1e-4, 2e-9, 1e-6),
    receive=Leg(2e-4, 3e-9, 2e-6),
    reply=Leg(3e-4, 4e-9, 3e-6),
    collect=Leg(4e-4, 5e-9, 4e-6),
)
LEGS = ("send", "receive", "reply", "collect")
UNSEEN = Costs()


def a_run(**changes) -> Run:
    """40 tasks of 10 ms, one in a message, on 2 workers that are ready; 8 CPUs, so that nobody waits for one."""
    given = {"durations": [1e-2] * 40, "processes": 2, "cpus": 8, "chunksize": 1, "costs": COSTS, "warm": True}
    return simulate(**given | changes)


def replay(run: Run, cpus: int = 8) -> Replay:
    return Replay(Facts(run, cpus))


def later(run: Run, seconds: float) -> list:
    names = run.spans[0]._fields[2:13]
    return [span._replace(**{name: getattr(span, name) + seconds for name in names}) for span in run.spans]


def in_rounds(run: Run, rounds: int, pause: float) -> Run:
    """The same call so many times, with a pause of the program in between."""
    moves = [place * (run.seconds + pause) for place in range(rounds)]
    return run._replace(spans=tuple(span for move in moves for span in later(run, move)), ended=moves[-1] + run.ended)


def test_of_small_messages_what_each_costs_is_learnt_on_every_leg():
    learnt = replay(a_run()).pickling
    for name in LEGS:
        true, unseen = getattr(COSTS, name), getattr(UNSEEN, name)
        assert getattr(learnt, name).message == pytest.approx(true.message + true.task)
        assert getattr(learnt, name).byte == unseen.byte


@pytest.mark.parametrize("chunksize", [5, 10])
def test_of_messages_with_many_tasks_what_each_task_costs_is_learnt(chunksize):
    learnt = replay(split(a_run(durations=[1e-3] * 400, chunksize=chunksize), 400)).pickling
    for name in LEGS:
        true = getattr(COSTS, name)
        assert getattr(learnt, name).task == pytest.approx(true.task + true.message / chunksize)
        assert getattr(learnt, name).message == getattr(UNSEEN, name).message
        assert getattr(learnt, name).byte == getattr(UNSEEN, name).byte


def test_of_large_messages_what_each_byte_costs_is_learnt():
    learnt = replay(a_run(bytes_in=1e7, bytes_out=1e6)).pickling
    for name, size in (("send", 1e7), ("receive", 1e7), ("reply", 1e6), ("collect", 1e6)):
        true = getattr(COSTS, name)
        assert getattr(learnt, name).byte == pytest.approx(true.byte + (true.message + true.task) / size)


def test_the_gaps_between_the_tasks_of_a_message_are_unpickling():
    run = split(a_run(durations=[1e-3] * 400, chunksize=10), 400)
    spans = [span._replace(started=span.started + 2e-4) for span in run.spans]  # so long after the one before ended
    learnt = replay(run._replace(spans=tuple(spans))).pickling
    assert learnt.receive.task == pytest.approx(2e-4 + COSTS.receive.task + COSTS.receive.message / 10)


def test_a_leg_that_all_tasks_of_a_message_share_is_counted_from_its_first_moment_to_its_last():
    run = split(a_run(durations=[1e-3] * 100, chunksize=10), 100)
    spans = []
    for span in run.spans:  # each task is pickled, and its result unpickled, after the one before
        place = span.task % 10
        moments = {"packed": span.packed + place * 1e-6, "sent": span.packed + (place + 1) * 1e-6}
        moments |= {"landed": span.landed + place * 2e-6, "delivered": span.landed + (place + 1) * 2e-6}
        spans.append(span._replace(**moments))
    learnt = replay(run._replace(spans=tuple(spans))).pickling
    assert learnt.send.task == pytest.approx(1e-6)
    assert learnt.collect.task == pytest.approx(2e-6)


def test_of_very_many_messages_the_typical_one_is_found_from_some(monkeypatch):
    monkeypatch.setattr("helpers.explaining.replay.MOST_FITTED", 10)
    run = a_run()
    looked_at = {place for place in range(40) if place % 4 == 0}
    odd = [span if span.task in looked_at else span._replace(sent=span.sent + 5e-5) for span in run.spans]
    assert replay(run._replace(spans=tuple(odd))).pickling.send.message == pytest.approx(1.01e-4)


@pytest.mark.parametrize("cpus", [2, 8])
def test_a_cold_start_is_learnt_from_when_the_first_message_was_pickled_and_the_last_worker_was_ready(cpus):
    run = split(a_run(durations=[1e-3] * 400, processes=4, cpus=cpus, chunksize=10, warm=False), 400)
    first = [span._replace(packed=span.packed + 1e-4) if span.task % 10 else span for span in run.spans]
    costs = replay(run._replace(spans=tuple(first)), cpus).costs
    assert costs.fork == pytest.approx(COSTS.fork, rel=0.01)
    assert costs.boot == pytest.approx(COSTS.boot, rel=0.1)


@pytest.mark.parametrize("warm", [True, False])
def test_a_warm_pool_is_promised_without_its_start(warm):
    given = {"processes": 4, "warm": warm}
    learnt = replay(a_run(**given))
    assert learnt.warm is warm
    assert learnt.expect(warm=True) == pytest.approx(a_run(processes=4).seconds, rel=0.02)
    assert learnt.expect() == pytest.approx(a_run(**given).seconds)


ALIKE = {name: Leg(getattr(COSTS, name).message, 0.0, getattr(UNSEEN, name).task) for name in LEGS}
SMALL = {"durations": [1e-5] * 400, "costs": Costs(**ALIKE)}
CHUNKED = {"durations": [1e-3] * 8000, "processes": 4, "chunksize": 100}
SINGLE = {"durations": [1e-3] * (3 * MOST_TASKS), "processes": 4}
LARGE = {"bytes_in": 1e7, "bytes_out": 1e6}


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({}, {"processes": 8}),
        ({"processes": 8}, {"processes": 1}),
        ({}, {"chunksize": 20}),
        (SMALL, {"chunksize": 50}),
        (SINGLE, {"chunksize": 50}),
        (CHUNKED, {"chunksize": 2000}),
        (CHUNKED, {"processes": 2}),
        (LARGE, {"bytes_in": 0.0}),
        (LARGE, {"bytes_out": 0.0}),
    ],
)
def test_a_change_is_promised_as_it_is_simulated_with_the_true_costs(before, change):
    run = a_run(**before)
    tasks = len(run.spans) if before is not CHUNKED else 8000
    each = {name: [size] * tasks if name.startswith("bytes") else size for name, size in change.items()}
    promised = replay(split(run, tasks)).expect(**each)
    assert promised == pytest.approx(a_run(**before | change).seconds, rel=0.06)


def test_many_small_messages_cost_what_the_whole_run_says_they_cost():
    """Their moments do not show it: here each took 0.5 ms more, in the parent, than was seen."""
    slow = Costs(**ALIKE | {"collect": Leg(9e-4)})
    run = a_run(**SMALL | {"costs": slow})
    seen = [span._replace(landed=span.delivered - 4e-4) for span in run.spans]
    learnt = replay(run._replace(spans=tuple(seen)))
    assert learnt.pickling.collect.message == pytest.approx(4e-4)
    assert learnt.costs.send.message + learnt.costs.collect.message == pytest.approx(1e-4 + 9e-4, rel=0.02)
    assert learnt.message_seconds == pytest.approx(sum(getattr(learnt.costs, name).message for name in LEGS))


@pytest.mark.parametrize(("tasks", "fitted"), [(49, False), (50, True)])
def test_fewer_messages_than_fifty_are_not_what_a_run_is_about(tasks, fitted):
    run = a_run(durations=[1e-5] * tasks)
    learnt = replay(run._replace(ended=run.ended * 1.2))
    assert (learnt.costs != learnt.pickling) is fitted


def test_what_large_messages_cost_in_the_pipe_is_what_their_pickling_does_not_explain():
    run = a_run(bytes_in=1e7)
    seen = [span._replace(sent=span.packed + 1e-4) for span in run.spans]  # 1e-11 s a byte, and 2e-9 s were true
    learnt = replay(run._replace(spans=tuple(seen)))
    assert learnt.pickling.send.byte == pytest.approx(1e-11)
    assert learnt.expect(bytes_in=[0.0] * 40) == pytest.approx(a_run(bytes_in=0).seconds, rel=0.15)


def test_the_bytes_of_the_function_are_those_that_every_message_has():
    def known(*sizes: int) -> float:
        run = a_run(durations=[1e-2] * len(sizes))
        spans = [span._replace(bytes_in=size) for span, size in zip(run.spans, sizes, strict=True)]
        return replay(run._replace(spans=tuple(spans), function_bytes=8000)).function_bytes

    assert known(8100, 8200, 8300) == 8000
    assert known(8100, 300, 8300) == 300  # this call had another function


def test_a_loop_takes_the_computing_of_all_tasks_and_what_the_program_does_between_its_calls():
    assert replay(a_run()).expect_of_loop() == pytest.approx(0.4)
    assert replay(in_rounds(a_run(), 3, pause=2.0)).expect_of_loop() == pytest.approx(3 * 0.4 + 2 * 2.0, rel=0.01)


def with_cpu(run: Run, seconds: float) -> Run:
    return run._replace(spans=tuple(span._replace(cpu=seconds) for span in run.spans))


def test_a_loop_waits_for_what_typical_tasks_wait_for():
    assert replay(with_cpu(a_run(), 1e-3)).expect_of_loop() == pytest.approx(40 * (1e-2 - CLOCKS), rel=1e-3)


def test_a_loop_does_not_wait_for_the_cpus_that_too_many_workers_share():
    run = a_run(processes=8, cpus=2, durations=[1e-2] * 400)
    assert run.spans[200].finished - run.spans[200].started > 0.03
    assert replay(run, 2).expect_of_loop() == pytest.approx(4.0)


def test_a_loop_does_not_wait_for_the_lock_that_threads_share():
    threads = with_cpu(a_run(processes=4), 2.5e-3)._replace(start_method="threads")
    assert replay(threads).expect_of_loop() == pytest.approx(40 * 2.5e-3)


def test_a_loop_takes_the_seconds_for_which_a_slow_input_keeps_the_workers_waiting():
    """Each task is handed in 20 ms after the one before has begun; before the first one nothing is lost."""
    run = a_run(durations=[1e-3] * 50)
    spans = []
    for place, span in enumerate(run.spans):
        moments = {name: getattr(run.spans[0], name) + 0.02 * (place + 1) for name in span._fields[2:13]}
        spans.append(span._replace(**moments))
    slow = run._replace(spans=tuple(spans), ended=spans[-1].delivered)
    assert replay(slow).expect_of_loop() == pytest.approx(49 * 0.02, rel=0.1)


def test_a_loop_takes_what_the_program_does_while_some_of_its_tasks_run():
    """One second after the workers are ready comes a task of 25 ms, and then one more every 20 ms; four workers."""
    first = a_run(durations=[0.025], processes=4, costs=UNSEEN).spans[0]
    names = first._fields[2:13]
    spans = [
        first._replace(task=n, worker=1 + n % 4, **{name: getattr(first, name) + 1.0 + 0.02 * n for name in names})
        for n in range(50)
    ]
    slow = a_run(processes=4)._replace(spans=tuple(spans), ended=spans[-1].delivered)
    assert len(replay(slow).rounds) == 1
    idle = 49 * 0.02 * (4 - 1.25) / 4
    assert replay(slow).expect_of_loop() == pytest.approx(50 * 0.025 + idle, rel=0.02)


def test_of_very_many_rounds_some_stand_for_all():
    run = in_rounds(a_run(durations=[1e-3] * 8), 3 * MOST_ROUNDS, pause=1e-3)
    learnt = replay(run)
    assert learnt.expect() == pytest.approx(run.seconds)
    one = a_run(durations=[1e-3] * 8, processes=1).seconds
    assert learnt.expect(processes=1) == pytest.approx(3 * MOST_ROUNDS * (one + 1e-3), rel=0.02)


@pytest.mark.parametrize(("factor", "alike"), [(0.45, False), (0.55, True), (1.0, True), (1.9, True), (2.2, False)])
def test_no_promise_is_made_where_the_simulated_run_is_more_than_twice_as_long_or_half_as_long(factor, alike):
    run = a_run()
    assert replay(run._replace(ended=run.ended * factor)).is_like is alike


def test_the_tasks_of_each_round_can_be_put_in_another_order():
    run = in_rounds(a_run(durations=[1e-3, 2e-3, 3e-3], bytes_in=[10, 20, 30]), 2, pause=0.1)
    learnt = replay(run)
    found = learnt.in_rounds(lambda place: -learnt.durations[place])
    assert found["durations"] == pytest.approx([3e-3, 2e-3, 1e-3] * 2)
    assert found["bytes_in"] == [30, 20, 10] * 2
