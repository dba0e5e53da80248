"""Edit distances are those worked out by hand, and anagrams those of a search of all combinations."""

import itertools
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.word_tasks import anagrams, edit_distance, mistyped, nearest, words_of_python


@pytest.mark.parametrize(
    "left, right, distance",
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("pool", "pool", 0),
        ("ab", "ba", 2),
        ("a", "", 1),
        ("a", "b", 1),
        ("abc", "xabcx", 2),
        ("abcdef", "azced", 3),
    ],
)
def test_edit_distances_are_those_worked_out_by_hand(left, right, distance):
    assert edit_distance(left, right) == edit_distance(right, left) == distance


def test_the_nearest_word_is_the_first_with_the_smallest_distance():
    assert nearest("pol", ["tool", "pool", "poll"]) == (1, "pool")


def test_the_words_are_those_of_pythons_reference():
    words = words_of_python()
    assert words == sorted(set(words))
    assert len(words) > 2000
    assert {"lambda", "coroutine", "the"} <= set(words)
    assert min(map(len, words)) == 3


def test_a_mistyped_word_has_exactly_one_other_letter():
    assert all(edit_distance(word, mistyped(word)) == 1 for word in words_of_python())


@pytest.mark.parametrize("letters", ["tops", "stone", "aabb", "", "zzz"])
def test_anagrams_are_those_that_a_search_of_all_combinations_finds(letters):
    words = ["ab", "a", "b", "opts", "stop", "to", "ps", "one", "st"]
    every = (some for n in range(5) for some in itertools.combinations_with_replacement(words, n))
    assert sorted(anagrams(letters, words)) == sorted(
        some for some in every if sorted("".join(some)) == sorted(letters)
    )


def by_recursion(left: str, right: str) -> int:
    """The definition: the cheapest of deleting, inserting and replacing the first letter."""
    if not left or not right:
        return len(left) + len(right)
    replaced = by_recursion(left[1:], right[1:]) + (left[0] != right[0])
    return min(replaced, by_recursion(left[1:], right) + 1, by_recursion(left, right[1:]) + 1)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_the_edit_distance_is_that_of_its_definition(left, right):
    assert edit_distance(left, right) == by_recursion(left, right)


def test_a_typo_can_be_at_any_place_and_any_other_letter_and_is_of_seed_0_by_default():
    typos = {mistyped("pool", seed) for seed in range(2000)}
    assert typos == {
        "pool"[:place] + letter + "pool"[place + 1 :]
        for place in range(4)
        for letter in ascii_lowercase
        if letter != "pool"[place]
    }
    words = words_of_python()[::100]
    assert [mistyped(word) for word in words] == [mistyped(word, 0) for word in words]
