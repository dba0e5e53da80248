"""Each usual mistake about clusters gets the hint that names it."""

import pytest

from helpers import checks


def speedup(each, cost, workers):
    return min(workers, each / cost)


SCHEDULER = "the scheduler hands out the next task while the workers compute."


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda each, cost, w: each / cost, "Tasks of 1 s, 0.001 s of the scheduler for each, 8 workers: the scheduler is idle most of the time. What limits the cluster?"),
        (lambda each, cost, w: w, "Tasks of 0.01 s, 0.001 s of the scheduler for each, 64 workers: how many workers can the scheduler keep busy?"),
        (lambda each, cost, w: max(1.0, speedup(each, cost, w)), "Tasks of 0.0005 s, 0.001 s of the scheduler for each, 64 workers: when the scheduler needs longer than the work, is a cluster faster than a loop?"),
        (lambda each, cost, w: speedup(each, cost, w) if w > 2 else 1.5, f"Tasks of 0.3 s, 0.1 s of the scheduler for each, 2 workers: {SCHEDULER}"),
        (lambda each, cost, w: speedup(each, cost, w) if w != 4 else 2.5, f"Tasks of 0.3 s, 0.1 s of the scheduler for each, 4 workers: {SCHEDULER}"),
    ],
)  # fmt: skip
def test_a_speedup_of_a_cluster_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.cluster_speedup(speedup).right
    assert checks.cluster_speedup(answer).sentence == hint


def one_file_each(folder, task, value):
    (folder / f"{task}.txt").write_text(str(value))


def appended_each(folder, task, value):
    with open(folder / f"{task}.txt", "a") as file:
        file.write(f"{value}\n")


def rewritten_by_line(folder, task, value):
    """All values in one file, a line for each task, whose number is the number of the line."""
    path = folder / "all.txt"
    lines = path.read_text().split() if path.exists() else []
    lines += ["0"] * (task + 1 - len(lines))
    lines[task] = str(value)
    path.write_text("\n".join(lines))


def in_a_folder(folder, task, value):
    (folder / str(task)).mkdir(exist_ok=True)
    (folder / str(task) / "value").write_text(str(value))


@pytest.mark.parametrize(
    "answer, hint",
    [
        (one_file_each, "Each task owns one file, and writing it again changes nothing."),
        (in_a_folder, "Each task owns one file, and writing it again changes nothing."),
        (lambda folder, task, value: one_file_each(folder, value, value), "Four tasks with the values 5, 5, 7 and 11 ran once, and the numbers in the folder add up to 23.0."),
        (appended_each, "The same four tasks ran again, and now the numbers in the folder add up to 56.0 in place of 28.0."),
        (rewritten_by_line, "The sum is right. What happens when two workers write to the same file at the same moment?"),
    ],
)  # fmt: skip
def test_writing_twice_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.repeatable(answer).sentence == hint
