"""How a program calls a pool, and so who chooses the size of its chunks."""

from helpers.program.places import Line, describe, is_library, library_of

MAP, APPLY, SUBMIT, ALONE = "map", "apply", "submit", "alone"
"""`map` and its like, which cut the work; `apply_async`; `submit`; and executors of threads, which never put calls
together."""

Calls = list[tuple[str, Line | None]]
"""The ways in which one pool was called, and the line, where it is MAP."""


def about_chunks(calls: Calls, folder: str) -> str:
    """Say how to choose a chunksize, which is put into the braces, if no line of the program can simply name it."""
    ways = {how for how, _ in calls}
    if ways == {APPLY}:
        return "apply_async takes no chunksize: hand the tasks in with map or imap_unordered, and {}."
    if ways == {SUBMIT}:
        return "submit takes no chunksize: hand the tasks in with the executor's map, and {}."
    if ways == {ALONE}:
        return "an executor of threads ignores {}: let each call of your function work on several values."
    lines = [line for how, line in calls if how == MAP and line is not None]
    if not lines or not all(is_library(file) for file, _, _ in lines):
        return ""
    where = f"{library_of(lines[0][0])} calls map, not the program ({describe(lines[:1], folder)})"
    return (
        f"{where}: if it takes no chunksize, give it a pool, or a map, of yours that does, as with "
        "`pool.map = functools.partial(pool.map, {})`."
    )
