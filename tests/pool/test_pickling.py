"""Values that are pickled one by one into a message arrive as they would in one pickle."""

import copyreg
import pickle
from multiprocessing.pool import ThreadPool
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

from helpers.pool.pickling import StreamReader, StreamWriter, dumps, loads

BIG = np.arange(50_000.0)


def round_trip(values):
    writer = StreamWriter()
    for value in values:
        writer.add(value)
    reader = StreamReader(pickle.loads(pickle.dumps(writer.stream())))
    return [reader.next() for _ in values]


@pytest.mark.parametrize("value", [3, "word" * 100_000, bytearray(500_000), list(range(100_000)), [b"x" * 99_999] * 3])
def test_a_value_of_any_size_arrives_as_it_was(value):
    assert round_trip(["before", value, "after"]) == ["before", value, "after"]


def test_a_big_array_arrives_and_can_be_written_to():
    (array,) = round_trip([BIG])
    assert np.array_equal(array, BIG)
    assert array.flags.writeable


@pytest.mark.parametrize("shared", [BIG, ["small"]], ids=["big", "small"])
def test_what_values_share_is_one_object_when_unpickled(shared):
    first, second, third = round_trip([shared, {"again": shared}, [shared, BIG]])
    assert second["again"] is first
    assert third[0] is first


class Nested:
    """It is pickled as the stream of a message of its own."""

    def __reduce__(self):
        return bytes, (stream_of(SHARED),)


SHARED = ["small"]


def stream_of(value):
    writer = StreamWriter()
    writer.add(value)
    return writer.stream()


def test_each_message_holds_all_that_it_needs_also_one_that_is_made_while_another_is():
    alone = stream_of(SHARED)
    assert stream_of(SHARED) == alone
    reader = StreamReader(stream_of([SHARED, Nested(), SHARED]))
    first, nested, last = reader.next()
    assert (first, nested, last is first) == (SHARED, alone, True)
    assert stream_of(SHARED) == alone


def test_messages_of_several_threads_are_not_mixed():
    values = [[number] * 20 for number in range(2000)]
    with ThreadPool(4) as pool:
        streams = pool.map(stream_of, values, chunksize=1)
    assert [StreamReader(stream).next() for stream in streams] == values


def test_a_reducer_that_is_registered_later_is_used(monkeypatch):
    stream_of(Later())
    monkeypatch.setitem(copyreg.dispatch_table, Later, lambda it: (str, ("reduced",)))
    assert StreamReader(stream_of(Later())).next() == "reduced"
    monkeypatch.setitem(ForkingPickler._extra_reducers, Later, lambda it: (str, ("by this module",)))
    assert StreamReader(stream_of(Later())).next() == "by this module"


class Later:
    """What is pickled in another way, later."""


def test_the_size_is_that_of_the_pickle():
    assert StreamWriter().add(BIG) == len(pickle.dumps(BIG))


def test_a_value_that_cannot_be_pickled_raises_its_error_and_is_left_out():
    writer = StreamWriter()
    writer.add("before")
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        writer.add([BIG, lambda: None])
    reader = StreamReader(writer.stream())
    assert reader.next() == "before"
    with pytest.raises(EOFError):
        reader.next()
    assert round_trip([BIG, "after"])[1] == "after"


def test_small_values_are_joined_and_large_ones_are_not_copied():
    def stream(size):
        writer = StreamWriter()
        writer.add(b"x" * size)
        return writer.stream()

    assert isinstance(stream(10), bytes)
    assert isinstance(stream(200_000), list)
    writer = StreamWriter()
    for _ in range(10):
        writer.add(b"x" * 5000)
    assert isinstance(writer.stream(), list)
    writer = StreamWriter()
    for _ in range(10):
        writer.add(b"x" * 5000)
    for _ in range(10):
        writer.add(b"x" * 3)
    assert isinstance(writer.stream(), bytes)


def test_the_sizes_of_values_are_their_own_and_add_up_to_the_stream():
    writer = StreamWriter()
    sizes = [writer.add(value) for value in (1, b"x" * 100_000, BIG, "after")]
    assert sizes[0] == len(pickle.dumps(1))
    assert 100_000 < sizes[1] < 100_100
    assert BIG.nbytes < sizes[2] < BIG.nbytes + 500
    assert sum(sizes) == len(b"".join(writer.stream()))


def test_a_buffer_is_sent_as_it_was_when_it_was_added():
    array = np.arange(50_000.0)
    writer = StreamWriter()
    writer.add(array)
    array[:] = 0.0
    assert np.array_equal(StreamReader(writer.stream()).next(), BIG)


def test_one_value_is_pickled_as_the_stock_pool_does():
    assert loads(dumps({"a": [1, 2]})) == {"a": [1, 2]}
    assert type(dumps(1)) is bytes
