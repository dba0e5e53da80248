"""The pieces of an SVG."""

import re

import pytest

from helpers.drawing import svg
from helpers.drawing.picture import COLOURS
from helpers.spans import PHASES


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


def legend_of(width, outcomes=()):
    """Return (x, y, fill) of each square of a legend at 100, and (x, y, word) of each word."""
    drawn = "".join(svg.legend(100, width, "hatch", outcomes))
    squares = re.findall(r"<rect x='(\d+)' y='(\d+)' width='13' height='13' rx='2' fill='([^']+)'", drawn)
    words = re.findall(r"<text x='([\d.]+)' y='([\d.]+)'[^>]*>([^<]*)<", drawn)
    return [(int(x), int(y), fill) for x, y, fill in squares], [(float(x), float(y), word) for x, y, word in words]


@pytest.mark.parametrize(("width", "left"), [(860, 12), (861, 104), (1800, 104)])
def test_a_legend_has_a_square_of_its_colour_before_every_word(width, left):
    squares, words = legend_of(width, ["lost", "error"])
    meanings = [*PHASES, "error", "lost"]
    assert [word for _, _, word in words] == meanings
    colours = [{"idle": "currentColor", "lost": "url(#hatch)"}.get(word, COLOURS[word]) for word in meanings]
    x = left
    for square, word, colour, meaning in zip(squares, words, colours, meanings, strict=True):
        assert square == (x, 89, colour)
        assert word == (x + 19, 100, meaning)
        x += 19 + 7 * len(meaning) + 22  # the square, seven pixels a letter, and a gap


def test_ticks_are_where_their_moments_are_and_the_unit_is_below_them():
    drawn = "".join(svg.time_axis(0.25, 1000.0, 50, "worker-seconds"))
    assert re.findall(r"M([\d.]+) ([\d.]+)v6", drawn) == [(f"{104 + x:.1f}", "44") for x in (0, 50, 100, 150, 200, 250)]
    texts = re.findall(r"<text x='([\d.]+)' y='([\d.]+)'[^>]*>([^<]*)<", drawn)
    assert texts == [
        *((f"{104 + 50 * n}.0", "65.0", f"{n * 0.05:.2f} s") for n in range(6)), ("104.0", "84.0", "worker-seconds"),
    ]  # fmt: skip


def test_what_a_document_holds_is_in_it_with_its_size_and_its_pattern():
    plain = svg.document(["<g/>", "<g/>"], 300, 99.6, "A & 'B'")
    assert plain.endswith("><g/><g/></svg>")
    assert "viewBox='0 0 300 100' width='300' role='img' aria-label='A &amp; &#x27;B&#x27;'" in plain
    assert "<pattern" not in plain
    assert "<pattern id='mine' width='8' height='8'" in svg.document([], 300, 100, "A", "mine")


def test_the_pieces_are_where_they_are_asked_to_be():
    assert svg.rectangle(1, 2, 3, 4, "red") == "<rect x='1.0' y='2.0' width='3.0' height='4.0' fill='red'/>"
    assert svg.idle(1, 2, 3, 4).startswith("<rect x='1.0' y='2.0' width='3.0' height='4' fill='currentColor'")
    assert svg.text(1, 2, "word", "a='b'") == "<text x='1.0' y='2.0' fill='currentColor' a='b'>word</text>"
    assert svg.heading("Title").startswith("<text x='104.0' y='24.0' ")
    assert svg.group("<g/>") == "<g><g/></g>"
