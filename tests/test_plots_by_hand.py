"""What the plots draw: every dot, line, mark, label and scale against the figures, read from the axes of matplotlib."""

import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from helpers.drawing import figure as figures
from helpers.drawing.figure import GREY, INK, new_figure, to_svg
from helpers.drawing.picture import COLOURS, IDLE_OPACITY
from helpers.plots import Point, curves_plot, histogram_plot, runs_plot, speedup_plot
from helpers.timing import Timing

POINTS = [
    Point(2, 1.5, 1.25, 2.0, 0.5, "first", predicted=1.75, modelled=1.625),
    Point(4, 3.0, 2.5, 3.25, 0.25, "second", modelled=3.5),
    Point(6, 1.0, 1.0, 1.0, 0.75, "third"),
]


def timing(*seconds):
    return Timing("made by hand", tuple(map(float, seconds)), (0.0,) * len(seconds))


@pytest.fixture
def drawn(monkeypatch):
    """The figure of a plot, in the place of its SVG."""
    found = []
    monkeypatch.setattr("helpers.plots.to_svg", lambda figure, label: str(found.append((figure, label))))

    def draw(plot, *args, **keywords):
        plot(*args, **keywords)
        return found.pop()

    return draw


def lines(axes):
    """Return every line: its points, colour, style and mark by label."""
    return {
        line.get_label(): (
            line.get_xydata().tolist(),
            to_hex(line.get_color()),
            line.get_linestyle(),
            line.get_marker(),
        )
        for line in axes.lines
    }


def words(axes):
    return {text.get_text(): text.xy for text in axes.texts}


def test_runs_are_drawn_as_dots_with_their_spread_their_label_and_what_was_expected(drawn):
    figure, label = drawn(runs_plot, POINTS, cpus=4)
    (axes,) = figure.axes
    (spread,) = axes.collections
    assert [segment.tolist() for segment in spread.get_segments()] == [
        [[2.0, 1.25], [2.0, 2.0]],
        [[4.0, 2.5], [4.0, 3.25]],
        [[6.0, 1.0], [6.0, 1.0]],
    ]
    assert {name: words(axes)[name] for name in ("first", "second", "third")} == {
        "first": (2, 1.5), "second": (4, 3.0), "third": (6, 1.0),
    }  # fmt: skip
    found = lines(axes)
    assert found["the model"] == ([[2.0, 1.625], [4.0, 3.5]], INK, "None", "x")
    assert found["your prediction"] == ([[2.0, 1.75]], INK, "None", "o")
    assert [[2.0, 1.75], [2.0, 1.5]] in [points for points, *_ in found.values()]
    assert label == "Speed-up over the number of processes, on 4 usable CPUs; 3 measured"


def test_the_axes_of_speedups_reach_from_0_to_one_process_more_than_the_most(drawn):
    for figure, _ in (
        drawn(runs_plot, POINTS, cpus=4),
        drawn(speedup_plot, timing(4), {2: timing(2)}, cpus=6),
        drawn(speedup_plot, timing(4), {2: timing(2)}, cpus=4, prediction={6: 2.0}),
    ):
        (axes,) = figure.axes
        assert axes.get_xlim() == (0.5, 7.0)
        assert axes.get_ylim()[0] == 0.0
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("processes", "speed-up (times as fast as serial)")


def test_a_tenth_of_the_plot_is_above_the_highest_speedup_and_the_name_stands_above_that_of_the_cpus(drawn):
    figure, _ = drawn(runs_plot, POINTS, cpus=4)
    (axes,) = figure.axes
    assert axes.get_ylim()[1] == pytest.approx(1.1 * 4)
    FigureCanvasAgg(figure).draw()
    name, cpus = axes.yaxis.label, next(text for text in axes.texts if "usable" in text.get_text())
    above = name.get_transform().transform((0, 1))[1] - axes.bbox.y1
    assert above == pytest.approx(20 / 96 * figure.dpi)
    assert cpus.get_window_extent().y1 <= name.get_window_extent().y1


