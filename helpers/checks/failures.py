"""Tasks that fail in a pool."""

from collections.abc import Collection

from helpers.checks.verdict import exercise_check


@exercise_check(praise="It comes back from a pickle with its row and its reason.")
def picklable_exception(answer: type[Exception]) -> str | None:
    error = answer(2, "has no distance")
    if "2" not in str(error) or "has no distance" not in str(error):
        return "str() of the exception must name the row and the reason."
    try:
        rebuilt = answer(*error.args)  # what pickle does
    except TypeError as problem:
        return f"Pickle calls the class with error.args, which are {error.args!r}: {problem}"
    return None if str(rebuilt) == str(error) else "What pickle rebuilds has another text."


@exercise_check(praise="In all three, the answer that map waits for can never come.")
def hanging_mistakes(answer: Collection[str]) -> str | None:
    right = {"unpicklable error", "killed worker", "endless task"}
    if missing := right - set(answer):
        return f"{len(missing)} more of them hang: for which can no answer reach the parent process?"
    if extra := set(answer) - right:
        return f"{min(extra)!r} ends with an error of its own."
    return None
