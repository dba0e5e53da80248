"""What is said of pools that a program made at one place, again and again."""

import re

import pytest

from helpers.model import Costs, simulate
from helpers.program.recording import Group, RecordedPool
from helpers.program.same_place import explain_group
from helpers.text import format_seconds

START = Costs(fork=0.01, boot=0.1)


def made(number, durations, *, costs=START, warm=False):
    """Return a group of equal pools, each with the run that is simulated for these tasks."""
    run = simulate(durations, processes=2, cpus=2, costs=costs, warm=warm)
    return tuple(RecordedPool("Pool", "script.py:3", run, ("work",) * len(durations)) for _ in range(number))


@pytest.fixture(autouse=True)
def two_cpus(monkeypatch):
    monkeypatch.setattr("helpers.diagnosis.usable_cpus", lambda: 2)
    monkeypatch.setattr("helpers.program.recording.usable_cpus", lambda: 2)


def test_one_pool_is_explained_alone():
    (pool,) = made(1, [0.02] * 8)
    assert explain_group(Group("script.py:3", (pool,))) == pool.explanation


def test_pools_that_start_again_and_again_are_promised_what_one_pool_would_take():
    group = Group("script.py:3", made(30, [0.02] * 8))
    said = explain_group(group).splitlines()[-1]
    assert said.startswith(
        "Of the 30 pools that were made here, 15 were looked at; of these, 15 would gain by the same"
    )
    (expected,) = re.findall(r"If the others are alike, expect ([\d.]+) s instead of", said)
    warm = made(1, [0.02] * 8, warm=True)[0].run.seconds
    assert float(expected) == pytest.approx(group.pools[0].run.seconds + 29 * warm, rel=0.05)


def test_what_would_help_all_may_be_another_change_than_helps_the_longest():
    longest = made(1, [1.0] + [0.01] * 9, warm=True)
    said = explain_group(Group("script.py:3", longest + made(20, [0.02] * 8))).splitlines()[-1]
    assert "another change: Make the pool once" in said
    assert "make the pool once" not in longest[0].explanation.lower()


def test_nothing_is_said_of_pools_together_if_none_has_a_remedy():
    group = Group("script.py:3", made(3, [0.5] * 8, warm=True, costs=Costs()))
    assert explain_group(group) == group.pools[0].explanation


def test_no_seconds_are_promised_where_no_pool_can_promise_them():
    group = Group("script.py:3", made(4, [3.0] + [0.1] * 7, warm=True, costs=Costs()))
    assert all(cause.expected is None for cause in group.pools[0].diagnosis.causes)
    said = explain_group(group).splitlines()[-1]
    assert said.endswith("would gain by the same change.")
    assert format_seconds(group.seconds) not in said
