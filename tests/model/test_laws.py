"""The laws are found again in their own times, which were worked out by hand."""

import pytest

from helpers.model.laws import amdahl, limit_in_words, with_overhead


def test_amdahls_law_is_found_again_from_its_own_times():
    """By hand: f = 0.1, T(1) = 10 s: T(2) = 5.5 s, T(4) = 3.25 s; Amdahl's limit is 1 / f = 10 times."""
    law = amdahl(10.0, {1: [10.0], 2: [5.5], 4: [3.25]}, cpus=100)
    (f, error) = law.parameters["f"]
    assert (f, error) == (pytest.approx(0.1), pytest.approx(0.0, abs=1e-9))
    seconds, errors = law.seconds([4, 100])
    assert seconds.tolist() == pytest.approx([3.25, 1.09])
    assert errors.tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_law_with_overhead_is_found_again_from_its_own_times():
    sweep = {p: [0.5 + 8 / min(p, 4) + 0.1 * p] for p in (1, 2, 3, 4, 6, 8)}
    law = with_overhead(sweep, cpus=4)
    assert [value for value, _ in law.parameters.values()] == pytest.approx([0.5, 8.0, 0.1])
    assert law.seconds([16])[0].tolist() == pytest.approx([0.5 + 2 + 1.6])


def test_the_uncertainty_of_a_law_grows_with_the_spread_of_the_measurements():
    calm, noisy = ({p: [10 / p + d, 10 / p - d] for p in (1, 2, 4)} for d in (0.01, 0.5))
    calm_error, noisy_error = (amdahl(10.0, sweep, cpus=8).parameters["f"][1] for sweep in (calm, noisy))
    assert 10 * calm_error < noisy_error


@pytest.mark.parametrize(
    ("seconds", "sensible"),
    [([5.5, 5.4], True), ([9.9, 10.1], True), ([4.6, 5.3], True), ([15.0, 15.1], False), ([2.0, 2.1], False)],
    ids=["f of 0.1", "f of 1", "f of about 0", "f of 2", "f below 0"],
)
def test_amdahls_law_makes_sense_where_its_share_can_be_one(seconds, sensible):
    assert amdahl(10.0, {2: seconds}, cpus=4).makes_sense is sensible


@pytest.mark.parametrize(("slope", "sensible"), [(0.5, True), (-0.5, False)])
def test_the_law_with_overhead_makes_no_sense_when_processes_cost_less_than_nothing(slope, sensible):
    sweep = {p: [4.0 + 4.0 / p + slope * p] for p in (1, 2, 3, 4)}
    assert with_overhead(sweep, cpus=8).makes_sense is sensible


def test_a_law_needs_more_figures_than_it_has_parameters():
    with pytest.raises(ValueError, match="With overhead needs more than 3 measured figures, not 2"):
        with_overhead({1: [1.0], 2: [0.5]})


def test_a_law_prints_itself_with_its_parameters_and_their_errors():
    assert str(amdahl(10.0, {1: [10.0], 2: [5.5], 4: [3.25]}, cpus=8)).startswith(
        "Amdahl's law: T(p) = T(1) (f + (1 - f) / min(p, 8)), with f = 0.1 ± "
    )


@pytest.mark.parametrize(("scale", "shown"), [(1.0, "$a = 1 "), (1e-6, r"$a = 1 \times 10^{-6} ")])
def test_in_latex_a_small_parameter_has_a_power_of_ten_in_the_place_of_an_e(scale, shown):
    sweep = {p: [scale * (1.0 + 2.0 / p + 0.1 * p)] * 2 for p in (1, 2, 3, 4, 5)}
    assert shown in with_overhead(sweep, cpus=8)._repr_latex_()


@pytest.mark.parametrize("processes", [1, 3, 4, 7])
def test_the_formula_that_a_law_prints_is_the_one_that_it_evaluates(processes):
    sweep = {1: [10.0, 10.5], 2: [5.5, 5.9], 4: [3.25, 3.4], 8: [3.9, 3.8]}
    for law, known in ((amdahl(10.0, sweep, cpus=4), {"serial": 10.0}), (with_overhead(sweep, cpus=4), {})):
        formula = law.formula.removeprefix("T(p) = ").replace("T(1) (", "serial * (").replace("c p", "c * p")
        values = {name: value for name, (value, _) in law.parameters.items()}
        by_hand = eval(formula, {"min": min, "p": processes, **known, **values})
        assert law.seconds([processes])[0].tolist() == pytest.approx([by_hand])


UNKNOWN = "f cannot be told from 0, so these rounds do not say where the limit is"
SLOWER = "the pool is no faster than the loop, and by Amdahl's law more workers do not change that."
LIMITS = [
    ([0.25, 0.2, 0.5], "f = 25 % (20 to 50): at most 4.0 times as fast (2.0 to 5.0), by Amdahl's law."),
    ([-0.1, 0.05, 0.2], f"f = 5 % (-10 to 20): {UNKNOWN}, only that it is above 5.0 times."),
    ([-0.1, -0.05, 0.0], f"f = -5 % (-10 to 0): {UNKNOWN}."),
    ([1.5, 1.2, 1.0], f"f = 120 % (100 to 150): {SLOWER}"),
    ([0.8, 0.9, 1.1], "f = 90 % (80 to 110): at most 1.2 times as fast, and perhaps no faster than the loop."),
    ([-0.2, 0.5, 1.1], "f = 50 % (-20 to 110): the rounds differ too much to set any limit."),
]


