"""Whatever a run looks like, no bar leaves its track, and idle time can be seen and read on light and on dark pages."""

import random
import re

import pytest
from pictures import LEFT, RIGHT, RUN, SVG, boxes, parsed, tracks

from helpers.spans import Run, Span, Worker, seconds_idle, segments_by_row
from helpers.timeline import timeline, where_time_went


def random_run(draws, tasks, busy):
    """Any moments in their order; the parent sends and returns at once, before the run begins and after it ended.

    busy: for how much of the run one step of a task lasts, at most.
    """
    spans = []
    for task in range(tasks):
        moments, now = [], draws.uniform(-0.1, 10.1)
        for _ in range(11):
            moments.append(now)
            now += draws.choice([0.0, draws.uniform(0, busy)])
        outcome = draws.choices(["ok", "error", "lost", "running"], [30, 1, 1, 1])[0]
        cpu = draws.uniform(0, 2 * busy)  # a coarse clock may count more CPU seconds than wall seconds
        spans.append(Span(task, draws.randrange(3), *moments, cpu, 1000, 1000, outcome))
    workers = tuple(Worker(pid, draws.uniform(-1, 2)) for pid in range(3))
    return Run(tuple(spans), workers, draws.choice([2, 3, 5]), "spawn", 0.0, 10.0)


@pytest.mark.parametrize("width", [480, 960])
@pytest.mark.parametrize(("tasks", "busy"), [(1, 10.0), (3, 3.0), (40, 0.3), (500, 0.02), (3000, 0.01), (3000, 0.001)])
def test_no_bar_leaves_its_track(tasks, busy, width):
    for seed in range(5):
        root = parsed(timeline(random_run(random.Random(seed), tasks, busy), width=width))
        rows = tracks(root)
        for x, y, w, h, fill in boxes(root):
            (track,) = [row for row in rows if row[1] - 0.06 <= y and y + h <= row[1] + row[3] + 0.11]
            assert track[0] == LEFT <= x, fill
            assert x + w <= width - RIGHT + 0.11, fill


@pytest.mark.parametrize(("until", "share"), [(0.0, 1.0), (10.0, 1.0), (20.0, 0.5), (40.0, 0.25)])
def test_on_a_longer_axis_a_track_ends_where_the_run_ended(until, share):
    run = random_run(random.Random(0), 3, 3.0)  # of 10 seconds
    (length,) = {row[2] for row in tracks(parsed(timeline(run, until=until)))}
    assert length == pytest.approx(share * (960 - LEFT - RIGHT), abs=0.1)


def test_a_column_in_which_the_parent_sends_and_returns_at_once_is_full_and_no_fuller():
    """A thousand tasks are sent, and each is returned while the next one is sent: twice as much as there is time."""
    step = 0.001
    spans = tuple(
        Span(n, 1, *[n * step] * 2, *[(n + 1) * step] * 7, (n + 1) * step, (n + 2) * step, step, 10, 10)
        for n in range(1000)
    )
    root = parsed(timeline(Run(spans, (Worker(1, 0.0),), 1, "fork", 0.0, 1.001)))
    filled = {}
    for x, y, _, height, fill in boxes(root):
        if y < 64 + 24 and fill != "currentColor":
            filled[x] = filled.get(x, 0.0) + height
    assert len(filled) > 100
    assert all(height == pytest.approx(24, abs=0.2) for height in filled.values())


def test_the_parent_is_idle_where_it_does_neither_of_two_things_that_overlap():
    """Sending from 10 to 12, returning from 11 to 14, in a run from 10 to 20."""
    both = Span(0, 101, 10, 10, 12, 10, 10, 10, 10.5, 10.5, 10.5, 11, 14, 0.5, 1, 1)
    run = RUN._replace(spans=(both,))
    parent = segments_by_row(run)[0]
    assert seconds_idle(parent, run) == 6.0
    assert seconds_idle([], run) == 10.0
    assert seconds_idle(parent, run._replace(began=11.0, ended=13.0)) == 0.0
    assert "-" not in timeline(run).text.splitlines()[-3]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """As WCAG defines it; it asks for 4.5 between text and what is behind it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("page", "ink"), [("#ffffff", "#000000"), ("#111111", "#ffffff")])
def test_every_share_can_be_read_on_its_bar_on_light_and_dark_pages(page, ink):
    root = parsed(where_time_went({"cold": RUN}))
    groups = [group for group in root.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    assert len(groups) == 6
    for group in groups:
        box, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        share = float(box.get("fill-opacity", 1))
        behind = box.get("fill") if share == 1 else mixed(page, ink, share)
        words = {"currentColor": ink, "#fff": "#ffffff", "#222": "#222222"}[text.get("fill")]
        assert contrast(words, behind) >= 4.5, group.find(f"{SVG}title").text


@pytest.mark.parametrize(("page", "ink"), [("#ffffff", "#000000"), ("#111111", "#ffffff")])
def test_an_idle_track_stands_out_from_the_page(page, ink):
    share = float(re.search(r"fill-opacity='([\d.]+)'", timeline(RUN).svg)[1])
    assert contrast(page, mixed(page, ink, share)) >= 1.25


def mixed(page, ink, share):
    """The colour of ink at this share of opacity over a page."""
    pairs = [(int(page[place : place + 2], 16), int(ink[place : place + 2], 16)) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(under + share * (over - under)):02x}" for under, over in pairs)
