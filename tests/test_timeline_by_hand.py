"""A timeline, read back from its SVG: every bar, tick and figure against the spans, by a formula of its own."""

import re

import pytest
from pictures import FREE, LEFT, RIGHT, RUN, SVG, assert_same, coloured, parsed, span, ticks, tips, tracks, words

from helpers.drawing.picture import COLOURS
from helpers.model.simulator import simulate
from helpers.spans import Run, Worker, segments
from helpers.timeline import timeline

SCALE = (960 - LEFT - RIGHT) / 10.0


def expected_boxes(run, scale, began=10.0):
    """Return the bars of a run whose tasks all went well; a computing bar is filled to its share of a CPU."""
    found = []
    for segment in segments(run):
        x, y, width = LEFT + (segment.begin - began) * scale, 64 + 34 * segment.row, segment.seconds * scale
        if segment.phase == "computing":
            filled = 24 * segment.span.cpu / segment.seconds
            found.append((x, y, width, 24, COLOURS["waiting for a CPU"]))
            found.append((x, y + 24 - filled, width, filled, COLOURS["computing"]))
        elif segment.seconds:
            found.append((x, y, width, 24, COLOURS[segment.phase]))
    return sorted(found)


def test_the_bars_are_the_segments_of_the_run():
    assert_same(coloured(parsed(timeline(RUN))), expected_boxes(RUN, SCALE))


def test_idle_time_lies_under_every_row_from_one_end_to_the_other():
    assert tracks(parsed(timeline(RUN))) == [(104.0, 64.0 + 34 * row, 838.0, 24.0) for row in range(3)]
    narrow = tracks(parsed(timeline(RUN, width=500)))
    assert {(x, width) for x, _, width, _ in narrow} == {(104.0, 378.0)}


def test_every_tick_stands_where_its_label_says():
    marks, labels = ticks(parsed(timeline(RUN)))
    assert [label for _, _, label in labels] == [f"{n} s" for n in range(11)]
    assert [x for x, _, _ in labels] == [x for x, _ in marks]
    assert [x for x, _ in marks] == pytest.approx([LEFT + n * SCALE for n in range(11)], abs=0.051)
    assert {y for _, y in marks} == {64 + 3 * 34 - 6}
    assert {y for _, y, _ in labels} == {64 + 3 * 34 + 15}


def test_two_runs_on_an_axis_of_the_same_length_have_the_same_scale():
    root = parsed(timeline(RUN, until=20.0))
    assert_same(coloured(root), expected_boxes(RUN, SCALE / 2))
    assert ticks(root)[1][-1][2] == "20 s"
    assert timeline(RUN, until=5.0).svg == timeline(RUN).svg


def test_an_empty_run_has_an_axis_of_a_second():
    assert ticks(parsed(timeline(Run((), (), 2, "fork", 3.0, 3.0))))[1][-1][2] == "1.0 s"


def test_the_words_of_a_timeline_are_in_their_places_from_top_to_bottom():
    root = parsed(timeline(RUN, width=960))
    found = words(root)
    (sentence,) = [text for text in found if text.startswith("The workers computed")]
    assert sentence == (
        "The workers computed for 6.50 s, on average on 0.7 CPUs. The largest other part of their time: sending, 20%."
    )
    assert {text: place for text, place in found.items() if text in ("notebook", "worker 1", "worker 2")} == {
        "notebook": (94.0, 80.5),
        "worker 1": (94.0, 114.5),
        "worker 2": (94.0, 148.5),
    }
    assert found["3 tasks on 2 workers, spawn: 10.0 s"] == (104.0, 24.0)
    assert found[sentence] == (104.0, 46.0)
    assert {found[text][1] for text in ("computing", "idle", "starting")} == {166.0 + 44}
    assert root.get("viewBox") == "0 0 960 228"


def test_a_second_line_of_words_moves_everything_below_it():
    root = parsed(timeline(RUN, width=600))
    first, second = [place for text, place in words(root).items() if text.endswith(".")]
    assert (first, second) == ((104.0, 46.0), (104.0, 64.0))
    assert root.find(f"{SVG}g").get("transform") == "translate(0 18)"
    assert root.get("viewBox") == "0 0 600 246"
    assert parsed(timeline(RUN)).find(f"{SVG}g").get("transform") == "translate(0 0)"


@pytest.mark.parametrize(("width", "lines"), [(827, 2), (828, 1)])
def test_sentences_share_a_line_where_they_fit_at_seven_pixels_a_letter(width, lines):
    """108 letters of 6.7 pixels and the 104 pixels of the margin need 827.6."""
    found = [text for text in words(parsed(timeline(RUN, width=width))) if text.endswith(".")]
    assert len(found) == lines
    assert len(" ".join(found)) == 108


