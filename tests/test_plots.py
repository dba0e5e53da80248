"""The speed-up plot: its facts are in its text twin, and its SVG fits into any page."""

import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET

import matplotlib
import pytest

from helpers.plots import speedup_plot
from helpers.timing import Timing


def timing(*seconds):
    return Timing("made by hand", tuple(map(float, seconds)), (0.0,) * len(seconds))


SERIAL = timing(4, 4, 4)
MEASURED = {4: timing(2, 4, 2.5), 2: timing(2.5)}


def figures(picture):
    """Return the numbers of each row of the text twin."""
    return [line.split() for line in picture.text.splitlines()[2:]]


def test_the_text_twin_has_the_figures_worked_out_by_hand():
    picture = speedup_plot(SERIAL, {9: timing(1), **MEASURED}, cpus=5, prediction={4: 3.5})
    assert picture.text.splitlines()[0] == "serial: 4.00 s; 5 usable CPUs"
    assert figures(picture) == [
        ["2", "2.50", "s", "1.60", "80%", "-"],
        ["4", "2.50", "s", "1.60", "40%", "3.50"],
        ["9", "1.00", "s", "4.00", "80%", "-"],
    ]


def test_a_prediction_without_a_measurement_has_a_row_too():
    assert figures(speedup_plot(SERIAL, {}, cpus=2, prediction={8: 2.0})) == [["8", "-", "-", "-", "2.00"]]


@pytest.fixture
def axes(monkeypatch):
    """Return a function that draws as speedup_plot does and returns the axes."""
    drawn = []
    monkeypatch.setattr("helpers.plots.to_svg", lambda figure, label: str(drawn.append(figure)))
    return lambda *args, **keywords: speedup_plot(*args, **keywords) and drawn.pop().axes[0]


def lines(axes):
    """Return the points of every line, as a set of lists of (x, y)."""
    return {tuple(zip(map(float, line.get_xdata()), map(float, line.get_ydata()))) for line in axes.lines}


def test_a_dot_is_the_ratio_of_the_medians_and_its_spread_that_over_each_repeat(axes):
    drawn = axes(SERIAL, MEASURED, cpus=2)
    assert ((4.0, 1.6), (2.0, 1.6)) in lines(drawn)
    (spread,) = drawn.collections
    assert [[tuple(end) for end in bar] for bar in spread.get_segments()] == [
        [(4.0, 1.0), (4.0, 2.0)],
        [(2.0, pytest.approx(1.6)), (2.0, pytest.approx(1.6))],
    ]


def test_the_ideal_line_climbs_to_the_usable_cpus_which_are_marked_and_stays_there(axes):
    assert {((1, 1), (2, 2), (5, 2)), ((2, 0), (2, 1))} <= lines(axes(SERIAL, MEASURED, cpus=2))


def test_a_prediction_is_a_circle_joined_to_what_was_measured(axes):
    drawn = lines(axes(SERIAL, MEASURED, cpus=2, prediction={4: 3.0, 7: 1.0}))
    assert {((4, 3.0), (7, 1.0)), ((4, 3.0), (4, 1.6))} <= drawn
    assert not any(line[0] == (7, 1.0) for line in drawn)


def test_the_svg_tells_what_it_shows_and_is_well_formed():
    root = ET.fromstring(speedup_plot(SERIAL, MEASURED, cpus=2).svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Speed-up over the number of processes, on 2 usable CPUs; 2 measured"


def test_text_stays_text_and_the_usable_cpus_are_labelled():
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", speedup_plot(SERIAL, MEASURED, cpus=2, prediction={2: 1.0}).svg)
    assert {"processes", "ideal", "2 usable CPUs", "your prediction"} <= set(texts)


def test_the_svg_takes_the_colour_of_the_page_and_changes_nothing_else_in_it():
    svg = speedup_plot(SERIAL, MEASURED, cpus=2).svg
    colours = set(re.findall(r"#[0-9a-f]{6}", svg))
    assert "currentColor" in svg
    assert colours == {"#8c8c8c"}
    assert "<style" not in svg


def test_no_points_yet_draws_the_empty_axes():
    picture = speedup_plot(SERIAL, {}, cpus=2)
    assert "ideal" in picture.svg
    assert "measured: median and spread" not in picture.svg
    assert picture.text.splitlines()[1] == "nothing measured yet"


def test_the_same_timings_give_the_same_picture():
    assert speedup_plot(SERIAL, MEASURED, cpus=2) == speedup_plot(SERIAL, MEASURED, cpus=2)


@pytest.mark.parametrize("measured", [{1: timing(4)}, {n: timing(4 / n) for n in range(1, 65)}])
def test_one_cpu_and_many_processes_draw(measured):
    assert len(figures(speedup_plot(SERIAL, measured, cpus=1))) == len(measured)


def test_a_thread_draws_and_leaves_the_settings_of_matplotlib_as_they_were(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "path")
    before, pictures = dict(matplotlib.rcParams), []
    threads = [threading.Thread(target=lambda: pictures.append(speedup_plot(SERIAL, MEASURED))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pictures == [speedup_plot(SERIAL, MEASURED)] * 3
    assert dict(matplotlib.rcParams) == before


def test_drawing_never_loads_pyplot():
    code = (
        "import sys; from helpers.plots import speedup_plot; from helpers.timing import Timing;"
        "serial = Timing('serial', (1.0,), (1.0,)); speedup_plot(serial, {1: serial});"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "False"


@pytest.mark.parametrize("processes", [0, -1, 2.5, "2"])
def test_a_bad_number_of_processes_is_refused(processes):
    with pytest.raises(ValueError, match="must be a whole number of 1 or more, not"):
        speedup_plot(SERIAL, {processes: SERIAL}, cpus=2)


@pytest.mark.parametrize("expected", [0, -1.0, float("nan")])
def test_a_bad_prediction_is_refused(expected):
    with pytest.raises(ValueError, match="predicted speed-up must be a number above 0, not"):
        speedup_plot(SERIAL, {}, cpus=2, prediction={2: expected})
