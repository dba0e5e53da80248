"""Work on words. Standard library only, as `helpers.tasks`."""

import random
import re
from collections.abc import Iterable, Sequence
from string import ascii_lowercase


def words_of_python() -> list[str]:
    """Return the words of three letters or more in Python's reference (the text behind `help("topics")`), sorted.

    The words differ between versions of Python.
    """
    from pydoc_data.topics import topics  # here, because workers do not need it

    return sorted(set(re.findall("[a-z]{3,}", " ".join(topics.values()).lower())))


def mistyped(word: str, seed: int = 0) -> str:
    """Return the word with one of its letters replaced by another, at random; the same seed gives the same word."""
    generator = random.Random(f"{word} {seed}")
    place = generator.randrange(len(word))
    others = ascii_lowercase.replace(word[place], "")
    return word[:place] + generator.choice(others) + word[place + 1 :]


def edit_distance(left: str, right: str) -> int:
    """Return the least number of letters to insert, delete or replace that turns one word into the other.

    Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966; row by
    row after R. A. Wagner and M. J. Fischer, "The string-to-string correction problem", 1974.
    """
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other)))
        previous = current
    return previous[-1]


def nearest(word: str, words: Iterable[str]) -> tuple[int, str]:
    """Return the smallest edit distance from this word to any of the words, and the first word at that distance."""
    return min(((edit_distance(word, other), other) for other in words), key=lambda pair: pair[0])


def anagrams(letters: str, words: Sequence[str]) -> list[tuple[str, ...]]:
    """Return all combinations of these words, each in the order of words, that use up exactly these letters."""
    if not letters:
        return [()]
    found: list[tuple[str, ...]] = []
    usable = [word for word in words if all(word.count(letter) <= letters.count(letter) for letter in set(word))]
    for place, word in enumerate(usable):
        left = letters
        for letter in word:
            left = left.replace(letter, "", 1)
        found += [(word, *others) for others in anagrams(left, usable[place:])]
    return found
