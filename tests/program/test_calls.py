"""Who chooses the size of the chunks: what a program calls is noted, and says how advice about it can be followed."""

import runpy
from math import sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pictures import FIRST, RUN

from helpers.program import executors, pools, recording
from helpers.program.calls import ALONE, APPLY, MAP, SUBMIT, about_chunks
from helpers.program.journal import Journal
from helpers.program.page import _pictures
from helpers.program.recording import RecordedPool, read_recording
from helpers.program.summary import where_the_time_went
from helpers.spans import Load, Run

OURS, LIBRARY = ("/me/script.py", 3, "main"), ("/x/site-packages/sampler/ensemble.py", 3, "sample")
NUMBERS = range(9)
THREADS, PROCESSES, POOLS = "concurrent.futures.thread", "concurrent.futures.process", "multiprocessing.pool"


def by_a_library(pool):
    """Call map from a file of an installed package."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "site-packages", "sampler", "ensemble.py")
        path.parent.mkdir(parents=True)
        path.write_text("def sample(pool, function, values):\n    return list(pool.map(function, values))\n")
        return runpy.run_path(str(path))["sample"](pool, sqrt, NUMBERS)


@pytest.mark.parametrize(
    ("module", "name", "call", "begins"),
    [
        (THREADS, "ThreadPoolExecutor", lambda pool: [pool.submit(sqrt, n) for n in NUMBERS], "an executor of threads"),
        (THREADS, "ThreadPoolExecutor", lambda pool: list(pool.map(sqrt, NUMBERS)), "an executor of threads ignores"),
        (PROCESSES, "ProcessPoolExecutor", lambda pool: pool.submit(sqrt, 4).result(), "submit takes no chunksize"),
        (PROCESSES, "ProcessPoolExecutor", lambda pool: list(pool.map(sqrt, NUMBERS)), ""),
        (PROCESSES, "ProcessPoolExecutor", by_a_library, "sampler calls map, not the program"),
        (POOLS, "ThreadPool", lambda pool: pool.apply_async(sqrt, (4,)).get(), "apply_async takes no chunksize"),
        (POOLS, "ThreadPool", lambda pool: pool.map(sqrt, NUMBERS), ""),
        (POOLS, "ThreadPool", lambda pool: list(pool.imap(sqrt, NUMBERS)), ""),
        (POOLS, "ThreadPool", by_a_library, "sampler calls map, not the program"),
    ],
)
def test_what_is_called_is_noted(tmp_path, monkeypatch, module, name, call, begins):
    monkeypatch.setattr(pools, "_journal", Journal(str(tmp_path / "journal")), raising=False)
    with executors.recording_classes(module)[name](2) as pool:
        call(pool)
    ((recorded,),) = (group.pools for group in read_recording(tmp_path / "journal", "").groups)
    assert recorded.about_chunks.startswith(begins)
    assert bool(recorded.about_chunks) == bool(begins)


@pytest.mark.parametrize(
    ("calls", "begins"),
    [
        ([(APPLY, None)], "apply_async takes no chunksize: hand the tasks in with map or imap_unordered, and {}."),
        ([(SUBMIT, None)], "submit takes no chunksize"),
        ([(ALONE, None)], "an executor of threads ignores {}"),
        ([(MAP, LIBRARY)], "sampler calls map, not the program (sampler/ensemble.py:3 in sample)"),
        ([(MAP, OURS)], ""),
        ([(MAP, LIBRARY), (MAP, OURS)], ""),
        ([(APPLY, None), (MAP, OURS)], ""),
        ([], ""),
    ],
)
def test_the_advice_depends_on_who_cuts_the_work(calls, begins):
    assert about_chunks(calls, "/me").startswith(begins)
    assert bool(about_chunks(calls, "/me")) == bool(begins)


@pytest.mark.parametrize(("size", "alone", "said"), [(1, True, False), (2, True, True), (1, False, True)])
def test_a_chunksize_that_the_tasks_have_already_needs_no_words(monkeypatch, size, alone, said):
    monkeypatch.setattr(recording, "explain", lambda *_, **__: f"Take chunksize={size}.")
    run = RUN if alone else RUN._replace(spans=(FIRST, FIRST._replace(task=1)))
    pool = RecordedPool("Pool", "", run, ["sqrt"] * len(run.spans), "Hand them in with {}.")
    assert ("Hand them in with" in pool.explanation) is said


@pytest.mark.parametrize(
    ("seconds", "others", "said"),
    [
        (8.0, 0.1, "waiting, but not for a CPU, 86%"),
        (0.9, 99.0, "waiting for a CPU, or for something else, 86%"),
    ],
)
def test_what_tasks_of_a_short_run_beside_others_waited_for_is_left_open(seconds, others, said):
    asleep = FIRST._replace(started=12.0, finished=18.0, returned=18.0, replied=18.0, cpu=0.0)
    load = Load(seconds=seconds, machine=others, workers=0.0, parent=0.0, waited=0.0)
    pool = RecordedPool("Pool", "", Run((asleep,), RUN.workers[:1], 1, "fork", 11.0, 18.0, load), ("nap",))
    assert said in where_the_time_went(pool)


def test_a_task_that_never_came_back_did_not_wait_for_a_cpu():
    lost = FIRST._replace(started=12.0, finished=18.0, returned=18.0, replied=18.0, cpu=0.0, outcome="lost")
    pool = RecordedPool("Pool", "", Run((lost,), RUN.workers[:1], 1, "fork", 11.0, 18.0), ("nap",))
    assert "tasks that never came back, 86%" in where_the_time_went(pool)


@pytest.mark.parametrize(
    ("waited", "said"), [(0.0, "waiting, but not for a CPU, 86%"), (9.0, "waiting for a CPU, 86%")]
)
def test_tasks_that_slept_did_not_wait_for_a_cpu_in_words_and_on_the_page(waited, said):
    asleep = FIRST._replace(started=12.0, finished=18.0, returned=18.0, replied=18.0, cpu=0.0)
    load = Load(seconds=8.0, machine=0.1, workers=0.0, parent=0.1, waited=waited)
    pool = RecordedPool("Pool", "", Run((asleep,), RUN.workers[:1], 1, "fork", 11.0, 18.0, load), ("nap",))
    assert said in where_the_time_went(pool)
    page_says = "the tasks did not wait for a CPU" in " ".join(_pictures(pool))
    assert page_says is ("not" in said)