@pytest.mark.parametrize(
    ("cpus", "most", "side"),
    [(1, 10, "left"), (2, 9, "left"), (3, 9, "center"), (8, 9, "center"), (9, 9, "right"), (8, 10, "center")],
)
def test_the_name_of_the_cpus_begins_ends_or_is_centred_at_their_line(cpus, most, side, drawn):
    """By hand: the line of 2 CPUs of 9 is at 1.5 / 9.5 of the width, that of 8 at 7.5 / 9.5 = 0.79."""
    figure, _ = drawn(runs_plot, [Point(most, 1.0, 1.0, 1.0, 1.0)], cpus=cpus)
    assert next(text for text in figure.axes[0].texts if "usable" in text.get_text()).get_ha() == side


def test_the_bars_of_a_spread_have_caps_and_the_legend_has_the_measured_runs_first(drawn):
    figure, _ = drawn(runs_plot, POINTS, laws={"a law": {1: 1.0, 4: 2.0}}, cpus=4)
    caps = [line for line in figure.axes[0].lines if line.get_marker() == "_"]
    assert caps and {line.get_markersize() for line in caps} == {6.0}  # matplotlib's size of a cap of 3 points
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts.index("measured: median and spread") < texts.index("a law")


def test_the_ideal_line_and_the_usable_cpus_are_named_where_they_are(drawn):
    figure, _ = drawn(runs_plot, POINTS, cpus=4)
    (axes,) = figure.axes
    assert words(axes)["ideal"] == (7, 4)
    assert words(axes)["4 usable CPUs"] == (4, 1.02)
    limits = [(points, style) for points, colour, style, _ in lines(axes).values() if colour == GREY]
    assert ([[1.0, 1.0], [4.0, 4.0], [7.0, 4.0]], "-") in limits
    assert ([[4.0, 0.0], [4.0, 1.0]], ":") in limits


def test_no_line_is_too_thin_to_be_seen(drawn):
    figure, _ = drawn(runs_plot, POINTS, laws={"one": {1: 1.0, 4: 2.0}}, cpus=4)
    assert min(line.get_linewidth() for line in figure.axes[0].lines) >= 1


def test_every_law_has_a_line_with_a_style_of_its_own(drawn):
    laws = {"one": {1: 1.0, 4: 2.0}, "two": {1: 1.0, 4: 3.0}, "three": {1: 1.0, 4: 1.5}}
    figure, _ = drawn(runs_plot, POINTS, laws=laws, cpus=4)
    found = lines(figure.axes[0])
    assert {label: found[label] for label in laws} == {
        "one": ([[1.0, 1.0], [4.0, 2.0]], GREY, "--", "None"),
        "two": ([[1.0, 1.0], [4.0, 3.0]], GREY, "-.", "None"),
        "three": ([[1.0, 1.0], [4.0, 1.5]], GREY, ":", "None"),
    }


def test_on_logarithmic_axes_a_line_marks_where_a_pool_is_as_fast_as_the_serial_program(drawn):
    figure, _ = drawn(runs_plot, POINTS, laws={"slow": {1: 1.0, 64: 0.25}}, cpus=64, log=True)
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [1.0, 1.0] in [[*line.get_ydata()] for line in axes.lines]
    assert shown(axes.xaxis) == ["1", "2", "5", "10", "20", "50"]
    assert shown(axes.yaxis) == ["1", "10", "100"]
    low, high = axes.get_ylim()
    assert low < 0.25 and high > 64


def test_what_is_expected_of_a_run_that_has_not_run_is_a_cross(drawn):
    figure, _ = drawn(runs_plot, [], expected={3: 2.5}, cpus=4)
    assert lines(figure.axes[0])["the model"] == ([[3.0, 2.5]], INK, "None", "x")
    assert figure.legends
    assert "the model expects 2.50 with 3 processes" in repr(runs_plot([], expected={3: 2.5}, cpus=4))


def test_a_plot_has_the_size_that_is_asked_for_and_a_legend_of_what_is_drawn(drawn):
    figure, _ = drawn(runs_plot, POINTS, cpus=4, size=(3.0, 2.0))
    assert figure.get_size_inches().tolist() == [3.0, 2.0]
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {"measured", "the model", "your prediction"}
    (wide,) = drawn(runs_plot, POINTS, cpus=4)[0].legends
    assert "measured: median and spread" in {text.get_text() for text in wide.get_texts()}
    assert drawn(runs_plot, POINTS, cpus=4)[0].get_size_inches().tolist() == [6.4, 4.0]
    assert drawn(speedup_plot, timing(4), {1: timing(2)})[0].get_size_inches().tolist() == [6.4, 4.0]
    assert drawn(speedup_plot, timing(4), {}, prediction={2: 1.5})[0].legends
    assert not drawn(speedup_plot, timing(4), {})[0].legends


