"""What a notebook shows beside the text: well-formed HTML with the same facts, in which colours and shapes differ."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from helpers import markup
from helpers.checks.verdict import NO_ANSWER, Verdict
from helpers.diagnosis import Cause, Diagnosis
from helpers.drawing.picture import COLOURS
from helpers.findings import FAILS, HOLDS, UNCLEAR, finding
from helpers.machine import Machine
from helpers.model.advice import advice_from
from helpers.model.costs import Costs, Leg
from helpers.model.laws import amdahl, with_overhead
from helpers.model.sample import Sample
from helpers.spans import Breakdown
from helpers.timing import Comparison, Timing


def parsed(html):
    return ET.fromstring(f"<body>{html}</body>")


def cells(html):
    return [["".join(cell.itertext()) for cell in row] for row in parsed(html).iter("tr")]


def shown(value):
    """What a front end gets of a value, by its kind."""
    return InteractiveShell.instance().display_formatter.format(value)[0]


FIRST, SECOND = Timing("<loop>", (2.0, 4.0, 3.0), (1.0,) * 3), Timing("pool", (1.0, 1.0, 0.5), (1.0,) * 3)


def test_a_comparison_is_a_table_with_the_cells_of_its_text():
    both = shown(Comparison((FIRST, SECOND)))
    head, *rows = cells(both["text/html"])
    lines = both["text/plain"].splitlines()
    assert head == ["", "minimum", "median", "spread", "times as fast as <loop>"]
    assert rows == [re.split(r"  +", line) for line in lines[1:3]]
    assert "".join(parsed(both["text/html"]).find("div").itertext()) == lines[3]


def test_a_timing_is_a_table_of_one_row():
    both = shown(FIRST)
    assert cells(both["text/html"]) == [
        ["", "minimum", "median", "spread", "repeats"], ["<loop>", "2.00 s", "3.00 s", "2.00 s", "3"],
    ]  # fmt: skip
    assert both["text/plain"] == "<loop>: minimum 2.00 s, median 3.00 s, spread 2.00 s, 3 repeats"


def test_names_are_at_the_left_and_figures_at_the_right():
    for row in parsed(markup.table([["", "a"], ["b", "1"], ["c", "2"]])).iter("tr"):
        first, second = (cell.get("style") for cell in row)
        assert "text-align: left" in first and "text-align: right" in second


def test_a_machine_is_a_table_of_what_is_known_of_it():
    machine = Machine("CPython 3.15", "Linux", 4, 2, 2, ("fork", "spawn"), 0)
    both = shown(machine)
    assert cells(both["text/html"]) == [re.split(r"  +", line) for line in both["text/plain"].splitlines()]
    assert ["BLAS threads", "unknown"] in cells(both["text/html"])


def test_an_advice_is_a_table_and_then_its_words():
    sample = Sample(np.ones(8), np.ones(8), np.ones(8), 8, 1.0, Costs(0, 0, *[Leg()] * 4))
    advice = advice_from(sample, 2)
    both = shown(advice)
    lines = both["text/plain"].splitlines()
    head, *rows = cells(both["text/html"])
    assert head == re.split(r"  +", lines[0])
    assert [len(row) for row in rows] == [5, 5, 5]
    assert rows[0][:3] == ["no pool", "", "8.00 s"]
    notes = ["".join(note.itertext()) for note in parsed(both["text/html"]).iter("div")]
    assert notes[0] == lines[4]
    assert " ".join(lines[5:]) == notes[1]


def test_where_the_time_went_is_a_table_of_phases():
    spent = Breakdown(1.0, 0.5, 0.25, 0.25, 0.0, 2.0, 4.0)
    both = shown(spent)
    head, *rows = cells(both["text/html"])
    assert head == ["", "worker-seconds", "share"]
    assert [" ".join(row) for row in rows] == [re.sub(r" +", " ", line) for line in both["text/plain"].splitlines()]
    assert cells(shown(Breakdown(*[0.0] * 7))["text/html"])[1] == ["computing", "0.000 s", "0.0%"]


def test_a_diagnosis_has_what_to_do_in_bold():
    cause = Cause("idle", 3.0, "the last <task> came too late", "Send it first", 1.0)
    both = shown(Diagnosis((cause,), 2.0, 4.0, 0.5, ("Nobody knows.",)))
    first, second = parsed(both["text/html"])
    (bold,) = first.iter("b")
    assert bold.text == "Send it first. Expect 1.00 s instead of 2.00 s."
    assert first.text.endswith("of the workers' time: the last <task> came too late.")
    assert second.text == "Nobody knows."
    assert both["text/plain"] == f"{first.text}\n  {bold.text}\nNobody knows."


@pytest.mark.parametrize("mark", [HOLDS, UNCLEAR, FAILS])
def test_each_verdict_has_a_colour_of_the_pictures_and_a_shape_of_its_own(mark):
    span = parsed(markup.verdict(f"{mark} It is <so>: 1.05 times.")).find("div/span")
    colour, ink, corners = markup.MARKS[mark]
    assert f"background-color: {colour}; color: {ink}" in span.get("style")
    assert f"border-radius: {corners};" in span.get("style")
    assert (span.text, span.tail) == (mark, "It is <so>: 1.05 times.")
    assert colour in COLOURS.values()


def test_no_two_verdicts_look_the_same():
    assert len({colour for colour, _, _ in markup.MARKS.values()}) == 3
    assert len({corners for _, _, corners in markup.MARKS.values()}) == 3


def test_the_verdict_of_a_check_is_shown_with_its_mark_and_an_open_exercise_without_a_colour():
    both = shown(Verdict(False, "The loop is <not> faster."))
    assert both["text/plain"] == "✗ Not yet. The loop is <not> faster."
    assert "".join(parsed(both["text/html"]).itertext()) == "✗Not yet. The loop is <not> faster."
    assert "background-color" in both["text/html"]
    unanswered = shown(NO_ANSWER)
    assert unanswered["text/plain"] == "✗ No answer yet."
    assert "background-color" not in unanswered["text/html"] and "dashed" in unanswered["text/html"]


class Kernel:
    """The shell of a notebook, as far as `show` needs it."""

    kernel = "one"

    def __init__(self):
        self.published, self.display_pub = [], self

    def publish(self, data, metadata):
        self.published.append(data)


def test_a_finding_is_displayed_in_a_notebook_and_printed_elsewhere(monkeypatch, capsys):
    finding("It is so", [2.0, 2.0, 2.0], above=1)
    line = "✓ It is so: 2.00 times (2.00 to 2.00)."
    assert capsys.readouterr().out == f"{line}\n"
    shell = Kernel()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    finding("It is so", [2.0, 2.0, 2.0], above=1)
    assert capsys.readouterr().out == ""
    assert shell.published == [{"text/plain": line, "text/html": markup.verdict(line)}]


def test_where_ipython_was_never_imported_it_is_not_imported_for_a_finding(monkeypatch, capsys):
    monkeypatch.delitem(__import__("sys").modules, "IPython")
    markup.show("a line", "<b>a line</b>")
    assert capsys.readouterr().out == "a line\n"


def test_the_formula_of_a_law_is_latex_beside_its_text():
    sweep = {1: [2.2, 2.3], 2: [1.3, 1.2], 4: [1.3, 1.28]}
    amdahls, overhead = shown(amdahl(2.2, sweep, 2)), shown(with_overhead(sweep, 64))
    start = r"Amdahl's law: $\displaystyle T(p) = T(1) \left(f + \frac{1 - f}{\min(p, 2)}\right)$, with $f = 0."
    assert amdahls["text/latex"].startswith(start)
    assert amdahls["text/plain"].startswith("Amdahl's law: T(p) = T(1) (f + (1 - f) / min(p, 2)), with f = 0.")
    assert r"$\displaystyle T(p) = a + \frac{b}{\min(p, 64)} + c\,p$, with $a = " in overhead["text/latex"]
    assert overhead["text/latex"].count("$") == 8 and overhead["text/latex"].count(r"\pm") == 3


@pytest.mark.parametrize(
    ("figure", "latex"),
    [(1.0, "f = 1 "), (1.5e-7, r"f = 1.5 \times 10^{-7} "), (1234567.0, r"f = 1.23 \times 10^{6} ")],
)
def test_a_parameter_is_written_with_a_power_of_ten(figure, latex):
    law = amdahl(2.2, {1: [2.2, 2.3]}, 2)
    object.__setattr__(law, "parameters", {"f": (figure, 0.1)})
    assert latex in shown(law)["text/latex"]
