"""Work with words that workers do, and that NumPy cannot do for them. Standard library only, as `helpers.tasks`."""

import random
from collections.abc import Iterable

SYLLABLES = (
    "ba",
    "cor",
    "del",
    "en",
    "fi",
    "gra",
    "hul",
    "is",
    "ka",
    "lom",
    "mi",
    "nur",
    "o",
    "pes",
    "ri",
    "sta",
    "tu",
)


def made_up_words(number: int, seed: int = 0) -> list[str]:
    """Return so many different words of two to five syllables, in no order; the same seed gives the same words."""
    generator = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < number:
        words["".join(generator.choices(SYLLABLES, k=generator.randint(2, 5)))] = None
    return list(words)


def mistyped(word: str, seed: int = 0) -> str:
    """Return the word with one letter that is wrong."""
    generator = random.Random(f"{word} {seed}")
    place = generator.randrange(len(word))
    return word[:place] + generator.choice("abcdefghijklmnopqrstuvwxyz") + word[place + 1 :]


def edit_distance(left: str, right: str) -> int:
    """Return the least number of letters to insert, delete or replace that turns one word into the other.

    Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966; row by row
    after R. A. Wagner and M. J. Fischer, "The string-to-string correction problem", 1974.
    """
    before = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        here = [row]
        for column, other in enumerate(right, 1):
            here.append(min(before[column] + 1, here[-1] + 1, before[column - 1] + (letter != other)))
        before = here
    return before[-1]


def nearest(word: str, words: Iterable[str]) -> tuple[int, str]:
    """Return the word with the smallest edit distance to this one, after that distance; of several, the first."""
    return min(((edit_distance(word, other), other) for other in words), key=lambda pair: pair[0])
