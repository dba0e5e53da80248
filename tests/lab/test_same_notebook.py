"""What else the notebook computes while a lab measures is told in words."""

import pytest

from helpers.lab import same_notebook as module
from helpers.lab.same_notebook import Meanwhile, main_thread_seconds, seconds_of_children


@pytest.fixture
def clock(monkeypatch):
    """By hand: the seconds that have passed, those of the main thread, and those of each child."""
    now = {"wall": 0.0, "main": 0.0, "children": {}}
    monkeypatch.setattr(module.time, "perf_counter", lambda: now["wall"])
    monkeypatch.setattr(module, "main_thread_seconds", lambda: now["main"])
    monkeypatch.setattr(module, "seconds_of_children", lambda: dict(now["children"]))
    return now


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"wall": 2.0, "main": 0.3, "children": {}}, ""),
        ({"wall": 2.0, "main": 0.5, "children": {}}, "A cell of this notebook"),
        ({"wall": 2.0, "main": None, "children": {1: 5.3}}, ""),
        ({"wall": 2.0, "main": 0.0, "children": {1: 5.2, 2: 0.3}}, "A pool of this notebook"),
        ({"wall": 0.1, "main": 0.1, "children": {}}, ""),
    ],
)
def test_it_is_told_from_a_fifth_of_a_cpu_on(clock, after, words):
    clock["children"] = {1: 5.0}
    with Meanwhile() as meanwhile:
        clock.update(after)
        found = meanwhile.in_words()
    assert found.startswith(words) if words else found == ""


def test_two_labs_are_told_of_each_other_and_only_while_both_measure(clock):
    with Meanwhile() as first:
        assert not first.others
        with Meanwhile() as second:
            assert (first.others, second.others) == (True, True)
    assert "Another lab" in first.in_words()
    with Meanwhile() as third:
        assert not third.others


def test_the_system_is_asked():
    assert main_thread_seconds() is None or main_thread_seconds() >= 0
    assert isinstance(seconds_of_children(), dict)
