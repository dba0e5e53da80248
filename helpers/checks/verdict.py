"""What a check returns, and the decorator that turns a function into a check."""

import dis
import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpers import markup


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether the answer is right, and a sentence for the student. It prints itself as one line."""

    right: bool
    sentence: str
    answered: bool = True

    def __repr__(self) -> str:
        if not self.answered:
            return f"✗ {self.sentence}"
        return f"{'✓' if self.right else '✗ Not yet.'} {self.sentence}"

    def _repr_html_(self) -> str:
        return markup.verdict(repr(self), answered=self.answered)


NO_ANSWER = Verdict(False, "No answer yet.", answered=False)
"""What every check returns of an exercise that is still open: no hint, so that the student thinks first."""


def exercise_check(*, praise: str) -> Callable[[Callable[..., str | None]], Callable[..., Verdict]]:
    """Turn a function that returns a hint for a wrong answer, and None for a right one, into a check.

    praise: what the student reads when the answer is right.

    The function takes the answer, and then the facts of the exercise that it needs. An exception that it raises, or
    that an answer raises in it, becomes a hint. It is not called while there is no answer (`is_missing`).
    """

    def decorate(find_hint: Callable[..., str | None]) -> Callable[..., Verdict]:
        @functools.wraps(find_hint)
        def check(answer: Any, *facts: Any) -> Verdict:
            if is_missing(answer):
                return NO_ANSWER
            try:
                hint = find_hint(answer, *facts)
            except Exception as error:  # noqa: BLE001 - the student sees it, whatever it is
                hint = f"Checking your answer raised {type(error).__name__}: {error}"
            return Verdict(hint is None, praise if hint is None else hint)

        return check

    return decorate


def is_missing(answer: object) -> bool:
    """Return whether an answer is still as the exercise gave it.

    That is None, `...`, a collection of nothing but `...`, or a function whose body is `...` or `pass`.
    """
    if answer is None or answer is ...:
        return True
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, (list, tuple, set, frozenset)):
        return len(answer) > 0 and all(item is ... for item in answer)
    return isinstance(answer, types.FunctionType) and _does_nothing(answer)


def _does_nothing(function: types.FunctionType) -> bool:
    """Return whether the function's whole body is `...` or `pass`, which compile to returning None at once."""
    steps = [step for step in dis.get_instructions(function) if step.opname not in ("RESUME", "NOP", "CACHE")]
    loads_none = [step.argval is None for step in steps if step.opname != "RETURN_VALUE"]
    return loads_none == [True]
