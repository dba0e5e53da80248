"""Each usual mistake about tasks that fail gets the hint that names it."""

import time

import pytest

from helpers import checks


class Row(Exception):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.row = row

    def __str__(self):
        return f"row {self.args[0]}: {self.args[1]}"


class OtherText(Row):
    def __str__(self):
        return f"row {self.args[0]}"


class CannotBeRebuilt(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")


class OtherType(Row):
    def __reduce__(self):
        return Row, self.args


class Forgetful(Row):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.seen = []

    def __reduce__(self):
        return type(self), self.args, {"seen": [1]}


class OnlyOneRow(Row):
    def __str__(self):
        return "row 2: has no distance"


@pytest.mark.parametrize(
    "answer, hint",
    [
        (Row, "Its copy has the same type, the same text and the same attributes."),
        (lambda row, reason: row, "The answer must be a class of exceptions, and is a function."),
        (OtherText, "str() of the exception must be 'row 2: has no distance', and is 'row 2'."),
        (OnlyOneRow, "str() of the exception must be 'row 7: is empty', and is 'row 2: has no distance'."),
        (CannotBeRebuilt, "It cannot be rebuilt from its arguments, ('row 2: has no distance',): "),
        (
            OtherType,
            (
                "What pickle rebuilds of OtherType(2, 'has no distance') is Row(2, 'has no distance'), with the text "
                "'row 2: has no distance'."
            ),
        ),
        (Forgetful, "What pickle rebuilds has other attributes: {'row': 2, 'seen': [1]}, not {'row': 2, 'seen': []}."),
    ],
)
def test_an_exception_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.picklable_exception(answer).sentence.startswith(hint)


def collect(pool, function, items, seconds):
    """Wait for all together until the seconds are over; each item has its result, or its exception."""
    handles = [pool.apply_async(function, (item,)) for item in items]
    end = time.monotonic() + seconds
    found = []
    for handle in handles:
        try:
            found.append(handle.get(max(0.0, end - time.monotonic())))
        except Exception as error:  # noqa: BLE001 - it is the entry
            found.append(error)
    return found


def only(items, change):
    """Collect, and change the list where these items were asked for."""
    return lambda pool, f, asked, s: (change if list(asked) == items else list)(collect(pool, f, asked, s))


FAILURES, ENDLESS = [1, 2, 0, 4], [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "answer, hint",
    [
        (collect, "Every item has its entry, whatever happens to the others, and the wait has an end."),
        (only(FAILURES, lambda found: found[:3]), "There were 4 items, and your list has 3 entries."),
        (
            only(FAILURES, lambda found: [*found[:2], None, found[3]]),
            "The third division fails, so its entry must be that exception, and is None.",
        ),
        (
            only(FAILURES, lambda found: [2, *found[1:]]),
            "Three divisions have results, and yours are [2, 0.5, ZeroDivisionError(",
        ),
        (
            only(FAILURES, lambda found: [*found[:3], 4]),
            "Three divisions have results, and yours are [1.0, 0.5, ZeroDivisionError(",
        ),
        (
            only(ENDLESS, lambda found: found[:4]),
            "Four tasks never end, so their entries must be a TimeoutError, and yours are [",
        ),
        (
            only(ENDLESS, lambda found: [None, *found[1:]]),
            "Four tasks never end, so their entries must be a TimeoutError, and yours are [None, ",
        ),
        (
            only(ENDLESS, lambda found: [*found[:3], None, found[4]]),
            "Four tasks never end, so their entries must be a TimeoutError, and yours are [",
        ),
        (
            only(ENDLESS, lambda found: [*found[:4], 6]),
            "The fifth task ends at once, so its entry is 5, and yours is 6.",
        ),
        (only(ENDLESS, lambda found: [*(TimeoutError() for _ in found[:4]), 5]), "Every item has its entry"),
        (
            lambda pool, f, items, s: collect(pool, f, items, 0.2),
            "With four endless tasks and seconds=1, it gave up after 0.2 s.",
        ),
        (
            lambda pool, f, items, s: [collect(pool, f, [item], s)[0] for item in items],
            "With four endless tasks and seconds=1, it still waited after 3 s.",
        ),
    ],
)
def test_a_collection_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.collected(answer).sentence.startswith(hint)


def test_a_collection_that_waits_for_ever_is_named(monkeypatch):
    from helpers.checks import failures

    shorter = failures._call_with_threads
    monkeypatch.setattr(failures, "_call_with_threads", lambda call, most=10.0: shorter(call, most / 50))
    assert (
        checks.collected(lambda *_: time.sleep(0.5) or []).sentence == "It still waited after 10 s for four divisions."
    )