@pytest.mark.parametrize("shares, sentence", LIMITS)
def test_a_limit_is_an_interval_with_words_for_every_serial_share(shares, sentence):
    assert limit_in_words(shares) == sentence


def test_a_limit_without_a_share_is_refused():
    with pytest.raises(ValueError, match="the serial share of one round or more"):
        limit_in_words([])


def test_the_error_of_a_law_is_that_of_a_regression_worked_out_by_hand():
    """By hand: T(p) = T(1) (1/p + f (1 - 1/p)), a line through 0 over x = T(1) (1 - 1/p) with the slope f.

    For y = 1, 3 at x = 5, 5 the slope is 2 / 5 and the residuals are 1 and -1; sum x² is 50, and there is 2 - 1 = 1
    degree of freedom, so the error of f is sqrt(2 / 1 / 50) = 0.2.
    """
    law = amdahl(10.0, {2: [6.0, 8.0]}, cpus=4)
    assert law.parameters["f"] == (pytest.approx(0.4), pytest.approx(0.2))
    seconds, errors = law.seconds([1, 2, 4])
    assert seconds.tolist() == pytest.approx([10.0, 7.0, 5.5])
    assert errors.tolist() == pytest.approx([0.0, 0.2 * 5.0, 0.2 * 7.5])
    assert law.short == "Amdahl's law: f = 0.4 ± 0.2"


def test_more_figures_make_the_error_of_a_law_smaller():
    """By hand: the figures above, twice: sum x² is 100, the squares add up to 4, and 3 degrees of freedom are left."""
    law = amdahl(10.0, {2: [6.0, 8.0, 6.0, 8.0]}, cpus=4)
    assert law.parameters["f"] == (pytest.approx(0.4), pytest.approx((4 / 3 / 100) ** 0.5))


def test_processes_beyond_the_cpus_add_nothing_by_amdahls_law_and_cost_something_with_overhead():
    assert len(set(amdahl(8.0, {1: [8.0], 2: [5.0]}, cpus=4).seconds([4, 5, 64])[0].tolist())) == 1
    law = with_overhead({p: [2 + 8 / min(p, 4) + p] for p in (1, 2, 3, 4, 6)}, cpus=4)
    assert law.seconds([4, 5, 64])[0].tolist() == pytest.approx([8.0, 9.0, 68.0])


def test_without_a_number_of_cpus_the_limit_is_that_of_this_machine(monkeypatch):
    monkeypatch.setattr("helpers.model.laws.usable_cpus", lambda: 3)
    assert "min(p, 3)" in amdahl(8.0, {1: [8.0], 2: [5.0]}).formula
    law = with_overhead({p: [2 + 6 / min(p, 3) + p] for p in (1, 2, 3, 4, 6)})
    assert "min(p, 3)" in law.formula
    assert law.seconds([6])[0].tolist() == pytest.approx([10.0])


def test_a_law_is_fitted_to_one_figure_more_than_it_has_parameters():
    assert amdahl(8.0, {2: [5.0, 5.0]}, cpus=4).parameters["f"][0] == pytest.approx(0.25)
    with pytest.raises(ValueError, match="Amdahl's law needs more than 1 measured figures, not 1"):
        amdahl(8.0, {2: [5.0]}, cpus=4)
    sweep = {p: [1.0 + 4.0 / p + p] for p in (1, 2, 4)}
    with pytest.raises(ValueError, match="With overhead needs more than 3 measured figures, not 3"):
        with_overhead(sweep, cpus=4)
    assert with_overhead(sweep | {3: [1.0 + 4.0 / 3 + 3]}, cpus=4).name == "With overhead"


def test_every_repeat_counts_in_a_fit():
    assert amdahl(8.0, {2: [4.0, 5.0, 6.0], 1: [8.0]}, cpus=2).parameters["f"][0] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "shares, sentence",
    [
        ([0.0, 0.25, 0.5], f"f = 25 % (0 to 50): {UNKNOWN}, only that it is above 2.0 times."),
        ([0.0, 0.5, 1.0], "f = 50 % (0 to 100): the rounds differ too much to set any limit."),
        ([0.5, 0.8, 1.0], "f = 80 % (50 to 100): at most 2.0 times as fast, and perhaps no faster than the loop."),
        ([1.0, 1.1, 1.2], f"f = 110 % (100 to 120): {SLOWER}"),
        ([0.996, 1.1, 1.2], "f = 110 % (100 to 120): at most 1.0 times as fast, and perhaps no faster than the loop."),
    ],
)
def test_a_limit_at_the_edge_of_what_it_can_say(shares, sentence):
    assert limit_in_words(shares) == sentence
