"""A finding says no more than the rounds support."""

import math
import random
import statistics

import pytest

from helpers.findings import FAILS, HOLDS, UNCLEAR, finding, median_interval


@pytest.mark.parametrize(
    "values, bounds, verdict",
    [
        ([1.05, 1.03, 1.09], {"above": 1}, HOLDS),
        ([0.96, 1.01, 1.05], {"above": 1}, UNCLEAR),
        ([0.80, 0.82, 0.85], {"above": 1}, FAILS),
        ([0.2, 0.3, 0.25], {"below": 0.5}, HOLDS),
        ([0.98, 1.0, 1.03], {"above": 0.9, "below": 1.1}, HOLDS),
        ([0.98, 1.0, 1.2], {"above": 0.9, "below": 1.1}, UNCLEAR),
        ([1.3, 1.2, 1.4], {"above": 0.9, "below": 1.1}, FAILS),
        ([1.0, 1.0, 1.0], {"above": 1}, FAILS),
        ([True, True, True], {}, HOLDS),
        ([True, False, True], {}, UNCLEAR),
        ([False, False, False], {}, FAILS),
    ],
)
def test_the_verdict_is_what_all_rounds_say(values, bounds, verdict, capsys):
    finding("It is so", values, **bounds)
    assert capsys.readouterr().out.startswith(f"{verdict} It is so: ")


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.1], [True], [True, True]])
def test_fewer_than_three_rounds_never_show_anything(values, capsys):
    finding("It is so", values, above=1)
    finding("It is so", [-value for value in values], above=1)
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == [UNCLEAR] * 2


@pytest.mark.parametrize(
    "values, unit, sentence",
    [
        ([1.09, 1.03, 1.05], "times", "✓ It is so: 1.05 times (1.03 to 1.09).\n"),
        ([0.01, 0.02, 0.03], "s", "✓ It is so: 20.0 ms (10.0 ms to 30.0 ms).\n"),
        ([0.2, 0.3, 0.4], "%", "✓ It is so: 30 % (20 to 40).\n"),
        ([True] * 3, "times", "✓ It is so: in 3 of 3 rounds.\n"),
    ],
)
def test_the_sentence_has_the_median_its_interval_and_the_unit(values, unit, sentence, capsys):
    finding("It is so", values, above=0, unit=unit)
    assert capsys.readouterr().out == sentence


def test_the_reason_is_given_only_when_the_claim_does_not_hold(capsys):
    for values in ([2, 2, 2], [0.5, 1, 2], [0.5, 0.5, 0.5]):
        finding("It is faster", values, above=1, otherwise="You have one CPU.")
    assert [line.endswith("You have one CPU.") for line in capsys.readouterr().out.splitlines()] == [False, True, True]


@pytest.mark.parametrize("values, bounds", [([], {"above": 1}), ([1.0, 2.0, 3.0], {})])
def test_a_finding_without_values_or_without_a_bound_is_refused(values, bounds):
    with pytest.raises(ValueError, match="a finding needs"):
        finding("It is so", values, **bounds)


@pytest.mark.parametrize("count", [5, 7, 8, 9, 11, 20])
def test_the_interval_contains_the_true_median_as_often_as_it_says(count):
    draws = random.Random(count)
    hits = 0
    for _ in range(4000):
        low, high = median_interval([draws.expovariate(1) for _ in range(count)])
        hits += low <= 0.6931 <= high
    assert 0.915 < hits / 4000


def test_a_long_series_is_not_spoiled_by_a_single_outlier():
    values = [1.1, 1.2, 1.15, 1.12, 1.18, 1.14, 1.16, 0.4, 1.13]
    assert median_interval(values) == (1.1, 1.18)
    assert statistics.median(values) == 1.14


@pytest.mark.parametrize(
    "values, unit, figures",
    [
        ([1234.5, 1233.4, 1235.6], "MB", "1,234 MB (1,233 to 1,236)"),
        ([100.0, 99.0, 150.0], "times", "100 times (99 to 150)"),
        ([99.9, 98.0, 101.0], "times", "99.9 times (98.0 to 101.0)"),
        ([10.0, 9.0, 11.0], "times", "10.0 times (9.0 to 11.0)"),
        ([9.99, 9.5, 10.5], "times", "9.99 times (9.50 to 10.50)"),
        ([0.123, 0.1, 0.2], "%", "12 % (10 to 20)"),
        ([0.6, 0.55, 0.65], "%", "60 % (55 to 65)"),
    ],
)
def test_figures_have_three_digits_or_so(values, unit, figures, capsys):
    finding("It is so", values, above=0, unit=unit)
    assert capsys.readouterr().out == f"✓ It is so: {figures}.\n"


@pytest.mark.parametrize(
    "values, bounds, line",
    [
        (
            [2.0, 2.5],
            {"above": 1},
            "≈ It is so: 2 rounds cannot show it, 2.25 times (2.00 to 2.50). Measure at least 3 times.",
        ),
        (
            [0.5, 1.0, 2.0],
            {"above": 1},
            (
                "≈ It is so: this run cannot tell, 1.00 times (0.50 to 2.00). The rounds disagree; close other "
                "programs and run the cell again."
            ),
        ),
        ([0.5, 0.6, 0.7], {"above": 1}, "✗ It is so: not in this run, 0.60 times (0.50 to 0.70)."),
        (
            [2.0, math.nan, 3.0],
            {"above": 1},
            "≈ It is so: this run cannot tell, because not all figures are known here.",
        ),
        ([True, False, True], {}, "≈ It is so: this run cannot tell, in 2 of 3 rounds."),
        ([True, True], {}, "≈ It is so: this run cannot tell, in 2 of 2 rounds."),
        ([False] * 3, {}, "✗ It is so: in 0 of 3 rounds."),
    ],
)
def test_what_does_not_hold_says_why(values, bounds, line, capsys):
    finding("It is so", values, **bounds)
    assert capsys.readouterr().out == f"{line}\n"


@pytest.mark.parametrize(
    "values, bounds, verdict",
    [
        ([1.0, 1.5, 2.0], {"above": 1}, UNCLEAR),
        ([1.0, 1.5, 2.0], {"below": 2}, UNCLEAR),
        ([2.0, 2.5, 3.0], {"below": 2}, FAILS),
        ([1.1, 1.5, 1.9], {"above": 1, "below": 2}, HOLDS),
        ([1.1, 1.5, 2.0], {"above": 1, "below": 2}, UNCLEAR),
        ([-3.0, -2.0, -1.0], {"below": 0}, HOLDS),
    ],
)
def test_a_value_on_the_bound_is_not_beyond_it(values, bounds, verdict, capsys):
    finding("It is so", values, **bounds)
    assert capsys.readouterr().out.startswith(f"{verdict} ")


@pytest.mark.parametrize(
    ("count", "cut"), [(1, 0), (4, 0), (5, 0), (8, 0), (9, 1), (11, 2), (12, 2), (20, 5), (50, 18)]
)
def test_the_interval_leaves_out_as_many_values_as_the_binomial_distribution_allows(count, cut):
    """By hand for 9: 2 (1 + 9) / 2**9 is 0.039, less than 0.07; for 8, 2 (1 + 8) / 2**8 is 0.0703, more than 0.07."""
    low, high = median_interval(range(count))
    assert (low, high) == (cut, count - 1 - cut)
