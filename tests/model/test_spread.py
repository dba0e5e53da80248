"""The interval of a prediction: what holds for every run and every spread, and figures that can be worked out by
hand."""

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.model.costs import Costs, Leg
from helpers.model.simulator import simulate
from helpers.model.spread import PRIOR_ROUNDS, PRIOR_SPREAD, Spread, factors_of, parts_of
from helpers.spans import PIPE

FREE = Costs(0.0, 0.0, *[Leg()] * 4)
COST = st.floats(0, 0.01, allow_subnormal=False)
COSTS = st.builds(Costs, COST, COST, *[st.builds(Leg, COST, st.floats(0, 1e-8, allow_subnormal=False), COST)] * 4)
RUNS = st.builds(
    simulate,
    durations=st.lists(st.floats(0, 10, allow_subnormal=False), min_size=1, max_size=30),
    processes=st.integers(1, 9),
    cpus=st.integers(1, 9),
    chunksize=st.none() | st.integers(1, 12),
    bytes_in=st.integers(0, 3 * PIPE),
    bytes_out=st.integers(0, 3 * PIPE),
    costs=COSTS,
    warm=st.booleans(),
)
FACTORS = st.tuples(st.floats(0.1, 1), st.floats(1, 10))
SPREADS = st.builds(Spread, FACTORS, FACTORS, FACTORS, st.floats(0, 2))
RATIOS = st.lists(st.floats(0.1, 10), min_size=1, max_size=12)


@given(RUNS)
def test_the_parts_of_a_run_add_up_and_none_is_negative(run):
    parts = parts_of(run)
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(run.seconds, abs=1e-9)


@given(RUNS)
def test_only_a_cold_pool_has_a_start(run):
    assert (parts_of(run).start > 0) <= any(worker.ready > 0 for worker in run.workers)


@given(RUNS, SPREADS, st.integers(0, 30))
def test_the_predicted_seconds_lie_within_their_interval(run, spread, untimed):
    low, high = spread.interval(run, 10, 10 + untimed)
    assert 0 <= low <= run.seconds <= high


@given(RUNS, SPREADS, st.integers(0, 30), st.sampled_from(["work", "messages", "start", "scatter"]), st.floats(1, 3))
def test_more_spread_never_makes_an_interval_narrower(run, spread, untimed, part, more):
    found = getattr(spread, part)
    wider = found * more if part == "scatter" else (found[0] / more, found[1] * more)
    low, high = spread.interval(run, 10, 10 + untimed)
    lower, higher = replace(spread, **{part: wider}).interval(run, 10, 10 + untimed)
    assert lower <= low
    assert high <= higher


@given(RUNS, SPREADS, st.integers(1, 29))
def test_an_item_more_that_is_timed_never_makes_an_interval_wider(run, spread, timed):
    low, high = spread.interval(run, timed, 30)
    narrower = spread.interval(run, timed + 1, 30)
    assert low <= narrower[0] + 1e-9
    assert narrower[1] <= high * (1 + 1e-9)


@given(RUNS)
def test_what_is_known_exactly_has_an_interval_of_one_point(run):
    assert Spread().interval(run, 5, 5) == pytest.approx((run.seconds, run.seconds), abs=1e-9)


@given(st.floats(0.01, 10), st.integers(1, 30), st.integers(1, 6), SPREADS)
def test_without_costs_the_interval_of_equal_tasks_is_that_of_their_durations(seconds, tasks, processes, spread):
    run = simulate([seconds] * tasks, processes=processes, cpus=processes, costs=FREE)
    low, high = spread.interval(run, tasks, tasks)
    assert (low / run.seconds, high / run.seconds) == (pytest.approx(spread.work[0]), pytest.approx(spread.work[1]))


def test_each_part_has_its_own_ends():
    """By hand: two forks of 0.5 s and a boot of 1 s, a task of 2 s, and a result that takes 0.25 s to collect."""
    run = simulate([2.0, 2.0], processes=2, cpus=4, costs=Costs(0.5, 1.0, Leg(), Leg(), Leg(), Leg(0.25)))
    assert parts_of(run) == (2.0, 2.0, 0.25)
    spread = Spread(work=(0.5, 1.25), messages=(1.0, 2.0), start=(0.75, 1.0))
    assert spread.interval(run, 2, 2) == (pytest.approx(1.5 + 1.0 + 0.25), pytest.approx(2.0 + 2.5 + 0.5))


@given(RUNS, SPREADS, st.floats(0, 0.9))
def test_waiting_for_a_cpu_may_be_gone_at_the_next_run_or_be_twice_as_long(run, spread, waited):
    low, high = spread.interval(run, 5, 5)
    ends = spread.beside_others(waited).interval(run, 5, 5)
    assert ends[0] == pytest.approx((1 - waited) * low, rel=1e-6, abs=1e-12)
    assert ends[1] == pytest.approx((1 + waited) * high, rel=1e-6, abs=1e-12)


