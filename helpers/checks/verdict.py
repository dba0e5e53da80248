"""What a check returns, and the decorator that turns a function into a check."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether the answer is right, and a sentence for the student."""

    right: bool
    sentence: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗ Not yet.'} {self.sentence}"


def exercise_check(*, praise: str) -> Callable[[Callable[..., str | None]], Callable[..., Verdict]]:
    """Turn a function that returns a hint for a wrong answer, and None for a right one, into a check.

    praise: what the student reads when the answer is right.

    The function takes the answer, and then the facts of the exercise that it needs. An exception that it raises, or
    that an answer raises in it, becomes a hint; an answer of `...` is a missing one.
    """

    def decorate(find_hint: Callable[..., str | None]) -> Callable[..., Verdict]:
        @functools.wraps(find_hint)
        def check(answer: Any, *facts: Any) -> Verdict:
            if answer is ...:
                return Verdict(False, "Put your answer where the three dots are, and run this cell again.")
            try:
                hint = find_hint(answer, *facts)
            except Exception as error:  # noqa: BLE001 - the student sees it, whatever it is
                hint = f"Checking your answer raised {type(error).__name__}: {error}"
            return Verdict(hint is None, praise if hint is None else hint)

        return check

    return decorate