def test_the_number_of_a_task_is_in_the_middle_of_its_bar():
    found = words(parsed(timeline(RUN)))
    assert found["0"] == (pytest.approx(LEFT + 3.5 * SCALE, abs=0.051), 114.5)
    assert found["1"] == (pytest.approx(LEFT + 6 * SCALE, abs=0.051), 148.5)


@pytest.mark.parametrize(
    ("task", "pixels", "shown"), [(7, 17.9, False), (7, 18.1, True), (123, 33.9, False), (123, 34.1, True)]
)
def test_a_number_is_shown_where_there_are_10_pixels_and_8_for_each_digit(task, pixels, shown):
    seconds = 10 * pixels / 838
    lone = span(task, 1, times=(0, 0, 0, 0, 0, 0, *[seconds] * 5), cpu=seconds)
    root = parsed(timeline(Run((lone,), (Worker(1, 0.0),), 1, "fork", 0.0, 10.0)))
    assert (str(task) in words(root)) == shown
    if shown:
        (number,) = [text for text in root.iter(f"{SVG}text") if text.text == str(task)]
        assert number.get("fill") == "#fff"


def test_rows_are_thinner_where_there_are_more_than_twelve():
    runs = [simulate([1.0] * workers, processes=workers, cpus=64, costs=FREE) for workers in (11, 12)]
    few, many = (tracks(parsed(timeline(run))) for run in runs)
    assert [(y, height) for _, y, _, height in few] == [(64.0 + 34 * row, 24.0) for row in range(12)]
    assert [(y, height) for _, y, _, height in many] == [(64.0 + 17 * row, 13.0) for row in range(13)]


def test_a_tooltip_has_every_step_of_its_own_task():
    apart = span(5, 101, times=(0, 1, 3, 6, 10, 10, 30, 30, 35, 41, 48), cpu=15.0)
    run = Run((apart,), (Worker(77, 0.0), Worker(101, 0.5)), 2, "fork", 0.0, 50.0)
    task = "task 5 on worker 2 (process 101): ok\n"
    assert set(tips(parsed(timeline(run)))) == {
        f"{task}sending 1,000 bytes: pickling 2.00 s, in the pipe 3.00 s",  # in the row of the parent process
        f"{task}sending 1,000 bytes: pickling 2.00 s, in the pipe 3.00 s, unpickling 4.00 s",
        f"{task}computing 20.0 s, with a CPU for 15.0 s\n1,000 bytes in, 2,000 bytes out",
        f"{task}returning 2,000 bytes: pickling 5.00 s, in the pipe 6.00 s, unpickling 7.00 s",
        "starting: 500 ms",
    }


@pytest.mark.parametrize("method", ["threads", "interpreters"])
def test_a_tooltip_of_a_thread_names_no_process_and_no_pipe(method):
    """The thread was ready at 0.5 s, the pool took the task at 1 s, and it began at 10 s."""
    apart = span(5, 101, times=(0, 1, 1, 10, 10, 10, 30, 30, 30, 30, 30), cpu=15.0)
    run = Run((apart,), (Worker(101, 0.5),), 1, method, 0.0, 50.0)
    said = " ".join(tips(parsed(timeline(run))))
    assert "task 5 on worker 1 (thread 101): ok\nin the queue for 9.00 s while its thread was free" in said
    assert "process" not in said and "pipe" not in said


@pytest.mark.parametrize(("outcome", "colour"), [("error", "error"), ("running", "running")])
def test_a_task_that_failed_or_runs_has_its_own_colour_up_to_its_share_of_a_cpu(outcome, colour):
    half = span(0, 1, times=(0, 0, 0, 0, 0, 0, 10, 10, 10, 10, 10), cpu=5.0, outcome=outcome)
    root = parsed(timeline(Run((half,), (Worker(1, 0.0),), 1, "fork", 0.0, 10.0)))
    (bar,) = [box for box in coloured(root) if box[4] == COLOURS[colour]]
    filled = 24.0 if outcome == "running" else 12.0
    assert bar == (104.0, 98.0 + 24.0 - filled, 838.0, filled, COLOURS[colour])


def test_a_lost_task_is_one_hatched_bar_and_its_pattern_is_in_the_legend():
    lost = span(0, 1, times=(0, 0, 0, 0, 0, 0, 10, 10, 10, 10, 10), cpu=0.0, outcome="lost")
    root = parsed(timeline(Run((lost,), (Worker(1, 0.0),), 1, "fork", 0.0, 10.0)))
    (pattern,) = root.iter(f"{SVG}pattern")
    (bar,) = coloured(root)
    assert bar == (104.0, 98.0, 838.0, 24.0, f"url(#{pattern.get('id')})")
    assert bar[4] in [box.get("fill") for box in root.iter(f"{SVG}rect") if box.get("rx")]


