"""The pieces of an SVG."""

import re

import pytest

from helpers.drawing import svg


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.0, ["0 s"]),
        (1.0, ["0.0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s", "0.6 s", "0.7 s", "0.8 s", "0.9 s", "1.0 s"]),
        (7.0, ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s"]),
        (0.13, ["0 ms", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms", "120 ms"]),
        (0.00013, ["0 µs", "20 µs", "40 µs", "60 µs", "80 µs", "100 µs", "120 µs"]),
    ],
)
def test_an_axis_has_round_ticks_in_a_suitable_unit(seconds, labels):
    assert re.findall(r">([^<>]+)</text>", "".join(svg.time_axis(seconds, 1.0, 0))) == labels


def test_the_legend_fits_into_the_picture():
    entries = re.findall(r"<text x='([^']+)'[^>]*>([^<]+)<", "".join(svg.legend(0, 960, "hatch", ["lost", "error"])))
    assert [label for _, label in entries[-3:]] == ["idle", "error", "lost"]
    x, label = entries[-1]
    assert float(x) + 7 * len(label) <= 960


def test_text_and_tooltips_are_escaped():
    assert svg.text(0, 0, "<b>", "").count("<") == 2
    assert svg.group("", "a < b & c") == "<g><title>a &lt; b &amp; c</title></g>"
