"""Figures by hand: where names, ticks, the grid and the labels of dots are, in pixels of 1/96 inch."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from helpers.drawing import figure as figures
from helpers.drawing.figure import GREY, INK, LETTER, POINT, RADIUS, SMALL, label_dots, name_axes, new_figure
from helpers.drawing.labels import Box, Dot
from helpers.drawing.picture import IDLE_OPACITY


def drawn(figure):
    """The figure after matplotlib has drawn it, with its layout."""
    FigureCanvasAgg(figure).draw()
    return figure


def test_a_pixel_is_a_96th_of_an_inch():
    assert POINT / 72 == pytest.approx(1 / 96)


def test_a_figure_keeps_half_a_name_above_its_axes_free():
    for height in (2.0, 4.0):
        figure, _ = new_figure(5.0, height)
        assert figure.get_layout_engine().get()["rect"] == (0, 0, 1, pytest.approx(1 - 7 / 96 / height))


def test_the_grid_is_a_line_of_one_point_and_only_the_horizontal_axis_has_ticks():
    figure, (axes,) = new_figure(5.0, 3.0)
    axes.plot([0, 10], [0, 10])
    drawn(figure)
    lines = [line for line in axes.get_ygridlines() if line.get_visible()]
    assert lines and {(line.get_linewidth(), line.get_alpha()) for line in lines} == {(1, IDLE_OPACITY)}
    assert {tick.tick1line.get_markersize() for tick in axes.xaxis.get_major_ticks()} == {6 * POINT}
    assert {tick.tick1line.get_markersize() for tick in axes.yaxis.get_major_ticks()} == {0}
    assert {tick.tick1line.get_markeredgewidth() for tick in axes.xaxis.get_major_ticks()} == {POINT}


@pytest.mark.parametrize("above", [6.0, 20.0])
def test_the_name_of_the_vertical_axis_is_so_many_pixels_above_its_upper_end(above):
    figure, (axes,) = new_figure(5.0, 3.0)
    axes.plot([0, 10], [0, 10])
    name_axes(axes, "across", "up", above=above)
    drawn(figure)
    name = axes.yaxis.label
    at = name.get_transform().transform((0, 1))
    assert at == pytest.approx((axes.bbox.x0, axes.bbox.y1 + above / 96 * figure.dpi))
    assert (name.get_rotation(), name.get_ha(), name.get_va()) == (0.0, "left", "bottom")
    assert name.get_window_extent().y1 <= figure.bbox.y1


@pytest.fixture
def asked(monkeypatch):
    """What the labels are placed by; each goes 10 pixels to the right of its dot and 20 above, but for "none"."""
    calls = []

    def place(wanted, marks, room):
        calls.append((wanted, marks, room))
        boxes = [Box(dot.x + 10, dot.y + 13, dot.x + 10 + dot.width, dot.y + 27) for dot in wanted]
        return [None if dot.width == LETTER * len("none") else box for dot, box in zip(wanted, boxes, strict=True)]

    monkeypatch.setattr(figures, "place_labels", place)
    return calls


DOTS = [(1.0, 20.0, "one"), (3.0, 10.0, "none"), (4.0, 30.0, "three")]


@pytest.fixture
def labelled(asked):
    figure, (axes,) = new_figure(5.0, 3.0)
    axes.plot([0, 5], [0, 40])
    name_axes(axes, "across", "up")
    label_dots(figure, axes, DOTS, [(1.0, 15.0, 25.0)])
    return drawn(figure), axes


def in_pixels(figure, axes, x, y):
    return pytest.approx(tuple(axes.transData.transform((x, y)) * 96 / figure.dpi))


def test_labels_are_placed_by_where_dots_marks_and_axes_are_drawn(labelled, asked):
    figure, axes = labelled
    ((wanted, (mark,), room),) = asked
    for (x, y, label), dot in zip(DOTS, wanted, strict=True):
        assert (dot.x, dot.y) == in_pixels(figure, axes, x, y)
        assert dot.width == LETTER * len(label)
    assert (mark.left + RADIUS, mark.bottom + RADIUS) == in_pixels(figure, axes, 1.0, 15.0)
    assert (mark.right - RADIUS, mark.top - RADIUS) == in_pixels(figure, axes, 1.0, 25.0)
    assert room[:2] == in_pixels(figure, axes, axes.get_xlim()[0], axes.get_ylim()[0])
    assert room[2:] == in_pixels(figure, axes, axes.get_xlim()[1], axes.get_ylim()[1])
    assert isinstance(wanted[0], Dot)


def test_before_labels_are_placed_the_figure_has_its_layout_which_stays(labelled):
    figure, axes = labelled
    assert axes.yaxis.label.get_window_extent().y1 <= figure.bbox.y1
    assert axes.xaxis.label.get_window_extent().y0 >= 0
    before = axes.get_position().bounds
    figure.suptitle("What comes later moves nothing.")
    drawn(figure)
    assert axes.get_position().bounds == before


def test_a_label_is_where_it_was_placed_and_joined_to_a_dot_that_is_not_beside_it(labelled, asked):
    _, axes = labelled
    assert [text.get_text() for text in axes.texts] == ["one", "three"]
    for text, (x, y, _) in zip(axes.texts, (DOTS[0], DOTS[2]), strict=True):
        assert text.xy == (x, y)
        assert text.xyann == pytest.approx((10 * POINT, 20 * POINT))
        assert (text.get_va(), text.get_color(), text.get_fontsize()) == ("center", INK, SMALL)
        assert to_hex(text.arrow_patch.get_edgecolor()) == GREY


def test_without_dots_nothing_is_placed_and_the_layout_goes_on(asked):
    figure, (axes,) = new_figure(5.0, 3.0)
    label_dots(figure, axes, [], [])
    assert asked == []
    assert figure.get_layout_engine() is not None


@pytest.mark.parametrize(("up", "joined"), [(4.9, False), (5.1, True)])
def test_a_label_at_most_five_pixels_above_its_dot_is_beside_it(up, joined, monkeypatch):
    beside = lambda wanted, *_: [Box(dot.x + 9, dot.y + up - 7, dot.x + 40, dot.y + up + 7) for dot in wanted]
    monkeypatch.setattr(figures, "place_labels", beside)
    figure, (axes,) = new_figure(5.0, 3.0)
    axes.plot([0, 5], [0, 40])
    label_dots(figure, axes, DOTS[:1], [])
    (text,) = axes.texts
    assert (text.arrow_patch is not None) is joined
