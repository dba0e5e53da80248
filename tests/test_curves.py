"""Curves and histograms: their facts are in their text twins, and nothing is drawn that cannot be seen."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from helpers.plots import Point, curves_plot, histogram_plot, runs_plot


def test_the_text_of_curves_has_what_was_measured_beside_what_was_predicted():
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


def test_a_histogram_tells_how_many_values_differ():
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
