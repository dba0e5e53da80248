"""The queue of calls, without a pool: what is sent, what is noted, and who waits for whom."""

import threading
import time

import pytest

from helpers.pool import inputs
from helpers.pool.inputs import CallQueue, send_alone


class Result:
    def __init__(self):
        self.noted = []

    def _set(self, number, outcome):
        self.noted.append((number, outcome))


class Pool:
    """The parts of a stock pool that a queue of calls uses."""

    def __init__(self, send=None):
        self.calls, self.sent, self.lengths, self.ended = [], [], [], False
        self.cache = {7: Result()}
        self.queue = CallQueue(self, send or self.sent.append, self.cache, lambda: self.ended)

    def put(self, call):
        self.calls.append(call)

    def call(self, tasks):
        """Make a call with this input, let the stock pool's thread take it, and return what that thread sees."""
        with self.queue.unbounded():
            self.queue.put((iter(tasks), self.lengths.append))
        rest, set_length = self.calls[-1]
        return list(rest), set_length


TASKS = [(7, 0, "a"), (7, 1, "b")]


def test_a_call_whose_input_has_a_length_goes_into_the_queue_as_it_is():
    pool = Pool()
    for call in (None, (iter(TASKS), pool.lengths.append)):
        pool.queue.put(call)
        assert pool.calls[-1] is call
    with pool.queue.unbounded():
        pool.queue.put(None)
    assert pool.calls[-1] is None
    pool.queue.put(("as it is", None))
    assert pool.calls[-1] == ("as it is", None)


def test_an_input_without_a_length_is_sent_by_its_own_thread_and_its_length_is_told():
    pool = Pool()
    assert pool.call(TASKS) == ([], None)
    assert pool.sent == TASKS
    assert pool.lengths == [2]


def test_an_empty_input_has_the_length_0():
    pool = Pool()
    pool.call([])
    assert pool.lengths == [0]


def test_a_pool_at_its_end_takes_no_more_of_an_input():
    pool = Pool()
    pool.ended = True
    pool.call(TASKS)
    assert (pool.sent, pool.lengths) == ([], [])


@pytest.mark.parametrize("cached", [True, False])
def test_a_task_that_cannot_be_sent_is_noted_with_its_error_and_the_others_are_sent(cached):
    error, sent = ValueError("no"), []

    def send(task):
        if task[1] == 0:
            raise error
        sent.append(task)

    pool = Pool(send)
    result = pool.cache[7]
    if not cached:
        del pool.cache[7]
    pool.call(TASKS)
    assert sent == TASKS[1:]
    assert result.noted == ([(0, (False, error))] if cached else [])
    assert pool.lengths == [2]


def test_later_calls_wait_for_a_slow_input_a_moment_only(monkeypatch):
    monkeypatch.setattr(inputs, "TURN", 0.05)
    pool, go_on = Pool(), threading.Event()
    before = set(threading.enumerate())  # inputs that other tests have left waiting

    def slow():
        go_on.wait(20)
        yield TASKS[0]

    assert pool.call(slow()) == ([], None)
    assert pool.sent == []
    (thread,) = set(threading.enumerate()) - before
    assert thread.name == "pool input"
    assert thread.daemon
    go_on.set()
    thread.join(20)
    assert pool.sent == TASKS[:1]


def test_what_another_thread_calls_meanwhile_is_not_taken_for_an_input_without_a_length():
    pool = Pool()
    with pool.queue.unbounded():
        other = threading.Thread(target=pool.queue.put, args=(("as it is", None),))
        other.start()
        other.join()
    assert pool.calls == [("as it is", None)]


def test_two_threads_never_send_at_the_same_moment():
    inside, most, lock = [], [], threading.Lock()

    def send(message):
        with lock:
            inside.append(message)
            most.append(len(inside))
        threading.Event().wait(0.01)
        with lock:
            inside.remove(message)

    send_one = send_alone(send)
    threads = [threading.Thread(target=send_one, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


def test_an_input_that_takes_less_than_a_moment_is_sent_before_the_next_call_has_its_turn():
    def takes_a_while():
        time.sleep(0.1)
        yield TASKS[0]

    pool = Pool()
    pool.call(takes_a_while())
    assert pool.sent == TASKS[:1]


def test_programs_that_an_input_starts_hear_ctrl_c(monkeypatch):
    unblocked = []
    monkeypatch.setattr(inputs, "unblock_sigint", lambda: unblocked.append(True))
    Pool().call(TASKS)
    assert unblocked == [True]
