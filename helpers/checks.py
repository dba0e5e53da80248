"""The checks of the exercises: each looks at an answer and gives a tick, or a hint; none gives the answer away."""

import functools
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from helpers.tasks import distances

DEFAULT_METHODS = {"linux": ("fork", "forkserver"), "darwin": ("spawn", "spawn"), "win32": ("spawn", "spawn")}
"""The default start method up to Python 3.13, and from 3.14 on (docs.python.org, "Contexts and start methods")."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: whether the answer is right, and a sentence to the student."""

    right: bool
    sentence: str

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗ Not yet.'} {self.sentence}"


def _check(look: Callable[..., str | None]) -> Callable[[Any], Verdict]:
    """Make a check of a function that returns a hint, or None when the answer is right; its docstring is the praise."""

    @functools.wraps(look)
    def check(answer: Any, *facts: Any) -> Verdict:
        if answer is ...:
            return Verdict(False, "Put your answer where the three dots are, and run this cell again.")
        try:
            hint = look(answer, *facts)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to the student
            hint = f"Checking your answer raised {type(error).__name__}: {error}"
        return Verdict(hint is None, look.__doc__ if hint is None else hint)

    return check


@_check
def timing_summary(answer: Mapping[str, float], seconds: Sequence[float]) -> str | None:
    """The minimum, the median and the spread: that is an honest report."""
    right = {"minimum": min(seconds), "median": statistics.median(seconds), "spread": max(seconds) - min(seconds)}
    for name, figure in right.items():
        if name not in answer:
            return f"The answer needs a figure named {name!r}."
        if not math.isclose(answer[name], figure, abs_tol=0.005):
            return f"Look at the {name} again: sort the {len(seconds)} times first."
    return None


@_check
def best_time(answer: Callable[[float, int, int], float]) -> str | None:
    """No pool can beat the work divided by the CPUs, and no pool uses more CPUs than it has workers."""
    if not math.isclose(answer(8.0, 2, 2), 4.0):
        return "Two workers on two CPUs share 8 seconds of work: how long do they take at best?"
    if not math.isclose(answer(8.0, 5, 2), 4.0):
        return "Five workers on two CPUs: how many of them can compute at the same moment?"
    if not math.isclose(answer(8.0, 2, 16), 4.0):
        return "Two workers on sixteen CPUs: how many CPUs have something to do?"
    return None


@_check
def same_distances(answer: Callable[[Any, Any], Sequence[float]]) -> str | None:
    """The same distances. Now let the next cell say how much faster they came."""
    rows = [[0.0, 3.0, 1.0], [2.0, -1.0, 4.0], [1.0, 1.0, 1.0]]
    target = [1.0, 1.0, 1.0]
    found = answer(rows, target)
    if not isinstance(found, list) or len(found) != len(rows):
        return "Return a list with one number for every row."
    if not all(map(math.isclose, found, distances(rows, target))):
        return "Some of the distances differ from those of tasks.distances."
    return None


@_check
def chunk_lengths(answer: Sequence[int], rows: int, chunks: int) -> str | None:
    """The first chunks take one row more each until the remainder is used up; none is lost."""
    if sum(answer) != rows:
        return f"Together the chunks must hold {rows} rows; yours hold {sum(answer)}."
    if len(answer) != chunks:
        return f"There must be {chunks} chunks; you have {len(answer)}."
    if max(answer) - min(answer) > 1:
        return "array_split makes chunks whose lengths differ by one row at most."
    if list(answer) != sorted(answer, reverse=True):
        return "Which chunks take the extra rows: the first or the last?"
    return None


@_check
def pool_distances(answer: Callable[..., Sequence[float]], rows: Any, target: Any) -> str | None:
    """The same list as the loop's, for one process and for several."""
    right = distances(rows, target)
    for processes in (1, 2, 3):
        found = answer(rows, target, processes)
        if len(found) == processes:
            return "You return one list for each chunk; join them to one list of distances."
        if list(found) != right:
            return f"With {processes} processes the list differs from the loop's."
    return None