def test_without_a_number_of_cpus_the_plots_take_those_of_this_machine(monkeypatch):
    monkeypatch.setattr("helpers.plots.usable_cpus", lambda: 7)
    assert "7 usable CPUs" in runs_plot(POINTS).text
    assert "7 usable CPUs" in speedup_plot(timing(4), {2: timing(2)}).text
    assert "1 usable CPU\n" in runs_plot(POINTS, cpus=1).text


def test_the_table_of_runs_has_every_figure():
    rows = [re.split(r"  +", line.strip()) for line in runs_plot(POINTS, cpus=4).text.splitlines()[1:]]
    assert rows == [
        ["run", "processes", "seconds", "speed-up", "efficiency", "prediction", "model"],
        ["first", "2", "500 ms", "1.50", "75%", "1.75", "1.62"],
        ["second", "4", "250 ms", "3.00", "75%", "-", "3.50"],
        ["third", "6", "750 ms", "1.00", "17%", "-", "-"],
    ]
    assert runs_plot([], cpus=4).text.splitlines() == ["4 usable CPUs", "nothing measured yet"]


def test_the_spread_of_a_speedup_is_that_of_the_slowest_and_the_fastest_repeat(drawn):
    figure, _ = drawn(speedup_plot, timing(8, 6, 10), {2: timing(4, 2, 5)}, cpus=2)
    (spread,) = figure.axes[0].collections
    assert spread.get_segments()[0].tolist() == [[2.0, pytest.approx(1.6)], [2.0, 4.0]]


def test_a_prediction_may_be_any_number_above_0():
    assert "0.50" in speedup_plot(timing(4), {2: timing(2)}, cpus=2, prediction={2: 0.5}).text


def test_curves_are_in_the_order_of_the_x_axis_with_a_mark_or_a_line_for_each_label(drawn):
    measured = {"a": {4: 2.0, 1: 8.0}, "b": {1: 4.0}}
    predicted = {"a": {4: 3.0, 2: 5.0}, "c": {1: 1.0}}
    figure, label = drawn(curves_plot, measured, predicted, across="chunks")
    (axes,) = figure.axes
    assert lines(axes) == {
        "a: measured": ([[1.0, 8.0], [4.0, 2.0]], INK, "None", "o"),
        "a: predicted": ([[2.0, 5.0], [4.0, 3.0]], GREY, "-", "None"),
        "b: measured": ([[1.0, 4.0]], INK, "None", "^"),
        "c: predicted": ([[1.0, 1.0]], GREY, ":", "None"),
    }
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("chunks", "time")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.yaxis.get_major_formatter()(0.02, 0) == "20 ms"
    assert label == "Seconds over chunks; 4 series"
    assert figure.get_size_inches().tolist() == [6.8, 4.0]
    assert len(figure.legends[0].get_texts()) == 4
    plain, _ = drawn(curves_plot, {"a": {0: 0.0, 1: 2.0}}, across="chunks", log=False)
    assert (plain.axes[0].get_xscale(), plain.axes[0].get_yscale()) == ("linear", "linear")


@pytest.mark.parametrize(
    "measured, predicted", [({"a": {1: 1.0}}, {"a": {1: 0.0}}), ({"a": {1: 1.0}}, {"a": {0: 1.0}})]
)
def test_a_prediction_that_a_logarithm_cannot_show_is_refused(measured, predicted):
    with pytest.raises(ValueError, match="above 0"):
        curves_plot(measured, predicted, across="chunks")
    assert curves_plot({"a": {1: 0.5}}, across="chunks").text


