"""What a difference between start methods comes from: the kinds, each with its remedy."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

REMEDIES = {
    "guard": (
        'Put everything that starts processes into a function, and call it under `if __name__ == "__main__":`, the '
        "last lines of the program. A worker imports the program under another name, and so does not run those lines."
    ),
    "main": (
        "Define `{name}` at the top level of the program, or of a module of its own: above the line "
        '`if __name__ == "__main__":`, outside any function, without exec, and not in a cell of a notebook. Workers '
        "import it from there by its name."
    ),
    "nested": (
        "Move {name} to the top level of a module, where workers can import it by its name, and give it what it needs "
        "as arguments (`functools.partial` of a top-level function can be pickled)."
    ),
    "missing": (
        "Give `{name}` to the workers: as an argument of the function, or once for each worker with "
        "`Pool(initializer=function, initargs=({name},))`, where the function sets the global name."
    ),
    "stale": (
        "Give workers the value of `{name}`: as an argument of the function, or once for each worker with "
        "`Pool(initializer=function, initargs=(...,))`, where the function sets it."
    ),
    "environ": (
        "Give workers the variables as a dictionary, for `os.environ` itself cannot be pickled: once for each worker "
        "with `Pool(initializer=function, initargs=(dict(os.environ),))`, where the function calls `os.environ.update`."
    ),
    "opened": (
        "Open `{name}` in the workers, since nothing that is open can be sent to them: send what that takes (a path, "
        "an address), as an argument of the function or with `Pool(initializer=...)`."
    ),
    "handle": (
        "Make `{name}` in the parent process, once, and give it to the workers: in `Process(args=...)`, or with "
        "`Pool(initializer=function, initargs=({name},))`, where the function sets the global name."
    ),
    "inheritance": (
        "Give it to the workers when they start: with `Pool(initializer=function, initargs=(it,))` or in "
        "`Process(args=...)`. Or use a proxy, which can be sent: `multiprocessing.Manager().Queue()`, for example."
    ),
    "unpicklable": (
        "Send what the worker needs to make its own (a path, an address, a number), and open, connect or lock in the "
        "worker. In a class, make it when it is first used, or leave it out in `__getstate__`."
    ),
    "random": (
        "Give each task a generator of its own: `numpy.random.default_rng(seed)` with the seeds from "
        "`numpy.random.SeedSequence(...).spawn(n)`, sent as an argument. Then the numbers are right with every method."
    ),
    "import": (
        'Move these lines into a function that is called under `if __name__ == "__main__":`, so that only the parent '
        "process runs them. Leave imports, functions, classes and constants at the top level."
    ),
    "again": (
        'Compute `{name}` once, under `if __name__ == "__main__":`, and give it to the workers as an argument or with '
        "`Pool(initializer=...)`."
    ),
    "settings": "Do this in the workers, too: in a function that `Pool(initializer=...)` runs in each of them.",
    "handlers": (
        "Do this in the workers, too: in a function that `Pool(initializer=...)` runs in each of them. A forked worker "
        "has the parent's handlers already, so remove these first (`logging.getLogger().handlers.clear()`, or "
        "`basicConfig` with `force=True`), or it logs each line twice."
    ),
    "threads": (
        "Start the processes before the threads, or choose another start method: `multiprocessing.get_context("
        '"forkserver")` or `"spawn"`. Then no worker begins with a lock that nobody will release.'
    ),
    "dropped": (
        "Keep a reference to the queue or lock in the parent process until the worker has ended: join the worker "
        "before the function returns."
    ),
    "method": (
        'Call `set_start_method` under `if __name__ == "__main__":`, once; or better, use '
        "`multiprocessing.get_context(...)` and make pools and processes from it."
    ),
    "hurry": (
        "Wait for what you need instead of for a time: `process.join()`, `result.get()` or a message in a queue. A "
        "worker that is not forked imports the program first, which takes longer."
    ),
    "children": (
        "Wait for the processes that the program started itself: `process.join()`, "
        "`multiprocessing.active_children()` or `multiprocessing.connection.wait(sentinels)`."
    ),
}

ALTERNATIVES = {"unpicklable", "inheritance", "threads", "dropped", "hurry", "children"}
"""The kinds of which one line may be the cause alone. Of the others, every line needs its remedy."""


@dataclass(frozen=True)
class Cause:
    """Why a program behaves in another way: the line that causes it, in words, and what to do."""

    kind: str
    """A key of `REMEDIES`."""
    path: Path
    line: int
    why: str
    name: str = ""
    """What the remedy is about: a variable, a function."""
    weight: int = 1
    """How likely it is, beside others of its kind."""
    guess: bool = False
    """Whether it may be another cause: this one was found in the program, but nothing links it to what differs."""
    read: tuple[Path, int] | None = None
    """The line that meets the difference in workers: the one that reads the variable."""

    @property
    def remedy(self) -> str:
        """What to do, in one or two sentences."""
        return REMEDIES[self.kind].format(name=self.name)


def place(path: Path, line: int) -> str:
    """Return a place in a file in words: "line 3 of program.py"."""
    return f"line {line} of {path.name}"


def best(causes: Sequence[Cause], failed: Collection[tuple[Path, int]] = (), most: int = 3) -> list[Cause]:
    """Return the most likely causes, each line once, in the order of the program.

    failed: lines that tracebacks name; what these read comes first.
    """
    chosen: list[Cause] = []
    for cause in sorted(causes, key=lambda cause: -cause.weight):
        if all((cause.path, cause.line, cause.kind) != (other.path, other.line, other.kind) for other in chosen):
            chosen.append(cause)
    top = max((cause.weight for cause in chosen), default=0)
    likely = [cause for cause in chosen if cause.weight == top]
    first = sorted(likely, key=lambda cause: cause.read not in failed)[:most]
    return sorted(first, key=lambda cause: (cause.read not in failed, cause.path, cause.line))
