"""Values that are pickled one by one into a message arrive as they would in one pickle."""

import pickle

import numpy as np
import pytest

from helpers.pool.pickling import StreamReader, StreamWriter

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


def test_the_size_is_that_of_the_pickle():
    assert StreamWriter().add(BIG) == len(pickle.dumps(BIG))


def test_a_value_that_cannot_be_pickled_raises_its_error_and_is_left_out():
    writer = StreamWriter()
    writer.add("before")
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        writer.add([BIG, lambda: None])
    assert StreamReader(writer.stream()).next() == "before"
    with pytest.raises(EOFError):
        reader = StreamReader(writer.stream())
        [reader.next(), reader.next()]
