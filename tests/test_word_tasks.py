"""Edit distances are those worked out by hand, and made-up words depend on their seed alone."""

import pytest

from helpers.word_tasks import edit_distance, made_up_words, mistyped, nearest


@pytest.mark.parametrize(
    "left, right, distance",
    [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("pool", "pool", 0), ("ab", "ba", 2)],
)
def test_edit_distances_are_those_worked_out_by_hand(left, right, distance):
    assert edit_distance(left, right) == edit_distance(right, left) == distance


def test_the_nearest_word_is_the_first_with_the_smallest_distance():
    assert nearest("pol", ["tool", "pool", "poll"]) == (1, "pool")


def test_made_up_words_differ_and_are_the_same_each_time():
    words = made_up_words(500)
    assert len(set(words)) == 500
    assert words == made_up_words(500)
    assert words != made_up_words(500, seed=1)


def test_a_mistyped_word_is_one_letter_away_at_most():
    assert all(edit_distance(word, mistyped(word)) <= 1 for word in made_up_words(50))