def test_the_table_of_curves_has_a_column_for_each_and_a_row_for_each_measured_place():
    picture = curves_plot({"a": {1000: 2.0, 1: 8.0}, "b": {1: 4.0}}, {"a": {1000: 3.0, 2: 5.0}}, across="chunks")
    assert [re.split(r"  +", line.strip()) for line in picture.text.splitlines()] == [
        ["chunks", "a, measured", "b, measured", "a, predicted"],
        ["1", "8.00 s", "4.00 s", "-"],
        ["1,000", "2.00 s", "-", "3.00 s"],
    ]


def test_a_histogram_counts_the_values_of_each_label_in_the_same_bins(drawn):
    values = {"left": [0.0, 0.1, 0.1], "right": [0.9, 1.0]}
    figure, label = drawn(histogram_plot, values, across="estimate", bins=4)
    counts = [[bar.get_height() for bar in axes.patches] for axes in figure.axes]
    edges = [[bar.get_x() for bar in axes.patches] for axes in figure.axes]
    assert counts == [[3, 0, 0, 0], [0, 0, 0, 2]]
    assert edges == [[0.0, 0.25, 0.5, 0.75]] * 2
    assert {to_hex(bar.get_facecolor()) for axes in figure.axes for bar in axes.patches} == {COLOURS["computing"]}
    assert [axes.get_ylabel() for axes in figure.axes] == ["left: number of values", "right: number of values"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "estimate"]
    assert figure.get_size_inches().tolist() == pytest.approx([6.8, 0.7 + 2 * 1.8])
    assert label == "Histogram of the estimate; 2 series"
    assert len(drawn(histogram_plot, values, across="estimate")[0].axes[0].patches) == 60


def test_the_table_of_a_histogram_has_its_numbers_with_six_figures():
    text = histogram_plot({"a": [3.14159265, 3.0, 3.0], "b": list(range(1, 2001))}, across="estimate").text
    assert [re.split(r"  +", line.strip()) for line in text.splitlines()] == [
        ["values", "different", "smallest", "largest"],
        ["a", "3", "2", "3", "3.14159"],
        ["b", "2,000", "2,000", "1", "2000"],
    ]


@pytest.mark.parametrize("values", [{}, {"some": [1.0], "none": []}])
def test_a_histogram_needs_a_number_for_every_label(values):
    with pytest.raises(ValueError, match="one number or more for every label"):
        histogram_plot(values, across="estimate")


# what all of them share


def test_a_figure_shows_the_page_behind_it_and_a_faint_grid_in_the_place_of_a_frame():
    figure, rows = new_figure(6.0, 3.0, rows=2)
    assert len(rows) == 2
    assert new_figure(6.0, 3.0)[0].get_size_inches().tolist() == [6.0, 3.0]
    assert len(new_figure(6.0, 3.0)[1]) == 1
    assert figure.patch.get_alpha() == 0
    for axes in rows:
        assert axes.patch.get_alpha() == 0
        assert not any(spine.get_visible() for spine in axes.spines.values())
        assert {to_hex(line.get_color()) for line in axes.yaxis.get_gridlines()} == {INK}
        assert {line.get_alpha() for line in axes.yaxis.get_gridlines()} == {IDLE_OPACITY}
        assert {to_hex(tick.label1.get_color()) for tick in axes.xaxis.get_major_ticks()} == {INK}
        assert axes.margins()[1] == 0.1
    assert rows[0].get_shared_x_axes().joined(*rows)
    assert figure.get_constrained_layout()


def test_an_svg_says_nothing_of_when_and_with_what_it_was_made_and_has_its_width_and_height():
    figure, (axes,) = new_figure(3.0, 2.0)
    axes.plot([0, 1], color=INK)
    svg = to_svg(figure, "A <label>")
    root = ET.fromstring(svg)
    assert svg.startswith('<svg role="img" aria-label="A &lt;label&gt;" style="max-width: 100%; height: auto" ')
    assert (root.get("width"), root.get("height")) == ("216pt", "144pt")
    assert not re.findall(r"<dc:|<style|Matplotlib v|#010203", svg)
    assert "currentColor" in svg
    assert len(re.findall("<svg", svg)) == len(re.findall('role="img"', svg)) == 1


