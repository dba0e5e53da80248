"""The plots: their facts are in their text twins, their SVGs fit into any page, and all that is drawn can be seen."""

import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib
import pytest

from helpers.plots import Point, curves_plot, histogram_plot, runs_plot, speedup_plot
from helpers.timing import Timing


def timing(*seconds):
    return Timing("made by hand", tuple(map(float, seconds)), (0.0,) * len(seconds))


SERIAL = timing(4, 4, 4)
MEASURED = {4: timing(2, 4, 2.5), 2: timing(2.5)}


def figures(picture):
    """Return the numbers of each row of the text twin."""
    return [line.split() for line in picture.text.splitlines()[2:]]


def test_the_text_twin_has_the_figures_calculated_by_hand():
    picture = speedup_plot(SERIAL, {9: timing(1), **MEASURED}, cpus=5, prediction={4: 3.5})
    assert picture.text.splitlines()[0] == "serial: 4.00 s; 5 usable CPUs"
    assert figures(picture) == [
        ["2", "2.50", "s", "1.60", "80%", "-"],
        ["4", "2.50", "s", "1.60", "40%", "3.50"],
        ["9", "1.00", "s", "4.00", "44%", "-"],
    ]


def test_a_prediction_without_a_measurement_has_a_row_too():
    assert figures(speedup_plot(SERIAL, {}, cpus=2, prediction={8: 2.0})) == [["8", "-", "-", "-", "2.00"]]


def test_without_a_prediction_there_is_no_column_for_it():
    assert "prediction" not in speedup_plot(SERIAL, MEASURED, cpus=5).text
    assert figures(speedup_plot(SERIAL, MEASURED, cpus=5))[0] == ["2", "2.50", "s", "1.60", "80%"]


@pytest.fixture
def axes(monkeypatch):
    """Return a function that draws as speedup_plot does and returns the axes."""
    drawn = []
    monkeypatch.setattr("helpers.plots.to_svg", lambda figure, label: str(drawn.append(figure)))
    return lambda *args, **keywords: speedup_plot(*args, **keywords) and drawn.pop().axes[0]


def lines(axes):
    """Return the points (x, y) of every line."""
    return {tuple(map(tuple, line.get_xydata().tolist())) for line in axes.lines}


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


def test_an_axis_label_with_markup_cannot_break_the_picture():
    svg = curves_plot({"a": {1: 1.0}}, across='"<rows> & columns').svg
    assert ET.fromstring(svg).get("aria-label") == 'Seconds over "<rows> & columns; 1 series'


def test_the_svg_says_what_it_shows_and_is_well_formed():
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
    with pytest.raises(ValueError, match="predicted speed-up must be a number above 0, not"):
        runs_plot([Point(2, 1.5, 1.4, 1.6, 0.5, predicted=expected)], cpus=2)


def test_the_text_of_curves_has_what_was_measured_next_to_what_was_predicted():
    text = curves_plot({"even": {1: 2.0, 10: 0.5}}, {"even": {1: 1.0, 5: 0.7, 10: 0.25}}, across="chunks").text
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["1", "2.00", "s", "1.00", "s"], ["10", "500", "ms", "250", "ms"],
    ]  # fmt: skip


def test_curves_are_one_labelled_svg_with_a_mark_and_a_line_for_each_label():
    svg = curves_plot({"a": {1: 1.0}, "b": {1: 2.0}}, {"a": {1: 1.0, 2: 2.0}}, across="chunks").svg
    assert ET.fromstring(svg).get("aria-label") == "Seconds over chunks; 3 series"
    assert all(words in svg for words in ("a: measured", "b: measured", "a: predicted"))


@pytest.mark.parametrize("curve", [{}, {0: 1.0}, {1: 0.0}])
def test_curves_without_points_or_with_what_a_logarithm_cannot_show_are_refused(curve):
    with pytest.raises(ValueError, match="needs measured seconds, all of them and of what they are drawn over above 0"):
        curves_plot({"a": curve}, across="chunks")


def test_the_text_of_a_histogram_has_the_number_of_different_values():
    text = histogram_plot({"wrong": [3.1, 3.1, 3.2], "right": [3.0, 3.1, 3.2]}, across="estimate").text
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["wrong", "3", "2", "3.1", "3.2"], ["right", "3", "3", "3", "3.2"],
    ]  # fmt: skip


def test_a_histogram_without_values_is_refused():
    with pytest.raises(ValueError, match="one number or more for every label"):
        histogram_plot({"none": []}, across="estimate")


def test_every_run_in_the_plot_has_its_label_and_its_row():
    points = [Point(2, 1.5, 1.4, 1.6, 0.5, "1"), Point(4, 1.8, 1.8, 1.8, 0.4, "2", predicted=3.0)]
    points[0] = replace(points[0], modelled=1.9)
    picture = runs_plot(points, cpus=4)
    first, second = (line.split() for line in picture.text.splitlines()[2:])
    assert (first[0], *first[-2:]) == ("1", "-", "1.90")
    assert (second[0], *second[-3:]) == ("2", "45%", "3.00", "-")
    assert "your prediction" in picture.svg


def test_a_law_in_the_plot_has_a_line_and_its_figures():
    picture = runs_plot([Point(2, 1.5, 1.4, 1.6, 0.5, "1")], laws={"Amdahl's law": {1: 1.0, 2: 1.6}}, cpus=4)
    assert "Amdahl's law: 1.00 with 1, 1.60 with 2" in picture.text
    assert "Amdahl" in picture.svg
