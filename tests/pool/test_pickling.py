"""Values that travel one by one in a message arrive as they would together."""

import pickle

import numpy as np
import pytest

from helpers.pool.pickling import Packer, Unpacker, size_of

BIG = np.arange(50_000.0)


def sent(values):
    packer, unpacker = Packer(), Unpacker()
    message = pickle.loads(pickle.dumps([packer.pack(value) for value in values]))
    return [unpacker.unpack(data) for data in message]


@pytest.mark.parametrize("value", [3, "word" * 100_000, bytearray(500_000), list(range(100_000)), [b"x" * 99_999] * 3])
def test_a_value_of_any_size_arrives_as_it_was(value):
    assert sent(["before", value, "after"]) == ["before", value, "after"]


def test_a_big_array_arrives_and_can_be_written_to():
    (array,) = sent([BIG])
    assert np.array_equal(array, BIG)
    assert array.flags.writeable


@pytest.mark.parametrize("shared", [BIG, ["small"]], ids=["big", "small"])
def test_what_values_share_is_one_object_there_too(shared):
    first, second, third = sent([shared, {"again": shared}, [shared, BIG]])
    assert second["again"] is first
    assert third[0] is first


def test_the_size_is_that_of_the_pickle():
    assert size_of(Packer().pack(BIG)) == len(pickle.dumps(BIG))
