"""The costs of a pool name what is wrong with them."""

import pytest

from helpers.model.costs import Costs, Leg


def test_a_leg_costs_its_message_its_tasks_and_its_bytes():
    assert Leg(message=1.0, byte=0.25, task=10.0).seconds(3, 8) == 1.0 + 30.0 + 2.0


def test_costs_that_take_so_many_times_as_long_leave_the_start_as_it_is():
    assert Costs(1.0, 2.0, Leg(1.0, 2.0, 3.0), Leg(4.0), Leg(5.0), Leg(6.0)).times(2.0) == Costs(
        1.0, 2.0, Leg(2.0, 4.0, 6.0), Leg(8.0), Leg(10.0), Leg(12.0)
    )


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "1", None, True])
def test_a_cost_that_is_not_a_number_of_0_or_more_is_refused_with_its_name(bad):
    with pytest.raises(ValueError, match="fork must be a number of 0 or more, not"):
        Costs(fork=bad)
    with pytest.raises(ValueError, match=r"reply\.byte must be a number of 0 or more, not"):
        Costs(reply=Leg(byte=bad))


def test_a_number_in_the_place_of_a_leg_is_refused_with_its_name():
    with pytest.raises(TypeError, match=r"collect must be a Leg\(message, byte, task\), not 3e-05"):
        Costs(collect=3e-5)
