"""Round numbers for axes."""

import math

import pytest

from helpers.drawing.ticks import linear_ticks, log_ticks, plain_number, short_time, tick_step, whole_ticks


@pytest.mark.parametrize(
    "seconds", [0.9, 1.9, 2.0, 3.0, 4.9, 5.0, 5.1, 9.9, 10.0, 10.1, 20.0, 49.0, 50.0, 99.0, 3600.0]
)
def test_an_axis_has_between_five_and_ten_steps_of_1_2_or_5(seconds):
    step = tick_step(seconds)
    assert 5 <= seconds / step * (1 + 1e-9) and seconds / step <= 10 * (1 + 1e-9)
    assert float(f"{step:e}"[0]) in (1, 2, 5)


@pytest.mark.parametrize("most", [*range(1, 200), 999, 12345])
def test_whole_ticks_begin_with_1_and_are_few(most):
    ticks = whole_ticks(most)
    assert ticks[0] == 1 and ticks == sorted(set(ticks)) and ticks[-1] <= most
    assert all(isinstance(tick, int) for tick in ticks) and len(ticks) <= 12


@pytest.mark.parametrize("low", [1e-6, 0.00031, 0.9, 1.0, 7.7, 123.0])
@pytest.mark.parametrize("ratio", [1.001, 1.1, 1.9, 2.0, 5.0, 11.0, 100.0, 1e4, 1e12])
def test_a_logarithmic_axis_has_a_few_ticks_within_it(low, ratio):
    ticks = log_ticks(low, low * ratio)
    assert 3 <= len(ticks) <= 11
    assert ticks == sorted(set(ticks))
    assert low * (1 - 1e-6) <= ticks[0] and ticks[-1] <= low * ratio * (1 + 1e-6)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.1), (-0.3, 0.3), (5.0, 5.5), (0.0, 70.4), (1e-6, 3e-6)])
def test_a_linear_axis_has_round_ticks_within_it(low, high):
    ticks = linear_ticks(low, high)
    assert 4 <= len(ticks) <= 11
    assert low <= ticks[0] + 1e-12 and ticks[-1] <= high + 1e-12
    assert all(math.isclose(tick, round(tick, 9)) for tick in ticks)


@pytest.mark.parametrize(
    ("seconds", "label"),
    [(0, "0 s"), (1, "1 s"), (0.5, "500 ms"), (0.015, "15 ms"), (2e-5, "20 µs"), (1000, "1,000 s"), (2e-7, "0.2 µs")],
)
def test_a_short_time_has_no_needless_zeros(seconds, label):
    assert short_time(seconds) == label


@pytest.mark.parametrize(("number", "label"), [(1000, "1,000"), (0.5, "0.5"), (1e9, "1,000,000,000"), (0, "0")])
def test_a_number_is_written_as_people_do(number, label):
    assert plain_number(number) == label