@_check
def share_of_waiting(answer: float, run: Any) -> str | None:
    """That share of the workers' time bought nothing: the CPUs were taken."""
    calls = sum(span.finished - span.started - span.computing for span in run.spans)
    right = calls / (run.seconds * run.processes)
    if math.isclose(answer, right, rel_tol=0.01):
        return None
    if math.isclose(answer, right * 100, rel_tol=0.01):
        return "That is a percentage; give the share as a number between 0 and 1."
    return "Divide the seconds of waiting for a CPU by the whole, both from breakdown(run)."


@_check
def default_chunk_size(answer: int, tasks: int, processes: int) -> str | None:
    """A quarter of a worker's share, rounded up: so that every worker takes about four chunks."""
    right = math.ceil(tasks / (4 * processes))
    if answer == right:
        return None
    if answer == math.ceil(tasks / processes):
        return "That is one chunk a worker. The pool makes about four."
    if answer == tasks // (4 * processes):
        return "Nearly. What becomes of the tasks that are left over?"
    return f"Share {tasks} tasks among {processes} workers, then cut each share into four."


@_check
def chunk_size_for(answer: Callable[[int, int, int], int]) -> str | None:
    """It works for few tasks and for many, and never asks for an empty chunk."""
    for tasks, processes, each in ((1000, 4, 10), (100_000, 2, 16), (7, 4, 4)):
        size = answer(tasks, processes, each)
        if not isinstance(size, int) or size < 1:
            return f"A chunk size is a whole number of 1 or more; for {tasks} tasks you say {size!r}."
        chunks = math.ceil(tasks / size)
        if chunks > processes * each:
            return f"{tasks} tasks, {processes} workers, {each} chunks each: yours makes {chunks} chunks, which is too many."
        if size > 1 and math.ceil(tasks / (size - 1)) <= processes * each:
            return f"{tasks} tasks, {processes} workers, {each} chunks each: a smaller size would do."
    return None


@_check
def amdahl_limit(answer: float, serial_share: float) -> str | None:
    """With endless CPUs only the serial share is left; so the limit is one over it."""
    if math.isclose(answer, 1 / serial_share, rel_tol=0.01):
        return None
    return "Let p in T(p) = T(1) (f + (1 - f) / p) grow without end. What is left of T(p)?"


@_check
def best_processes(answer: Callable[[float, float, float], int]) -> str | None:
    """Where the curve is lowest: near the square root of b / c."""
    for a, b, c in ((1.0, 9.0, 1.0), (0.0, 8.0, 0.02), (5.0, 1.0, 4.0)):
        right = min(range(1, 1001), key=lambda p: a + b / p + c * p)
        if answer(a, b, c) != right:
            return f"With a = {a:g}, b = {b:g} and c = {c:g} another number of processes takes less time than yours."
    return None


@_check
def map_order(answer: Sequence[int], sizes: Sequence[int]) -> str | None:
    """map keeps the order of its input, whichever task was ready first."""
    if list(answer) == sorted(sizes):
        return "That is the order in which they finish. In what order does map give the results?"
    if list(answer) != list(sizes):
        return "Give the sizes in the order in which map returns their results."
    return None


@_check
def put_in_order(answer: Callable[..., Sequence[Any]]) -> str | None:
    """Every result carried its number home, and found its place."""
    if answer([(2, "c"), (0, "a"), (1, "b")]) != ["a", "b", "c"]:
        return "The pairs (2, 'c'), (0, 'a'), (1, 'b') must give ['a', 'b', 'c']."
    if answer([]) != []:
        return "No pairs must give an empty list."
    return None


@_check
def best_method(answer: Mapping[str, str]) -> str | None:
    """Each job has its method."""
    right = {
        "all results, in order, at once": "map",
        "each result as soon as it is ready, whatever the order": "imap_unordered",
        "each result in order, as soon as it and those before it are ready": "imap",
        "a function of two arguments": "starmap",
        "one task now, its result later": "apply_async",
    }
    for job, method in right.items():
        if answer.get(job) is ...:
            return f"Which method gives you {job}?"
        if answer.get(job) != method:
            return f"{answer.get(job)!r} is not the best choice for {job}; look at the table again."
    return None


