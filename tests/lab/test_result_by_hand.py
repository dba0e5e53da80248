"""What a result says of its figures, which are made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.lab.plan import Plan
from helpers.lab.result import Result
from helpers.model.costs import Costs, Leg
from helpers.model.sample import Sample
from helpers.model.simulator import simulate
from helpers.other_programs import Others
from helpers.timing import Timing

FREE = Costs(0.0, 0.0, *[Leg()] * 4)
RUN = simulate([1.0, 3.0], processes=2, cpus=2, chunksize=1, costs=FREE, warm=True)
BUSY, QUIET = Others(10.0, 11.0, 0.0, 2), Others(10.0, 0.5, 0.0, 2)
RESULT = Result(
    Plan(rows=600, processes=2, chunks=2, start_method="spawn"),
    Timing("pool", (2.0,), (0.0,), others=QUIET),
    RUN,
    Timing("serial", (4.0,), (4.0,), others=QUIET),
    sample=Sample(np.array([1.0, 1.0]), np.zeros(2), np.zeros(2), 2, 1.0, FREE),
)


def test_a_simulated_speed_up_is_the_models_however_disturbed_the_measured_loop_was():
    disturbed = replace(RESULT, serial=Timing("serial", (40.0,), (2.0,)))
    run = disturbed.simulate(2, cpus=2)
    assert disturbed.speedup_of(run) == RESULT.speedup_of(run) == 2.0
    assert disturbed.speedup_of(disturbed.simulate(1, cpus=1)) == 1.0


def test_without_a_sample_nothing_is_simulated():
    with pytest.raises(ValueError, match="the model knows nothing of these tasks"):
        replace(RESULT, sample=None).speedup_of(RUN)


def test_what_others_took_is_said_of_the_run_and_of_the_loop():
    while_this_ran = "Other programs used 1.1 of your 2 CPUs while this ran."
    while_the_loop_ran = "Other programs used 1.1 of your 2 CPUs while the loop ran."
    busy, busy_loop = (replace(timing, others=BUSY) for timing in (RESULT.timing, RESULT.serial))
    assert RESULT.others_in_words == ""
    assert replace(RESULT, timing=busy).others_in_words == while_this_ran
    assert replace(RESULT, serial=busy_loop).others_in_words == while_the_loop_ran
    assert replace(RESULT, timing=busy, serial=busy_loop).others_in_words == f"{while_this_ran} {while_the_loop_ran}"


def test_what_others_took_adds_up_over_the_repeats():
    again = RESULT.with_repeat(3.0, RUN, BUSY)
    assert again.timing.seconds == (2.0, 3.0)
    assert again.timing.others == QUIET + BUSY
    assert RESULT.with_repeat(3.0, RUN).timing.others is None
    assert again.with_repeat(3.0, RUN).with_repeat(3.0, RUN, BUSY).timing.others is None