def test_a_task_that_failed_at_once_is_three_pixels_wide_and_a_very_short_one_half_a_pixel():
    short = span(0, 1, times=(0, 0, 0, 0, 0, 0, *[0.0001] * 5), cpu=0.0001)
    failed = span(1, 2, times=(0, 0, 0, 0, 0, 0, *[0.0001] * 5), cpu=0.0001, outcome="error")
    root = parsed(timeline(Run((short, failed), (Worker(1, 0.0), Worker(2, 0.0)), 2, "fork", 0.0, 10.0)))
    widths = {colour: width for _, _, width, _, colour in coloured(root)}
    assert (widths[COLOURS["computing"]], widths[COLOURS["error"]]) == (0.5, 3.0)


def crowded(tasks, seconds=1 / 64, failed=()):
    """One worker that computes for this long and returns for as long, again and again: five segments a task."""
    spans = [
        span(
            n,
            1,
            (b, b, b, b, b, b, b + seconds, b + seconds, *[b + 2 * seconds] * 3),
            seconds / 2,
            "error" if n in failed else "ok",
        )
        for n, b in ((n, n * 2 * seconds) for n in range(tasks))
    ]
    return Run(tuple(spans), (Worker(1, 0.0),), 1, "fork", 0.0, 2 * seconds * tasks)


def test_neighbours_share_a_column_filled_by_their_phases_where_there_are_more_than_700_bars():
    root = parsed(timeline(crowded(1000)))
    columns = [tip for tip in tips(root) if "too short to draw one by one" in tip]
    assert sum(int(re.match(r"([\d,]+) task", tip)[1].replace(",", "")) for tip in columns) >= 1000
    assert len(columns) <= 2 * 838 / 3
    _, y, width, height, _ = next(box for box in coloured(root) if box[1] > 98 and box[4] == COLOURS["computing"])
    assert y + height == 98.0 + 24.0
    assert height == pytest.approx(
        24 / 4, abs=1
    )  # a quarter of its time has a CPU, a quarter waits, and half is returning
    assert 0 < width <= 4.3


def test_a_column_says_how_many_tasks_it_holds_and_how_long_they_take():
    """By hand: 1,000 tasks take 31.25 s on 838 pixels, so a column of 4.2 pixels has room for 157 ms."""
    found = [tip for tip in tips(parsed(timeline(crowded(1000)))) if "too short" in tip and "tasks" in tip]
    assert set(found[1:-1]) <= {
        f"{n} tasks, too short to draw one by one: {ms} ms together" for n in (5, 6, 7) for ms in (125, 141, 156)
    }


def test_a_failed_task_is_never_part_of_a_column():
    root = parsed(timeline(crowded(1000, failed={500})))
    assert [box for box in coloured(root) if box[4] == COLOURS["error"]]
    assert any(tip.startswith("task 500 ") and "computing" in tip for tip in tips(root))


@pytest.mark.parametrize(("tasks", "merged"), [(139, False), (140, True)])
def test_up_to_700_bars_are_drawn_one_by_one(tasks, merged):
    """Five segments for each task and one more are 696 or 701."""
    run = crowded(tasks)
    assert len(segments(run)) == 5 * tasks + 1
    assert any("too short" in tip for tip in tips(parsed(timeline(run)))) == merged


def test_the_table_of_a_timeline_has_a_row_for_the_notebook_and_every_worker():
    run = RUN._replace(processes=3)
    lines = timeline(run).text.splitlines()
    table = {line[:8].strip(): line[8:].split() for line in lines[4:]}
    figures = {row: (cells[0], [float(cell) for cell in cells[1::2]]) for row, cells in table.items()}
    assert figures == {
        "notebook": ("0", [0, 0, 3.0, 3.0, 0, 4.0]),
        "worker 1": ("2", [2.5, 1.5, 1.5, 2.0, 500, 2.0]),
        "worker 2": ("1", [4.0, 0, 2.5, 2.0, 1.5, 0]),
        "worker 3": ("0", [0, 0, 0, 0, 0, 10.0]),
    }


def test_the_title_and_the_cpus_are_those_that_are_given():
    text = timeline(RUN, title="Mine", cpus=2).text
    assert text.splitlines()[0] == "Mine"
    assert "6.50 s, on average on 0.7 of 2 CPUs." in text


def test_what_a_task_waits_behind_another_one_of_its_message_is_no_unpickling():
    first = span(0, 101, times=(0, 1, 3, 6, 10, 10, 30, 60, 61, 62, 63), cpu=20.0)
    second = span(1, 101, times=(0, 1, 3, 6, 31, 31, 59, 60, 61, 62, 63), cpu=20.0)
    run = Run((first, second), (Worker(101, 0.5),), 1, "fork", 0.0, 63.0)
    (tip,) = [
        tip for tip in tips(parsed(timeline(run))) if "task 1 " in tip and "unpickling" in tip and "sending" in tip
    ]
    assert tip.endswith("unpickling 1.00 s")