@_check
def best_tool(answer: Mapping[str, str]) -> str | None:
    """Waiting wants threads, arithmetic NumPy, long computing a pool, and what is short wants nothing."""
    hints = {
        "fetch 200 pages from the web": ("threads", "What does such a task do most of the time?"),
        "add up the columns of a large table": ("numpy", "Would the table travel longer than it is added up?"),
        "find the nearest of 50,000 words for 10,000 others": ("pool", "It computes for minutes, and little travels."),
        "a loop that takes 30 milliseconds": ("nothing", "How long does it take to start a pool?"),
    }
    for job, (tool, hint) in hints.items():
        if answer.get(job) != tool:
            return f"{job}: {hint}"
    return None


@_check
def pool_seconds(answer: float, serial: float, start: float, moving: float, cpus: int) -> str | None:
    """Only the computing is shared; the start and the journey come on top."""
    if math.isclose(answer, start + moving + serial / cpus, rel_tol=0.01):
        return None
    if math.isclose(answer, (start + moving + serial) / cpus, rel_tol=0.01):
        return "You share everything out. Can the moving be shared, too?"
    return "Add what cannot be shared to a share of what can."


@_check
def seeds_for_tasks(answer: Callable[[int, int], Sequence[Any]]) -> str | None:
    """One stream for each task, the same ones for the same seed."""
    first, again, other = (answer(seed, 5) for seed in (1, 1, 2))
    if len(first) != 5:
        return "Return one seed for each task."
    states = [[tuple(seed.generate_state(4)) for seed in seeds] for seeds in (first, again, other)]
    if len(set(states[0])) != 5:
        return "Some of the tasks would draw the same numbers."
    if states[0] != states[1]:
        return "The same seed should give the same streams."
    if states[0] == states[2]:
        return "Another seed should give other streams."
    return None


@_check
def different_results(answer: int, workers: int, tasks_each: int) -> str | None:
    """The workers repeat each other; only a worker's own tasks differ."""
    if answer == workers * tasks_each:
        return "That would be right if each worker had a state of its own."
    if answer == 1:
        return "A worker's second task goes on where its first one stopped."
    return None if answer == tasks_each else "What does the second worker draw first? And second?"


@_check
def megabytes_sent(answer: float, megabytes: float, tasks: int, chunksize: int) -> str | None:
    """The function travels once with every chunk, and what is bound to it travels along."""
    if math.isclose(answer, megabytes * math.ceil(tasks / chunksize), rel_tol=0.01):
        return None
    if math.isclose(answer, megabytes * tasks, rel_tol=0.01):
        return "The tasks of a chunk share one copy."
    return "How many chunks are there, and what does each of them carry?"


@_check
def with_shared(answer: Callable[[Any, Callable[[str], Any]], Any]) -> str | None:
    """It holds what was given, and nothing is left, whatever happens."""
    import numpy as np  # only here: a check of one lesson

    names: list[str] = []

    def look(name: str) -> list[float]:
        names.append(name)
        memory = SharedMemory(name)
        try:
            return np.ndarray((3,), buffer=memory.buf).tolist()
        finally:
            memory.close()

    def fail(name: str) -> None:
        names.append(name)
        raise ZeroDivisionError

    if answer(np.array([1.0, 2.0, 4.0]), look) != [1.0, 2.0, 4.0]:
        return "Return what the function returned, and let it find the array's numbers in the memory."
    try:
        answer(np.array([1.0, 2.0, 4.0]), fail)
    except ZeroDivisionError:
        pass
    else:
        return "An exception of the function must reach the caller."
    left = [name for name in names if _is_shared(name)]
    return f"{len(left)} blocks of shared memory are left. Close and unlink in a finally." if left else None


def _is_shared(name: str) -> bool:
    """Return whether there is shared memory of this name, and remove it."""
    try:
        memory = SharedMemory(name)
    except FileNotFoundError:
        return False
    memory.close()
    memory.unlink()
    return True


