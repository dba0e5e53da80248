"""Work on words, for which NumPy has no functions. Standard library only, as `helpers.tasks`."""

import random
from collections.abc import Iterable

SYLLABLES = [
    "ba", "cor", "del", "en", "fi", "gra", "hul", "is", "ka", "lom", "mi", "nur", "o", "pes", "ri", "sta", "tu",
]  # fmt: skip


def made_up_words(number: int, seed: int = 0) -> list[str]:
    """Return this number of different words, of two to five syllables each; the same seed gives the same words."""
    generator = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < number:
        words["".join(generator.choices(SYLLABLES, k=generator.randint(2, 5)))] = None
    return list(words)


def mistyped(word: str, seed: int = 0) -> str:
    """Return the word with one of its letters replaced by a random one; the same seed gives the same word."""
    generator = random.Random(f"{word} {seed}")
    place = generator.randrange(len(word))
    return word[:place] + generator.choice("abcdefghijklmnopqrstuvwxyz") + word[place + 1 :]


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
