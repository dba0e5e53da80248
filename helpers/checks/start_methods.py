"""Starting workers, and how they find the functions that they run."""

from collections.abc import Callable, Collection

from helpers.checks.verdict import exercise_check

DEFAULT_METHODS = {"linux": ("fork", "forkserver"), "darwin": ("spawn", "spawn"), "win32": ("spawn", "spawn")}
"""The default start method up to Python 3.13, and from 3.14 on (docs.python.org, "Contexts and start methods")."""


@exercise_check(praise="You know what your students' laptops do.")
def default_method(answer: Callable[[str, tuple[int, int]], str]) -> str | None:
    for platform, methods in DEFAULT_METHODS.items():
        for version in ((3, 11), (3, 13), (3, 14), (3, 15)):
            if answer(platform, version) != methods[version >= (3, 14)]:
                return f"Look at the table again for {platform} and Python {version[0]}.{version[1]}."
    return None


@exercise_check(praise="A worker can find a function only by the name of a module and its name in there.")
def importable_names(answer: Collection[str]) -> str | None:
    right = {"helpers.tasks.distances", "math.sqrt", "functools.partial of helpers.tasks.distances"}
    if extra := set(answer) - right:
        return f"How would a spawned worker import {min(extra)!r}?"
    if right - set(answer):
        return "One more can be sent: what does pickle need of a function?"
    return None