def test_forks_that_a_ready_worker_waits_for_are_starting():
    run = simulate([1.0], processes=10, cpus=20, costs=replace(FREE, fork=0.1))
    assert parts_of(run) == (pytest.approx(1.0), pytest.approx(1.0), pytest.approx(0.0))


def test_untimed_items_average_out_over_those_that_a_worker_timed():
    """By hand: 100 of 400 items are timed, 25 of each worker, with a scatter of 0.5: 0.5 sqrt(3/4) / 5 is the error."""
    run = simulate([1.0] * 400, processes=4, cpus=4, chunksize=1, costs=FREE)
    low, high = Spread(scatter=0.5).interval(run, 100, 400)
    error = 1.645 * 0.5 * math.sqrt(0.75) / 5
    assert (math.log(low / 100), math.log(high / 100)) == (pytest.approx(-error), pytest.approx(error))


@given(RATIOS)
def test_the_factors_contain_the_simulation_and_the_middle_of_the_runs(ratios):
    low, high = factors_of(ratios)
    assert low <= 1 <= high
    assert low <= math.exp(statistics.fmean(map(math.log, ratios))) <= high


@given(RATIOS, st.floats(1, 3))
def test_ratios_that_are_further_apart_give_factors_that_are_no_closer(ratios, more):
    low, high = factors_of(ratios)
    middle = math.exp(statistics.fmean(map(math.log, ratios)))
    lower, higher = factors_of([middle * (ratio / middle) ** more for ratio in ratios])
    assert lower <= low * (1 + 1e-9)
    assert high <= higher * (1 + 1e-9)


@pytest.mark.parametrize("rounds, quantile", [(1, 2.920), (3, 2.132), (8, 1.833), (30, 1.696)])
def test_the_factors_of_exact_runs_are_those_of_the_prior_and_of_students_distribution(rounds, quantile):
    """By hand: no run differs, so the variance is the prior's share of it. The quantiles are those of a table."""
    freedom = PRIOR_ROUNDS + rounds - 1
    reach = quantile * PRIOR_SPREAD * math.sqrt(PRIOR_ROUNDS / freedom * (1 + 1 / rounds))
    assert factors_of([1.0] * rounds)[1] == pytest.approx(math.exp(reach), rel=2e-3)


def test_the_factors_of_runs_that_differ_are_those_of_their_variance_and_the_priors():
    """By hand: four logarithms of 0.1 and four of -0.1 have squares of 0.08; nine degrees of freedom: 1.833."""
    ratios = [math.exp(0.1)] * 4 + [math.exp(-0.1)] * 4
    reach = 1.833 * math.sqrt((PRIOR_ROUNDS * PRIOR_SPREAD**2 + 0.08) / 9 * (1 + 1 / 8))
    assert factors_of(ratios) == (
        pytest.approx(math.exp(-reach), rel=1e-3),
        pytest.approx(math.exp(reach), rel=1e-3),
    )


def test_the_worker_whose_result_came_last_shows_the_parts_of_a_run():
    """The first one's result landed last, but was unpickled first."""
    run = simulate([1.0, 2.0], processes=2, cpus=2, chunksize=1, costs=Costs(0.0, 0.0, *[Leg()] * 4), warm=True)
    first, second = run.spans
    run = run._replace(spans=(first._replace(landed=9.0), second))
    assert parts_of(run).work == 2.0


def test_no_factor_is_more_than_ten_times_from_the_mean_of_the_ratios():
    """By hand: the logarithms of 1/50 and of 50 have the mean 0."""
    assert factors_of([1 / 50, 50.0]) == (pytest.approx(1 / 10), pytest.approx(10))


@pytest.mark.parametrize("bad", [(1.1, 1.2), (0.5, 0.9), (0.0, 1.0), (-1.0, 2.0), (1.0, math.inf), (math.nan, 1.0)])
def test_factors_that_do_not_contain_1_are_refused_with_their_name(bad):
    with pytest.raises(ValueError, match=r"messages must be two factors around 1, such as \(0.9, 1.2\), not"):
        Spread(messages=bad)


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_a_scatter_below_0_is_refused(bad):
    with pytest.raises(ValueError, match="scatter must be a number of 0 or more, not"):
        Spread(scatter=bad)


@pytest.mark.parametrize("bad", [[], [1.0, 0.0], [-1.0], [math.nan], [math.inf]])
def test_factors_need_ratios_above_0(bad):
    with pytest.raises(ValueError, match="one ratio above 0 or more"):
        factors_of(bad)
