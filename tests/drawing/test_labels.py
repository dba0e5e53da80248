"""Labels of dots: none lies on another one, on a dot, or outside, and the same dots get the same places."""

import random

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers.drawing.labels import AWAY, FARTHEST, HEIGHT, Box, Dot, place_labels
from helpers.drawing.speedups import speedup_figure
from helpers.plots import Point

ROOM = Box(0.0, 0.0, 300.0, 140.0)


def around(dot):
    return Box(dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6)


def test_a_label_is_at_the_right_of_its_dot_at_the_same_height():
    (box,) = place_labels([Dot(50.0, 60.0, 20.0)], [around(Dot(50.0, 60.0, 0))], ROOM)
    assert box == (50 + AWAY, 60 - HEIGHT / 2, 50 + AWAY + 20, 60 + HEIGHT / 2)


def test_a_label_that_would_leave_the_room_is_at_the_left():
    (box,) = place_labels([Dot(290.0, 60.0, 20.0)], [], ROOM)
    assert (box.left, box.right) == (290 - AWAY - 20, 290 - AWAY)


def test_labels_of_dots_on_each_other_are_spread_evenly_in_the_order_of_the_dots():
    boxes = place_labels([Dot(50.0, 60.0, 20.0), Dot(50.0, 61.0, 20.0), Dot(50.0, 59.0, 20.0)], [], ROOM)
    assert [(box.bottom + box.top) / 2 for box in boxes] == [60.0, 60.0 + HEIGHT, 60.0 - HEIGHT]


@pytest.mark.parametrize(("y", "middles"), [(140.0, (119.0, 133.0)), (0.0, (7.0, 21.0))])
def test_labels_stay_in_the_room_where_their_dots_are_at_its_edge(y, middles):
    boxes = place_labels([Dot(50.0, y, 20.0), Dot(50.0, y, 20.0)], [], ROOM)
    assert tuple((box.bottom + box.top) / 2 for box in boxes) == middles


def test_labels_of_two_dots_that_are_almost_apart_are_moved_by_what_is_missing():
    boxes = place_labels([Dot(50.0, 60.0, 20.0), Dot(50.0, 70.0, 20.0)], [], ROOM)
    assert [(box.bottom + box.top) / 2 for box in boxes] == [58.0, 72.0]
    apart = place_labels([Dot(50.0, 60.0, 20.0), Dot(50.0, 74.0, 20.0)], [], ROOM)
    assert [(box.bottom + box.top) / 2 for box in apart] == [60.0, 74.0]


def test_a_label_moves_in_steps_up_first_and_then_down_to_where_nothing_is_in_its_way():
    """By hand: what is from 55 to 65 keeps a label of 14 from 60; up 12, its lower edge is at 65."""
    taken = [Box(59.0, 55.0, 79.0, 65.0)]
    (box,) = place_labels([Dot(50.0, 60.0, 20.0)], taken, ROOM)
    assert (box.left, box.bottom) == (59.0, 65.0)
    (box,) = place_labels([Dot(50.0, 60.0, 20.0)], [Box(59.0, 55.0, 79.0, 66.0)], ROOM)
    assert (box.left, box.top) == (59.0, 55.0)


def test_in_a_room_without_height_the_last_dot_is_still_looked_at():
    assert place_labels([Dot(50.0, 5.0, 20.0)], [], Box(0.0, 0.0, 300.0, 10.0)) == [None]


def test_where_there_is_no_room_the_last_dots_keep_their_labels():
    boxes = place_labels([Dot(50.0, 60.0, 20.0)] * 25, [], ROOM)
    assert [box is None for box in boxes] == [True] * 15 + [False] * 10


@pytest.mark.parametrize("seed", range(20))
def test_no_label_lies_on_another_one_or_on_a_dot_or_outside(seed):
    draws = random.Random(seed)
    columns = [draws.uniform(0, 300) for _ in range(draws.randint(1, 6))]
    dots = [Dot(draws.choice(columns), draws.uniform(0, 140), draws.uniform(8, 90)) for _ in range(30)]
    taken = [around(dot) for dot in dots]
    places = place_labels(dots, taken, ROOM)
    assert places == place_labels(dots, taken, ROOM)
    boxes = [box for box in places if box]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in [*boxes[:number], *taken])
        assert 0 <= box.left and box.right <= 300 and 0 <= box.bottom and box.top <= 140
    for dot, box in zip(dots, places, strict=True):
        if box:
            assert min(abs(box.left - dot.x), abs(box.right - dot.x)) == pytest.approx(AWAY)
            assert abs((box.top + box.bottom) / 2 - dot.y) <= FARTHEST + HEIGHT * len(dots)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [(4.8, 3.1), (6.4, 4.0)])
def test_no_words_of_a_speedup_plot_lie_on_each_other_or_on_a_dot(seed, size):
    """Measured as matplotlib draws them, in its own font, which is wider than most."""
    draws = random.Random(seed)
    points = []
    for number in range(draws.choice([1, 5, 20])):
        ratio = draws.choice([1.5, draws.uniform(0.3, 4.5)])
        expected = draws.choice([None, draws.uniform(0.3, 4.5)])
        label = draws.choice([str(number), f"run {number}", f"run {number}, forkserver"])
        points.append(Point(draws.randint(1, 6), ratio, ratio * 0.97, ratio * 1.05, 1.0, label, expected, expected))
    figure = speedup_figure(points, [], draws.choice([1, 2, 4]), size)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    (axes,) = figure.axes
    words = [axes.yaxis.label, axes.xaxis.label, *axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
    words += figure.legends[0].get_texts()
    pixel = figure.dpi / 96
    boxes = [(text.get_text(), text_box(text, renderer, pixel)) for text in words if text.get_text()]
    dots = []
    for point in points:
        x, y = axes.transData.transform((point.processes, point.speedup)) / pixel
        dots.append(Box(x - 4, y - 4, x + 4, y + 4))
    width, height = (inches * 96 for inches in size)
    for number, (text, box) in enumerate(boxes):
        covered = [other for other, place in boxes[:number] if box.overlaps(place)]
        assert covered == [], text
        assert not any(box.overlaps(dot) for dot in dots), text
        assert 0 <= box.left and box.right <= width and 0 <= box.bottom and box.top <= height, text


def text_box(text, renderer, pixel):
    """The place of words, in pixels; without the line that joins them to their dot."""
    from matplotlib.text import Text

    place = Text.get_window_extent(text, renderer)
    return Box(place.x0 / pixel, place.y0 / pixel, place.x1 / pixel, place.y1 / pixel)
