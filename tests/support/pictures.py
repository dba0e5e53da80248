"""A run worked out by hand, and what an SVG says: bars, ticks and words with their places."""

import re
import xml.etree.ElementTree as ET

import pytest

from helpers.model.costs import Costs, Leg
from helpers.spans import Run, Span, Worker

SVG = "{http://www.w3.org/2000/svg}"
LEFT, RIGHT = 104, 18
FREE = Costs(0.0, 0.0, *[Leg()] * 4)


def span(task, worker, times, cpu, outcome="ok"):
    return Span(task, worker, *map(float, times), cpu=cpu, bytes_in=1000, bytes_out=2000, outcome=outcome)


# Two workers, the wall time from 10 to 20. All phases take part.   subm pack sent arr rcv strt fin ret repl land deliv
FIRST = span(0, 101, times=(10, 10, 11, 11, 12, 12, 15, 15, 16, 16, 17), cpu=2.0)
SECOND = span(1, 102, times=(10, 11, 12, 13, 13, 14, 18, 18, 19, 19, 20), cpu=4.0)
THIRD = span(2, 101, times=(10, 12, 13, 16, 16, 16, 17, 17, 17, 17, 18), cpu=0.5)
RUN = Run((FIRST, SECOND, THIRD), (Worker(101, 10.5), Worker(102, 11.5)), 2, "spawn", 10.0, 20.0)


def parsed(picture):
    return ET.fromstring(picture.svg)


def boxes(root):
    """Return (x, y, width, height, fill) of every rectangle but those of the legend."""
    found = [box for box in root.iter(f"{SVG}rect") if box.get("rx") is None]
    return [(*(float(box.get(name)) for name in ("x", "y", "width", "height")), box.get("fill")) for box in found]


def coloured(root):
    return sorted(box for box in boxes(root) if box[4] != "currentColor")


def tracks(root):
    return [box[:4] for box in boxes(root) if box[4] == "currentColor"]


def words(root):
    """Return the place of every text."""
    return {text.text: (float(text.get("x")), float(text.get("y"))) for text in root.iter(f"{SVG}text")}


def tips(root):
    return [title.text for title in root.iter(f"{SVG}title")]


def ticks(root):
    """Return (x, y) of the upper end of every tick, and (x, y, label) of every label of the axis."""
    marks = [re.fullmatch(r"M([\d.]+) ([\d.]+)v6", path.get("d")) for path in root.iter(f"{SVG}path")]
    labels = [(*place, text) for text, place in words(root).items() if re.fullmatch(r"[\d.]+ (s|ms|µs)", text)]
    return [tuple(map(float, mark.groups())) for mark in marks if mark], labels


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(sorted(found), sorted(expected), strict=True):
        assert one[:4] == pytest.approx(other[:4], abs=0.051)
        assert one[4:] == other[4:]