def test_the_settings_of_matplotlib_are_put_back_even_when_drawing_fails(monkeypatch):
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "path")
    with pytest.raises(ZeroDivisionError), figures._svg_settings():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert matplotlib.rcParams["svg.hashsalt"] == "inside-the-pool"
        raise ZeroDivisionError
    assert matplotlib.rcParams["svg.fonttype"] == "path"


# words and ticks, as on the timeline


@pytest.mark.parametrize(
    ("cpus", "labels"),
    [
        (1, ["1"]),
        (2, ["1", "2"]),
        (12, [*map(str, range(1, 13))]),
        (13, ["1", "2", "4", "6", "8", "10", "12"]),
        (64, ["1", "10", "20", "30", "40", "50", "60"]),
        (2000, ["1", "200", "400", "600", "800", "1,000", "1,200", "1,400", "1,600", "1,800", "2,000"]),
    ],
)
def test_only_whole_numbers_of_processes_are_marked(drawn, cpus, labels):
    figure, _ = drawn(runs_plot, [Point(1, 1.0, 1.0, 1.0, 1.0, "1")], cpus=cpus)
    assert shown(figure.axes[0].xaxis) == labels


def shown(axis):
    """The labels of the ticks that are within the axis."""
    low, high = sorted(axis.get_view_interval())
    places = [place for place in axis.get_majorticklocs() if low <= place <= high]
    return axis.get_major_formatter().format_ticks(places)


@pytest.mark.parametrize(
    ("curve", "across", "up"),
    [
        ({1: 0.001, 1000: 10.0}, ["1", "10", "100", "1,000"], ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]),
        ({1: 0.1, 30000: 1.0}, ["1", "10", "100", "1,000", "10,000"], ["100 ms", "200 ms", "500 ms", "1 s"]),
        ({2: 0.2, 16: 0.3}, ["2", "5", "10"], ["200 ms", "220 ms", "240 ms", "260 ms", "280 ms", "300 ms"]),
        ({1e6: 2e-5, 1e8: 2e-4}, ["1,000,000", "10,000,000", "100,000,000"], ["20 µs", "50 µs", "100 µs", "200 µs"]),
    ],
)
def test_logarithmic_axes_show_numbers_and_human_times_in_the_place_of_powers(drawn, curve, across, up):
    figure, _ = drawn(curves_plot, {"a": curve}, across="chunks")
    assert shown(figure.axes[0].xaxis) == across
    assert shown(figure.axes[0].yaxis) == up
    assert not figure.axes[0].xaxis.get_minorticklocs().size


def test_times_on_a_linear_axis_have_the_unit_of_their_step(drawn):
    figure, _ = drawn(curves_plot, {"a": {0: 0.0, 10: 0.002}}, across="megabytes", log=False)
    assert shown(figure.axes[0].yaxis) == ["0.0 ms", "0.5 ms", "1.0 ms", "1.5 ms", "2.0 ms"]


PICTURES = {
    "speed-up": lambda: speedup_plot(timing(4), {2: timing(2)}, cpus=2, prediction={4: 3.0}),
    "runs": lambda: runs_plot(POINTS, laws={"a law": {1: 1.0, 4: 2.0}}, cpus=4, size=(4.8, 3.1)),
    "curves": lambda: curves_plot({"a": {1: 1.0}}, {"a": {1: 2.0}}, across="chunks"),
    "histogram": lambda: histogram_plot({"a": [1.0, 2.0], "b": [1.0]}, across="estimate"),
}


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_every_word_has_the_font_of_the_timeline_and_at_least_12_pixels(draw):
    svg = draw().svg
    words = re.findall(r'<text style="([^"]*)"', svg)
    assert len(words) == len(re.findall("<text", svg)) > 4
    assert all("DejaVu" not in style and "system-ui, sans-serif" in style for style in words)
    sizes = [float(re.search(r"font(?:-size)?: [^;]*?([\d.]+)px", style)[1]) for style in words]
    assert min(sizes) * 96 / 72 >= 12  # the width of the picture is in points


@pytest.mark.parametrize("draw", PICTURES.values(), ids=PICTURES)
def test_nothing_is_drawn_in_a_colour_that_cannot_be_seen_on_light_and_dark_pages(draw):
    colours = set(re.findall(r"#[0-9a-f]{6}", draw().svg))
    assert colours <= {GREY, COLOURS["computing"]}
