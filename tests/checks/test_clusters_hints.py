"""Each usual mistake about clusters gets the hint that names it."""

import pytest

from helpers import checks

CASES = {
    (4.0, 0.25, 8): (1, "the tasks are long enough as they are."),
    (0.25, 0.5, 1): (2, "how long does the scheduler need, and how long does one worker take meanwhile?"),
    (0.25, 0.5, 4): (8, "how many tasks must the scheduler hand out before the first worker is free again?"),
    (1.0, 0.25, 64): (16, "how many tasks must the scheduler hand out before the first worker is free again?"),
    (0.375, 0.5, 16): (22, "is that a whole number, and are all workers busy with it?"),
    (1.0, 0.25, 5): (2, "is that a whole number, and are all workers busy with it?"),
    (1.0, 0.25, 4): (1, "the tasks are just long enough as they are."),
}


@pytest.mark.parametrize("case", CASES)
def test_a_task_more_or_less_gets_the_hint_of_its_case(case):
    assert checks.tasks_together(lambda *asked: CASES[asked][0]).right
    right, hint = CASES[case]
    for wrong in (right - 1, right + 1):
        verdict = checks.tasks_together(lambda *asked, wrong=wrong: wrong if asked == case else CASES[asked][0])
        assert (
            verdict.sentence == "Tasks of {:g} s, {:g} s of the scheduler for each, {} workers: ".format(*case) + hint
        )


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
        (
            lambda folder, task, value: one_file_each(folder, value, value),
            "Four tasks with the values 5, 5, 7 and 11 ran once, and the numbers in the folder add up to 23.0.",
        ),
        (appended_each, "The same four tasks ran again, and now the numbers in the folder add up to 56.0, not 28.0."),
        (
            rewritten_by_line,
            "The sum is right. What happens when two workers write to the same file at the same moment?",
        ),
    ],
)
def test_writing_twice_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.repeatable(answer).sentence == hint