@_check
def threads_in_all(answer: int, processes: int, blas_threads: int) -> str | None:
    """Each process has a BLAS of its own, and each BLAS its threads."""
    if answer == processes * blas_threads:
        return None
    return "Every process starts the BLAS threads for itself. How many are there together?"


@_check
def threads_or_processes(answer: Mapping[str, str]) -> str | None:
    """Whoever holds the interpreter's lock keeps other threads waiting; whoever lets go of it does not."""
    right = {
        "a loop in plain Python": "processes",
        "time.sleep, or waiting for a server": "threads",
        "a NumPy product of large matrices": "threads",
        "a loop in plain Python, on a Python without the lock": "threads",
    }
    for job, tool in right.items():
        if answer.get(job) != tool:
            return f"{job}: does it hold the interpreter's lock all the time?"
    return None


@_check
def travelling_exception(answer: type[Exception]) -> str | None:
    """It comes back from a pickle with its row and its reason."""
    error = answer(2, "has no distance")
    if "2" not in str(error) or "has no distance" not in str(error):
        return "str() of the exception must name the row and the reason."
    try:
        rebuilt = answer(*error.args)  # what pickle does
    except TypeError as problem:
        return f"Pickle calls the class with error.args, which are {error.args!r}: {problem}"
    return None if str(rebuilt) == str(error) else "What pickle rebuilds has another text."


@_check
def hanging_mistakes(answer: Collection[str]) -> str | None:
    """In all three, the answer that map waits for can never come."""
    right = {"stubborn exception", "killed worker", "endless task"}
    if missing := right - set(answer):
        return f"{len(missing)} more of them hang: for which can no answer come home?"
    if extra := set(answer) - right:
        return f"{min(extra)!r} ends with an error of its own."
    return None


@_check
def default_method(answer: Callable[[str, tuple[int, int]], str]) -> str | None:
    """You know what your students' laptops do."""
    for platform, methods in DEFAULT_METHODS.items():
        for version in ((3, 11), (3, 13), (3, 14), (3, 15)):
            if answer(platform, version) != methods[version >= (3, 14)]:
                return f"Look at the table again for {platform} and Python {version[0]}.{version[1]}."
    return None


@_check
def importable_names(answer: Collection[str]) -> str | None:
    """A worker can find a function only by the name of a module and its name in there."""
    right = {"helpers.tasks.distances", "math.sqrt", "functools.partial of helpers.tasks.distances"}
    if extra := set(answer) - right:
        return f"How would a spawned worker import {min(extra)!r}?"
    if right - set(answer):
        return "One more can travel: what does pickle need of a function?"
    return None


@_check
def cluster_speedup(answer: Callable[[float, float, int], float]) -> str | None:
    """Nothing goes faster than its workers, nor than the one scheduler that hands the tasks out."""
    if not math.isclose(answer(1.0, 0.001, 8), 8.0):
        return "Tasks of a second, a scheduler that needs a millisecond, 8 workers: what is the limit?"
    if not math.isclose(answer(0.01, 0.001, 64), 10.0):
        return "Tasks of 10 ms, a scheduler that needs 1 ms: how many workers can it keep busy?"
    if not math.isclose(answer(0.0005, 0.001, 64), 0.5):
        return "When handing out takes longer than the work, a cluster is slower than a loop."
    return None


@_check
def results_or_none(answer: Callable[[list[Future]], Sequence[Any]]) -> str | None:
    """One failed task takes nothing from the others."""
    futures: list[Future] = [Future() for _ in range(4)]
    for future, result in zip(futures, [3, ValueError("no"), 0, ""]):
        (future.set_exception if isinstance(result, Exception) else future.set_result)(result)
    found = list(answer(futures))
    if len(found) != 4:
        return f"There were 4 futures, and your list has {len(found)} entries."
    if found[1] is not None:
        return "The second task failed, so the second entry must be None."
    return None if found == [3, None, 0, ""] else "A result can be 0 or empty, and is still a result."
