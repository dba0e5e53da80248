"""Each usual mistake about the laws of speed-up gets the hint that names it."""

import math

import pytest

from helpers import checks

NO_NUMBER = "With f = 0.25 no number of workers gives a speed-up of 4."


def enough(f, wanted):
    """The smallest number of workers that Amdahl's law needs, or None."""
    if wanted <= 1:
        return 1
    return math.ceil((1 - f) / (1 / wanted - f) - 1e-9) if f * wanted < 1 else None


def changed(f, wanted, answer):
    return lambda *case: answer if case == (f, wanted) else enough(*case)


PROCESSES = [
    (changed(0.0, 4.0, None), "With f = 0 there is a number of workers that gives a speed-up of 4."),
    (changed(0.25, 2.0, 2.5), "With f = 0.25 and a speed-up of 2 you return 2.5. Nobody can start a part of a worker."),
    (changed(0.9, 1.0, 0), "With f = 0.9 your 0 workers do not reach a speed-up of 1."),
    (changed(0.05, 8.0, 12), "With f = 0.05 your 12 workers do not reach a speed-up of 8."),
    (changed(0.05, 7.0, 12), "With f = 0.05 fewer than your 12 workers reach a speed-up of 7."),
    (changed(0.01, 50.0, 100), "With f = 0.01 fewer than your 100 workers reach a speed-up of 50."),
    (changed(0.001, 500.0, 998), "With f = 0.001 your 998 workers do not reach a speed-up of 500."),
    (changed(0.9, 1.0, 2), "With f = 0.9 fewer than your 2 workers reach a speed-up of 1."),
    (changed(0.25, 4.0, 10**6), NO_NUMBER),
    (changed(0.25, 5.0, 10**6), NO_NUMBER.replace("4.", "5.")),
    (changed(0.5, 2.0, 10**6), "With f = 0.5 no number of workers gives a speed-up of 2."),
    (changed(1.0, 1.5, 1), "With f = 1 no number of workers gives a speed-up of 1.5."),
]


@pytest.mark.parametrize("answer, hint", PROCESSES)
def test_a_mistake_about_amdahls_law_gets_the_hint_that_names_it(answer, hint):
    assert checks.processes_for_speedup(enough).right
    assert checks.processes_for_speedup(answer).sentence == hint


LAWS = [(1.0, 9.0, 1.0), (0.0, 8.0, 0.02), (5.0, 1.0, 4.0), (0.1, 6.2, 1.0), (0.0, 5.9, 1.0), (2.0, 0.0, 0.1)]
LAWS += [(0.5, 3.0, 0.0), (0.5, 3.0, -0.0001), (0.0, 1e5, 0.01)]
BEST = [3, 20, 1, 3, 2, 1, 1000, 1000, 1000]  # by hand: the square root of b / c, and its neighbours


@pytest.mark.parametrize("law, best", [*zip(LAWS, BEST, strict=True)])
def test_the_best_number_of_processes_is_the_one_found_by_hand_and_no_neighbour(law, best):
    right = dict(zip(LAWS, BEST, strict=True))
    assert checks.best_processes(lambda *case: right[case]).right
    for wrong in {max(1, best - 1), min(1000, best + 1)} - {best}:
        changed = right | {law: wrong}
        sentence = checks.best_processes(lambda *case, changed=changed: changed[case]).sentence
        assert (
            sentence
            == "With a = {:g}, b = {:g} and c = {:g} another number of processes takes less time than yours.".format(
                *law
            )
        )


@pytest.mark.parametrize("wrong", [0, 1001, 2.5])
def test_a_number_of_processes_that_nobody_could_start_is_named(wrong):
    hint = f"With a = 1, b = 9 and c = 1 you return {wrong}, which is no whole number from 1 to 1000."
    assert checks.best_processes(lambda *law: wrong).sentence == hint


def losses(loop, spent, processes):
    return {
        "start": spent.starting,
        "sharing": spent.computing + spent.waiting_for_cpu - loop,
        "pickling": spent.sending + spent.returning,
        "idle": spent.idle,
    }


def without(loop, spent, processes, loss):
    return loop * processes / (spent.whole - loss)


def largest(loop, spent, processes):
    return without(loop, spent, processes, max(losses(loop, spent, processes).values()))


@pytest.mark.parametrize("name", ["start", "sharing", "pickling", "idle"])
def test_every_loss_is_the_largest_in_some_case(name):
    """Whoever always repairs the same one, or never that one, is told."""
    assert checks.speedup_without_largest_loss(largest).right
    always = checks.speedup_without_largest_loss(lambda *case: without(*case, losses(*case)[name])).sentence
    never = checks.speedup_without_largest_loss(
        lambda *case: without(*case, max(loss for other, loss in losses(*case).items() if other != name))
    ).sentence
    assert "With the largest of the four losses gone, the speed-up is not" in always
    assert "With the largest of the four losses gone, the speed-up is not" in never


def test_a_speedup_with_all_or_without_any_loss_is_named():
    with_all = checks.speedup_without_largest_loss(lambda loop, spent, p: loop * p / spent.whole).sentence
    assert with_all.endswith("You return 1.42857, which is the speed-up with all of the losses.")
    assert with_all.startswith("The loop took 4 s, and the 2 workers spent\ncomputing             4.100 s  73.2%\n")
    without_any = checks.speedup_without_largest_loss(lambda loop, spent, p: p).sentence
    assert without_any.endswith("You return 2, which is the speed-up without any loss.")
