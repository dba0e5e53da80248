"""What a run shows of its messages, from spans by hand."""

import pytest

from helpers.explaining.run_messages import LARGE, SMALL, Messages
from helpers.spans import Run, Span, Worker


def message(first: int, sizes_in: list[int], sizes_out: list[int] | None = None, **changes) -> list[Span]:
    """The tasks of one message, the first of which has this number; it is pickled and arrives at that second."""
    moment = float(first)
    given = dict.fromkeys(Span._fields[2:13], moment) | {"worker": 1, "cpu": 0.0, "submitted": 0.0} | changes
    sizes = zip(sizes_in, sizes_out or [0] * len(sizes_in), strict=True)
    return [Span(task=first + place, bytes_in=a, bytes_out=b, **given) for place, (a, b) in enumerate(sizes)]


def of(*messages: list[Span], **changes) -> Messages:
    spans = tuple(span for each in messages for span in each)
    return Messages(Run(spans, (Worker(1, 0.0),), 1, "fork", 0.0, 100.0, **changes))


def test_tasks_of_one_worker_that_arrived_together_were_one_message():
    found = of(message(0, [1, 2]), message(2, [3, 4, 5]), message(5, [6]))
    assert [[span.task for span in each] for each in found.messages] == [[0, 1], [2, 3, 4], [5]]
    assert found.sizes_in == [3, 12, 6]


def test_messages_are_in_the_order_in_which_they_were_pickled():
    late = [span._replace(packed=9.0 - place) for place, span in enumerate(message(0, [1, 2]))]
    early = [span._replace(packed=8.5) for span in message(2, [3, 4])]
    assert [each[0].task for each in of(late, early).messages] == [2, 0]  # by its first task


@pytest.mark.parametrize(("lengths", "typical"), [([4, 4, 1], 4), ([4, 2], 4), ([1, 2, 2, 9], 2)])
def test_the_chunk_size_is_how_many_tasks_most_messages_held(lengths, typical):
    assert of(*(message(10 * place, [1] * length) for place, length in enumerate(lengths))).chunksize == typical


@pytest.mark.parametrize(("sizes", "differ"), [((1, 4), False), ((1, 5), True), ((2, 8), False), ((3, 13), True)])
def test_two_calls_with_chunks_of_which_one_is_more_than_four_times_the_other_were_cut_differently(sizes, differ):
    """Each call has two messages of that size; one with a single message, of 40 tasks, says nothing of its chunks."""
    calls = [
        message(100 * call + 50 * part, [1] * size, submitted=float(call))
        for call, size in enumerate(sizes)
        for part in range(2)
    ]
    found = of(*calls, message(900, [1] * 40, submitted=9.0))
    assert found.cuts_differ is differ


def test_a_call_of_three_messages_is_cut_as_most_of_them_are():
    calls = [message(10 * part, [1] * size) for part, size in enumerate((8, 8, 1))]
    calls += [message(100 + 10 * part, [1], submitted=1.0) for part in range(3)]
    assert of(*calls).cuts_differ


def test_what_the_first_task_of_a_message_has_more_than_the_others_is_the_function():
    found = of(message(0, [1010, 10, 12], [5000, 7, 7]), message(3, [1030, 10], [9000, 7]), message(5, [9999]))
    assert found.function_bytes == int((1010 - 11 + 1030 - 10) / 2)
    assert of(message(0, [10, 2000]), message(2, [10, 2000])).function_bytes == 0
    assert of(message(0, [5000]), message(1, [5000])).function_bytes == 0  # no message holds two tasks


def test_the_recorded_size_of_the_function_comes_first():
    assert of(message(0, [1010, 10]), function_bytes=800).function_bytes == 800


@pytest.mark.parametrize(
    ("sizes", "large"),
    [
        ([LARGE], True),
        ([LARGE - 1], False),
        ([SMALL] * (LARGE // SMALL), True),
        ([SMALL - 1] * (LARGE // SMALL + 10), False),  # many small ones
        ([LARGE + 10, 10, 10], True),  # the function is large
        ([LARGE + 9, 10, 10], False),  # a byte less, and the tasks are small
    ],
)
def test_arguments_are_large_by_what_a_task_or_the_function_holds(sizes, large):
    found = of(message(0, sizes), message(1000, sizes))
    assert found.has_large_arguments is large
    assert not found.has_large_results


@pytest.mark.parametrize(
    ("sizes", "large"),
    [
        ([LARGE], True),
        ([LARGE - 1], False),
        ([SMALL] * (LARGE // SMALL), True),
        ([SMALL - 1] * (LARGE // SMALL + 10), False),
        ([SMALL] * (LARGE // SMALL - 1), False),
    ],
)
def test_results_are_large_by_what_a_task_returns(sizes, large):
    found = of(message(0, [1] * len(sizes), sizes), message(1000, [1] * len(sizes), sizes))
    assert found.has_large_results is large
    assert found.message_bytes_out == sum(sizes)


def test_the_typical_message_is_the_one_in_the_middle():
    found = of(message(0, [10]), message(1, [30], [1]), message(2, [20], [7]))
    assert (found.message_bytes_in, found.message_bytes_out) == (20, 1)


def test_tasks_that_were_lost_are_in_no_message():
    assert of(message(0, [1]), message(1, [1], outcome="lost")).sizes_in == [1]
