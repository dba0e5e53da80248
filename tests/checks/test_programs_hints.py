"""Each usual mistake in a student's program gets the hint that names it; what the X-ray saw is made by hand."""

import multiprocessing

import pytest

from helpers import checks
from helpers.checks import programs
from helpers.checks.programs import HIGHEST_VALUE, PROGRAM_DEADLINE, TABLE_BYTES, TOTAL_OF_ORDERS, Seen
from helpers.spans import Run, Span, Worker

PRAISE_ORDERS = "The same total, and no worker is sent the price list twice."
PRAISE_STATIONS = "The same value, and next to nothing comes back."


def span(task, *, worker=1, bytes_in=100, bytes_out=100, arrived=None):
    moments = [float(task) if arrived is None else arrived] * 11
    return Span(task, worker, *moments, cpu=0.0, bytes_in=bytes_in, bytes_out=bytes_out)


def run_of(*spans, processes=2, start_method="fork", workers=(1, 2)):
    return Run(spans, tuple(Worker(pid, 0.0) for pid in workers), processes, start_method, 0.0, 10.0)


GOOD = run_of(span(0), span(1, worker=2))


def see(monkeypatch, *seen, default="spawn"):
    """Let the X-ray see this, one after another; return the start methods that are asked for."""
    left, asked = list(seen), []

    def xray(program, method=""):
        asked.append(method)
        return left.pop(0)

    monkeypatch.setattr(programs, "xray", xray)
    monkeypatch.setattr(programs, "get_context", lambda: multiprocessing.get_context(default))
    return asked


def orders(*runs, lines=(TOTAL_OF_ORDERS,), ended=True):
    return Seen(lines, ended, runs)


def stations(*runs):
    return Seen((HIGHEST_VALUE,), True, runs)


@pytest.mark.parametrize(
    "seen, hint",
    [
        (orders(GOOD), PRAISE_ORDERS),
        (orders(lines=()), f"It must print {TOTAL_OF_ORDERS}, and nothing else. The last line of yours: nothing"),
        (
            orders(GOOD, lines=("begin", " 1 ")),
            f"It must print {TOTAL_OF_ORDERS}, and nothing else. The last line of yours: 1",
        ),
        (
            orders(GOOD, lines=(TOTAL_OF_ORDERS, TOTAL_OF_ORDERS)),
            f"It must print {TOTAL_OF_ORDERS}, and nothing else. The last line of yours: {TOTAL_OF_ORDERS}",
        ),
        (
            orders(GOOD, ended=False),
            f"It still ran after {PROGRAM_DEADLINE:g} s. The last line that it printed: {TOTAL_OF_ORDERS}",
        ),
        (
            orders(lines=("To fix this issue, refer to the 'Safe importing of main module' section",), ended=False),
            "Its workers fail while they import it, again and again: the import starts processes (RuntimeError).",
        ),
        (orders(), "The X-ray sees no pool with tasks. Keep the pool, so that processes share the work."),
        (
            orders(GOOD, run_of(span(0), span(1), start_method="threads")),
            "Its tasks run in threads. These tasks compute, so let processes run them.",
        ),
        (orders(run_of(span(0), span(1), processes=1)), "All tasks go to one worker. Let at least two share them."),
        (
            orders(run_of(span(0, arrived=1.0), span(1, arrived=1.0))),
            "All tasks go to one worker. Let at least two share them.",
        ),
        (orders(run_of(span(0), span(1)), GOOD), PRAISE_ORDERS),  # both tasks went to the same worker, by chance
        (orders(run_of(span(0, bytes_in=TABLE_BYTES), span(1, bytes_in=TABLE_BYTES))), PRAISE_ORDERS),
        (
            orders(run_of(*(span(task, bytes_in=TABLE_BYTES) for task in range(3)))),
            "The output is right. Its 3 messages to 2 workers carry 3.0 times the price list.",
        ),
        (
            orders(run_of(span(0), span(1), workers=(1, 2, 3))),
            "The output is right. It starts 3 workers one after another, and each gets the price list.",
        ),
    ],
)
def test_a_program_of_orders_gets_the_hint_that_names_its_mistake(monkeypatch, seen, hint):
    see(monkeypatch, seen)
    assert checks.price_list_sent_once("a program").sentence == hint


@pytest.mark.parametrize(
    "bytes_out, hint",
    [
        (50_000, PRAISE_STATIONS),
        (50_001, "The output is right. Its results have 0.1 MB together; 0.1 MB is the most."),
        (900_000, "The output is right. Its results have 1.8 MB together; 0.1 MB is the most."),
    ],
)
def test_a_program_of_stations_gets_the_hint_that_names_its_mistake(monkeypatch, bytes_out, hint):
    see(monkeypatch, stations(run_of(span(0, bytes_out=bytes_out), span(1, worker=2, bytes_out=bytes_out))))
    assert checks.little_returned("a program").sentence == hint


def test_a_program_runs_with_the_default_start_method_and_with_spawn(monkeypatch):
    asked = see(monkeypatch, orders(GOOD), orders(GOOD), default="forkserver")
    assert checks.price_list_sent_once("a program").right
    assert asked == ["", "spawn"]


def test_a_program_runs_once_where_spawn_is_the_default(monkeypatch):
    asked = see(monkeypatch, orders(GOOD))
    assert checks.price_list_sent_once("a program").right
    assert asked == [""]


def test_a_program_that_fails_under_spawn_only_is_told_so(monkeypatch):
    see(monkeypatch, orders(GOOD), orders(lines=("NameError: name 'shop' is not defined",)), default="forkserver")
    sentence = checks.price_list_sent_once("a program").sentence
    assert sentence.startswith("Its workers were started by spawn. It must print")
    assert sentence.endswith("NameError: name 'shop' is not defined")
