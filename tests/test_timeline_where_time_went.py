"""What the bars of `where_time_went` say, read back from their SVG."""

import re

import pytest
from pictures import FREE, LEFT, RIGHT, RUN, SVG, assert_same, boxes, coloured, parsed, span, ticks, tips, words

from helpers.drawing.picture import COLOURS
from helpers.model.simulator import simulate
from helpers.spans import Run, Worker, breakdown
from helpers.timeline import where_time_went


def bars(runs, **keywords):
    return parsed(where_time_went(runs, **keywords))


def test_every_bar_is_as_long_as_its_worker_seconds_and_phases_follow_each_other():
    found = sorted(boxes(bars({"cold": RUN})), key=lambda box: box[0])
    scale = (960 - LEFT - RIGHT) / 20.0
    x, expected = float(LEFT), []
    for phase, seconds in breakdown(RUN).items():
        colour = "currentColor" if phase == "idle" else COLOURS[phase]
        expected.append((x, 44.0, seconds * scale, 30.0, colour))
        x += seconds * scale
    assert x == pytest.approx(960 - RIGHT)
    assert_same(found, expected)


def test_all_bars_share_the_axis_of_the_longest():
    root = bars(
        {
            "short": simulate([1.0], processes=1, cpus=1, costs=FREE),
            "long": simulate([4.0], processes=1, cpus=1, costs=FREE),
        }
    )
    found = [box for box in coloured(root) if box[4] == COLOURS["computing"]]
    assert [box[:4] for box in found] == [(104.0, 44.0, 209.5, 30.0), (104.0, 88.0, 838.0, 30.0)]
    marks, labels = ticks(root)
    assert labels[-1][2] == "4.0 s"
    assert (
        [x for x, _ in marks]
        == [x for x, _, _ in labels]
        == pytest.approx([LEFT + n * 838 / 8 for n in range(9)], abs=0.051)
    )


def test_a_share_is_in_the_middle_of_its_bar_where_there_is_room():
    root = bars({"cold": RUN})
    scale = (960 - LEFT - RIGHT) / 20.0
    shown = {text.text: text for text in root.iter(f"{SVG}text") if text.text.endswith("%")}
    x, y = float(shown["32%"].get("x")), float(shown["32%"].get("y"))
    assert (x, y) == (pytest.approx(LEFT + 6.5 * scale / 2, abs=0.051), 44 + 19.5)
    assert [text.text for text in root.iter(f"{SVG}text") if text.text.endswith("%")] == [
        "32%",
        "8%",
        "20%",
        "20%",
        "10%",
        "10%",
    ]
    inks = [text.get("fill") for text in root.iter(f"{SVG}text") if text.text.endswith("%")]
    assert inks == ["#fff", "#222", "#222", "#222", "#222", "currentColor"]


@pytest.mark.parametrize(("share", "shown"), [(0.045, False), (0.046, True)])
def test_a_share_is_written_into_a_bar_of_more_than_38_pixels(share, shown):
    lone = span(0, 1, times=(0, 0, 0, 0, 0, 0, *[share] * 5), cpu=share)
    root = bars({"a": Run((lone,), (Worker(1, 0.0),), 1, "fork", 0.0, 1.0)})
    texts = [text.text for text in root.iter(f"{SVG}text") if text.text.endswith("%")]
    assert texts == (["5%", "95%"] if shown else ["96%"])


def test_every_part_of_a_bar_has_its_seconds_and_its_share_as_a_tooltip():
    assert tips(bars({"cold": RUN})) == [
        "computing: 6.50 s, 32%",
        "waiting for a CPU: 1.50 s, 8%",
        "sending: 4.00 s, 20%",
        "returning: 4.00 s, 20%",
        "starting: 2.00 s, 10%",
        "idle: 2.00 s, 10%",
    ]


def test_the_words_of_where_time_went_are_in_their_places_from_top_to_bottom():
    root = bars({"cold": RUN, "warm": RUN})
    found = words(root)
    assert found["Where the workers' time went"] == (104.0, 24.0)
    assert (found["cold"], found["warm"]) == ((94.0, 64.0), (94.0, 108.0))
    assert found["worker-seconds"] == (104.0, 44 + 2 * 44 + 34.0)
    assert found["computing"][1] == 44 + 2 * 44 + 60.0
    assert root.get("viewBox") == "0 0 960 210"
    assert bars({"cold": RUN}, width=700).get("width") == "700"


def test_the_text_of_where_time_went_has_the_figures_of_every_run():
    lines = where_time_went({"cold": RUN}).text.splitlines()
    assert lines[0] == "Where the workers' time went, in worker-seconds"
    assert lines[2].split("  ")[-1].strip() == "whole"
    assert re.findall(r"[\d.]+ m?s", lines[3]) == ["6.50 s", "1.50 s", "4.00 s", "4.00 s", "2.00 s", "2.00 s", "20.0 s"]


def test_runs_without_any_time_are_drawn_and_have_no_share():
    assert {tip.split(", ")[1] for tip in tips(bars({"none": Run((), (), 1, "fork", 3.0, 3.0)}))} == {"0%"}
